"""The demo's summary: numbers that add up, and every reason to fail."""

from dataclasses import replace

import pytest

from zk_acts.domain.acts import LedgerEntry, Purpose, Resource
from zk_acts.domain.ids import IntentId
from zk_devnet.auditor import AuditReport
from zk_devnet.auditor.report import OrderFate
from zk_devnet.cli.demo_run.errors import (
    DaemonFailed,
    OrdersUnfinished,
    OutcomeUnexpected,
    PaidTwice,
    TokensMissing,
)
from zk_devnet.cli.demo_run.summary import DemoResult, costs, percentile, summary_json
from zk_devnet.traffic.judge import Verdict
from zk_devnet.traffic.kind import Kind, Outcome
from zk_devnet.traffic.plan import Item, PoolSide
from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.order import Order


def verdict(number: int, kind: Kind, outcome: Outcome) -> Verdict:
    side = PoolSide(pool=0, zero_for_one=True, native_in=False, native_out=False)
    item = Item(
        number=number,
        kind=kind,
        wave=0,
        trader=0,
        side=side,
        multiple=1,
        extra=0,
        limit_bps=0,
        lifetime_s=1,
        salt=number,
    )
    return Verdict(item=item, order_id=OrderId(bytes([number]) * 32), outcome=outcome)


def fate(settled_after_s: int) -> OrderFate:
    order = Order(
        owner=Address(b"\x01" * 20),
        pool_id=PoolId(b"\x02" * 32),
        zero_for_one=True,
        amount_in=1,
        min_out=1,
        deadline=1,
        salt=1,
    )
    return OrderFate(
        order_id=OrderId(b"\x03" * 32),
        order=order,
        placed_at=100,
        cancel_at=None,
        settlements=((100 + settled_after_s, 1),),
        refunds=(),
        state=2,
    )


def good() -> DemoResult:
    return DemoResult(
        verdicts=(
            verdict(1, Kind.SWAP, Outcome.SETTLED),
            verdict(2, Kind.CANCELLED, Outcome.REFUNDED),
            verdict(3, Kind.REPLAYED, Outcome.REJECTED),
        ),
        audit=AuditReport(
            block=9,
            orders=(fate(7), fate(11)),
            placings=(),
            batches=2,
            double_settled=0,
            problems=(),
            currencies=(),
        ),
        wall_s=30.04,
    )


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([], 50, None),
        ([4], 95, 4.0),
        ([1, 2], 50, 1.0),
        ([1, 2, 3], 50, 2.0),
        (list(range(1, 101)), 95, 95.0),
        (list(range(1, 101)), 100, 100.0),
    ],
)
def test_percentile__of_values__is_the_nearest_rank(
    values: list[int], percent: int, expected: float | None
) -> None:
    assert percentile(values, percent) == expected


def test_summary_json__a_good_run__adds_up() -> None:
    summary = summary_json(good())
    assert summary["orders"] == 3
    assert (summary["settled"], summary["refunded"], summary["rejected"]) == (1, 1, 1)
    assert (summary["batches"], summary["p50_s"], summary["p95_s"]) == (2, 7.0, 11.0)
    assert (summary["conserved"], summary["double_settled"]) == (True, 0)
    assert summary["wall_s"] == 30.0
    assert summary["failures"] == []


def test_failures__a_good_run__has_none() -> None:
    assert good().failures() == ()


def test_failures__an_open_order__is_unfinished_and_not_as_expected() -> None:
    result = replace(good(), verdicts=(verdict(1, Kind.SWAP, Outcome.OPEN),))
    assert [type(one) for one in result.failures()] == [OrdersUnfinished, OutcomeUnexpected]


def test_failures__time_was_up_already__is_said_once() -> None:
    result = replace(
        good(),
        verdicts=(verdict(1, Kind.SWAP, Outcome.OPEN),),
        errors=(OrdersUnfinished(unfinished=1),),
    )
    assert [type(one) for one in result.failures()] == [OrdersUnfinished, OutcomeUnexpected]


def test_failures__the_audit_found_something__names_it() -> None:
    audit = replace(good().audit, problems=("dUSD: one wei",), double_settled=1)
    failures = replace(good(), audit=audit).failures()
    assert [type(one) for one in failures] == [PaidTwice, TokensMissing]
    assert "dUSD: one wei" in str(failures[1])
    assert summary_json(replace(good(), audit=audit))["conserved"] is False


def test_failures__the_daemon_failed__is_among_them() -> None:
    result = replace(good(), errors=(DaemonFailed(exit_code=9),))
    assert [one.code for one in result.failures()] == ["ZKO-DEM-005"]


def test_costs__of_the_ledger__are_exact_sums_by_resource() -> None:
    entries = [
        LedgerEntry(
            intent_id=IntentId(str(number)),
            resource=resource,
            purpose=Purpose.VERIFY,
            subject="y",
            quoted=5,
            paid=paid,
            at=0,
        )
        for number, (resource, paid) in enumerate(
            [(Resource.GAS, 10**18), (Resource.GAS, 1), (Resource.VFY, None)]
        )
    ]
    assert costs(entries) == {"GAS": "1.000000000000000001", "VFY": "0"}
