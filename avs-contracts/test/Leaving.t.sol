// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IOrderServiceManager} from "../src/interfaces/IOrderServiceManager.sol";
import {Order} from "../src/types/Types.sol";
import {Base} from "./Base.t.sol";
import {HostileWallet} from "./Doubles.t.sol";

/// @dev Cancels, refunds and credits: everything that works without operators.
contract LeavingTest is Base {
    function test_requestCancel__by_the_owner__takes_effect_after_the_delay() public {
        Order memory order = _place(alice, idTokens, true, 5e18);
        bytes32 orderId = manager.orderIdOf(order);
        uint40 expected = uint40(block.timestamp) + CANCEL_DELAY;
        vm.expectEmit(address(manager));
        emit IOrderServiceManager.CancelRequested(orderId, expected);
        vm.prank(alice);
        manager.requestCancel(order);
        (uint8 status, uint40 cancelAt) = _stateOf(orderId);
        assertEq(status, 1);
        assertEq(cancelAt, expected);
    }

    function test_requestCancel__not_the_owner__reverts() public {
        Order memory order = _place(alice, idTokens, true, 5e18);
        // carol paid for it, but the order is alice's
        vm.expectRevert(
            abi.encodeWithSelector(
                IOrderServiceManager.NotOrderOwner.selector, manager.orderIdOf(order)
            )
        );
        vm.prank(carol);
        manager.requestCancel(order);
    }

    function test_requestCancel__unknown_or_changed_terms__reverts() public {
        Order memory order = _place(alice, idTokens, true, 5e18);
        order.minOut = 1;
        bytes32 orderId = manager.orderIdOf(order);
        vm.expectRevert(abi.encodeWithSelector(IOrderServiceManager.NotOpen.selector, orderId));
        vm.prank(alice);
        manager.requestCancel(order);
    }

    function test_requestCancel__twice__reverts() public {
        Order memory order = _place(alice, idTokens, true, 5e18);
        bytes32 orderId = manager.orderIdOf(order);
        vm.startPrank(alice);
        manager.requestCancel(order);
        vm.expectRevert(
            abi.encodeWithSelector(IOrderServiceManager.AlreadyCancelling.selector, orderId)
        );
        manager.requestCancel(order);
    }

    function test_refund__before_the_cancel_takes_effect__reverts() public {
        Order memory order = _place(alice, idTokens, true, 5e18);
        vm.prank(alice);
        manager.requestCancel(order);
        skip(CANCEL_DELAY - 1);
        _expectNotRefundable(order);
    }

    function test_refund__cancel_in_effect__pays_the_owner_whoever_calls() public {
        Order memory order = _place(alice, idTokens, true, 5e18);
        vm.prank(alice);
        manager.requestCancel(order);
        skip(CANCEL_DELAY);
        uint256 before = token0.balanceOf(alice);
        vm.expectEmit(address(manager));
        emit IOrderServiceManager.OrderRefunded(manager.orderIdOf(order), 5e18);
        vm.prank(makeAddr("anyone"));
        manager.refund(_list(order));
        assertEq(token0.balanceOf(alice) - before, 5e18);
        assertEq(_status(order), 3);
        _assertAllBacked();
    }

    function test_refund__at_the_deadline__reverts_and_one_second_later_pays() public {
        Order memory order = _place(alice, idNative, true, 5e18);
        vm.warp(order.deadline);
        _expectNotRefundable(order);
        skip(1);
        uint256 before = alice.balance;
        manager.refund(_list(order));
        assertEq(alice.balance - before, 5e18);
        _assertAllBacked();
    }

    function test_refund__twice_or_repeated_in_one_call__pays_once() public {
        Order memory order = _place(alice, idTokens, true, 5e18);
        _place(bob, idTokens, true, 5e18);
        skip(2 hours);
        uint256 before = token0.balanceOf(alice);
        assertEq(manager.refund(_list(order, order)), 1);
        assertEq(token0.balanceOf(alice) - before, 5e18);
        _expectNotRefundable(order);
    }

    function test_refund__never_placed_or_settled__reverts() public {
        Order memory order = _order(alice, idTokens, true, 5e18);
        skip(2 hours);
        _expectNotRefundable(order);
        order = _place(alice, idTokens, true, 5e18);
        _respond(_batch(idTokens, _list(order)));
        skip(2 hours);
        _expectNotRefundable(order);
    }

    function test_refund__several__those_that_are_over() public {
        Order memory a = _place(alice, idTokens, true, 5e18);
        Order memory b = _order(bob, idTokens, true, 5e18);
        b.deadline = uint40(block.timestamp) + 3 hours;
        _placeAs(carol, b);
        skip(2 hours);
        assertEq(manager.refund(_list(b, a)), 1);
        assertEq(_status(a), 3);
        assertEq(_status(b), 1);
        _assertBacked(address(token0), 5e18);
    }

    function test_paused__cancel_refund_and_credit__still_work() public {
        HostileWallet wallet = new HostileWallet(HostileWallet.Mode.Revert);
        wallet.arm(manager, pool, "");
        Order memory order = _place(alice, idTokens, true, 5e18);
        Order memory refused = _place(address(wallet), idNative, true, 5e18);
        manager.pause();
        vm.prank(alice);
        manager.requestCancel(order);
        skip(2 hours);
        manager.refund(_list(order, refused));
        assertEq(_status(order), 3);
        wallet.withdraw(address(0), bob);
        assertEq(bob.balance, 1e24 + 5e18);
        _assertAllBacked();
    }

    function test_refund__recipient_refuses__becomes_a_credit() public {
        HostileWallet wallet = new HostileWallet(HostileWallet.Mode.Revert);
        wallet.arm(manager, pool, "");
        Order memory order = _place(address(wallet), idNative, true, 5e18);
        skip(2 hours);
        vm.expectEmit(address(manager));
        emit IOrderServiceManager.CreditAdded(address(wallet), address(0), 5e18);
        manager.refund(_list(order));
        assertEq(manager.credits(address(wallet), address(0)), 5e18);
        assertEq(manager.totalCredits(address(0)), 5e18);
        _assertAllBacked();
        vm.expectRevert(IOrderServiceManager.TransferFailed.selector);
        wallet.withdraw(address(0), address(wallet));
        wallet.setMode(HostileWallet.Mode.Accept);
        vm.expectEmit(address(manager));
        emit IOrderServiceManager.CreditWithdrawn(
            address(wallet), address(0), address(wallet), 5e18
        );
        wallet.withdraw(address(0), address(wallet));
        assertEq(address(wallet).balance, 5e18);
        vm.expectRevert(IOrderServiceManager.NothingToWithdraw.selector);
        wallet.withdraw(address(0), address(wallet));
        _assertAllBacked();
    }

    function test_refund__blacklisted_by_the_token__becomes_a_credit_for_another_address() public {
        Order memory order = _place(alice, idTokens, true, 5e18);
        vm.prank(alice);
        token0.setRefuses(true);
        skip(2 hours);
        manager.refund(_list(order));
        assertEq(manager.credits(alice, address(token0)), 5e18);
        vm.startPrank(alice);
        vm.expectRevert(IOrderServiceManager.ZeroAddress.selector);
        manager.withdrawCredit(address(token0), address(0));
        manager.withdrawCredit(address(token0), bob);
        assertEq(token0.balanceOf(bob), 1e24 + 5e18);
        _assertAllBacked();
    }

    function test_refund__too_little_gas_for_the_payout__reverts_instead_of_crediting() public {
        HostileWallet wallet = new HostileWallet(HostileWallet.Mode.Accept);
        Order memory order = _place(address(wallet), idNative, true, 5e18);
        skip(2 hours);
        vm.expectRevert(
            abi.encodeWithSelector(IOrderServiceManager.InsufficientGas.selector, 140_000)
        );
        manager.refund{gas: 160_000}(_list(order));
    }

    function test_manager__native_currency_from_strangers__is_refused() public {
        (bool ok,) = address(manager).call{value: 1}("");
        assertFalse(ok);
    }

    function _expectNotRefundable(Order memory order) private {
        vm.expectRevert(IOrderServiceManager.NothingRefundable.selector);
        manager.refund(_list(order));
    }
}
