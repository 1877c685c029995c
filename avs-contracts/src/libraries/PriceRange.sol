// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {FullMath} from "v4-core/libraries/FullMath.sol";
import {TickMath} from "v4-core/libraries/TickMath.sol";

/// @title How far a pool may be from a section's price, before the remainder's swap and after it.
/// @dev Bounded on both ends, a swap crosses a number of ticks that is known beforehand, so its gas is too: liquidity
/// that somebody puts in its way cannot make it run out.
library PriceRange {
    uint256 internal constant BPS = 10_000;
    /// @notice Widest range that a pool may be listed with; `swapGas` counts ticks right up to it.
    uint256 internal constant MAX_DEVIATION_BPS = 1_000;
    /// @notice What crossing one initialized tick costs at most, with all its slots cold and still zero (measured: 50,503),
    /// and its share of the words of the tick bitmap.
    uint256 internal constant TICK_GAS = 55_000;
    /// @notice What a swap costs that crosses nothing, with the escrow's claims moved.
    uint256 internal constant SWAP_GAS = 250_000;

    /// @notice Whether `actual` is within `deviationBps` of `price`.
    function contains(uint256 price, uint256 actual, uint256 deviationBps)
        internal
        pure
        returns (bool)
    {
        uint256 gap = actual > price ? actual - price : price - actual;
        // bounded first: a gap above the price itself is out of any range and could overflow the product
        return gap <= price && FullMath.mulDivRoundingUp(gap, BPS, price) <= deviationBps;
    }

    /// @notice Where a swap in that direction has to stop: at the range's far end. Of the pool's kind, sqrt(price) * 2^96.
    function swapLimit(uint256 priceX128, uint256 deviationBps, bool zeroForOne)
        internal
        pure
        returns (uint160)
    {
        uint256 factor = zeroForOne ? BPS - deviationBps : BPS + deviationBps;
        // divided first where the product would not fit: such a price is beyond what a pool can have
        uint256 edge = priceX128 > type(uint256).max / (2 * BPS)
            ? type(uint256).max
            : priceX128 * factor / BPS;
        uint256 root = Math.sqrt(edge) << 32;
        if (root <= TickMath.MIN_SQRT_PRICE) return TickMath.MIN_SQRT_PRICE + 1;
        if (root >= TickMath.MAX_SQRT_PRICE) return TickMath.MAX_SQRT_PRICE - 1;
        return uint160(root);
    }

    /// @notice Gas that the dearest swap from one end of the range to the other may need.
    /// @dev ln((1 + d) / (1 - d)) / ln(1.0001) is below 2.02 * d in 1/10,000 up to 1,000; both ends may be off by one.
    function swapGas(uint256 deviationBps, int24 tickSpacing) internal pure returns (uint256) {
        uint256 ticks = deviationBps * 202 / 100 + 2;
        return SWAP_GAS + TICK_GAS * (ticks / uint24(tickSpacing) + 2);
    }
}
