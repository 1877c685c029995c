"""Offers: steps by attempt, cap, tick."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zk_operator.adapters.sp1.errors import PriceOutOfReach
from zk_operator.adapters.sp1.network.pricing import Market, PricePolicy, offer

POLICY = PricePolicy(max_price_per_pgu=1_500_000_500, max_base_fee=10**18)


@pytest.mark.parametrize(
    ("attempt", "price"), [(1, 1_200_000_000), (2, 1_450_000_000), (3, 1_500_000_000)]
)
def test_offer__further_attempts__raise_it_to_the_cap(attempt: int, price: int) -> None:
    market = Market(price_per_pgu=1_000_000_000, base_fee=10**17, tick=1_000_000)
    assert offer(POLICY, market, attempt) == price


@pytest.mark.parametrize(("attempt", "price"), [(1, 1_200_000_000), (2, 10**10), (3, 10**10)])
def test_offer__the_last_attempt__is_the_cap(attempt: int, price: int) -> None:
    market = Market(price_per_pgu=1_000_000_000, base_fee=10**17, tick=1_000_000)
    policy = PricePolicy(max_price_per_pgu=10**10, max_base_fee=10**18, last_attempt=2)
    assert offer(policy, market, attempt) == price


def test_offer__a_single_attempt__is_not_the_cap() -> None:
    policy = PricePolicy(max_price_per_pgu=10**10, max_base_fee=0, last_attempt=1)
    assert offer(policy, Market(price_per_pgu=10**9, base_fee=0), 1) == 1_200_000_000


def test_offer__no_tick__keeps_every_unit() -> None:
    assert offer(POLICY, Market(price_per_pgu=1, base_fee=0, tick=0), 1) == 1


@pytest.mark.parametrize(
    "market",
    [
        Market(price_per_pgu=1, base_fee=10**18 + 1),
        Market(price_per_pgu=0, base_fee=0),
        Market(price_per_pgu=10**9, base_fee=0, tick=10**10),
    ],
    ids=["base fee", "no price", "tick above the cap"],
)
def test_offer__out_of_reach__is_said(market: Market) -> None:
    with pytest.raises(PriceOutOfReach):
        offer(POLICY, market, 1)


@given(
    price=st.integers(0, 10**12),
    tick=st.integers(0, 10**7),
    attempt=st.integers(1, 20),
    cap=st.integers(1, 10**12),
)
def test_offer__whatever_the_market__stays_under_the_cap_and_on_the_tick(
    price: int, tick: int, attempt: int, cap: int
) -> None:
    policy = PricePolicy(max_price_per_pgu=cap, max_base_fee=0)
    try:
        offered = offer(policy, Market(price_per_pgu=price, base_fee=0, tick=tick), attempt)
    except PriceOutOfReach:
        return
    assert 0 < offered <= cap
    assert offered % max(tick, 1) == 0
