// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FullMath} from "v4-core/libraries/FullMath.sol";
import {Order, Section} from "../types/Types.sol";

/// @title The batch rule's arithmetic; clause numbers are those of docs/reference/batch-rule.md.
/// @dev Split where the pool's swap happens: `matchSides` before it, `share` with its output.
library BatchRule {
    using FullMath for uint256;

    uint256 private constant Q128 = 1 << 128;
    uint256 private constant BPS = 10_000;

    error EmptySection();
    error ZeroPrice();
    error FeeTooHigh(uint16 feeBps);
    error WrongPool(uint256 index);
    error DeadlineTooEarly(uint256 index);
    error ZeroAmount(uint256 index);
    error SideTooLarge();
    error WrongHeavySide();
    error WrongRemainder(uint256 expected);
    error MinOutWithoutRemainder();
    error OutputOutOfRange(uint256 swapOutput);
    error LimitNotMet(uint256 index, uint256 payout);

    /// @notice The two sides of a section before the swap.
    struct Matching {
        bool heavyIsZero; // the heavy side sells currency0
        uint256 heavyIn; // inputs of the heavy side, in the heavy currency
        uint256 lightIn; // inputs of the light side, in the light currency
        uint256 lightNet; // payouts of the light side after the fee, in the heavy currency
        uint256[] nets; // payout after the fee per order; heavy orders are still 0
    }

    /// @notice Clauses 1 (what needs no chain state) to 4, fees of the light side included.
    function matchSides(Section calldata s, Order[] calldata orders, uint256 validUntil)
        internal
        pure
        returns (Matching memory m)
    {
        require(orders.length != 0, EmptySection());
        require(s.priceX128 != 0, ZeroPrice());
        require(s.feeBps <= BPS, FeeTooHigh(s.feeBps));
        _sumSides(m, s, orders, validUntil);
        m.nets = new uint256[](orders.length);
        uint256 lightGross = _payLight(m, s, orders);
        uint256 remainder = m.heavyIn - lightGross;
        require(s.remainderIn == remainder, WrongRemainder(remainder));
        require(remainder != 0 || s.minOut == 0, MinOutWithoutRemainder());
    }

    /// @notice Clauses 5 to 7 with the swap's real output: fills in the heavy side's payouts.
    /// @return ledger0 fees and dust in currency0
    /// @return ledger1 fees and dust in currency1
    /// @dev The ledger is what is left over, by checked subtraction: tokens are conserved or it reverts.
    function share(
        Matching memory m,
        Section calldata s,
        Order[] calldata orders,
        uint256 swapOutput
    ) internal pure returns (uint256 ledger0, uint256 ledger1) {
        bool inRange = s.remainderIn == 0
            ? swapOutput == 0
            : swapOutput >= s.minOut && swapOutput < Q128;
        require(inRange, OutputOutOfRange(swapOutput));
        uint256 pot = m.lightIn + swapOutput;
        uint256 heavyNet;
        for (uint256 i; i < orders.length; ++i) {
            if (orders[i].zeroForOne == m.heavyIsZero) {
                uint256 gross = pot.mulDiv(orders[i].amountIn, m.heavyIn);
                m.nets[i] = _afterFee(gross, s.feeBps);
                heavyNet += m.nets[i];
            }
            require(m.nets[i] >= orders[i].minOut, LimitNotMet(i, m.nets[i]));
        }
        uint256 heavyLedger = m.heavyIn - s.remainderIn - m.lightNet;
        uint256 lightLedger = pot - heavyNet;
        return m.heavyIsZero ? (heavyLedger, lightLedger) : (lightLedger, heavyLedger);
    }

    function _sumSides(
        Matching memory m,
        Section calldata s,
        Order[] calldata orders,
        uint256 validUntil
    ) private pure {
        uint256 sum0;
        uint256 sum1;
        for (uint256 i; i < orders.length; ++i) {
            Order calldata order = orders[i];
            require(order.poolId == s.poolId, WrongPool(i));
            require(order.deadline >= validUntil, DeadlineTooEarly(i));
            require(order.amountIn != 0, ZeroAmount(i));
            if (order.zeroForOne) sum0 += order.amountIn;
            else sum1 += order.amountIn;
        }
        require(sum0 < Q128 && sum1 < Q128, SideTooLarge());
        m.heavyIsZero = sum0.mulDiv(s.priceX128, Q128) >= sum1;
        require(s.remainderZeroForOne == m.heavyIsZero, WrongHeavySide());
        (m.heavyIn, m.lightIn) = m.heavyIsZero ? (sum0, sum1) : (sum1, sum0);
    }

    function _payLight(Matching memory m, Section calldata s, Order[] calldata orders)
        private
        pure
        returns (uint256 lightGross)
    {
        for (uint256 i; i < orders.length; ++i) {
            if (orders[i].zeroForOne == m.heavyIsZero) continue;
            uint256 amountIn = orders[i].amountIn;
            uint256 gross = orders[i].zeroForOne
                ? amountIn.mulDiv(s.priceX128, Q128)
                : amountIn.mulDiv(Q128, s.priceX128);
            lightGross += gross;
            m.nets[i] = _afterFee(gross, s.feeBps);
            m.lightNet += m.nets[i];
        }
    }

    function _afterFee(uint256 gross, uint256 feeBps) private pure returns (uint256) {
        return gross - (gross * feeBps + BPS - 1) / BPS;
    }
}
