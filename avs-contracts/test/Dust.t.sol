// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ModifyLiquidityParams} from "v4-core/types/PoolOperation.sol";
import {Order, OrderStatus} from "../src/types/Types.sol";
import {Base} from "./Base.t.sol";

/// @dev Liquidity of 1 in the way of remainders: costs its owner gas alone, and must stop nobody. Run with --isolate
/// too: within one transaction the ticks' slots are warm, which hides most of their cost.
contract DustTest is Base {
    function test_dust__in_the_way_of_a_remainder__the_section_settles() public {
        for (uint256 side; side < 2; ++side) {
            bool zeroForOne = side == 0;
            _scatter(zeroForOne, 120);
            Order memory order = _place(alice, idTokens, zeroForOne, 3e22);
            Batch memory batch = _batch(idTokens, _list(order));
            assertEq(_respond(batch), 1);
            assertEq(_status(order), OrderStatus.SETTLED);
        }
    }

    /// @dev One tick each, beginning beside the price, on the side that the swap moves to.
    function _scatter(bool below, uint256 count) internal {
        for (uint256 i; i < count; ++i) {
            int24 offset = int24(int256(i + 1)) * 60;
            int24 lower = below ? -offset - 60 : offset;
            liquidity.modifyLiquidity(
                keyTokens, ModifyLiquidityParams(lower, lower + 60, 1, 0), ""
            );
        }
    }
}
