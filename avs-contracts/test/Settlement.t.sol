// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Vm} from "forge-std/Vm.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ReceiptVerifier} from "../src/ReceiptVerifier.sol";
import {IOrderServiceManager} from "../src/interfaces/IOrderServiceManager.sol";
import {IReceiptVerifier} from "../src/interfaces/IReceiptVerifier.sol";
import {IZkVerifyAggregation} from "../src/interfaces/IZkVerifyAggregation.sol";
import {Statement} from "../src/libraries/Statement.sol";
import {
    Config,
    Order,
    Proving,
    PublicValues,
    Receipt as ZkReceipt,
    Section
} from "../src/types/Types.sol";
import {Base} from "./Base.t.sol";
import {Locker} from "./Doubles.t.sol";

/// @dev respondToBatch as a whole: what settles, what reverts, what can be said twice.
contract SettlementTest is Base {
    function test_respondToBatch__two_sided_section__pays_everyone_and_keeps_fees() public {
        (Order memory a, Order memory b, Batch memory batch) = _twoSided();
        uint256 before0 = token0.balanceOf(bob);
        uint256 before1 = token1.balanceOf(alice);
        assertEq(_respond(batch), 1);
        // bob is on the light side: 1e18 at price 1 less 30 bps
        assertEq(token0.balanceOf(bob) - before0, 0.997e18);
        uint256 got = token1.balanceOf(alice) - before1;
        assertGt(got, 2.98e18);
        assertLt(got, 3e18);
        assertEq(_status(a), 2);
        assertEq(_status(b), 2);
        assertEq(manager.feesAccrued(address(token0)), 0.003e18);
        _assertAllBacked();
    }

    function test_respondToBatch__sides_of_equal_worth__settle_without_a_swap() public {
        Order memory a = _place(alice, idTokens, true, 2e18);
        Order memory b = _place(bob, idTokens, false, 2e18);
        Batch memory batch = _batch(idTokens, _list(a, b));
        assertEq(batch.sections[0].remainderIn, 0);
        uint256 price = hook.poolPriceX128(idTokens);
        uint256 before = token1.balanceOf(alice);
        assertEq(_respond(batch), 1);
        assertEq(token1.balanceOf(alice) - before, 1.994e18);
        assertEq(hook.poolPriceX128(idTokens), price);
        _assertAllBacked();
    }

    function test_respondToBatch__one_side_only__is_one_swap() public {
        Order memory a = _place(alice, idNative, false, 2e18);
        uint256 before = alice.balance;
        assertEq(_respond(_batch(idNative, _list(a))), 1);
        assertGt(alice.balance - before, 1.98e18);
        _assertAllBacked();
    }

    function test_respondToBatch__events__tell_an_auditor_everything() public {
        (Order memory a, Order memory b, Batch memory batch) = _twoSided();
        bytes memory values = _publicValues(batch);
        uint256 out = quoter.quoteRemainder(idTokens, Q128, true, 2e18);
        uint256 gross = 1e18 + out;
        uint256 fee = (gross * 30 + 9999) / 10000;
        (bytes32 idA, bytes32 idB) = (manager.orderIdOf(a), manager.orderIdOf(b));
        bytes32 key = keccak256(values);
        ZkReceipt memory receipt = _receipt(values, 0, 0);
        vm.expectEmit(address(manager));
        emit IOrderServiceManager.FeeAccrued(address(token0), 0.003e18);
        vm.expectEmit(address(manager));
        emit IOrderServiceManager.FeeAccrued(address(token1), fee);
        for (uint256 i; i < 2; ++i) {
            bool first = batch.sections[0].orderIds[i] == idA;
            vm.expectEmit(address(manager));
            emit IOrderServiceManager.OrderSettled(
                first ? idA : idB, first ? gross - fee : 0.997e18
            );
        }
        vm.expectEmit(address(manager));
        emit IOrderServiceManager.SectionSettled(key, idTokens, 2e18, out, 0.003e18, fee);
        vm.expectEmit(address(manager));
        emit IOrderServiceManager.BatchSettled(
            key, abi.decode(_publicValues(batch), (PublicValues)).ordersRoot, 1, 2
        );
        _send(batch, values, receipt);
    }

    function test_respondToBatch__one_owner_many_orders__is_paid_once_per_currency() public {
        Order[] memory orders = new Order[](4);
        for (uint256 i; i < 4; ++i) {
            orders[i] = _place(alice, idTokens, i % 2 == 0, 1e18 + i);
        }
        Batch memory batch = _batch(idTokens, orders);
        vm.recordLogs();
        _respond(batch);
        uint256 transfers;
        bytes32 topic = IOrderServiceManager.PayoutSent.selector;
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] == topic) ++transfers;
        }
        assertEq(transfers, 2);
        _assertAllBacked();
    }

    function test_respondToBatch__cancelled_in_the_second_of_the_close__settles() public {
        Order memory a = _place(alice, idTokens, true, 2e18);
        vm.prank(alice);
        manager.requestCancel(a);
        assertEq(_respond(_batch(idTokens, _list(a))), 1);
        (uint8 status, uint40 cancelAt) = _stateOf(manager.orderIdOf(a));
        assertEq(status, 2);
        assertGt(cancelAt, 0);
    }

    // --- routes and receipts ---

    function test_respondToBatch__shrink_route__settles() public {
        (,, Batch memory batch) = _twoSided();
        bytes memory values = _publicValues(batch);
        ZkReceipt memory receipt = _receipt(values, 1, 0);
        assertEq(_send(batch, values, receipt), 1);
    }

    function test_respondToBatch__any_nonce_in_range__settles() public {
        (,, Batch memory batch) = _twoSided();
        bytes memory values = _publicValues(batch);
        assertEq(_send(batch, values, _receipt(values, 0, Statement.SCALAR_FIELD - 1)), 1);
    }

    function test_respondToBatch__receipt_within_a_larger_tree__settles() public {
        (,, Batch memory batch) = _twoSided();
        bytes memory values = _publicValues(batch);
        bytes32 other = keccak256(abi.encodePacked(bytes32("another leaf")));
        ZkReceipt memory receipt = _receipt(values, 0, 0);
        bytes32 own = keccak256(abi.encodePacked(receipts.statementOf(values, 0, 0)));
        zkVerify.submitAggregation(
            DOMAIN, receipt.aggregationId, keccak256(abi.encodePacked(other, own))
        );
        receipt.path = new bytes32[](1);
        receipt.path[0] = other;
        (receipt.leafCount, receipt.index) = (2, 1);
        assertEq(_send(batch, values, receipt), 1);
    }

    function test_respondToBatch__receipt_of_something_else__reverts() public {
        (,, Batch memory batch) = _twoSided();
        bytes memory values = _publicValues(batch);
        ZkReceipt memory receipt = _receipt(values, 0, 0);
        receipt.proofNonce = 1;
        _expectRevert(batch, values, receipt, IOrderServiceManager.ReceiptNotVerified.selector);
        receipt.proofNonce = 0;
        receipt.route = 1;
        _expectRevert(batch, values, receipt, IOrderServiceManager.ReceiptNotVerified.selector);
        receipt.route = 0;
        receipt.aggregationId += 1;
        _expectRevert(batch, values, receipt, IOrderServiceManager.ReceiptNotVerified.selector);
        receipt.aggregationId -= 1;
        receipt.path = new bytes32[](1);
        _expectRevert(batch, values, receipt, IOrderServiceManager.ReceiptNotVerified.selector);
        receipt.path = new bytes32[](0);
        receipt.index = 1;
        _expectRevert(batch, values, receipt, IZkVerifyAggregation.IndexOutOfBounds.selector);
    }

    function test_respondToBatch__aggregation_of_another_domain__reverts() public {
        (,, Batch memory batch) = _twoSided();
        bytes memory values = _publicValues(batch);
        ZkReceipt memory receipt = _receipt(values, 0, 0);
        bytes32 root = zkVerify.proofsAggregations(DOMAIN, receipt.aggregationId);
        zkVerify.submitAggregation(DOMAIN, receipt.aggregationId, bytes32(0));
        zkVerify.submitAggregation(DOMAIN + 1, receipt.aggregationId, root);
        _expectRevert(batch, values, receipt, IOrderServiceManager.ReceiptNotVerified.selector);
    }

    function test_respondToBatch__nonce_or_route_out_of_range__reverts() public {
        (,, Batch memory batch) = _twoSided();
        bytes memory values = _publicValues(batch);
        ZkReceipt memory receipt = _receipt(values, 0, 0);
        receipt.proofNonce = Statement.SCALAR_FIELD;
        _expectRevert(batch, values, receipt, IReceiptVerifier.ProofNonceOutOfRange.selector);
        receipt.route = 2;
        _expectReason(
            batch,
            values,
            receipt,
            abi.encodeWithSelector(IReceiptVerifier.UnknownRoute.selector, uint8(2))
        );
    }

    function test_respondToBatch__disabled_route__reverts() public {
        (,, Batch memory batch) = _twoSided();
        batch.validUntil = block.timestamp + 1 hours;
        bytes memory values = _publicValues(batch);
        ZkReceipt memory receipt = _receipt(values, 1, 0);
        Proving memory proving = _proving();
        proving.shrinkVkey = 0;
        Config memory config = _config();
        config.receiptVerifier = address(new ReceiptVerifier(proving));
        manager.proposeConfig(config);
        uint256 start = block.timestamp;
        skip(2 days);
        manager.applyConfig(config);
        vm.warp(start);
        _expectReason(
            batch,
            values,
            receipt,
            abi.encodeWithSelector(IReceiptVerifier.RouteDisabled.selector, uint8(1))
        );
    }

    // --- certificate ---

    function test_respondToBatch__certificate_that_is_not_enough__reverts() public {
        (,, Batch memory batch) = _twoSided();
        bytes memory values = _publicValues(batch);
        ZkReceipt memory receipt = _receipt(values, 0, 0);
        bytes memory empty = abi.encode(new address[](0), new bytes[](0));
        bytes memory foreign = _certificate(bytes("other public values"));
        vm.expectRevert(IOrderServiceManager.CertificateNotVerified.selector);
        manager.respondToBatch(values, batch.sections, batch.orders, receipt, empty);
        vm.expectRevert(IOrderServiceManager.CertificateNotVerified.selector);
        manager.respondToBatch(values, batch.sections, batch.orders, receipt, foreign);
        vm.expectRevert();
        manager.respondToBatch(values, batch.sections, batch.orders, receipt, "");
    }

    // --- public values and commitments ---

    function test_respondToBatch__malformed_public_values__reverts() public {
        (,, Batch memory batch) = _twoSided();
        bytes memory values = _publicValues(batch);
        ZkReceipt memory receipt = _receipt(values, 0, 0);
        bytes4 malformed = IOrderServiceManager.MalformedPublicValues.selector;
        _expectRevert(batch, bytes.concat(values, hex"00"), receipt, malformed);
        _expectRevert(batch, "", receipt, malformed);
        bytes memory dirty = bytes.concat(values);
        dirty[75] = 0x01;
        _expectRevert(batch, dirty, receipt, malformed);
    }

    function test_respondToBatch__public_values_of_another_place_or_time__reverts() public {
        (,, Batch memory batch) = _twoSided();
        PublicValues memory v = abi.decode(_publicValues(batch), (PublicValues));
        v.version = 2;
        _expectValues(
            batch, v, abi.encodeWithSelector(IOrderServiceManager.WrongVersion.selector, 2)
        );
        v.version = 1;
        v.chainId = 1;
        _expectValues(batch, v, abi.encodeWithSelector(IOrderServiceManager.WrongChain.selector, 1));
        v.chainId = block.chainid;
        v.manager = bob;
        _expectValues(
            batch, v, abi.encodeWithSelector(IOrderServiceManager.WrongManager.selector, bob)
        );
        v.manager = address(manager);
        v.validUntil = block.timestamp - 1;
        _expectValues(
            batch,
            v,
            abi.encodeWithSelector(IOrderServiceManager.BatchExpired.selector, v.validUntil)
        );
    }

    function test_respondToBatch__sections_or_orders_not_committed__reverts() public {
        (,, Batch memory batch) = _twoSided();
        PublicValues memory v = abi.decode(_publicValues(batch), (PublicValues));
        v.ordersRoot = bytes32(uint256(1));
        _expectValues(
            batch, v, abi.encodeWithSelector(IOrderServiceManager.WrongOrdersRoot.selector)
        );
        v = abi.decode(_publicValues(batch), (PublicValues));
        batch.sections[0].minOut -= 1;
        _expectValues(
            batch, v, abi.encodeWithSelector(IOrderServiceManager.WrongSettlementHash.selector)
        );
    }

    function test_respondToBatch__wrong_shape__reverts() public {
        (Order memory a,, Batch memory batch) = _twoSided();
        Batch memory empty;
        empty.sections = new Section[](0);
        empty.validUntil = batch.validUntil;
        _expectBatch(empty, abi.encodeWithSelector(IOrderServiceManager.NoSections.selector));
        Batch memory fewer = batch;
        fewer.orders = _list(a);
        _expectBatch(fewer, abi.encodeWithSelector(IOrderServiceManager.LengthMismatch.selector));
        fewer.orders = new Order[](3);
        _expectBatch(fewer, abi.encodeWithSelector(IOrderServiceManager.LengthMismatch.selector));
        Batch memory twice;
        twice.sections = new Section[](2);
        (twice.sections[0], twice.sections[1]) = (batch.sections[0], batch.sections[0]);
        twice.orders = new Order[](4);
        twice.validUntil = batch.validUntil;
        _expectBatch(
            twice, abi.encodeWithSelector(IOrderServiceManager.PoolsNotAscending.selector, 1)
        );
    }

    function test_respondToBatch__paused_or_inside_an_unlock__reverts() public {
        (,, Batch memory batch) = _twoSided();
        bytes memory values = _publicValues(batch);
        ZkReceipt memory receipt = _receipt(values, 0, 0);
        bytes memory call = abi.encodeCall(
            manager.respondToBatch,
            (values, batch.sections, batch.orders, receipt, _certificate(values))
        );
        Locker locker = new Locker(pool);
        vm.expectRevert(IOrderServiceManager.PoolManagerUnlocked.selector);
        locker.callInside(address(manager), call);
        manager.pause();
        _expectRevert(batch, values, receipt, Pausable.EnforcedPause.selector);
        manager.unpause();
        assertEq(_send(batch, values, receipt), 1);
    }

    // --- replay ---

    function test_respondToBatch__again_with_another_nonce_and_route__settles_nothing() public {
        (,, Batch memory batch) = _twoSided();
        bytes memory values = _publicValues(batch);
        assertEq(_send(batch, values, _receipt(values, 0, 0)), 1);
        assertTrue(manager.sectionSettled(keccak256(values), idTokens));
        uint256 balance = token0.balanceOf(bob);
        bytes memory reason =
            abi.encodeWithSelector(IOrderServiceManager.SectionAlreadySettled.selector);
        for (uint8 route; route < 2; ++route) {
            ZkReceipt memory receipt = _receipt(values, route, 5);
            vm.expectEmit(address(manager));
            emit IOrderServiceManager.SectionSkipped(keccak256(values), idTokens, reason);
            assertEq(_send(batch, values, receipt), 0);
        }
        assertEq(token0.balanceOf(bob), balance);
        _assertAllBacked();
    }

    // --- verifyOrder ---

    function test_verifyOrder__settled_by_this_batch__true_for_its_leaf_only() public {
        (,, Batch memory batch) = _twoSided();
        bytes memory values = _publicValues(batch);
        bytes32 key = keccak256(values);
        bytes32[] memory ids = batch.sections[0].orderIds;
        bytes32[] memory path = new bytes32[](1);
        path[0] = keccak256(abi.encodePacked(ids[1]));
        assertFalse(manager.verifyOrder(ids[0], key, path, 2, 0));
        _send(batch, values, _receipt(values, 0, 0));
        assertTrue(manager.verifyOrder(ids[0], key, path, 2, 0));
        assertFalse(manager.verifyOrder(ids[0], key, path, 2, 1));
        assertFalse(manager.verifyOrder(ids[0], key, path, 0, 0));
        assertFalse(manager.verifyOrder(ids[1], key, path, 2, 0));
        assertFalse(manager.verifyOrder(ids[0], bytes32("other"), path, 2, 0));
        assertFalse(manager.verifyOrder(ids[0], key, new bytes32[](0), 2, 0));
    }

    // --- helpers ---

    function _twoSided() private returns (Order memory a, Order memory b, Batch memory batch) {
        a = _place(alice, idTokens, true, 3e18);
        b = _place(bob, idTokens, false, 1e18);
        batch = _batch(idTokens, _list(a, b));
    }

    function _send(Batch memory b, bytes memory values, ZkReceipt memory receipt)
        private
        returns (uint256)
    {
        bytes memory certificate = _certificate(values);
        return manager.respondToBatch(values, b.sections, b.orders, receipt, certificate);
    }

    function _expectReason(
        Batch memory b,
        bytes memory values,
        ZkReceipt memory receipt,
        bytes memory reason
    ) private {
        bytes memory certificate = _certificate(values);
        vm.expectRevert(reason);
        manager.respondToBatch(values, b.sections, b.orders, receipt, certificate);
    }

    function _expectRevert(
        Batch memory b,
        bytes memory values,
        ZkReceipt memory receipt,
        bytes4 selector
    ) private {
        _expectReason(b, values, receipt, abi.encodeWithSelector(selector));
    }

    function _expectValues(Batch memory b, PublicValues memory v, bytes memory reason) private {
        bytes memory values = abi.encode(v);
        _expectReason(b, values, _receipt(values, 0, 0), reason);
    }

    function _expectBatch(Batch memory b, bytes memory reason) private {
        _expectValues(b, abi.decode(_publicValues(b), (PublicValues)), reason);
    }
}
