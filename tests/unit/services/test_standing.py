"""What the contract would make of a section, and what follows for the batch."""

from dataclasses import replace

import pytest

from zk_devnet.testing.store_builders import a_batch, an_order_id
from zk_operator.domain.records import OnchainStatus
from zk_operator.domain.section import Section
from zk_operator.ports.chain import OnchainOrder
from zk_operator.services.standing import (
    Circumstances,
    Fate,
    Offer,
    Standing,
    fate_of,
    standing_of,
)

NONE, OPEN, SETTLED, REFUNDED, REVOKED = OnchainStatus
PRICE = 1_000_000


def section(**changes: object) -> Section:
    (plain,) = a_batch("b", "a", "b").sections
    fields: dict[str, object] = {"price_x128": PRICE, "fee_bps": 5, "remainder_in": 0, "min_out": 0}
    return replace(plain, **(fields | changes))  # type: ignore[arg-type]  # fields by name


def state(name: str, status: OnchainStatus, cancel_at_s: int = 0) -> OnchainOrder:
    return OnchainOrder(order_id=an_order_id(name), status=status, cancel_at_s=cancel_at_s)


def fate(
    judged: Section,
    *states: OnchainOrder,
    fee_bps: int = 5,
    price: int | None = PRICE,
    deviation_bps: int = 100,
    output: int = 0,
) -> Fate:
    offer = Offer(price_x128=price, max_deviation_bps=deviation_bps, output=output)
    states = states or (state("a", OPEN), state("b", OPEN))
    now = Circumstances(
        states={each.order_id: each for each in states},
        valid_until_s=10,
        fee_bps=fee_bps,
        offers={judged.pool_id: offer},
    )
    return fate_of(judged, now)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([state("a", OPEN), state("b", OPEN)], Fate.OPEN),
        ([state("a", OPEN), state("b", NONE)], Fate.UNSEEN),
        ([state("a", OPEN), state("b", SETTLED)], Fate.OVER),
        ([state("a", NONE), state("b", REFUNDED)], Fate.OVER),
        ([state("a", OPEN), state("b", REVOKED)], Fate.OVER),
        ([state("a", OPEN), state("b", OPEN, cancel_at_s=10)], Fate.OVER),
        ([state("a", OPEN), state("b", OPEN, cancel_at_s=11)], Fate.OPEN),
    ],
)
def test_fate__orders__all_or_nothing(states: list[OnchainOrder], expected: Fate) -> None:
    assert fate(section(), *states) is expected


@pytest.mark.parametrize("fee_bps", [4, 6])
def test_fate__another_fee__outdated(fee_bps: int) -> None:
    assert fate(section(), fee_bps=fee_bps) is Fate.OUTDATED


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        (PRICE * 101 // 100, Fate.OPEN),
        (PRICE * 101 // 100 + 1, Fate.LATER),
        (PRICE * 99 // 100, Fate.OPEN),
        (PRICE * 99 // 100 - 1, Fate.LATER),
        (3 * PRICE, Fate.LATER),
        (None, Fate.LATER),
    ],
)
def test_fate__price__within_what_the_pool_allows(price: int | None, expected: Fate) -> None:
    assert fate(section(), price=price) is expected


def test_fate__gap_above_the_price_itself__later_whatever_the_pool_allows() -> None:
    assert fate(section(), price=3 * PRICE, deviation_bps=65_535) is Fate.LATER


def test_fate__pool_not_listed__later() -> None:
    assert fate(section(), deviation_bps=0) is Fate.LATER


@pytest.mark.parametrize(("output", "expected"), [(50, Fate.OPEN), (49, Fate.LATER)])
def test_fate__swap__has_to_bring_what_the_section_asks_for(output: int, expected: Fate) -> None:
    assert fate(section(remainder_in=7, min_out=50), output=output) is expected


@pytest.mark.parametrize(
    ("fates", "standing"),
    [
        ([Fate.OPEN, Fate.OPEN], Standing.OPEN),
        ([Fate.OPEN, Fate.UNSEEN], Standing.UNKNOWN),
        ([Fate.OPEN, Fate.OVER], Standing.PARTLY),
        ([Fate.OPEN, Fate.OUTDATED], Standing.PARTLY),
        ([Fate.OPEN, Fate.LATER], Standing.PARTLY),
        ([Fate.OPEN, Fate.OVER, Fate.UNSEEN], Standing.PARTLY),
        ([Fate.OVER, Fate.UNSEEN], Standing.UNKNOWN),
        ([Fate.LATER, Fate.OVER], Standing.LATER),
        ([Fate.OUTDATED, Fate.OVER], Standing.OUTDATED),
        ([Fate.OVER, Fate.OVER], Standing.OVER),
    ],
)
def test_standing__of_sections(fates: list[Fate], standing: Standing) -> None:
    assert standing_of(fates) is standing
