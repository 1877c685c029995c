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

    /// @dev Gas that a recipient gets; the rest of the batch must not depend on what it does with it.
    uint256 private constant PAYOUT_GAS = 100_000;
    /// @dev What a payout costs besides: the call itself with value to a fresh account, a credit, events.
    uint256 private constant PAYOUT_OVERHEAD = 110_000;
    /// @dev PoolManager's transient slot `uint256(keccak256("Unlocked")) - 1`.
    bytes32 private constant UNLOCKED_SLOT = bytes32(uint256(keccak256("Unlocked")) - 1);

    IDarkCoWHook public immutable hook;
    IPoolManager internal immutable _poolManager;
    mapping(address owner => mapping(address currency => uint256)) public credits;
    mapping(address currency => uint256) public totalCredits;
    mapping(address currency => uint256) public feesAccrued;

    constructor(IDarkCoWHook hook_) {
        hook = hook_;
        _poolManager = hook_.poolManager();
    }

    /// @notice Native currency comes from the PoolManager only.
    receive() external payable {
        require(msg.sender == address(_poolManager), NotPoolManager());
    }

    /// @inheritdoc IOrderServiceManager
    function withdrawCredit(address currency, address to) external nonReentrant {
        uint256 amount = credits[msg.sender][currency];
        require(amount != 0, NothingToWithdraw());
        require(to != address(0), ZeroAddress());
        delete credits[msg.sender][currency];
        totalCredits[currency] -= amount;
        require(Transfer.trySend(currency, to, amount, gasleft()), TransferFailed());
        emit CreditWithdrawn(msg.sender, currency, to, amount);
    }

    /// @inheritdoc IOrderServiceManager
    function collectFees(address currency, address to) external onlyOwner nonReentrant {
        uint256 amount = feesAccrued[currency];
        require(amount != 0, NothingToWithdraw());
        require(to != address(0), ZeroAddress());
        delete feesAccrued[currency];
        amount = _takeOut(currency, amount);
        require(Transfer.trySend(currency, to, amount, gasleft()), TransferFailed());
        emit FeesCollected(currency, to, amount);
    }

    // --- internal ---

    function _accrueFee(address currency, uint256 amount) internal {
        if (amount == 0) return;
        feesAccrued[currency] += amount;
        emit FeeAccrued(currency, amount);
    }

    /// @dev Out of escrow. `received` is less than `amount` if a token has begun to charge for transfers after
    /// it was listed; whoever passes on more than that spends somebody else's credit.
    function _takeOut(address currency, uint256 amount) internal returns (uint256 received) {
        Currency token = Currency.wrap(currency);
        uint256 held = token.balanceOfSelf();
        hook.release(currency, amount);
        return token.balanceOfSelf() - held;
    }

    /// @dev Sends what has been released to this contract; keeps it as a credit if that fails.
    function _pay(address recipient, address currency, uint256 amount) internal {
        if (amount == 0) return;
        // checked, so that a caller cannot turn payouts into credits by sending too little gas
        _requireGas(PAYOUT_GAS + PAYOUT_OVERHEAD);
        if (Transfer.trySend(currency, recipient, amount, PAYOUT_GAS)) {
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
