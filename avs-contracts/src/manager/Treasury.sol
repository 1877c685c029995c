// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {TransientSlot} from "@openzeppelin/contracts/utils/TransientSlot.sol";
import {IPoolManager} from "v4-core/interfaces/IPoolManager.sol";
import {Currency} from "v4-core/types/Currency.sol";
import {IDarkCoWHook} from "../interfaces/IDarkCoWHook.sol";
import {IOrderServiceManager} from "../interfaces/IOrderServiceManager.sol";
import {Transfer} from "../libraries/Transfer.sol";
import {Configuration} from "./Configuration.sol";

/// @title What leaves: payouts with capped gas, credits for those that fail, the fee ledger.
/// @dev Tokens are here only between the hook's release and the payout, and for credits.
abstract contract Treasury is IOrderServiceManager, Configuration, ReentrancyGuardTransient {
    using TransientSlot for *;

    struct Payout {
        address recipient;
        address currency;
        uint256 amount;
    }

    /// @dev Gas of a token's transfer, which runs no code of the recipient's.
    uint256 private constant TOKEN_GAS = 100_000;
    /// @dev Gas that a recipient of native currency gets: enough for a wallet's log behind a proxy. What it burns, the
    /// poster pays; one that needs more gets a credit, which anybody can send it with all the gas of a transaction.
    uint256 private constant NATIVE_GAS = 30_000;
    /// @dev What a payout costs besides: the call itself with value to a fresh account, a credit, events.
    uint256 private constant PAYOUT_OVERHEAD = 110_000;
    /// @dev PoolManager's transient slot `uint256(keccak256("Unlocked")) - 1`.
    bytes32 private constant UNLOCKED_SLOT = bytes32(uint256(keccak256("Unlocked")) - 1);

    IPoolManager internal immutable _poolManager;
    mapping(address owner => mapping(address currency => uint256)) public credits;
    mapping(address currency => uint256) public totalCredits;
    mapping(address currency => uint256) public feesAccrued;

    constructor(IDarkCoWHook hook_) {
        _poolManager = hook_.poolManager();
    }

    /// @notice Native currency comes from the PoolManager only.
    receive() external payable {
        require(msg.sender == address(_poolManager), NotPoolManager());
    }

    /// @inheritdoc IOrderServiceManager
    function withdrawCredit(address currency, address to) external nonReentrant {
        require(to != address(0), ZeroAddress());
        _sendCredit(msg.sender, currency, to);
    }

    /// @inheritdoc IOrderServiceManager
    function pushCredit(address owner, address currency) external nonReentrant {
        _sendCredit(owner, currency, owner);
    }

    /// @inheritdoc IOrderServiceManager
    function collectFees(address currency, address to) external onlyOwner nonReentrant {
        uint256 amount = feesAccrued[currency];
        require(amount != 0, NothingToWithdraw());
        require(to != address(0), ZeroAddress());
        delete feesAccrued[currency];
        bool sent;
        (sent, amount) = _takeOut(currency, amount);
        sent = sent && Transfer.trySend(currency, to, amount, gasleft());
        require(sent, TransferFailed());
        emit FeesCollected(currency, to, amount);
    }

    // --- internal ---

    function _sendCredit(address owner, address currency, address to) private {
        uint256 amount = credits[owner][currency];
        require(amount != 0, NothingToWithdraw());
        delete credits[owner][currency];
        totalCredits[currency] -= amount;
        require(Transfer.trySend(currency, to, amount, gasleft()), TransferFailed());
        emit CreditWithdrawn(owner, currency, to, amount);
    }

    function _accrueFee(address currency, uint256 amount) internal {
        if (amount == 0) return;
        feesAccrued[currency] += amount;
        emit FeeAccrued(currency, amount);
    }

    /// @dev Out of escrow; `released` is false if the currency cannot be moved now. `received` is less than `amount` if a
    /// token has begun to charge for transfers after it was listed; whoever passes on more spends somebody else's credit.
    function _takeOut(address currency, uint256 amount)
        internal
        returns (bool released, uint256 received)
    {
        Currency token = Currency.wrap(currency);
        uint256 held = token.balanceOfSelf();
        try hook.release(currency, amount) {
            return (true, token.balanceOfSelf() - held);
        } catch {
            return (false, 0);
        }
    }

    /// @dev Sends what has been released to this contract; keeps it as a credit if that fails.
    function _pay(address recipient, address currency, uint256 amount) internal {
        if (amount == 0) return;
        // checked, so that a caller cannot turn payouts into credits by sending too little gas
        uint256 allowance = currency == address(0) ? NATIVE_GAS : TOKEN_GAS;
        _requireGas(allowance + PAYOUT_OVERHEAD);
        if (Transfer.trySend(currency, recipient, amount, allowance)) {
            emit PayoutSent(recipient, currency, amount);
            return;
        }
        credits[recipient][currency] += amount;
        totalCredits[currency] += amount;
        emit CreditAdded(recipient, currency, amount);
    }

    /// @dev One transfer per recipient and currency, in the order of first appearance.
    function _payNetted(Payout[] memory payouts) internal {
        uint256 unique;
        for (uint256 i; i < payouts.length; ++i) {
            Payout memory p = payouts[i];
            TransientSlot.Uint256Slot place = _place(p).asUint256();
            uint256 known = place.tload();
            if (known != 0) {
                payouts[known - 1].amount += p.amount;
            } else {
                payouts[unique] = p;
                place.tstore(++unique);
            }
        }
        for (uint256 i; i < unique; ++i) {
            _place(payouts[i]).asUint256().tstore(0);
        }
        for (uint256 i; i < unique; ++i) {
            _pay(payouts[i].recipient, payouts[i].currency, payouts[i].amount);
        }
    }

    /// @dev Reverts unless a call made now can be given `needed` gas under the 63/64 rule.
    function _requireGas(uint256 needed) internal view {
        require(gasleft() - gasleft() / 64 >= needed, InsufficientGas(needed));
    }

    /// @dev Inside somebody's unlock every step that needs the PoolManager would fail.
    function _requireLocked() internal view {
        require(_poolManager.exttload(UNLOCKED_SLOT) == 0, PoolManagerUnlocked());
    }

    function _place(Payout memory p) private pure returns (bytes32) {
        return keccak256(abi.encode(p.recipient, p.currency));
    }
}
