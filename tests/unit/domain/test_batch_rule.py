"""The checked rule: the worked example by hand, and one test per clause."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from zk_operator.domain.batch_rule import check_batch, check_section, fee_of, remainder_of, weigh
from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.order import MAX_UINT128, Order, SigningDomain, order_id
from zk_operator.domain.rule_errors import (
    BatchShapeError,
    HeavySideError,
    LimitError,
    MinOutError,
    OrderDeadlineError,
    OrderIdMismatchError,
    OrderPoolError,
    OrderSequenceError,
    RangeError,
    RemainderError,
    RuleViolation,
)
from zk_operator.domain.section import Section

Q = 1 << 128
POOL = PoolId(b"\x07" * 32)
MANAGER = Address(b"\x4d" * 20)
DOMAIN = SigningDomain(chain_id=31337, manager=MANAGER)
UNTIL = 1_900_000_000


def order(zero_for_one: bool, amount_in: int, min_out: int = 0, salt: int = 0) -> Order:
    return Order(
        owner=Address(b"\x01" * 20),
        pool_id=POOL,
        zero_for_one=zero_for_one,
        amount_in=amount_in,
        min_out=min_out,
        deadline=UNTIL,
        salt=salt,
    )


def section_of(
    orders: Sequence[Order], price: int, min_out: int = 0, fee_bps: int = 30
) -> tuple[Section, list[Order]]:
    """A consistent section, and its orders sorted by id."""
    pairs = sorted(((order_id(item, DOMAIN), item) for item in orders), key=lambda pair: pair[0])
    sides = weigh(orders, price)
    section = Section(
        pool_id=POOL,
        price_x128=price,
        remainder_zero_for_one=sides.heavy_is_zero,
        remainder_in=remainder_of(list(orders), sides, price),
        min_out=min_out,
        fee_bps=fee_bps,
        order_ids=tuple(pair[0] for pair in pairs),
    )
    return section, [pair[1] for pair in pairs]


def nets(section: Section, orders: Sequence[Order], swap: int | None = None) -> dict[int, int]:
    """Net payouts by the order's input, for readable expectations."""
    outcome = check_section(section, orders, swap_output=swap)
    return {
        item.amount_in: payout.net for item, payout in zip(orders, outcome.payouts, strict=True)
    }


A, B, C = order(True, 1000), order(True, 501), order(False, 777)
EXAMPLE, EXAMPLE_ORDERS = section_of([A, B, C], 5 * Q // 2, min_out=2900)


def test_check_section__worked_example_at_min_out__equals_hand_computation() -> None:
    assert (EXAMPLE.remainder_zero_for_one, EXAMPLE.remainder_in) == (True, 1191)
    assert nets(EXAMPLE, EXAMPLE_ORDERS) == {1000: 2441, 501: 1223, 777: 309}
    outcome = check_section(EXAMPLE, EXAMPLE_ORDERS)
    assert (outcome.ledger0, outcome.ledger1) == (1, 13)


def test_check_section__worked_example_with_real_output__equals_hand_computation() -> None:
    assert nets(EXAMPLE, EXAMPLE_ORDERS, 2950) == {1000: 2475, 501: 1239, 777: 309}
    outcome = check_section(EXAMPLE, EXAMPLE_ORDERS, swap_output=2950)
    assert (outcome.ledger0, outcome.ledger1) == (1, 13)


def test_check_section__tie__token0_is_heavy_and_nothing_is_swapped() -> None:
    section, orders = section_of([order(True, 400), order(False, 1000)], 5 * Q // 2, fee_bps=0)
    assert (section.remainder_zero_for_one, section.remainder_in) == (True, 0)
    assert nets(section, orders) == {400: 1000, 1000: 400}


def test_check_section__one_unit_more_of_token1__token1_is_heavy() -> None:
    section, orders = section_of([order(True, 400), order(False, 1001)], 5 * Q // 2, fee_bps=0)
    assert (section.remainder_zero_for_one, section.remainder_in) == (False, 1)
    assert nets(section, orders) == {400: 1000, 1001: 400}


def test_check_section__value_rounds_down_to_a_tie__token0_is_heavy() -> None:
    section, orders = section_of([order(True, 401), order(False, 1002)], 5 * Q // 2, fee_bps=0)
    assert (section.remainder_zero_for_one, section.remainder_in) == (True, 1)
    assert nets(section, orders) == {401: 1002, 1002: 400}


@pytest.mark.parametrize("zero_for_one", [True, False])
def test_check_section__one_order__is_heavy_and_gets_the_swap(zero_for_one: bool) -> None:
    section, orders = section_of([order(zero_for_one, 10_000)], 3 * Q, min_out=999, fee_bps=10)
    assert section.remainder_zero_for_one is zero_for_one
    assert section.remainder_in == 10_000
    assert nets(section, orders) == {10_000: 998}


@pytest.mark.parametrize(
    ("gross", "bps", "fee"),
    [(0, 30, 0), (1, 30, 1), (1, 0, 0), (10_000, 30, 30), (10_001, 30, 31), (777, 10_000, 777)],
)
def test_fee_of__border_values__rounds_up(gross: int, bps: int, fee: int) -> None:
    assert fee_of(gross, bps) == fee


def test_check_section__light_order_worth_nothing__is_paid_zero_and_the_heavy_side_keeps_it() -> (
    None
):
    section, orders = section_of([order(True, 10), order(False, 1)], 2 * Q, fee_bps=0)
    assert section.remainder_in == 10
    assert nets(section, orders) == {10: 1, 1: 0}


def test_check_section__limit_met_to_the_unit__passes_and_one_more_fails() -> None:
    exact, orders = section_of([order(True, 1000, 2441), B, C], 5 * Q // 2, min_out=2900)
    assert check_section(exact, orders).payouts
    above, orders = section_of([order(True, 1000, 2442), B, C], 5 * Q // 2, min_out=2900)
    with pytest.raises(LimitError):
        check_section(above, orders)


def test_check_section__largest_values__does_not_lose_a_unit() -> None:
    section, orders = section_of(
        [order(True, MAX_UINT128), order(False, MAX_UINT128)], Q, min_out=0, fee_bps=0
    )
    assert section.remainder_in == 0
    assert {payout.net for payout in check_section(section, orders).payouts} == {MAX_UINT128}


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"price_x128": 0}, RangeError),
        ({"price_x128": 1 << 256}, RangeError),
        ({"fee_bps": 10_001}, RangeError),
        ({"fee_bps": -1}, RangeError),
        ({"remainder_in": 1190}, RemainderError),
        ({"remainder_in": 1192}, RemainderError),
        ({"remainder_zero_for_one": False}, HeavySideError),
        ({"order_ids": ()}, BatchShapeError),
        ({"min_out": MAX_UINT128 + 1}, RangeError),
    ],
)
def test_check_section__one_field_wrong__raises(
    changed: dict[str, int], error: type[RuleViolation]
) -> None:
    with pytest.raises(error):
        check_section(replace(EXAMPLE, **changed), EXAMPLE_ORDERS)  # type: ignore[arg-type]


@pytest.mark.parametrize("swap", [2899, 0, MAX_UINT128 + 1, -1])
def test_check_section__swap_output_not_acceptable__raises(swap: int) -> None:
    with pytest.raises((MinOutError, RangeError)):
        check_section(EXAMPLE, EXAMPLE_ORDERS, swap_output=swap)


def test_check_section__output_without_remainder__raises() -> None:
    section, orders = section_of([order(True, 400), order(False, 1000)], 5 * Q // 2)
    with pytest.raises(MinOutError):
        check_section(section, orders, swap_output=1)
    with pytest.raises(MinOutError):
        check_section(replace(section, min_out=1), orders)


def test_check_section__side_sum_over_128_bits__raises() -> None:
    section, orders = section_of([order(True, MAX_UINT128), order(True, 1)], Q)
    with pytest.raises(RangeError):
        check_section(replace(section, remainder_in=0), orders)


@pytest.mark.parametrize("amount", [0, MAX_UINT128 + 1])
def test_check_section__amount_out_of_range__raises(amount: int) -> None:
    section = replace(EXAMPLE, order_ids=EXAMPLE.order_ids[:1])
    with pytest.raises(RangeError):
        check_section(section, [order(True, amount)])


def test_check_batch__worked_example__gives_public_values() -> None:
    outcome = check_batch(
        [EXAMPLE], EXAMPLE_ORDERS, chain_id=31337, manager=MANAGER, valid_until=UNTIL
    )
    assert outcome.public_values.valid_until == UNTIL
    assert outcome.public_values.manager == MANAGER
    assert outcome.sections == (check_section(EXAMPLE, EXAMPLE_ORDERS),)


def check(
    sections: Sequence[Section],
    orders: Sequence[Order] = EXAMPLE_ORDERS,
    until: int = UNTIL,
    chain: int = 31337,
    swaps: Sequence[int] | None = None,
) -> None:
    check_batch(
        sections, orders, chain_id=chain, manager=MANAGER, valid_until=until, swap_outputs=swaps
    )


def test_check_batch__deadline_before_valid_until__raises() -> None:
    with pytest.raises(OrderDeadlineError):
        check([EXAMPLE], until=UNTIL + 1)


def test_check_batch__other_chain__ids_do_not_match() -> None:
    with pytest.raises(OrderIdMismatchError):
        check([EXAMPLE], chain=1)


def test_check_batch__id_listed_twice__raises() -> None:
    orders = [A, A]
    one = order_id(A, DOMAIN)
    section = replace(EXAMPLE, order_ids=(one, one), remainder_in=2000, min_out=0)
    with pytest.raises(OrderSequenceError):
        check([section], orders)


def test_check_batch__ids_descending__raises() -> None:
    section = replace(EXAMPLE, order_ids=EXAMPLE.order_ids[::-1])
    with pytest.raises(OrderSequenceError):
        check([section], EXAMPLE_ORDERS[::-1])


def test_check_batch__order_of_another_pool__raises() -> None:
    section = replace(EXAMPLE, pool_id=PoolId(b"\x08" * 32))
    with pytest.raises(OrderPoolError):
        check([section])


def test_check_batch__shape_wrong__raises() -> None:
    later = replace(EXAMPLE, pool_id=PoolId(b"\x08" * 32))
    for sections in ([], [EXAMPLE, EXAMPLE], [later, EXAMPLE], [replace(EXAMPLE, order_ids=())]):
        with pytest.raises(BatchShapeError):
            check(sections, EXAMPLE_ORDERS * len(sections))
    with pytest.raises(BatchShapeError):
        check([EXAMPLE], EXAMPLE_ORDERS[:2])
    with pytest.raises(BatchShapeError):
        check([EXAMPLE], swaps=[])


@pytest.mark.parametrize(("chain", "until"), [(-1, UNTIL), (1 << 256, UNTIL), (31337, -1)])
def test_check_batch__words_out_of_range__raises(chain: int, until: int) -> None:
    with pytest.raises(RangeError):
        check([EXAMPLE], chain=chain, until=until)


def test_check_batch__wrong_id__raises() -> None:
    ids = (OrderId(bytes(32)), *EXAMPLE.order_ids[1:])
    with pytest.raises(OrderIdMismatchError):
        check([replace(EXAMPLE, order_ids=ids)])
