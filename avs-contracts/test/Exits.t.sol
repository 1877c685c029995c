// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Currency} from "v4-core/types/Currency.sol";
import {IOrderServiceManager} from "../src/interfaces/IOrderServiceManager.sol";
import {Order, OrderStatus, Receipt as ZkReceipt, RejectCode} from "../src/types/Types.sol";
import {Base} from "./Base.t.sol";
import {GreedyWallet, HostileWallet} from "./Doubles.t.sol";

/// @dev Ways out that need neither operator nor owner, and that nobody can use against somebody else.
contract ExitsTest is Base {
    // --- cancels and batches fit together ---

    function test_cancel__requested_after_the_close__cannot_undo_a_batch_however_late_it_comes()
        public
    {
        Order memory small = _place(bob, idTokens, true, 1000);
        Order memory large = _place(alice, idTokens, true, 3e18);
        Batch memory batch = _batch(idTokens, _list(small, large));
        vm.prank(bob);
        manager.requestCancel(small);
        vm.warp(batch.validUntil);
        vm.expectRevert(IOrderServiceManager.NothingRefundable.selector);
        manager.refund(_list(small));
        assertEq(_respond(batch), 1);
        assertEq(_status(large), OrderStatus.SETTLED);
        assertEq(_status(small), OrderStatus.SETTLED);
    }

    function test_cancel__requested_before_the_close__undoes_every_batch_from_its_first_second()
        public
    {
        Order memory order = _place(alice, idTokens, true, 3e18);
        vm.prank(alice);
        manager.requestCancel(order);
        skip(1);
        assertEq(_respond(_batch(idTokens, _list(order))), 0);
        assertEq(_status(order), OrderStatus.OPEN);
        skip(CANCEL_DELAY - 1);
        assertEq(manager.refund(_list(order)), 1);
    }

    function testFuzz_cancel__around_the_close__settles_by_when_it_was_requested(
        uint256 requested,
        uint256 posted
    ) public {
        uint256 close = block.timestamp + 1 hours / 2;
        requested = bound(requested, close - CANCEL_DELAY, close + CANCEL_DELAY - 1);
        posted = bound(posted, requested > close ? requested : close, close + CANCEL_DELAY - 1);
        Order memory order = _place(alice, idTokens, true, 3e18);
        vm.warp(close);
        Batch memory batch = _batch(idTokens, _list(order));
        vm.warp(requested);
        vm.prank(alice);
        manager.requestCancel(order);
        vm.warp(posted);
        assertEq(_respond(batch), requested >= close ? 1 : 0);
    }

    // --- an order that nobody has placed yet ---

    function test_revokeOrder__signed_and_not_placed__nobody_can_place_it_any_more() public {
        Order memory order = _order(alice, idTokens, true, 5e18);
        bytes32 orderId = manager.orderIdOf(order);
        bytes memory signature = _sign(aliceKey, orderId);
        vm.expectEmit(address(manager));
        emit IOrderServiceManager.OrderRevoked(orderId);
        vm.prank(alice);
        manager.revokeOrder(order);
        assertEq(_status(order), OrderStatus.REVOKED);
        uint256 before = token0.balanceOf(alice);
        _post(order, signature);
        assertEq(_status(order), OrderStatus.REVOKED);
        assertEq(token0.balanceOf(alice), before);
        vm.expectRevert();
        this.placeAs(carol, order);
        skip(2 hours);
        vm.expectRevert(IOrderServiceManager.NothingRefundable.selector);
        manager.refund(_list(order));
    }

    function test_revokeOrder__by_others_or_placed_before__reverts() public {
        Order memory order = _order(alice, idTokens, true, 5e18);
        bytes32 orderId = manager.orderIdOf(order);
        vm.expectRevert(
            abi.encodeWithSelector(IOrderServiceManager.NotOrderOwner.selector, orderId)
        );
        vm.prank(bob);
        manager.revokeOrder(order);
        _placeAs(carol, order);
        vm.expectRevert(abi.encodeWithSelector(IOrderServiceManager.AlreadyKnown.selector, orderId));
        vm.prank(alice);
        manager.revokeOrder(order);
    }

    function test_revokeOrder__paused__still_works() public {
        Order memory order = _order(alice, idTokens, true, 5e18);
        manager.pause();
        vm.prank(alice);
        manager.revokeOrder(order);
        assertEq(_status(order), OrderStatus.REVOKED);
    }

    // --- another chain id ---

    function test_refund__after_a_change_of_chain_id__still_pays() public {
        Order memory expired = _place(alice, idTokens, true, 5e18);
        Order memory cancelled = _order(alice, idNative, true, 3e18);
        cancelled.deadline = uint40(block.timestamp) + SPAN;
        _placeAs(carol, cancelled);
        vm.chainId(999);
        vm.prank(alice);
        manager.requestCancel(cancelled);
        skip(2 hours);
        assertEq(manager.refund(_list(expired, cancelled)), 2);
        assertEq(token0.balanceOf(alice), 1e24 + 5e18);
        assertEq(alice.balance, 1e24 + 3e18);
        _assertAllBacked();
    }

    // --- a token that refuses the manager ---

    function test_refundAsClaims__token_refuses_the_manager__the_escrow_leaves_as_claims() public {
        Order memory order = _place(alice, idTokens, true, 5e18);
        vm.prank(address(manager));
        token0.setRefuses(true);
        skip(2 hours);
        vm.expectRevert(IOrderServiceManager.NothingRefundable.selector);
        manager.refund(_list(order));
        vm.expectEmit(address(manager));
        emit IOrderServiceManager.ClaimsSent(alice, address(token0), bob, 5e18);
        vm.prank(alice);
        manager.refundAsClaims(order, bob);
        assertEq(pool.balanceOf(bob, uint256(uint160(address(token0)))), 5e18);
        assertEq(_status(order), OrderStatus.REFUNDED);
        _assertAllBacked();
    }

    function test_refundAsClaims__not_over_or_not_the_owner__reverts() public {
        Order memory order = _place(alice, idTokens, true, 5e18);
        bytes32 orderId = manager.orderIdOf(order);
        vm.startPrank(alice);
        vm.expectRevert(
            abi.encodeWithSelector(IOrderServiceManager.NotRefundable.selector, orderId)
        );
        manager.refundAsClaims(order, bob);
        skip(2 hours);
        vm.expectRevert(IOrderServiceManager.ZeroAddress.selector);
        manager.refundAsClaims(order, address(0));
        manager.refundAsClaims(order, bob);
        vm.expectRevert(
            abi.encodeWithSelector(IOrderServiceManager.NotRefundable.selector, orderId)
        );
        manager.refundAsClaims(order, bob);
        vm.stopPrank();
        vm.expectRevert(
            abi.encodeWithSelector(IOrderServiceManager.NotOrderOwner.selector, orderId)
        );
        manager.refundAsClaims(order, bob);
    }

    function test_refund__one_token_refuses_the_manager__the_others_are_paid() public {
        Order memory stuck = _place(alice, idTokens, true, 5e18);
        Order memory good = _place(bob, idTokens, false, 3e18);
        vm.prank(address(manager));
        token0.setRefuses(true);
        skip(2 hours);
        assertEq(manager.refund(_list(stuck, good)), 1);
        assertEq(_status(stuck), OrderStatus.OPEN);
        assertEq(token1.balanceOf(bob), 1e24 + 3e18);
        _assertBacked(address(token0), 5e18);
        vm.prank(address(manager));
        token0.setRefuses(false);
        assertEq(manager.refund(_list(stuck)), 1);
        _assertAllBacked();
    }

    // --- payouts that fail ---

    function test_pushCredit__recipient_that_needs_more_gas_and_cannot_call__is_paid_by_anyone()
        public
    {
        GreedyWallet wallet = new GreedyWallet();
        Order memory order = _place(address(wallet), idNative, true, 5e18);
        skip(2 hours);
        manager.refund(_list(order));
        assertEq(manager.credits(address(wallet), address(0)), 5e18);
        vm.expectEmit(address(manager));
        emit IOrderServiceManager.CreditWithdrawn(
            address(wallet), address(0), address(wallet), 5e18
        );
        vm.prank(carol);
        manager.pushCredit(address(wallet), address(0));
        assertEq(address(wallet).balance, 5e18);
        vm.expectRevert(IOrderServiceManager.NothingToWithdraw.selector);
        manager.pushCredit(address(wallet), address(0));
        _assertAllBacked();
    }

    function test_pushCredit__still_refused__reverts_and_keeps_the_credit() public {
        HostileWallet wallet = new HostileWallet(HostileWallet.Mode.Revert);
        Order memory order = _place(address(wallet), idNative, true, 5e18);
        skip(2 hours);
        manager.refund(_list(order));
        vm.expectRevert(IOrderServiceManager.TransferFailed.selector);
        manager.pushCredit(address(wallet), address(0));
        assertEq(manager.credits(address(wallet), address(0)), 5e18);
    }

    function test_respondToBatch__all_recipients_burn_their_gas__costs_less_than_thrice() public {
        uint256 honest = _gasOfSettling(HostileWallet.Mode.Accept);
        uint256 burning = _gasOfSettling(HostileWallet.Mode.Burn);
        assertLt(burning, 3 * honest);
    }

    // --- what others can say about an order ---

    function test_verifyOrder__other_index_or_leaf_count_than_proven__is_false() public {
        Order[] memory orders = new Order[](5);
        for (uint256 i; i < 5; ++i) {
            orders[i] = _place(alice, idTokens, true, 1e18);
        }
        Batch memory batch = _batch(idTokens, orders);
        bytes32 key = keccak256(_publicValues(batch));
        assertEq(_respond(batch), 1);
        bytes32[] memory ids = batch.sections[0].orderIds;
        bytes32[] memory path = new bytes32[](1);
        path[0] = _rootOfFour(ids);
        // the last leaf is lone on two levels: its path has one step
        for (uint256 count; count < 12; ++count) {
            for (uint256 index; index < 12; ++index) {
                bool is_ = manager.verifyOrder(ids[4], key, path, count, index);
                assertEq(is_, count == 5 && index == 4);
            }
        }
    }

    // --- helpers ---

    function placeAs(address payer, Order memory order) external {
        _placeAs(payer, order);
    }

    function _gasOfSettling(HostileWallet.Mode mode) private returns (uint256) {
        Order[] memory orders = new Order[](20);
        for (uint256 i; i < 20; ++i) {
            orders[i] = _place(address(new HostileWallet(mode)), idNative, false, 1e18);
        }
        Batch memory batch = _batch(idNative, orders);
        bytes memory values = _publicValues(batch);
        ZkReceipt memory receipt = _receipt(values, 0, 0);
        bytes memory certificate = _certificate(values);
        uint256 before = gasleft();
        assertEq(
            manager.respondToBatch(values, batch.sections, batch.orders, receipt, certificate), 1
        );
        return before - gasleft();
    }

    function _rootOfFour(bytes32[] memory ids) private pure returns (bytes32) {
        bytes32[] memory nodes = new bytes32[](4);
        for (uint256 i; i < 4; ++i) {
            nodes[i] = keccak256(abi.encodePacked(ids[i]));
        }
        return keccak256(
            abi.encodePacked(
                keccak256(abi.encodePacked(nodes[0], nodes[1])),
                keccak256(abi.encodePacked(nodes[2], nodes[3]))
            )
        );
    }
}
