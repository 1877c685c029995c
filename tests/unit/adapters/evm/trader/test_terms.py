"""What the contract would refuse, told beforehand; borders as the contract has them."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.adapters.evm.trader.conftest import NOW_S, OWNER, POOL, TERMS, order_of

from zk_acts.domain.errors import OperatorError
from zk_operator.domain.ids import Address
from zk_trader.errors import (
    AmountBelowMinimum,
    AmountOutOfRange,
    DeadlineOutOfRange,
    IntakePaused,
    NativeNeedsSwap,
    OwnerInvalid,
    PoolNotTraded,
)
from zk_trader.terms import (
    MAX_AMOUNT_IN,
    NATIVE,
    Way,
    check_order,
    require_traded,
    smallest_units,
)


def check(way: Way = Way.SIGNED, **changes: Any) -> None:
    check_order(order_of(**changes), TERMS, POOL, now_s=NOW_S, way=way, payer=OWNER)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"amount_in": 100},
        {"amount_in": 200, "zero_for_one": False},
        {"amount_in": MAX_AMOUNT_IN},
        {"min_out": 0},
        {"min_out": 2**128 - 1},
        {"salt": 0},
        {"salt": 2**256 - 1},
        {"deadline": NOW_S},
        {"deadline": NOW_S + 3600},
        {"owner": Address(b"\x77" * 20), "way": Way.SWAP},
    ],
)
def test_check_order__within_the_borders__passes(changes: dict[str, Any]) -> None:
    check(**changes)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"amount_in": 99}, AmountBelowMinimum),
        ({"amount_in": 199, "zero_for_one": False}, AmountBelowMinimum),
        ({"amount_in": 0}, AmountOutOfRange),
        ({"amount_in": MAX_AMOUNT_IN + 1}, AmountOutOfRange),
        ({"min_out": 2**128}, AmountOutOfRange),
        ({"min_out": -1}, AmountOutOfRange),
        ({"salt": 2**256}, AmountOutOfRange),
        ({"salt": -1}, AmountOutOfRange),
        ({"deadline": NOW_S - 1}, DeadlineOutOfRange),
        ({"deadline": NOW_S + 3601}, DeadlineOutOfRange),
        ({"owner": Address(b"\x77" * 20)}, OwnerInvalid),
        ({"owner": NATIVE, "way": Way.SWAP}, OwnerInvalid),
    ],
)
def test_check_order__beyond_a_border__says_which(
    changes: dict[str, Any], expected: type[OperatorError]
) -> None:
    with pytest.raises(expected) as caught:
        check(**changes)
    assert caught.value.exit_code == 65


def test_check_order__native_input__needs_a_swap() -> None:
    pool = replace(POOL, currency0=NATIVE)
    check_order(order_of(), TERMS, pool, now_s=NOW_S, way=Way.SWAP, payer=OWNER)
    with pytest.raises(NativeNeedsSwap):
        check_order(order_of(), TERMS, pool, now_s=NOW_S, way=Way.SIGNED, payer=OWNER)


def test_check_order__paused__comes_first() -> None:
    terms = replace(TERMS, paused=True)
    with pytest.raises(IntakePaused):
        check_order(order_of(amount_in=0), terms, POOL, now_s=NOW_S, way=Way.SIGNED, payer=OWNER)


def test_require_traded__listed_or_not__is_told_apart() -> None:
    assert require_traded(POOL, POOL.pool_id) is POOL
    with pytest.raises(PoolNotTraded, match="does not serve"):
        require_traded(None, POOL.pool_id)
    with pytest.raises(PoolNotTraded, match="does not list"):
        require_traded(replace(POOL, min_size0=0, min_size1=0), POOL.pool_id)


def test_traded_pool__by_side__has_currencies_and_minimum() -> None:
    assert POOL.sold(zero_for_one=True) == POOL.bought(zero_for_one=False) == POOL.currency0
    assert POOL.sold(zero_for_one=False) == POOL.bought(zero_for_one=True) == POOL.currency1
    assert (POOL.min_size(zero_for_one=True), POOL.min_size(zero_for_one=False)) == (100, 200)


@given(units=st.integers(0, 2**128), decimals=st.integers(0, 30))
def test_smallest_units__of_any_exact_amount__loses_nothing(units: int, decimals: int) -> None:
    whole, rest = divmod(units, 10**decimals)
    text = f"{whole}.{rest:0{decimals}d}" if decimals else str(whole)
    assert smallest_units(Decimal(text), decimals) == units
    assert smallest_units(units, decimals) == units


@pytest.mark.parametrize("text", ["0.0000001", "1e-7", "Infinity", "1e999999999", "1e-999999999"])
def test_smallest_units__not_exact_or_not_usable__is_refused(text: str) -> None:
    with pytest.raises(AmountOutOfRange):
        smallest_units(Decimal(text), 6)
