"""Properties of the rule and of choosing, over random pools, prices and orders."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from zk_operator.domain.batch_rule import (
    SectionOutcome,
    check_batch,
    check_section,
    remainder_of,
    weigh,
)
from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.order import MAX_UINT128, Order, SigningDomain, order_id
from zk_operator.domain.proposal import (
    DropReason,
    NeedQuote,
    Proposal,
    ProposalPolicy,
    propose,
    propose_step,
)
from zk_operator.domain.rule_errors import RuleViolation
from zk_operator.domain.section import Section

Q = 1 << 128
POOL = PoolId(b"\x07" * 32)
DOMAIN = SigningDomain(chain_id=31337, manager=Address(b"\x4d" * 20))
UNTIL = 1_900_000_000
POLICY = ProposalPolicy(fee_bps=30, tolerance_bps=50, max_orders=50, valid_until_s=UNTIL)
QuoteFunction = Callable[[bool, int], int | None]

prices = st.one_of(
    st.integers(Q // 10**6, Q * 10**6),
    st.integers(1, (1 << 256) - 1),
    st.sampled_from([1, Q - 1, Q, Q + 1, 5 * Q // 2, (1 << 256) - 1]),
)
amounts = st.one_of(
    st.integers(1, 1000), st.integers(1, 10**24), st.sampled_from([1, 10**18, MAX_UINT128 // 40])
)


def _order(zero_for_one: bool, amount_in: int, min_out: int, salt: int) -> Order:
    return Order(
        owner=Address(b"\x01" * 20),
        pool_id=POOL,
        zero_for_one=zero_for_one,
        amount_in=amount_in,
        min_out=min_out,
        deadline=UNTIL,
        salt=salt,
    )


def _identified(orders: list[Order]) -> dict[OrderId, Order]:
    return dict(sorted((order_id(order, DOMAIN), order) for order in orders))


plain_orders = st.lists(
    st.tuples(st.booleans(), amounts), min_size=1, max_size=12
).map(lambda items: _identified([_order(*item, 0, n) for n, item in enumerate(items)]))  # fmt: skip


def _section(orders: Mapping[OrderId, Order], price: int, min_out: int, fee_bps: int) -> Section:
    listed = list(orders.values())
    sides = weigh(listed, price)
    remainder = remainder_of(listed, sides, price)
    return Section(
        pool_id=POOL,
        price_x128=price,
        remainder_zero_for_one=sides.heavy_is_zero,
        remainder_in=remainder,
        min_out=min_out if remainder else 0,
        fee_bps=fee_bps,
        order_ids=tuple(orders),
    )


def _flows(outcome: SectionOutcome) -> tuple[tuple[int, int], tuple[int, int]]:
    """What comes in and what goes out, per currency."""
    paid = [0, 0]
    for payout in outcome.payouts:
        paid[1 if payout.zero_for_one else 0] += payout.net
    sold0 = outcome.remainder_in if outcome.heavy_is_zero else 0
    sold1 = outcome.remainder_in - sold0
    bought1 = outcome.swap_output if outcome.heavy_is_zero else 0
    bought0 = outcome.swap_output - bought1
    return (
        (outcome.input0 + bought0, paid[0] + outcome.ledger0 + sold0),
        (outcome.input1 + bought1, paid[1] + outcome.ledger1 + sold1),
    )


@given(
    orders=plain_orders,
    price=prices,
    output=st.integers(0, MAX_UINT128),
    fee_bps=st.sampled_from([0, 1, 30, 9_999, 10_000]),
)
@settings(deadline=None)
def test_check_section__any_orders__conserves_tokens_and_fills_wholly(
    orders: dict[OrderId, Order], price: int, output: int, fee_bps: int
) -> None:
    section = _section(orders, price, output, fee_bps)
    outcome = check_section(section, list(orders.values()))
    for came_in, went_out in _flows(outcome):
        assert came_in == went_out
    assert [payout.order_id for payout in outcome.payouts] == list(orders)
    heavy = [p for p in outcome.payouts if p.zero_for_one == outcome.heavy_is_zero]
    fees = sum(payout.fee for payout in outcome.payouts)
    dust = outcome.ledger0 + outcome.ledger1 - fees
    assert 0 <= dust < len(heavy)
    assert outcome.remainder_in >= 0
    for payout in outcome.payouts:
        assert payout.gross == payout.net + payout.fee
        assert payout.fee * 10_000 >= payout.gross * fee_bps > (payout.fee - 1) * 10_000


@given(orders=plain_orders, price=prices, floor=st.integers(0, 10**24), more=st.integers(0, 10**24))
@settings(deadline=None)
def test_check_section__a_better_swap__never_pays_anyone_less(
    orders: dict[OrderId, Order], price: int, floor: int, more: int
) -> None:
    section = _section(orders, price, floor, 30)
    assume(section.remainder_in)
    listed = list(orders.values())
    at_floor = check_section(section, listed)
    better = check_section(section, listed, swap_output=section.min_out + more)
    pairs = zip(at_floor.payouts, better.payouts, strict=True)
    assert all(low.net <= high.net for low, high in pairs)


@given(orders=plain_orders, price=prices)
@settings(deadline=None)
def test_check_section__same_side__everybody_gets_one_price(
    orders: dict[OrderId, Order], price: int
) -> None:
    section = _section(orders, price, 10**20, 0)
    payouts = check_section(section, list(orders.values())).payouts
    for mine, paid in zip(orders.values(), payouts, strict=True):
        for other, others in zip(orders.values(), payouts, strict=True):
            if mine.zero_for_one == other.zero_for_one and mine.amount_in <= other.amount_in:
                assert paid.gross <= others.gross


@given(orders=plain_orders, price=prices, data=st.data())
@settings(deadline=None)
def test_check_section__limit_above_the_payout__refuses(
    orders: dict[OrderId, Order], price: int, data: st.DataObject
) -> None:
    section = _section(orders, price, 10**20, 30)
    listed = list(orders.values())
    index = data.draw(st.integers(0, len(listed) - 1))
    net = check_section(section, listed).payouts[index].net
    assume(net < MAX_UINT128)
    listed[index] = replace(listed[index], min_out=net)
    assert check_section(section, listed).payouts[index].net == net
    listed[index] = replace(listed[index], min_out=net + 1)
    with pytest.raises(RuleViolation):
        check_section(section, listed)


# --- choosing -------------------------------------------------------------------------------------


def _pool(reserve0: int, reserve1: int, fee_bps: int = 30) -> QuoteFunction:
    """A constant-product pool."""

    def quote(zero_for_one: bool, amount_in: int) -> int | None:
        has, gives = (reserve0, reserve1) if zero_for_one else (reserve1, reserve0)
        after_fee = amount_in * (10_000 - fee_bps) // 10_000
        return gives * after_fee // (has + after_fee)

    return quote


def _erratic(seed: int) -> QuoteFunction:
    """A pool that answers anything, as long as it is the same for the same question."""

    def quote(zero_for_one: bool, amount_in: int) -> int | None:
        random = Random(f"{seed}/{zero_for_one}/{amount_in}")
        return random.choice([None, 0, random.randrange(10**24), amount_in])

    return quote


limited_orders = st.lists(
    st.tuples(st.booleans(), st.integers(1, 10**21), st.integers(8_000, 10_500)),
    min_size=1,
    max_size=20,
)
pools = st.one_of(
    st.builds(_pool, st.integers(10**18, 10**24), st.integers(10**18, 10**24)),
    st.builds(_erratic, st.integers(0, 100)),
)


def _limited(items: list[tuple[bool, int, int]], price: int) -> dict[OrderId, Order]:
    orders = []
    for salt, (zero_for_one, amount, share) in enumerate(items):
        fair = amount * price // Q if zero_for_one else amount * Q // price
        limit = min(fair * share // 10_000, MAX_UINT128)
        orders.append(_order(zero_for_one, amount, limit, salt))
    return _identified(orders)


@given(items=limited_orders, price=st.integers(Q // 1000, Q * 1000), quote=pools)
@settings(deadline=None)
def test_propose__any_orders_and_pool__passes_the_rule(
    items: list[tuple[bool, int, int]], price: int, quote: QuoteFunction
) -> None:
    orders = _limited(items, price)
    proposal = propose(pool_id=POOL, orders=orders, price_x128=price, quote=quote, policy=POLICY)
    kept = set(proposal.section.order_ids) if proposal.section else set()
    assert kept | set(proposal.dropped) == set(orders)
    assert not kept & set(proposal.dropped)
    if proposal.section:
        check_batch(
            [proposal.section],
            proposal.orders,
            chain_id=DOMAIN.chain_id,
            manager=DOMAIN.manager,
            valid_until=UNTIL,
        )
        swap = (proposal.section.remainder_zero_for_one, proposal.section.remainder_in)
        assert proposal.section.min_out <= ((quote(*swap) if swap[1] else 0) or 0)


@given(items=limited_orders, price=st.integers(Q // 1000, Q * 1000), quote=pools, seed=st.randoms())
@settings(deadline=None)
def test_propose__permuted_orders__proposes_the_same(
    items: list[tuple[bool, int, int]], price: int, quote: QuoteFunction, seed: Random
) -> None:
    orders = _limited(items, price)
    shuffled = list(orders.items())
    seed.shuffle(shuffled)
    first, second = (
        propose(pool_id=POOL, orders=mapping, price_x128=price, quote=quote, policy=POLICY)
        for mapping in (orders, dict(shuffled))
    )
    assert first == second


def _propose(
    orders: list[Order], quote: QuoteFunction, policy: ProposalPolicy = POLICY
) -> Proposal:
    return propose(
        pool_id=POOL, orders=_identified(orders), price_x128=2 * Q, quote=quote, policy=policy
    )


def test_propose__pool_too_shallow_for_all__keeps_as_many_as_it_bears() -> None:
    """Dropping everybody who fails at once would leave nobody, in this batch and in the next."""
    orders = [_order(True, 10**18, 19 * 10**17, salt) for salt in range(20)]
    proposal = _propose(orders, _pool(10**20, 2 * 10**20))
    assert proposal.section is not None
    assert 0 < len(proposal.orders) < 20
    assert set(proposal.dropped.values()) == {DropReason.LIMIT}


def test_propose__limit_out_of_reach__drops_only_that_order() -> None:
    greedy = _order(True, 10**15, 10**16, 99)
    orders = [_order(True, 10**15, 10**15, 1), _order(False, 10**15, 10**14, 2)]
    proposal = _propose([*orders, greedy], _pool(10**24, 2 * 10**24))
    assert dict(proposal.dropped) == {order_id(greedy, DOMAIN): DropReason.LIMIT}
    assert len(proposal.orders) == 2


def test_propose__no_liquidity__matches_nothing_that_needs_a_swap() -> None:
    proposal = _propose([_order(True, 10**15, 0, 1)], lambda _side, _amount: None)
    assert proposal.section is None
    assert set(proposal.dropped.values()) == {DropReason.LIMIT}


def test_propose__exact_counterparts__needs_no_quote() -> None:
    orders = _identified([_order(True, 100, 199, 1), _order(False, 200, 99, 2)])
    step = propose_step(pool_id=POOL, orders=orders, price_x128=2 * Q, quotes={}, policy=POLICY)
    assert isinstance(step, Proposal)
    assert step.section is not None
    assert step.section.remainder_in == 0
    assert step.section.min_out == 0


def test_propose_step__quote_unknown__asks_for_the_remainder() -> None:
    orders = _identified([_order(True, 100, 1, 1), _order(False, 50, 1, 2)])
    step = propose_step(pool_id=POOL, orders=orders, price_x128=2 * Q, quotes={}, policy=POLICY)
    assert isinstance(step, NeedQuote)
    assert (step.key.zero_for_one, step.key.amount_in) == (True, 75)


def test_propose__short_deadline_and_wrong_pool__are_dropped_with_reasons() -> None:
    late = replace(_order(True, 10**15, 0, 1), deadline=UNTIL - 1)
    foreign = replace(_order(True, 10**15, 0, 2), pool_id=PoolId(b"\x08" * 32))
    proposal = _propose([late, foreign], _pool(10**24, 10**24))
    assert proposal.section is None
    assert set(proposal.dropped.values()) == {DropReason.DEADLINE, DropReason.RANGE}


def test_propose__more_orders_than_allowed__keeps_the_earliest_deadlines() -> None:
    orders = [replace(_order(True, 10**15, 0, salt), deadline=UNTIL + salt) for salt in range(5)]
    proposal = _propose(orders, _pool(10**24, 10**24), replace(POLICY, max_orders=2))
    assert {order.salt for order in proposal.orders} == {0, 1}
    assert list(proposal.dropped.values()) == [DropReason.FULL] * 3


def test_propose__side_would_pass_128_bits__leaves_the_rest_for_later() -> None:
    orders = [_order(True, MAX_UINT128, 0, salt) for salt in range(2)]
    proposal = _propose(orders, lambda _side, _amount: 10**40)
    assert len(proposal.orders) == 1
    assert list(proposal.dropped.values()) == [DropReason.FULL]


def test_propose__price_zero__proposes_nothing() -> None:
    proposal = propose(
        pool_id=POOL,
        orders=_identified([_order(True, 1, 0, 0)]),
        price_x128=0,
        quote=lambda _side, _amount: 1,
        policy=POLICY,
    )
    assert proposal.section is None


def test_propose__two_hundred_orders__asks_for_few_quotes() -> None:
    asked: list[int] = []
    pool = _pool(10**20, 2 * 10**20)

    def counting(zero_for_one: bool, amount_in: int) -> int | None:
        asked.append(amount_in)
        return pool(zero_for_one, amount_in)

    orders = [_order(True, 10**17 + n, (19 * 10**16) + n * 10**13, n) for n in range(200)]
    _propose(orders, counting, replace(POLICY, max_orders=500))
    assert len(asked) <= 20
