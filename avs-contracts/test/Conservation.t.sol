// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Order} from "../src/types/Types.sol";
import {Base} from "./Base.t.sol";

/// @dev Random batches on the real pools: nobody gets less than the limit, and no unit appears or vanishes.
contract ConservationTest is Base {
    uint256 private constant MAX_ORDERS = 8;

    function testFuzz_settlement__random_batch__conserves_and_respects_limits(uint256 seed) public {
        Order[] memory orders = _randomOrders(seed, idTokens);
        _fuzzOne(seed, idTokens, address(token0), orders);
    }

    function testFuzz_settlement__random_native_batch__conserves(uint256 seed) public {
        Order[] memory orders = _randomOrders(seed, idNative);
        _fuzzOne(seed, idNative, address(0), orders);
    }

    function testFuzz_settlement__two_pools_and_refunds__conserve(uint256 seed) public {
        Order[] memory a = _randomOrders(seed, idTokens);
        Order[] memory b = _randomOrders(~seed, idNative);
        Order memory stays = _place(alice, idTokens, false, 7e18);
        Batch memory batch = _batch2(_batch(idTokens, a), _batch(idNative, b));
        assertEq(_respond(batch), 2);
        _assertBacked(address(token1), 7e18);
        skip(2 hours);
        manager.refund(_list(stays));
        _collect(address(0));
        _collect(address(token0));
        _collect(address(token1));
        _assertAllBacked();
        assertEq(hook.escrowOf(address(token0)), 0);
        assertEq(hook.escrowOf(address(token1)), 0);
        assertEq(hook.escrowOf(address(0)), 0);
    }

    function _fuzzOne(uint256 seed, bytes32 poolId, address currency0, Order[] memory orders)
        private
    {
        uint256 inputs0;
        uint256 inputs1;
        for (uint256 i; i < orders.length; ++i) {
            if (orders[i].zeroForOne) inputs0 += orders[i].amountIn;
            else inputs1 += orders[i].amountIn;
        }
        _assertBacked(currency0, inputs0);
        _assertBacked(address(token1), inputs1);
        Batch memory batch = _batch(poolId, orders);
        // a price within the deviation, not the pool's own
        uint256 price = batch.sections[0].priceX128;
        price = price - price / 100 + (seed % 1000) * (price / 50_000);
        batch.sections[0] = _section(poolId, orders, price);
        uint256 total0 = _everywhere(currency0);
        uint256 total1 = _everywhere(address(token1));
        vm.prank(bob);
        token1.setRefuses(seed % 3 == 0);
        assertEq(_respond(batch), 1);
        for (uint256 i; i < orders.length; ++i) {
            assertEq(_status(orders[i]), 2);
        }
        assertEq(_everywhere(currency0), total0, "currency0");
        assertEq(_everywhere(address(token1)), total1, "currency1");
        _assertBacked(currency0, 0);
        _assertBacked(address(token1), 0);
    }

    /// @dev Orders of two owners, amounts from the minimum up, each at a limit that its side can meet.
    function _randomOrders(uint256 seed, bytes32 poolId) private returns (Order[] memory orders) {
        uint256 count = 1 + seed % MAX_ORDERS;
        orders = new Order[](count);
        for (uint256 i; i < count; ++i) {
            uint256 r = uint256(keccak256(abi.encode(seed, poolId, i)));
            uint256 amount = 1000 + (r >> 8) % (10 ** (3 + (r >> 200) % 18));
            Order memory order = _order(r & 1 == 0 ? alice : bob, poolId, r & 2 == 0, amount);
            order.minOut = uint128(amount * 90 / 100);
            orders[i] = _placeAs(carol, order);
        }
    }

    /// @dev All that is held by those who take part: pools and escrow sit in the PoolManager.
    function _everywhere(address currency) private view returns (uint256) {
        return _held(alice, currency) + _held(bob, currency) + _held(carol, currency)
            + _held(address(pool), currency) + _held(address(manager), currency)
            + _held(address(hook), currency);
    }

    function _held(address who, address currency) private view returns (uint256) {
        if (currency == address(0)) return who.balance;
        return currency == address(token0) ? token0.balanceOf(who) : token1.balanceOf(who);
    }

    function _collect(address currency) private {
        if (manager.feesAccrued(currency) == 0) return;
        uint256 due = manager.feesAccrued(currency);
        uint256 before = _held(address(this), currency);
        manager.collectFees(currency, address(this));
        assertEq(_held(address(this), currency) - before, due);
    }
}
