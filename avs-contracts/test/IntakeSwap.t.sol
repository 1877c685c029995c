// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {IHooks} from "v4-core/interfaces/IHooks.sol";
import {BalanceDelta} from "v4-core/types/BalanceDelta.sol";
import {Currency} from "v4-core/types/Currency.sol";
import {PoolKey} from "v4-core/types/PoolKey.sol";
import {SwapParams} from "v4-core/types/PoolOperation.sol";
import {IDarkCoWHook} from "../src/interfaces/IDarkCoWHook.sol";
import {IOrderServiceManager} from "../src/interfaces/IOrderServiceManager.sol";
import {Order, RejectCode} from "../src/types/Types.sol";
import {Base} from "./Base.t.sol";

interface ISwapTest {
    struct TestSettings {
        bool takeClaims;
        bool settleUsingBurn;
    }

    function swap(
        PoolKey memory key,
        SwapParams memory params,
        TestSettings memory settings,
        bytes memory hookData
    ) external payable returns (BalanceDelta);
}

/// @dev Orders that come as swaps with hook data.
contract IntakeSwapTest is Base {
    function test_swap__order_data__opens_an_order_and_moves_the_input_to_escrow() public {
        Order memory order = _order(alice, idTokens, true, 5e18);
        bytes32 orderId = manager.orderIdOf(order);
        uint256 before0 = token0.balanceOf(carol);
        uint256 before1 = token1.balanceOf(carol);
        vm.expectEmit(address(manager));
        emit IOrderServiceManager.NewTaskCreated(0, orderId, order);
        _placeAs(carol, order);
        assertEq(before0 - token0.balanceOf(carol), 5e18);
        assertEq(token1.balanceOf(carol), before1);
        assertEq(_status(order), 1);
        assertEq(manager.taskCount(), 1);
        _assertBacked(address(token0), 5e18);
        _assertBacked(address(token1), 0);
    }

    function test_swap__native_input__opens_an_order() public {
        uint256 before = carol.balance;
        Order memory order = _place(alice, idNative, true, 1 ether);
        assertEq(before - carol.balance, 1 ether);
        assertEq(_status(order), 1);
        _assertBacked(address(0), 1 ether);
    }

    function test_swap__order_data__leaves_the_price_alone() public {
        uint256 before = hook.poolPriceX128(idTokens);
        _place(alice, idTokens, false, 1e20);
        assertEq(hook.poolPriceX128(idTokens), before);
    }

    function test_swap__price_limit_that_no_swap_could_meet__is_ignored() public {
        address plain = _artifact("PoolSwapTest", abi.encode(pool));
        Order memory order = _order(alice, idTokens, true, 5e18);
        bytes memory data = _hookData(order);
        vm.startPrank(carol);
        token0.approve(plain, 5e18);
        ISwapTest(plain)
            .swap(
                keyTokens,
                SwapParams(true, -5e18, type(uint160).max),
                ISwapTest.TestSettings(false, false),
                data
            );
        assertEq(_status(order), 1);
    }

    function test_swap__same_terms_again__is_refused_as_known() public {
        Order memory order = _place(alice, idTokens, true, 5e18);
        _expectRefused(order, RejectCode.KNOWN_ORDER);
    }

    function test_swap__other_hook_data__is_a_plain_swap() public {
        bytes4 magic = hook.ORDER_MAGIC();
        _expectPlain("");
        _expectPlain(hex"00");
        _expectPlain(abi.encodePacked(bytes3(magic)));
        _expectPlain(abi.encodePacked(bytes4(~magic)));
        _expectPlain(abi.encode(alice, uint128(0), uint40(0), uint256(1)));
        assertEq(manager.taskCount(), 0);
    }

    function test_swap__plain_exact_output__passes() public {
        vm.prank(carol);
        BalanceDelta delta = router.swap(keyTokens, true, 1e18, "");
        assertEq(delta.amount1(), 1e18);
    }

    function test_swap__malformed_order_data__reverts() public {
        Order memory order = _order(alice, idTokens, true, 5e18);
        bytes memory good = _hookData(order);
        bytes4 magic = hook.ORDER_MAGIC();
        _expectMalformed(abi.encodePacked(magic));
        _expectMalformed(abi.encodePacked(magic, hex"00"));
        _expectMalformed(bytes.concat(good, hex"00"));
        bytes memory short_ = new bytes(good.length - 1);
        for (uint256 i; i < short_.length; ++i) {
            short_[i] = good[i];
        }
        _expectMalformed(short_);
        uint256 dirty = uint256(1) << 160;
        _expectMalformed(bytes.concat(magic, abi.encode(dirty, 0, 0, 0)));
        _expectMalformed(bytes.concat(magic, abi.encode(alice, uint256(1) << 128, 0, 0)));
        _expectMalformed(bytes.concat(magic, abi.encode(alice, 0, uint256(1) << 40, 0)));
    }

    function testFuzz_swap__order_data_of_any_other_length__reverts(bytes memory tail) public {
        vm.assume(tail.length != 128);
        _expectMalformed(bytes.concat(hook.ORDER_MAGIC(), tail));
    }

    function test_swap__exact_output_with_order_data__reverts() public {
        bytes memory data = _hookData(_order(alice, idTokens, true, 5e18));
        vm.expectRevert(
            _wrapped(
                IHooks.beforeSwap.selector,
                abi.encodeWithSelector(IDarkCoWHook.ExactOutputOrder.selector)
            )
        );
        vm.prank(carol);
        router.swap(keyTokens, true, 5e18, data);
    }

    function test_swap__amount_beyond_the_pool_managers_range__reverts() public {
        bytes memory data = _hookData(_order(alice, idTokens, true, 1));
        _expectTooLarge(type(int256).min, uint256(1) << 255, data);
        _expectTooLarge(-int256(uint256(1) << 127), uint256(1) << 127, data);
    }

    function test_swap__bad_terms__reverts_with_the_code() public {
        Order memory order = _order(address(0), idTokens, true, 5e18);
        _expectRefused(order, RejectCode.ZERO_OWNER);
        order = _order(alice, idTokens, true, 5e18);
        order.deadline = uint40(block.timestamp) - 1;
        _expectRefused(order, RejectCode.EXPIRED);
        order.deadline = uint40(block.timestamp) + SPAN + 1;
        _expectRefused(order, RejectCode.DEADLINE_TOO_FAR);
        order = _order(alice, idTokens, true, 999);
        _expectRefused(order, RejectCode.BELOW_MINIMUM);
    }

    function test_swap__deadline_now_or_at_the_span__opens() public {
        Order memory order = _order(alice, idTokens, true, 1000);
        order.deadline = uint40(block.timestamp);
        assertEq(_status(_placeAs(carol, order)), 1);
        order.deadline = uint40(block.timestamp) + SPAN;
        assertEq(_status(_placeAs(carol, order)), 1);
    }

    function test_swap__pool_that_is_not_listed__is_refused() public {
        PoolKey memory key = PoolKey(
            Currency.wrap(address(token0)),
            Currency.wrap(address(token1)),
            500,
            10,
            IHooks(address(hook))
        );
        pool.initialize(key, SQRT_PRICE_ONE);
        Order memory order = _order(alice, keccak256(abi.encode(key)), true, 5e18);
        bytes memory data = _hookData(order);
        vm.expectRevert(_refusal(order, RejectCode.UNKNOWN_POOL));
        vm.prank(carol);
        router.swap(key, true, -5e18, data);
    }

    function test_swap__paused__refuses_orders_and_lets_plain_swaps_pass() public {
        manager.pause();
        bytes memory data = _hookData(_order(alice, idTokens, true, 5e18));
        vm.expectRevert(
            _wrapped(
                IHooks.beforeSwap.selector, abi.encodeWithSelector(Pausable.EnforcedPause.selector)
            )
        );
        vm.prank(carol);
        router.swap(keyTokens, true, -5e18, data);
        _expectPlain("");
    }

    function test_createNewTask__not_the_hook__reverts() public {
        Order memory order = _order(alice, idTokens, true, 5e18);
        vm.expectRevert(IOrderServiceManager.NotHook.selector);
        manager.createNewTask(order);
    }

    // --- helpers ---

    function _expectPlain(bytes memory data) private {
        uint256 before0 = token0.balanceOf(carol);
        uint256 before1 = token1.balanceOf(carol);
        vm.prank(carol);
        router.swap(keyTokens, true, -1e18, data);
        assertEq(before0 - token0.balanceOf(carol), 1e18);
        assertGt(token1.balanceOf(carol), before1);
    }

    function _expectMalformed(bytes memory data) private {
        bytes memory reason = abi.encodeWithSelector(IDarkCoWHook.MalformedHookData.selector);
        vm.expectRevert(_wrapped(IHooks.beforeSwap.selector, reason));
        vm.prank(carol);
        router.swap(keyTokens, true, -5e18, data);
    }

    function _expectTooLarge(int256 specified, uint256 amount, bytes memory data) private {
        bytes memory reason = abi.encodeWithSelector(IDarkCoWHook.OrderTooLarge.selector, amount);
        vm.expectRevert(_wrapped(IHooks.beforeSwap.selector, reason));
        vm.prank(carol);
        router.swap(keyTokens, true, specified, data);
    }

    function _refusal(Order memory order, uint8 code) private view returns (bytes memory) {
        bytes memory reason = abi.encodeWithSelector(
            IOrderServiceManager.OrderRefused.selector, manager.orderIdOf(order), code
        );
        return _wrapped(IHooks.beforeSwap.selector, reason);
    }

    function _expectRefused(Order memory order, uint8 code) private {
        bytes memory data = _hookData(order);
        vm.expectRevert(_refusal(order, code));
        vm.prank(carol);
        router.swap(keyTokens, order.zeroForOne, -int256(uint256(order.amountIn)), data);
    }
}
