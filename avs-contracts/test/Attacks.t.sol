// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IPoolManager} from "v4-core/interfaces/IPoolManager.sol";
import {IUnlockCallback} from "v4-core/interfaces/callback/IUnlockCallback.sol";
import {FullMath} from "v4-core/libraries/FullMath.sol";
import {TickMath} from "v4-core/libraries/TickMath.sol";
import {Currency} from "v4-core/types/Currency.sol";
import {PoolKey} from "v4-core/types/PoolKey.sol";
import {ModifyLiquidityParams, SwapParams} from "v4-core/types/PoolOperation.sol";
import {IDarkCoWHook} from "../src/interfaces/IDarkCoWHook.sol";
import {IOrderServiceManager} from "../src/interfaces/IOrderServiceManager.sol";
import {BatchRule} from "../src/libraries/BatchRule.sol";
import {Order, Receipt as ZkReceipt, RejectCode} from "../src/types/Types.sol";
import {Base} from "./Base.t.sol";
import {HostileWallet, TurncoatToken} from "./Doubles.t.sol";

/// @dev Swaps with order data, cancels and refunds in one unlock, before it has paid anything.
contract UnpaidCanceller is IUnlockCallback {
    IPoolManager private immutable _pool;
    IOrderServiceManager private immutable _manager;
    PoolKey private _key;
    Order private _order;
    bytes private _hookData;

    constructor(IPoolManager pool_, IOrderServiceManager manager_) {
        (_pool, _manager) = (pool_, manager_);
    }

    function attack(PoolKey calldata key, Order calldata order, bytes calldata hookData) external {
        (_key, _order, _hookData) = (key, order, hookData);
        _pool.unlock("");
    }

    function unlockCallback(bytes calldata) external returns (bytes memory) {
        int256 amount = -int256(uint256(_order.amountIn));
        uint160 limit = TickMath.MIN_SQRT_PRICE + 1;
        _pool.swap(_key, SwapParams(_order.zeroForOne, amount, limit), _hookData);
        _manager.requestCancel(_order);
        Order[] memory orders = new Order[](1);
        orders[0] = _order;
        _manager.refund(orders);
        return "";
    }
}

/// @dev Attacks on money and authority that cross the borders of single functions.
contract AttacksTest is Base {
    // --- a listed token turns against its holders ---

    function test_credit__token_begins_to_charge__a_refund_does_not_spend_it() public {
        (TurncoatToken token, bytes32 poolId, bool sellsToken) = _turncoatPool();
        Order memory credited = _placeIn(token, alice, poolId, sellsToken, 5e18);
        Order memory second = _placeIn(token, bob, poolId, sellsToken, 5e18);
        token.refuse(alice, true);
        skip(2 hours);
        manager.refund(_list(credited));
        assertEq(manager.credits(alice, address(token)), 5e18);
        token.charge(1e18);
        manager.refund(_list(second));
        assertEq(_status(second), 3);
        assertEq(token.balanceOf(address(manager)), manager.totalCredits(address(token)));
        token.charge(0);
        vm.prank(alice);
        manager.withdrawCredit(address(token), carol);
        assertEq(token.balanceOf(carol), 5e18);
    }

    function test_section__token_begins_to_charge__is_skipped_and_its_orders_stay_open() public {
        (TurncoatToken token, bytes32 poolId, bool sellsToken) = _turncoatPool();
        Order memory order = _order(alice, poolId, !sellsToken, 5e18);
        bytes memory data = _hookData(order);
        PoolKey memory key = hook.poolKey(poolId);
        vm.prank(carol);
        router.swap(key, !sellsToken, -5e18, data);
        token.charge(1);
        Batch memory batch = _batch(poolId, _list(order));
        bytes memory reason = abi.encodeWithSelector(IOrderServiceManager.TransferFailed.selector);
        _expectSkip(batch, reason);
        assertEq(_status(order), 1);
        token.charge(0);
        assertEq(_respond(_batch(poolId, _list(order))), 1);
    }

    function test_collectFees__token_begins_to_charge__pays_only_what_arrived() public {
        (TurncoatToken token, bytes32 poolId, bool sellsToken) = _turncoatPool();
        Order memory credited = _placeIn(token, alice, poolId, sellsToken, 5e18);
        Order memory order = _order(alice, poolId, !sellsToken, 5e18);
        bytes memory data = _hookData(order);
        PoolKey memory key = hook.poolKey(poolId);
        vm.prank(carol);
        router.swap(key, !sellsToken, -5e18, data);
        assertEq(_respond(_batch(poolId, _list(order))), 1);
        token.refuse(alice, true);
        skip(2 hours);
        manager.refund(_list(credited));
        token.charge(1000);
        uint256 due = manager.feesAccrued(address(token));
        manager.collectFees(address(token), bob);
        // charged on its way out of escrow and again on its way to bob
        assertEq(token.balanceOf(bob), due - 2000);
        assertEq(token.balanceOf(address(manager)), manager.totalCredits(address(token)));
    }

    // --- borders of time ---

    function test_time__last_second_of_batch_and_order__settles_and_does_not_refund() public {
        Order memory order = _place(alice, idTokens, true, 3e18);
        Batch memory batch = _batch(idTokens, _list(order));
        batch.validUntil = order.deadline;
        vm.warp(order.deadline);
        _expectNotRefundable(order);
        uint256 snapshot = vm.snapshotState();
        assertEq(_respond(batch), 1);
        vm.revertToState(snapshot);
        skip(1);
        bytes memory values = _publicValues(batch);
        ZkReceipt memory receipt = _receipt(values, 0, 0);
        bytes memory certificate = _certificate(values);
        vm.expectRevert(
            abi.encodeWithSelector(IOrderServiceManager.BatchExpired.selector, batch.validUntil)
        );
        manager.respondToBatch(values, batch.sections, batch.orders, receipt, certificate);
        manager.refund(_list(order));
        assertEq(_status(order), 3);
    }

    function test_time__around_cancelAt__either_settles_or_refunds_never_both() public {
        for (uint256 late; late < 2; ++late) {
            Order memory order = _place(alice, idTokens, true, 3e18);
            Batch memory batch = _batch(idTokens, _list(order));
            vm.prank(alice);
            manager.requestCancel(order);
            skip(CANCEL_DELAY - 1 + late);
            bytes memory values = _publicValues(batch);
            ZkReceipt memory receipt = _receipt(values, 0, 0);
            bytes memory certificate = _certificate(values);
            if (late == 0) {
                _expectNotRefundable(order);
            } else {
                vm.expectRevert(
                    abi.encodeWithSelector(
                        IOrderServiceManager.BatchExpired.selector, batch.validUntil
                    )
                );
            }
            manager.respondToBatch(values, batch.sections, batch.orders, receipt, certificate);
            if (late == 1) manager.refund(_list(order));
            else _expectNotRefundable(order);
            assertEq(_status(order), late == 0 ? 2 : 3);
        }
        _assertAllBacked();
    }

    // --- inside somebody's unlock ---

    function test_refund__inside_the_unlock_that_has_not_paid__reverts() public {
        _place(bob, idTokens, true, 9e18);
        UnpaidCanceller attacker = new UnpaidCanceller(pool, manager);
        Order memory order = _order(address(attacker), idTokens, true, 9e18);
        bytes memory data = _hookData(order);
        vm.expectRevert(IOrderServiceManager.NothingRefundable.selector);
        attacker.attack(keyTokens, order, data);
        assertEq(_status(order), 0);
        _assertBacked(address(token0), 9e18);
    }

    function test_pull__reserves_synced_and_topped_up_by_a_stranger__takes_exactly_the_input()
        public
    {
        pool.sync(Currency.wrap(address(token0)));
        vm.prank(carol);
        require(token0.transfer(address(pool), 2e18));
        Order memory order = _order(alice, idTokens, true, 5e18);
        uint256 before = token0.balanceOf(alice);
        _post(order, _sign(aliceKey, manager.orderIdOf(order)));
        assertEq(_status(order), 1);
        assertEq(before - token0.balanceOf(alice), 5e18);
        _assertBacked(address(token0), 5e18);
    }

    // --- price and pool, moved within the poster's own transaction ---

    function test_price__at_the_largest_deviation__settles_and_one_beyond_is_skipped() public {
        Order memory order = _place(alice, idTokens, true, 3e18);
        assertEq(hook.poolPriceX128(idTokens), Q128);
        // 5 % of p: Q128 - p <= p / 20
        uint256 least = FullMath.mulDivRoundingUp(Q128, 20, 21);
        Batch memory batch = _batch(idTokens, _list(order));
        batch.sections[0].priceX128 = least - 1;
        _expectSkip(
            batch, abi.encodeWithSelector(IDarkCoWHook.PriceOutOfRange.selector, Q128, least - 1)
        );
        batch.sections[0].priceX128 = least;
        assertEq(_respond(batch), 1);
    }

    function test_sandwich__around_the_batch__cannot_push_a_payout_below_the_proven_floor() public {
        Order memory heavy = _place(alice, idTokens, true, 300e18);
        Batch memory batch = _batch(idTokens, _list(heavy));
        uint256 floor = uint256(batch.sections[0].minOut) * (10_000 - FEE_BPS) / 10_000;
        uint256 before = token1.balanceOf(alice);
        uint256 settledOnce;
        for (int256 size = 1e20; size < 1e22; size *= 2) {
            uint256 snapshot = vm.snapshotState();
            vm.prank(carol);
            router.swap(keyTokens, true, -size, "");
            uint256 settled = _respond(batch);
            vm.prank(carol);
            router.swap(keyTokens, false, -size, "");
            if (settled == 1) assertGe(token1.balanceOf(alice) - before, floor);
            else assertEq(_status(heavy), 1);
            settledOnce += settled;
            vm.revertToState(snapshot);
        }
        // both outcomes were seen
        assertGt(settledOnce, 0);
        assertLt(settledOnce, 7);
    }

    // --- one escrow, many pools ---

    function test_section__asks_for_escrow_of_the_neighbour_pool__is_skipped() public {
        _place(bob, idNative, false, 50e18);
        Order memory order = _place(alice, idTokens, false, 3e18);
        Batch memory batch = _batch(idTokens, _list(order));
        batch.sections[0].remainderIn = 53e18;
        _expectSkip(batch, abi.encodeWithSelector(BatchRule.WrongRemainder.selector, 3e18));
        _assertBacked(address(token1), 53e18);
    }

    function test_batches__twice_in_one_transaction_with_the_same_owners__pay_each_time() public {
        for (uint256 i; i < 2; ++i) {
            Order memory a = _place(alice, idTokens, true, 2e18);
            Order memory b = _place(alice, idTokens, false, 2e18);
            Order memory c = _place(alice, idTokens, true, 1e18);
            Order[] memory orders = new Order[](3);
            (orders[0], orders[1], orders[2]) = (a, b, c);
            (uint256 before0, uint256 before1) = (token0.balanceOf(alice), token1.balanceOf(alice));
            assertEq(_respond(_batch(idTokens, orders)), 1);
            // the first remainder moved the price a little
            assertApproxEqRel(token0.balanceOf(alice) - before0, 1.994e18, 1e14);
            assertGt(token1.balanceOf(alice) - before1, 2.97e18);
        }
        _assertAllBacked();
    }

    function test_donations__to_hook_and_manager__can_be_collected_by_nobody() public {
        Order memory order = _place(alice, idTokens, true, 3e18);
        vm.prank(bob);
        require(token0.transfer(address(manager), 1e18));
        vm.deal(address(manager), 1e18);
        vm.expectRevert(IOrderServiceManager.NothingToWithdraw.selector);
        manager.collectFees(address(token0), carol);
        vm.expectRevert(IOrderServiceManager.NothingToWithdraw.selector);
        manager.collectFees(address(0), carol);
        vm.prank(bob);
        vm.expectRevert(IOrderServiceManager.NothingToWithdraw.selector);
        manager.withdrawCredit(address(token0), bob);
        skip(2 hours);
        uint256 before = token0.balanceOf(alice);
        manager.refund(_list(order));
        assertEq(token0.balanceOf(alice) - before, 3e18);
        assertEq(token0.balanceOf(address(manager)), 1e18);
    }

    function test_withdrawCredit__twice_or_in_another_currency__gives_nothing() public {
        token1.mint(address(manager), 9e18);
        Order memory order = _place(alice, idTokens, true, 3e18);
        vm.prank(alice);
        token0.setRefuses(true);
        skip(2 hours);
        manager.refund(_list(order));
        vm.startPrank(alice);
        vm.expectRevert(IOrderServiceManager.NothingToWithdraw.selector);
        manager.withdrawCredit(address(token1), bob);
        vm.expectRevert(IOrderServiceManager.NothingToWithdraw.selector);
        manager.withdrawCredit(address(0), bob);
        manager.withdrawCredit(address(token0), bob);
        vm.expectRevert(IOrderServiceManager.NothingToWithdraw.selector);
        manager.withdrawCredit(address(token0), bob);
    }

    // --- other chains, other identities ---

    function test_fork__signature_and_batch_of_the_old_chain__are_worthless() public {
        Order memory order = _order(alice, idTokens, true, 5e18);
        bytes memory signature = _sign(aliceKey, manager.orderIdOf(order));
        Batch memory batch = _batch(idTokens, _list(_place(bob, idTokens, true, 3e18)));
        bytes memory values = _publicValues(batch);
        bytes memory certificate = _certificate(values);
        ZkReceipt memory receipt = _receipt(values, 0, 0);
        vm.chainId(999);
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = signature;
        bytes memory reason =
            abi.encodeWithSelector(IOrderServiceManager.WrongChain.selector, uint256(999));
        vm.expectRevert(reason);
        manager.postOrders(_list(order), signatures);
        vm.expectRevert(reason);
        manager.respondToBatch(values, batch.sections, batch.orders, receipt, certificate);
        // not even with values that name the new chain
        values = _publicValues(batch);
        receipt = _receipt(values, 0, 0);
        certificate = _certificate(values);
        vm.expectRevert(reason);
        manager.respondToBatch(values, batch.sections, batch.orders, receipt, certificate);
    }

    function test_postOrders__signature_of_an_order_that_ended__pulls_nothing_again() public {
        for (uint256 i; i < 2; ++i) {
            Order memory order = _order(alice, idTokens, true, 5e18);
            bytes memory signature = _sign(aliceKey, manager.orderIdOf(order));
            _post(order, signature);
            if (i == 0) {
                assertEq(_respond(_batch(idTokens, _list(order))), 1);
            } else {
                vm.prank(alice);
                manager.requestCancel(order);
                skip(CANCEL_DELAY);
                manager.refund(_list(order));
            }
            uint256 before = token0.balanceOf(alice);
            vm.recordLogs();
            _post(order, signature);
            assertEq(vm.getRecordedLogs().length, 0);
            assertEq(_status(order), i == 0 ? 2 : 3);
            assertEq(token0.balanceOf(alice), before);
        }
    }

    function test_postOrders__contracts_of_the_system_as_owner__have_signed_nothing() public {
        address[5] memory owners =
            [address(manager), address(hook), address(pool), address(token0), address(verifier)];
        for (uint256 i; i < owners.length; ++i) {
            Order memory order = _order(owners[i], idTokens, true, 5e18);
            token0.mint(owners[i], 5e18);
            vm.prank(owners[i]);
            token0.approve(address(hook), 5e18);
            vm.expectEmit(address(manager));
            emit IOrderServiceManager.OrderRejected(
                manager.orderIdOf(order), RejectCode.BAD_SIGNATURE
            );
            _post(order, new bytes(65));
            assertEq(_status(order), 0);
        }
    }

    function test_certificate__strangers_and_the_other_half_of_the_curve__add_no_weight() public {
        Batch memory batch = _batch(idTokens, _list(_place(alice, idTokens, true, 3e18)));
        bytes memory values = _publicValues(batch);
        ZkReceipt memory receipt = _receipt(values, 0, 0);
        bytes32 digest = manager.responseDigest(keccak256(values));
        address[] memory signers = new address[](1);
        bytes[] memory signatures = new bytes[](1);
        (signers[0], signatures[0]) = (bob, _sign(bobKey, digest));
        _expectNoCertificate(batch, values, receipt, abi.encode(signers, signatures));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(SIGNER_KEY_1, digest);
        uint256 n = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        signers[0] = vm.addr(SIGNER_KEY_1);
        signatures[0] = abi.encodePacked(r, bytes32(n - uint256(s)), v == 27 ? 28 : 27);
        _expectNoCertificate(batch, values, receipt, abi.encode(signers, signatures));
        // a signature of the bare hash, without the domain
        signatures[0] = _sign(SIGNER_KEY_1, keccak256(values));
        _expectNoCertificate(batch, values, receipt, abi.encode(signers, signatures));
    }

    function test_payouts__a_full_batch_of_gas_burners__fits_a_transaction_and_pays_the_one()
        public
    {
        uint256 count = 64;
        Order[] memory orders = new Order[](count);
        for (uint256 i; i + 1 < count; ++i) {
            HostileWallet burner = new HostileWallet(HostileWallet.Mode.Burn);
            orders[i] = _place(address(burner), idNative, false, 1e18);
        }
        orders[count - 1] = _place(bob, idNative, false, 1e18);
        Batch memory batch = _batch(idNative, orders);
        bytes memory values = _publicValues(batch);
        ZkReceipt memory receipt = _receipt(values, 0, 0);
        bytes memory certificate = _certificate(values);
        uint256 before = bob.balance;
        // EIP-7825's cap less a generous share for calldata
        manager.respondToBatch{gas: 16_000_000}(
            values, batch.sections, batch.orders, receipt, certificate
        );
        assertGt(bob.balance - before, 0.98e18);
        _assertBacked(address(0), 0);
    }

    function test_guard__recipient_leaves_by_another_door_during_its_payout__is_refused() public {
        bytes[2] memory payloads;
        for (uint256 i; i < payloads.length; ++i) {
            HostileWallet wallet = new HostileWallet(HostileWallet.Mode.Revert);
            Order memory expired = _order(address(wallet), idNative, true, 1e18);
            expired.deadline = uint40(block.timestamp);
            _placeAs(carol, expired);
            skip(1);
            manager.refund(_list(expired));
            Order memory waiting = _place(address(wallet), idTokens, true, 1e18);
            payloads[0] = abi.encodeCall(manager.withdrawCredit, (address(0), carol));
            payloads[1] = abi.encodeCall(manager.requestCancel, (waiting));
            wallet.arm(manager, pool, payloads[i]);
            wallet.setMode(HostileWallet.Mode.ReenterWithdraw);
            Order memory order = _place(address(wallet), idNative, false, 1e18);
            assertEq(_respond(_batch(idNative, _list(order))), 1);
            assertFalse(wallet.reentered());
            assertGt(manager.credits(address(wallet), address(0)), 1.9e18);
            (, uint40 cancelAt) = _stateOf(manager.orderIdOf(waiting));
            assertEq(cancelAt, 0);
        }
    }

    // --- helpers ---

    function _turncoatPool()
        private
        returns (TurncoatToken token, bytes32 poolId, bool sellsToken)
    {
        token = new TurncoatToken();
        hook.setCurrencyAllowed(address(token), true);
        sellsToken = address(token) < address(token1);
        PoolKey memory key;
        (key, poolId) = sellsToken
            ? _createPoolWithoutLiquidity(address(token), address(token1))
            : _createPoolWithoutLiquidity(address(token1), address(token));
        token.mint(address(this), 1e30);
        token.approve(address(liquidity), type(uint256).max);
        liquidity.modifyLiquidity(key, ModifyLiquidityParams(-60000, 60000, 1e23, 0), "");
    }

    function _placeIn(
        TurncoatToken token,
        address owner,
        bytes32 poolId,
        bool zeroForOne,
        uint256 amount
    ) private returns (Order memory order) {
        token.mint(owner, amount);
        vm.prank(owner);
        token.approve(address(hook), amount);
        order = _order(owner, poolId, zeroForOne, amount);
        _post(order, _sign(owner == alice ? aliceKey : bobKey, manager.orderIdOf(order)));
        assertEq(_status(order), 1);
    }

    function _expectSkip(Batch memory batch, bytes memory reason) private {
        bytes memory values = _publicValues(batch);
        ZkReceipt memory receipt = _receipt(values, 0, 0);
        bytes memory certificate = _certificate(values);
        vm.expectEmit(address(manager));
        emit IOrderServiceManager.SectionSkipped(
            keccak256(values), batch.sections[0].poolId, reason
        );
        manager.respondToBatch(values, batch.sections, batch.orders, receipt, certificate);
    }

    function _expectNotRefundable(Order memory order) private {
        vm.expectRevert(IOrderServiceManager.NothingRefundable.selector);
        manager.refund(_list(order));
    }

    function _expectNoCertificate(
        Batch memory batch,
        bytes memory values,
        ZkReceipt memory receipt,
        bytes memory certificate
    ) private {
        vm.expectRevert(IOrderServiceManager.CertificateNotVerified.selector);
        manager.respondToBatch(values, batch.sections, batch.orders, receipt, certificate);
    }
}
