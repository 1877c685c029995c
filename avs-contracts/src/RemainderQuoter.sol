// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IPoolManager} from "v4-core/interfaces/IPoolManager.sol";
import {IUnlockCallback} from "v4-core/interfaces/callback/IUnlockCallback.sol";
import {BalanceDelta} from "v4-core/types/BalanceDelta.sol";
import {PoolKey} from "v4-core/types/PoolKey.sol";
import {SwapParams} from "v4-core/types/PoolOperation.sol";
import {IDarkCoWHook} from "./interfaces/IDarkCoWHook.sol";
import {IOrderServiceManager} from "./interfaces/IOrderServiceManager.sol";
import {IRemainderQuoter} from "./interfaces/IRemainderQuoter.sol";
import {PriceRange} from "./libraries/PriceRange.sol";

/// @title RemainderQuoter
/// @notice Simulates the remainder swap that the hook would make, and reverts it.
contract RemainderQuoter is IRemainderQuoter, IUnlockCallback {
    IPoolManager public immutable poolManager;
    IDarkCoWHook public immutable hook;

    /// @dev Carries the result out of the reverted unlock.
    error Quote(uint256 amountOut);

    constructor(IDarkCoWHook hook_) {
        hook = hook_;
        poolManager = hook_.poolManager();
    }

    /// @inheritdoc IRemainderQuoter
    function quoteRemainder(bytes32 poolId, uint256 priceX128, bool zeroForOne, uint256 amountIn)
        external
        returns (uint256 amountOut)
    {
        PoolKey memory key = hook.poolKey(poolId);
        require(address(key.hooks) == address(hook), UnknownPool(poolId));
        uint256 deviation =
            IOrderServiceManager(hook.manager()).poolSettings(poolId).maxPriceDeviationBps;
        uint160 limit = PriceRange.swapLimit(priceX128, deviation, zeroForOne);
        try poolManager.unlock(abi.encode(key, zeroForOne, amountIn, limit)) {
            // unreachable: the callback always reverts
            assert(false);
        } catch (bytes memory reason) {
            return _parse(reason);
        }
    }

    /// @inheritdoc IUnlockCallback
    function unlockCallback(bytes calldata data) external returns (bytes memory) {
        require(msg.sender == address(poolManager), NotPoolManager());
        (PoolKey memory key, bool zeroForOne, uint256 amountIn, uint160 limit) =
            abi.decode(data, (PoolKey, bool, uint256, uint160));
        BalanceDelta delta =
            poolManager.swap(key, SwapParams(zeroForOne, -int256(amountIn), limit), "");
        (int128 paid, int128 got) =
            zeroForOne ? (delta.amount0(), delta.amount1()) : (delta.amount1(), delta.amount0());
        uint256 consumed = uint256(-int256(paid));
        require(consumed == amountIn, PartialSwap(consumed, amountIn));
        revert Quote(uint256(int256(got)));
    }

    function _parse(bytes memory reason) private pure returns (uint256 amountOut) {
        if (reason.length == 36 && bytes4(reason) == Quote.selector) {
            assembly ("memory-safe") {
                amountOut := mload(add(reason, 0x24))
            }
            return amountOut;
        }
        assembly ("memory-safe") {
            revert(add(reason, 0x20), mload(reason))
        }
    }
}
