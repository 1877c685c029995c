// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IOrderServiceManager} from "../src/interfaces/IOrderServiceManager.sol";
import {Order, Receipt as ZkReceipt} from "../src/types/Types.sol";
import {Base} from "./Base.t.sol";
import {HostileWallet} from "./Doubles.t.sol";

/// @dev Recipients that do their worst during a payout: they hurt nobody but themselves.
contract HostileTest is Base {
    function test_payout__recipient_reverts__is_credited_and_the_others_are_paid() public {
        HostileWallet wallet = _settleWith(HostileWallet.Mode.Revert, "");
        assertGt(manager.credits(address(wallet), address(0)), 0.9e18);
    }

    function test_payout__recipient_burns_gas__costs_at_most_its_cap() public {
        HostileWallet wallet = _settleWith(HostileWallet.Mode.Burn, "");
        assertGt(manager.credits(address(wallet), address(0)), 0.9e18);
    }

    function test_payout__recipient_returns_a_flood__is_not_copied() public {
        HostileWallet wallet = _settleWith(HostileWallet.Mode.Flood, "");
        // returning much is no refusal: it was paid
        assertEq(manager.credits(address(wallet), address(0)), 0);
    }

    function test_payout__recipient_reenters_refund__is_refused_and_credited() public {
        Order memory expired = _order(alice, idTokens, true, 1e18);
        expired.deadline = uint40(block.timestamp);
        _placeAs(carol, expired);
        skip(1);
        bytes memory payload = abi.encodeCall(manager.refund, (_list(expired)));
        HostileWallet wallet = _settleWith(HostileWallet.Mode.ReenterRefund, payload);
        assertFalse(wallet.reentered());
        assertEq(_status(expired), 1);
        assertGt(manager.credits(address(wallet), address(0)), 0.9e18);
    }

    function test_payout__recipient_reenters_withdrawCredit__is_refused_and_credited() public {
        HostileWallet wallet = new HostileWallet(HostileWallet.Mode.Revert);
        Order memory order = _place(address(wallet), idNative, true, 1e18);
        skip(2 hours);
        manager.refund(_list(order));
        bytes memory payload = abi.encodeCall(manager.withdrawCredit, (address(0), address(wallet)));
        wallet.arm(manager, pool, payload);
        wallet.setMode(HostileWallet.Mode.ReenterWithdraw);
        vm.expectRevert(IOrderServiceManager.TransferFailed.selector);
        wallet.withdraw(address(0), address(wallet));
        assertEq(manager.credits(address(wallet), address(0)), 1e18);
        _settleFor(wallet);
        assertFalse(wallet.reentered());
        assertGt(manager.credits(address(wallet), address(0)), 1.9e18);
        assertEq(address(wallet).balance, 0);
    }

    function test_payout__recipient_mints_claims__has_no_unlock_to_do_it_in() public {
        HostileWallet wallet = _settleWith(HostileWallet.Mode.MintClaims, "");
        assertFalse(wallet.reentered());
        assertGt(manager.credits(address(wallet), address(0)), 0.9e18);
    }

    function test_payout__recipient_opens_its_own_unlock__disturbs_nothing() public {
        HostileWallet wallet = _settleWith(HostileWallet.Mode.ReenterUnlock, "");
        assertTrue(wallet.reentered());
        assertEq(manager.credits(address(wallet), address(0)), 0);
    }

    function test_payout__recipient_places_an_order__is_refused_by_the_guard() public {
        Order memory nested = _order(bob, idNative, true, 0.1e18);
        bytes memory payload = abi.encodeCall(manager.createNewTask, (nested));
        HostileWallet wallet = _settleWith(HostileWallet.Mode.ReenterRefund, payload);
        assertFalse(wallet.reentered());
        assertEq(_status(nested), 0);
    }

    function test_payout__blacklisted_by_the_token__is_credited() public {
        Order memory a = _place(alice, idTokens, false, 1e18);
        Order memory b = _place(bob, idTokens, false, 1e18);
        vm.prank(alice);
        token0.setRefuses(true);
        uint256 before = token0.balanceOf(bob);
        assertEq(_respond(_batch(idTokens, _list(a, b))), 1);
        assertGt(token0.balanceOf(bob), before);
        assertGt(manager.credits(alice, address(token0)), 0.98e18);
        _assertAllBacked();
    }

    function test_payout__manager_hook_or_pool_as_recipient__loses_only_its_own() public {
        address[3] memory odd = [address(manager), address(hook), address(pool)];
        for (uint256 i; i < 3; ++i) {
            Order memory a = _place(odd[i], idNative, false, 1e18);
            Order memory b = _place(bob, idNative, false, 1e18);
            uint256 before = bob.balance;
            assertEq(_respond(_batch(idNative, _list(a, b))), 1);
            assertGt(bob.balance - before, 0.98e18);
        }
        assertEq(hook.escrowOf(address(0)), manager.feesAccrued(address(0)));
        assertGe(address(manager).balance, manager.totalCredits(address(0)));
    }

    function test_payout__too_little_gas_at_the_end__reverts_instead_of_crediting() public {
        Order[] memory orders = new Order[](60);
        for (uint256 i; i < 60; ++i) {
            HostileWallet wallet = new HostileWallet(HostileWallet.Mode.Burn);
            orders[i] = _place(address(wallet), idNative, false, 1e18);
        }
        Batch memory batch = _batch(idNative, orders);
        bytes memory values = _publicValues(batch);
        ZkReceipt memory receipt = _receipt(values, 0, 0);
        bytes memory certificate = _certificate(values);
        vm.expectRevert(
            abi.encodeWithSelector(IOrderServiceManager.InsufficientGas.selector, 140_000)
        );
        manager.respondToBatch{gas: 4_500_000}(
            values, batch.sections, batch.orders, receipt, certificate
        );
    }

    // --- helpers ---

    function _settleWith(HostileWallet.Mode mode, bytes memory payload)
        private
        returns (HostileWallet wallet)
    {
        wallet = new HostileWallet(mode);
        wallet.arm(manager, pool, payload);
        _settleFor(wallet);
    }

    /// @dev The wallet and bob buy native currency in one section; bob must get his.
    function _settleFor(HostileWallet wallet) private {
        Order memory a = _place(address(wallet), idNative, false, 1e18);
        Order memory b = _place(bob, idNative, false, 1e18);
        uint256 before = bob.balance;
        assertEq(_respond(_batch(idNative, _list(a, b))), 1);
        assertGt(bob.balance - before, 0.98e18);
        assertEq(_status(a), 2);
        _assertBacked(address(0), 0);
        _assertBacked(address(token1), 0);
    }
}
