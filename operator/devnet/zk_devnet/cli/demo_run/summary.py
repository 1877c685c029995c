"""The demo's result: as JSON, as tables, and as the failures that make it one."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import typer

from zk_acts.cli.output import print_table
from zk_acts.domain.acts import LedgerEntry
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.ids import hex0x
from zk_acts.domain.money import tokens
from zk_devnet.auditor import AuditReport
from zk_devnet.cli.demo_run.errors import (
    OrdersUnfinished,
    OutcomeUnexpected,
    PaidTwice,
    TokensMissing,
)
from zk_devnet.traffic.judge import Verdict
from zk_devnet.traffic.kind import Outcome
from zk_operator.domain.records import Batch

_SHOWN_PROBLEMS = 5
_SHOWN_DECIMALS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResult:
    """Everything that the summary is made of. `wall_s`: the whole run, in seconds."""

    verdicts: tuple[Verdict, ...]
    audit: AuditReport
    wall_s: float
    batches: tuple[Batch, ...] = ()
    ledger: tuple[LedgerEntry, ...] = ()
    errors: tuple[OperatorError, ...] = field(default=())  # what went wrong on the way

    def count(self, outcome: Outcome) -> int:
        """Orders that ended so."""
        return sum(1 for one in self.verdicts if one.outcome is outcome)

    def settlement_times(self) -> list[int]:
        """Seconds from the block that placed an order to the block that settled it, ascending."""
        return sorted(
            at - fate.placed_at for fate in self.audit.orders for at, _ in fate.settlements[:1]
        )

    def failures(self) -> tuple[OperatorError, ...]:
        """Why the demo failed; empty if it did not."""
        return (*self.errors, *self._judged())

    def _judged(self) -> Iterator[OperatorError]:
        unfinished = self.count(Outcome.OPEN)
        if unfinished and not any(isinstance(one, OrdersUnfinished) for one in self.errors):
            yield OrdersUnfinished(unfinished=unfinished)
        if self.audit.double_settled:
            yield PaidTwice(orders=self.audit.double_settled)
        if not self.audit.conserved:
            yield TokensMissing(
                count=len(self.audit.problems), problems=self.audit.problems[:_SHOWN_PROBLEMS]
            )
        wrong = [one for one in self.verdicts if not one.as_expected]
        if wrong:
            yield OutcomeUnexpected(
                count=len(wrong), orders=[_described(one) for one in wrong[:_SHOWN_PROBLEMS]]
            )


def percentile(ascending: Sequence[int], percent: int) -> float | None:
    """The smallest value that at least `percent` of the values do not exceed; None of nothing."""
    if not ascending:
        return None
    rank = -(-len(ascending) * percent // 100)
    return float(ascending[max(rank, 1) - 1])


def summary_json(result: DemoResult) -> dict[str, object]:
    """The summary; amounts in whole tokens as decimal strings, times in seconds."""
    times = result.settlement_times()
    return {
        "orders": len(result.verdicts),
        "settled": result.count(Outcome.SETTLED),
        "refunded": result.count(Outcome.REFUNDED),
        "rejected": result.count(Outcome.REJECTED),
        "batches": result.audit.batches,
        "p50_s": percentile(times, 50),
        "p95_s": percentile(times, 95),
        "conserved": result.audit.conserved,
        "double_settled": result.audit.double_settled,
        "wall_s": round(result.wall_s, 1),
        "cost": costs(result.ledger),
        "failures": [str(error) for error in result.failures()],
    }


def costs(ledger: Sequence[LedgerEntry]) -> dict[str, str]:
    """What was paid, by resource."""
    paid: Counter[str] = Counter()
    for entry in ledger:
        paid[entry.resource.value] += entry.paid or 0
    return {resource: tokens(amount) for resource, amount in sorted(paid.items())}


def print_summary(result: DemoResult) -> None:
    """Tables for people."""
    _print_orders(result.verdicts)
    _print_batches(result.batches)
    _print_currencies(result.audit)
    facts = summary_json(result)
    typer.echo(f"mined to settled: p50 {facts['p50_s']} s, p95 {facts['p95_s']} s")
    typer.echo(f"cost: {_listed(costs(result.ledger))}")
    conserved = "every token is accounted for" if result.audit.conserved else "TOKENS MISSING"
    typer.echo(
        f"audit at block {result.audit.block}: {conserved}; paid twice: {result.audit.double_settled}"
    )
    typer.echo(f"wall time: {facts['wall_s']} s")


def _print_orders(verdicts: Sequence[Verdict]) -> None:
    by_kind: dict[str, Counter[Outcome]] = {}
    for one in verdicts:
        by_kind.setdefault(one.item.kind.value, Counter())[one.outcome] += 1
    rows = [
        (kind, *(counts[outcome] or "" for outcome in Outcome))
        for kind, counts in sorted(by_kind.items())
    ]
    total = Counter(one.outcome for one in verdicts)
    rows.append(("all", *(total[outcome] for outcome in Outcome)))
    print_table("orders", ("kind", *(outcome.value for outcome in Outcome)), rows)


def _print_batches(batches: Sequence[Batch]) -> None:
    rows = [
        (
            number,
            len(one.order_ids),
            len(one.sections),
            one.close_reason,
            one.state.value,
            "" if one.settled_at is None else f"{(one.settled_at - one.closed_at) / 1000:.1f}",
        )
        for number, one in enumerate(sorted(batches, key=lambda batch: batch.closed_at), start=1)
    ]
    columns = ("batch", "orders", "sections", "closed for", "state", "closed to settled, s")
    print_table("batches", columns, rows)


def _print_currencies(audit: AuditReport) -> None:
    columns = (
        "currency",
        "orders in",
        "swaps out",
        "payouts",
        "refunds",
        "swaps in",
        "fees and dust",
        "credits",
    )
    rows = [
        (
            row.symbol,
            *(
                _rounded(amount, row.decimals)
                for amount in (
                    row.inputs,
                    row.swap_out,
                    row.payouts,
                    row.refunds,
                    row.swap_in,
                    row.ledger,
                    row.total_credits,
                )
            ),
        )
        for row in audit.currencies
    ]
    print_table("escrow, by currency (rounded; the audit is exact)", columns, rows)


def _rounded(amount: int, decimals: int) -> str:
    """Cut to a few decimals: for the eye only."""
    surplus = max(decimals - _SHOWN_DECIMALS, 0)
    return tokens(amount // 10**surplus, decimals - surplus)


def _described(verdict: Verdict) -> str:
    item = verdict.item
    return f"{hex0x(verdict.order_id)[:18]} {item.kind.value}: {verdict.outcome.value}"


def _listed(values: Mapping[str, str]) -> str:
    return ", ".join(f"{amount} {name}" for name, amount in values.items()) or "nothing"
