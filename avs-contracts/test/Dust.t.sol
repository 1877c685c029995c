// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IHooks} from "v4-core/interfaces/IHooks.sol";
import {Currency} from "v4-core/types/Currency.sol";
import {PoolKey} from "v4-core/types/PoolKey.sol";
import {ModifyLiquidityParams} from "v4-core/types/PoolOperation.sol";
import {IDarkCoWHook} from "../src/interfaces/IDarkCoWHook.sol";
import {IOrderServiceManager} from "../src/interfaces/IOrderServiceManager.sol";
import {PriceRange} from "../src/libraries/PriceRange.sol";
import {Order, OrderStatus, PoolSettings, Section} from "../src/types/Types.sol";
import {Base} from "./Base.t.sol";

/// @dev Liquidity of 1 in the way of remainders: costs its owner gas alone, and must stop nobody.
/// forge-config: default.isolate = true
contract DustTest is Base {
    PoolKey private _key;
    bytes32 private _id;

    function setUp() public override {
        super.setUp();
        _key = PoolKey(
            Currency.wrap(address(token0)),
            Currency.wrap(address(token1)),
            500,
            10,
            IHooks(address(hook))
        );
        _id = keccak256(abi.encode(_key));
        pool.initialize(_key, SQRT_PRICE_ONE);
        manager.listPool(_id, PoolSettings(1000, 1000, 200));
        liquidity.modifyLiquidity(_key, ModifyLiquidityParams(-60000, 60000, 1e23, 0), "");
        // fees of both currencies: a tick that is crossed for the first time writes two fresh slots
        _swap(true, 1e15);
        _swap(false, 1e15);
    }

    function test_dust__on_every_tick_from_end_to_end_of_the_range__the_section_settles() public {
        for (uint256 side; side < 2; ++side) {
            uint256 snapshot = vm.snapshotState();
            (, bool settled) = _settleAcross(side == 0, true);
            assertTrue(settled);
            vm.revertToState(snapshot);
        }
    }

    function test_dust__crossing_a_tick__costs_no_more_than_is_reckoned_with() public {
        for (uint256 side; side < 2; ++side) {
            uint256 snapshot = vm.snapshotState();
            (uint256 dusty,) = _settleAcross(side == 0, true);
            vm.revertToState(snapshot);
            snapshot = vm.snapshotState();
            (uint256 plain,) = _settleAcross(side == 0, false);
            vm.revertToState(snapshot);
            uint256 perTick = (dusty - plain) / 39;
            emit log_named_uint(side == 0 ? "per tick, selling 0" : "per tick, selling 1", perTick);
            emit log_named_uint("the section", plain);
            assertLt(perTick, PriceRange.TICK_GAS);
        }
    }

    function test_remainder__that_would_leave_the_range__is_refused_and_quoted_as_such() public {
        Order memory order = _put(true, 2e21);
        Batch memory batch = _sectionAt(order);
        vm.expectRevert();
        quoter.quoteRemainder(_id, Q128, true, 2e21);
        assertEq(_respond(batch), 0);
        assertEq(_status(order), OrderStatus.OPEN);
    }

    function test_listPool__range_of_too_many_ticks__is_refused() public {
        PoolKey memory key = _key;
        key.tickSpacing = 1;
        bytes32 id = keccak256(abi.encode(key));
        pool.initialize(key, SQRT_PRICE_ONE);
        uint256 needed = hook.swapGas(id, 100);
        vm.expectRevert(abi.encodeWithSelector(IOrderServiceManager.TooManyTicks.selector, needed));
        manager.listPool(id, PoolSettings(1, 1, 100));
        vm.expectRevert(abi.encodeWithSelector(IDarkCoWHook.UnknownPool.selector, bytes32("none")));
        manager.listPool(bytes32("none"), PoolSettings(1, 1, 100));
        manager.listPool(id, PoolSettings(1, 1, 40));
    }

    /// @dev The count of ticks by logarithm, against the formula in whole numbers.
    function testFuzz_swapGas__any_range__covers_its_ticks(uint256 bps, int24 spacing) public pure {
        bps = bound(bps, 1, PriceRange.MAX_DEVIATION_BPS);
        spacing = int24(bound(spacing, 1, 200));
        // ln((1 + d) / (1 - d)) = 2 * (d + d^3 / 3 + ...) < 2 * (d + d^3 / 2) for d <= 0.1; ln(1.0001) > 0.000099995
        uint256 d = bps * 1e14;
        uint256 ticks = 2 * (d + d * d * d / 2e36) / 99_995_000_000_000 + 1;
        uint256 reckoned = PriceRange.swapGas(bps, spacing) - PriceRange.SWAP_GAS;
        assertGe(reckoned / PriceRange.TICK_GAS, ticks / uint24(spacing) + 1);
    }

    // --- helpers ---

    /// @dev From the far end of the range around price one to the other, with dust on each of its ticks.
    function _settleAcross(bool zeroForOne, bool dusty) private returns (uint256 used, bool ok) {
        _swap(!zeroForOne, 9.8e20);
        if (dusty) {
            for (int24 tick = -200; tick < 200; tick += 10) {
                liquidity.modifyLiquidity(_key, ModifyLiquidityParams(tick, tick + 10, 1, 0), "");
            }
        }
        Order memory order = _put(zeroForOne, 1.96e21);
        Batch memory batch = _sectionAt(order);
        bytes memory values = _publicValues(batch);
        ok = manager.respondToBatch(
            values, batch.sections, batch.orders, _receipt(values, 0, 0), _certificate(values)
        ) == 1;
        used = vm.lastCallGas().gasTotalUsed;
    }

    function _sectionAt(Order memory order) private view returns (Batch memory batch) {
        batch.orders = _list(order);
        batch.sections = new Section[](1);
        batch.sections[0].poolId = _id;
        batch.sections[0].orderIds = _sort(batch.orders);
        batch.sections[0].priceX128 = Q128;
        batch.sections[0].feeBps = FEE_BPS;
        batch.sections[0].remainderZeroForOne = order.zeroForOne;
        batch.sections[0].remainderIn = order.amountIn;
        batch.validUntil = block.timestamp + CANCEL_DELAY - 1;
    }

    function _put(bool zeroForOne, uint256 amountIn) private returns (Order memory order) {
        order = _order(alice, _id, zeroForOne, amountIn);
        bytes memory data = _hookData(order);
        vm.prank(carol);
        router.swap(_key, zeroForOne, -int256(amountIn), data);
    }

    function _swap(bool zeroForOne, int256 amountIn) private {
        vm.prank(carol);
        router.swap(_key, zeroForOne, -amountIn, "");
    }
}
