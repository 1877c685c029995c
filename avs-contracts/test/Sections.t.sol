// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IHooks} from "v4-core/interfaces/IHooks.sol";
import {Currency} from "v4-core/types/Currency.sol";
import {PoolKey} from "v4-core/types/PoolKey.sol";
import {IDarkCoWHook} from "../src/interfaces/IDarkCoWHook.sol";
import {IOrderServiceManager} from "../src/interfaces/IOrderServiceManager.sol";
import {BatchRule} from "../src/libraries/BatchRule.sol";
import {Order, PoolSettings, Receipt as ZkReceipt} from "../src/types/Types.sol";
import {Base} from "./Base.t.sol";

/// @dev What a section's own failure does: nothing but an event, and its orders stay open.
contract SectionsTest is Base {
    Order internal first;
    Order internal second;

    function setUp() public override {
        super.setUp();
        first = _place(alice, idTokens, true, 3e18);
        second = _place(bob, idTokens, false, 1e18);
    }

    function test_section__cancelled_order__is_skipped_and_its_neighbour_settles() public {
        Order memory other = _place(carol, idNative, true, 1e18);
        vm.prank(alice);
        manager.requestCancel(first);
        skip(1);
        Batch memory failing = _tokens();
        Batch memory batch = _batch2(failing, _batch(idNative, _list(other)));
        bytes memory reason = abi.encodeWithSelector(
            IOrderServiceManager.OrderCancelled.selector, manager.orderIdOf(first)
        );
        assertEq(_respondSkipping(batch, reason), 1);
        assertEq(_status(first), 1);
        assertEq(_status(second), 1);
        assertEq(_status(other), 2);
        _assertBacked(address(token0), 3e18);
        _assertBacked(address(token1), 1e18);
        _assertBacked(address(0), 0);
    }

    function test_section__skipped_once__settles_when_posted_again() public {
        Batch memory batch = _tokens();
        batch.sections[0].minOut = type(uint128).max / 4;
        // the first is hopeless; what is retried is a batch whose obstacle went away
        assertEq(_respond(batch), 0);
        batch = _tokens();
        _movePrice(idTokens, true, 3e21);
        bytes memory values = _publicValues(batch);
        ZkReceipt memory receipt = _receipt(values, 0, 0);
        assertEq(_send(batch, values, receipt), 0);
        assertEq(_status(first), 1);
        _movePrice(idTokens, false, 3e21);
        assertEq(_send(batch, values, receipt), 1);
        assertEq(_status(first), 2);
        _assertAllBacked();
    }

    function test_section__only_the_other_settled__verifyOrder_is_false_for_its_orders() public {
        Order memory other = _place(carol, idNative, true, 1e18);
        Batch memory failing = _tokens();
        failing.sections[0].feeBps += 1;
        Batch memory batch = _batch2(failing, _batch(idNative, _list(other)));
        assertEq(_respond(batch), 1);
        bytes32 key = keccak256(_publicValues(batch));
        bytes32 settledId = manager.orderIdOf(other);
        bytes32[] memory ids = new bytes32[](3);
        for (uint256 i; i < 3; ++i) {
            ids[i] = manager.orderIdOf(batch.orders[i]);
        }
        for (uint256 i; i < 3; ++i) {
            (bytes32[] memory path) = _pathOfThree(ids, i);
            assertEq(manager.verifyOrder(ids[i], key, path, 3, i), ids[i] == settledId);
        }
        // settled later by another batch: still not by this one
        assertEq(_respond(_tokens()), 1);
        for (uint256 i; i < 3; ++i) {
            bytes32[] memory path = _pathOfThree(ids, i);
            assertEq(manager.verifyOrder(ids[i], key, path, 3, i), ids[i] == settledId);
        }
    }

    function test_section__price_moved_too_far__is_skipped() public {
        Batch memory batch = _tokens();
        uint256 price = batch.sections[0].priceX128;
        _movePrice(idTokens, true, 3e21);
        uint256 actual = hook.poolPriceX128(idTokens);
        _expectSkip(
            batch, abi.encodeWithSelector(IDarkCoWHook.PriceOutOfRange.selector, actual, price)
        );
    }

    function test_section__price_far_from_the_pools__is_skipped() public {
        uint256 actual = hook.poolPriceX128(idTokens);
        uint256[4] memory prices =
            [uint256(1), actual * 100 / 106, actual * 100 / 94, actual * 1e18];
        for (uint256 i; i < prices.length; ++i) {
            Order[] memory orders = _list(first);
            Batch memory batch;
            batch = _batch(idTokens, orders);
            batch.sections[0].priceX128 = prices[i];
            // with one order of a single side the rest of the section fits any price
            if (prices[i] == 1) batch.sections[0].remainderZeroForOne = true;
            _expectSkip(
                batch,
                abi.encodeWithSelector(IDarkCoWHook.PriceOutOfRange.selector, actual, prices[i])
            );
        }
    }

    function test_section__swap_gives_less_than_minOut__is_skipped() public {
        Batch memory batch = _tokens();
        uint256 out = quoter.quoteRemainder(idTokens, Q128, true, batch.sections[0].remainderIn);
        batch.sections[0].minOut = uint128(out + 1);
        _expectSkip(
            batch, abi.encodeWithSelector(IDarkCoWHook.SwapBelowMinimum.selector, out, out + 1)
        );
        batch.sections[0].minOut = uint128(out);
        assertEq(_respond(batch), 1);
    }

    function test_section__limit_not_met__is_skipped() public {
        Order memory strict = _order(alice, idTokens, false, 1e18);
        strict.minOut = 0.997e18 + 1;
        _placeAs(carol, strict);
        Batch memory batch = _batch(idTokens, _list(first, strict));
        uint256 index = manager.orderIdOf(batch.orders[0]) == manager.orderIdOf(strict) ? 0 : 1;
        _expectSkip(batch, abi.encodeWithSelector(BatchRule.LimitNotMet.selector, index, 0.997e18));
    }

    function test_section__limit_met_exactly__settles() public {
        Order memory exact = _order(alice, idTokens, false, 1e18);
        exact.minOut = 0.997e18;
        _placeAs(carol, exact);
        assertEq(_respond(_batch(idTokens, _list(first, exact))), 1);
    }

    function test_section__pool_without_enough_liquidity__is_skipped() public {
        PoolKey memory key = PoolKey(
            Currency.wrap(address(token0)),
            Currency.wrap(address(token1)),
            10_000,
            200,
            IHooks(address(hook))
        );
        pool.initialize(key, SQRT_PRICE_ONE);
        bytes32 poolId = keccak256(abi.encode(key));
        manager.listPool(poolId, PoolSettings(1000, 1000, 500));
        Order memory order = _order(alice, poolId, true, 1e18);
        bytes memory data = _hookData(order);
        vm.prank(carol);
        router.swap(key, true, -1e18, data);
        Batch memory batch = _tokens();
        batch.sections[0].poolId = poolId;
        batch.orders = _list(order);
        batch.sections[0].orderIds = _sort(batch.orders);
        batch.sections[0].remainderIn = 1e18;
        batch.sections[0].minOut = 0;
        batch.sections[0].priceX128 = Q128;
        _expectSkip(batch, abi.encodeWithSelector(IDarkCoWHook.PartialSwap.selector, 0, 1e18));
    }

    // --- what the contract enforces whatever was proven ---

    function test_section__ids_out_of_order_or_repeated__is_skipped() public {
        Batch memory batch = _tokens();
        bytes32[] memory ids = batch.sections[0].orderIds;
        (ids[0], ids[1]) = (ids[1], ids[0]);
        (batch.orders[0], batch.orders[1]) = (batch.orders[1], batch.orders[0]);
        bytes memory reason =
            abi.encodeWithSelector(IOrderServiceManager.OrderIdsNotAscending.selector, 1);
        _expectSkip(batch, reason);
        ids[0] = ids[1];
        batch.orders[0] = batch.orders[1];
        _expectSkip(batch, reason);
    }

    function test_section__terms_that_do_not_hash_to_the_id__is_skipped() public {
        Batch memory batch = _tokens();
        batch.orders[1].owner = carol;
        _expectSkip(batch, abi.encodeWithSelector(IOrderServiceManager.OrderIdMismatch.selector, 1));
    }

    function test_section__order_never_placed__is_skipped() public {
        Order memory ghost = _order(alice, idTokens, true, 3e18);
        Batch memory batch = _batch(idTokens, _list(ghost));
        _expectSkip(
            batch,
            abi.encodeWithSelector(IOrderServiceManager.NotOpen.selector, manager.orderIdOf(ghost))
        );
    }

    function test_section__order_of_another_pool__is_skipped() public {
        Order memory foreign = _place(alice, idNative, false, 1e18);
        Batch memory batch = _batch(idTokens, _list(foreign));
        _expectSkip(batch, abi.encodeWithSelector(BatchRule.WrongPool.selector, 0));
    }

    function test_section__deadline_before_validUntil__is_skipped() public {
        Batch memory batch = _tokens();
        batch.validUntil = uint256(first.deadline) + 1;
        _expectSkip(batch, abi.encodeWithSelector(BatchRule.DeadlineTooEarly.selector, 0));
    }

    function test_section__wrong_sums__is_skipped() public {
        Batch memory batch = _tokens();
        batch.sections[0].remainderIn += 1;
        _expectSkip(batch, abi.encodeWithSelector(BatchRule.WrongRemainder.selector, 2e18));
        batch = _tokens();
        batch.sections[0].remainderZeroForOne = false;
        _expectSkip(batch, abi.encodeWithSelector(BatchRule.WrongHeavySide.selector));
        batch = _tokens();
        batch.sections[0].feeBps = 0;
        _expectSkip(
            batch, abi.encodeWithSelector(IOrderServiceManager.WrongFee.selector, uint16(0))
        );
        batch = _tokens();
        batch.sections[0].priceX128 = 0;
        _expectSkip(batch, abi.encodeWithSelector(BatchRule.ZeroPrice.selector));
    }

    function test_section__minOut_without_a_remainder__is_skipped() public {
        Order memory a = _place(alice, idTokens, true, 2e18);
        Order memory b = _place(bob, idTokens, false, 2e18);
        Batch memory batch = _batch(idTokens, _list(a, b));
        batch.sections[0].minOut = 1;
        _expectSkip(batch, abi.encodeWithSelector(BatchRule.MinOutWithoutRemainder.selector));
    }

    function test_section__empty__is_skipped() public {
        Batch memory batch = _tokens();
        batch.orders = new Order[](0);
        batch.sections[0].orderIds = new bytes32[](0);
        _expectSkip(batch, abi.encodeWithSelector(BatchRule.EmptySection.selector));
    }

    function test_section__pool_that_is_not_listed__is_skipped() public {
        Batch memory batch = _tokens();
        bytes32 poolId = keccak256("elsewhere");
        Order memory order = _order(alice, poolId, true, 3e18);
        vm.prank(address(hook));
        vm.expectRevert();
        manager.createNewTask(order);
        batch.sections[0].poolId = poolId;
        _expectSkip(batch, abi.encodeWithSelector(BatchRule.WrongPool.selector, 0));
    }

    function test_settleSection__called_by_anyone_else__reverts() public {
        Batch memory batch = _tokens();
        vm.expectRevert(IOrderServiceManager.NotSelf.selector);
        manager.settleSection(bytes32(0), 0, batch.sections[0], batch.orders);
    }

    // --- gas ---

    function test_section__starved__the_whole_call_reverts() public {
        Batch memory batch = _tokens();
        bytes memory values = _publicValues(batch);
        ZkReceipt memory receipt = _receipt(values, 0, 0);
        bytes memory certificate = _certificate(values);
        uint256 needed = 500_000 + hook.swapGas(idTokens, 500) + 2 * 30_000 + 5_000;
        for (uint256 gasLimit = 300_000; gasLimit < 2_300_000; gasLimit += 100_000) {
            (bool ok, bytes memory reason) = address(manager).call{gas: gasLimit}(
                abi.encodeCall(
                    manager.respondToBatch,
                    (values, batch.sections, batch.orders, receipt, certificate)
                )
            );
            if (ok) {
                assertEq(_status(first), 2);
                return;
            }
            if (gasLimit >= 400_000) {
                assertEq(
                    reason,
                    abi.encodeWithSelector(IOrderServiceManager.InsufficientGas.selector, needed)
                );
            }
            assertEq(_status(first), 1);
        }
    }

    function testFuzz_section__any_gas__settles_or_reverts_but_never_skips(uint256 gasLimit)
        public
    {
        gasLimit = bound(gasLimit, 100_000, 3_000_000);
        Batch memory batch = _tokens();
        bytes memory values = _publicValues(batch);
        ZkReceipt memory receipt = _receipt(values, 0, 0);
        bytes memory certificate = _certificate(values);
        try manager.respondToBatch{gas: gasLimit}(
            values, batch.sections, batch.orders, receipt, certificate
        ) returns (
            uint256 settled
        ) {
            assertEq(settled, 1);
            assertEq(manager.totalCredits(address(token0)), 0);
            assertEq(manager.totalCredits(address(token1)), 0);
        } catch {
            assertEq(_status(first), 1);
        }
    }

    // --- helpers ---

    function _tokens() private returns (Batch memory) {
        return _batch(idTokens, _list(first, second));
    }

    function _movePrice(bytes32 poolId, bool down, int256 amount) private {
        token0.mint(carol, 1e24);
        token1.mint(carol, 1e24);
        vm.prank(carol);
        router.swap(_keyOf(poolId), down, -amount, "");
    }

    function _send(Batch memory b, bytes memory values, ZkReceipt memory receipt)
        private
        returns (uint256)
    {
        bytes memory certificate = _certificate(values);
        return manager.respondToBatch(values, b.sections, b.orders, receipt, certificate);
    }

    function _respondSkipping(Batch memory batch, bytes memory reason) private returns (uint256) {
        bytes memory values = _publicValues(batch);
        ZkReceipt memory receipt = _receipt(values, 0, 0);
        bytes32 skipped = batch.sections.length == 1 ? batch.sections[0].poolId : idTokens;
        vm.expectEmit(address(manager));
        emit IOrderServiceManager.SectionSkipped(keccak256(values), skipped, reason);
        return _send(batch, values, receipt);
    }

    function _expectSkip(Batch memory batch, bytes memory reason) private {
        assertEq(_respondSkipping(batch, reason), 0);
        assertEq(_status(first), 1);
        assertEq(_status(second), 1);
        assertEq(manager.feesAccrued(address(token0)) + manager.feesAccrued(address(token1)), 0);
    }

    function _pathOfThree(bytes32[] memory ids, uint256 index)
        private
        pure
        returns (bytes32[] memory path)
    {
        bytes32[] memory nodes = new bytes32[](3);
        for (uint256 i; i < 3; ++i) {
            nodes[i] = keccak256(abi.encodePacked(ids[i]));
        }
        path = new bytes32[](index == 2 ? 1 : 2);
        if (index == 2) {
            path[0] = keccak256(abi.encodePacked(nodes[0], nodes[1]));
        } else {
            path[0] = nodes[1 - index];
            path[1] = nodes[2];
        }
    }
}
