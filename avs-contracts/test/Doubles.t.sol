// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IPoolManager} from "v4-core/interfaces/IPoolManager.sol";
import {IUnlockCallback} from "v4-core/interfaces/callback/IUnlockCallback.sol";
import {Currency} from "v4-core/types/Currency.sol";
import {IOrderServiceManager} from "../src/interfaces/IOrderServiceManager.sol";

/// @dev Delivers one unit less than was sent: must never be allow-listed, and is caught all the same.
contract FeeOnTransferToken is ERC20("T", "T") {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0) && to != address(0)) super._update(to, address(0xdead), 1);
    }
}

/// @dev Honest when it is listed; later it burns part of every transfer, or refuses recipients.
contract TurncoatToken is ERC20("T", "T") {
    uint256 private _charge;
    mapping(address account => bool) private _refused;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function charge(uint256 amount) external {
        _charge = amount;
    }

    function refuse(address account, bool refused) external {
        _refused[account] = refused;
    }

    function _update(address from, address to, uint256 value) internal override {
        require(!_refused[to]);
        super._update(from, to, value);
        bool charged = from != address(0) && to != address(0) && _charge != 0;
        if (charged) super._update(to, address(0), _charge);
    }
}

/// @dev Makes a call inside an unlock of its own.
contract Locker is IUnlockCallback {
    IPoolManager private immutable _pool;

    constructor(IPoolManager pool_) {
        _pool = pool_;
    }

    function callInside(address target, bytes memory data) external {
        _pool.unlock(abi.encode(target, data));
    }

    function unlockCallback(bytes calldata raw) external returns (bytes memory) {
        (address target, bytes memory data) = abi.decode(raw, (address, bytes));
        (bool ok, bytes memory result) = target.call(data);
        if (!ok) {
            assembly {
                revert(add(result, 0x20), mload(result))
            }
        }
        return result;
    }
}

/// @dev A wallet or payout recipient that does its worst.
contract HostileWallet {
    enum Mode {
        Burn,
        Flood,
        Revert,
        ReenterRefund,
        ReenterWithdraw,
        ReenterUnlock,
        MintClaims,
        Accept
    }

    Mode public mode;
    IOrderServiceManager private _manager;
    IPoolManager private _pool;
    bytes private _payload;
    bool public reentered;

    constructor(Mode mode_) {
        mode = mode_;
    }

    function setMode(Mode mode_) external {
        mode = mode_;
    }

    function arm(IOrderServiceManager manager_, IPoolManager pool_, bytes calldata payload)
        external
    {
        (_manager, _pool, _payload) = (manager_, pool_, payload);
    }

    function withdraw(address currency, address to) external {
        _manager.withdrawCredit(currency, to);
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        _misbehave();
        return this.isValidSignature.selector;
    }

    receive() external payable {
        if (mode == Mode.ReenterRefund || mode == Mode.ReenterWithdraw) {
            (bool ok, bytes memory reason) = address(_manager).call(_payload);
            reentered = ok;
            require(ok, string(reason));
        }
        if (mode == Mode.ReenterUnlock) {
            _pool.unlock("");
            reentered = true;
        }
        if (mode == Mode.MintClaims) {
            _pool.mint(address(this), 0, 1);
            reentered = true;
        }
        _misbehave();
    }

    /// @dev Takes part in its own unlock during a payout: legal, and must not disturb the batch.
    function unlockCallback(bytes calldata) external returns (bytes memory) {
        _pool.sync(Currency.wrap(address(0)));
        return "";
    }

    function _misbehave() private view {
        if (mode == Mode.Revert) revert("no");
        if (mode == Mode.Burn) while (true) {}
        if (mode == Mode.Flood) {
            assembly {
                return(0, 0x8000)
            }
        }
    }
}

/// @dev Writes to fresh storage when it is paid, and can call nobody.
contract GreedyWallet {
    uint256[] private _written;

    receive() external payable {
        for (uint256 i; i < 10; ++i) {
            _written.push(i + 1);
        }
    }
}
