"""What a currency is worth: by the shortest way of pools to the native one."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from zk_operator.domain.appraisal import NATIVE, Link, fee_worth, links_to_native, through
from zk_operator.domain.ids import Address, PoolId

A, B, C = (Address(bytes([n]) * 20) for n in (10, 11, 12))
P, Q, R = (PoolId(bytes([n]) * 32) for n in (1, 2, 3))


def test_links__direct_and_indirect__each_currency_by_its_shortest_ways_only() -> None:
    links = links_to_native({P: (NATIVE, A), Q: (NATIVE, A), R: (A, B)})
    assert {currency: [each.pool_id for each in found] for currency, found in links.items()} == {
        A: [P, Q],
        B: [R],
    }


def test_links__no_way_to_the_native_currency__no_link() -> None:
    assert links_to_native({R: (B, C)}) == {}


def test_through__each_side__price_is_token1_per_token0() -> None:
    price = 4 << 128
    sells0 = Link(pool_id=P, towards=B, is_currency0=True)
    sells1 = Link(pool_id=P, towards=A, is_currency0=False)
    assert through(sells0, price, Fraction(3)) == 12
    assert through(sells1, price, Fraction(3)) == Fraction(3, 4)
    assert through(sells1, 0, Fraction(3)) == 0


def test_fee_worth__of_a_token_of_six_decimals__in_wei() -> None:
    worth = Fraction(10**18, 2_000 * 10**6)  # 2,000 of it are one native token
    assert fee_worth(1_000 * 10**6, worth, 30) == 15 * 10**14


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12))
def test_links__any_pools__every_link_leads_nearer(pairs: list[tuple[int, int]]) -> None:
    names = [NATIVE, *(Address(bytes([n]) * 20) for n in range(1, 6))]
    pools = {
        PoolId(bytes([n]) * 32): (names[a], names[b]) for n, (a, b) in enumerate(pairs) if a != b
    }
    links = links_to_native(pools)
    steps = {NATIVE: 0}
    left = dict(links)
    while left:
        ready = [each for each, found in left.items() if all(x.towards in steps for x in found)]
        assert ready, "links lead in a circle"
        for each in ready:
            (steps[each],) = {steps[x.towards] + 1 for x in left.pop(each)}
