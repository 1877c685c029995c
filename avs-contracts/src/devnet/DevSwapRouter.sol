// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IPoolManager} from "v4-core/interfaces/IPoolManager.sol";
import {IUnlockCallback} from "v4-core/interfaces/callback/IUnlockCallback.sol";
import {TickMath} from "v4-core/libraries/TickMath.sol";
import {BalanceDelta} from "v4-core/types/BalanceDelta.sol";
import {Currency} from "v4-core/types/Currency.sol";
import {PoolKey} from "v4-core/types/PoolKey.sol";
import {SwapParams} from "v4-core/types/PoolOperation.sol";

/// @title A plain swap router for the devnet: pays from the caller's allowance or the value sent along.
/// @dev Like public routers it hard-codes the price limit. It protects nobody against a bad price.
contract DevSwapRouter is IUnlockCallback {
    using SafeERC20 for IERC20;

    struct Request {
        address payer;
        PoolKey key;
        bool zeroForOne;
        int256 amountSpecified;
        bytes hookData;
    }

    IPoolManager public immutable poolManager;

    error NotPoolManager();
    error RefundFailed();

    constructor(IPoolManager poolManager_) {
        poolManager = poolManager_;
    }

    /// @param amountSpecified negative for exact input
    /// @return delta what the caller paid (negative) and got
    function swap(
        PoolKey calldata key,
        bool zeroForOne,
        int256 amountSpecified,
        bytes calldata hookData
    ) external payable returns (BalanceDelta delta) {
        Request memory request = Request(msg.sender, key, zeroForOne, amountSpecified, hookData);
        delta = abi.decode(poolManager.unlock(abi.encode(request)), (BalanceDelta));
        if (address(this).balance != 0) {
            (bool ok,) = msg.sender.call{value: address(this).balance}("");
            require(ok, RefundFailed());
        }
    }

    /// @inheritdoc IUnlockCallback
    function unlockCallback(bytes calldata data) external returns (bytes memory) {
        require(msg.sender == address(poolManager), NotPoolManager());
        Request memory request = abi.decode(data, (Request));
        uint160 limit =
            request.zeroForOne ? TickMath.MIN_SQRT_PRICE + 1 : TickMath.MAX_SQRT_PRICE - 1;
        BalanceDelta delta = poolManager.swap(
            request.key,
            SwapParams(request.zeroForOne, request.amountSpecified, limit),
            request.hookData
        );
        _clear(request.key.currency0, request.payer, delta.amount0());
        _clear(request.key.currency1, request.payer, delta.amount1());
        return abi.encode(delta);
    }

    function _clear(Currency currency, address payer, int128 delta) private {
        if (delta > 0) poolManager.take(currency, payer, uint256(int256(delta)));
        if (delta >= 0) return;
        uint256 amount = uint256(-int256(delta));
        poolManager.sync(currency);
        if (currency.isAddressZero()) {
            poolManager.settle{value: amount}();
        } else {
            IERC20(Currency.unwrap(currency)).safeTransferFrom(payer, address(poolManager), amount);
            poolManager.settle();
        }
    }
}
