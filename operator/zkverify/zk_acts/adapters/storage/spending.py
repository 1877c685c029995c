"""What acts have cost, or may still cost, by their rows. The signed bytes are left where they are."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from zk_acts.adapters.storage.amounts import optional_amount
from zk_acts.domain.acts import FREE_STATES, Intent, IntentState, LedgerEntry, Resource
from zk_acts.domain.failures import BudgetExceeded
from zk_acts.domain.ids import IntentId
from zk_acts.ports.store import SpendCap


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one act costs at most, and the place in the nonce sequence that it competes for."""

    backend: str
    account: str
    nonce: int
    amount: int


def earlier_costs(cap: SpendCap, since_ms: int, connection: sqlite3.Connection) -> tuple[Cost, ...]:
    """The costs of the acts on the cap's resource that were made after that moment."""
    rows = connection.execute(
        "SELECT backend, account, nonce, state, quoted, paid FROM intents "
        "WHERE resource = ? AND created_at > ?",
        (cap.resource, since_ms),
    )
    return tuple(
        Cost(
            backend=row["backend"],
            account=row["account"],
            nonce=row["nonce"],
            amount=_highest_cost(row),
        )
        for row in rows
    )


def check_cap(cap: SpendCap, earlier: Iterable[Cost], wanted: Iterable[Intent]) -> None:
    """Error: BudgetExceeded if the wanted acts together with the window's earlier ones could exceed the cap.

    An act that costs nothing is never refused.
    """
    costs = [
        Cost(backend=row.backend, account=row.account, nonce=row.nonce, amount=row.quoted)
        for row in wanted
        if row.quoted
    ]
    # At the most that each can cost: a cap that counted what was paid would be passed by what is under way
    # (ADR 0002).
    if costs and spent((*earlier, *costs)) > cap.limit:
        raise BudgetExceeded(
            resource=cap.resource, window_s=cap.window_s, limit=cap.limit, spent=spent(earlier)
        )


def spent(costs: Iterable[Cost]) -> int:
    """The sum. Of siblings with one nonce only one can take effect: the dearest counts."""
    dearest: dict[tuple[str, str, int], int] = {}
    for cost in costs:
        sequence = (cost.backend, cost.account, cost.nonce)
        dearest[sequence] = max(dearest.get(sequence, 0), cost.amount)
    return sum(dearest.values())


def ledger(since_ms: int, connection: sqlite3.Connection) -> tuple[LedgerEntry, ...]:
    """Quoted against paid of the acts made since then, oldest first."""
    rows = connection.execute(
        "SELECT intent_id, resource, purpose, subject, quoted, paid, state, created_at FROM intents "
        "WHERE created_at >= ? ORDER BY created_at, sequence",
        (since_ms,),
    )
    return tuple(
        LedgerEntry(
            intent_id=IntentId(row["intent_id"]),
            resource=Resource(row["resource"]),
            purpose=row["purpose"],
            subject=row["subject"],
            quoted=int(row["quoted"]),
            paid=_known_cost(row),
            at=row["created_at"],
        )
        for row in rows
    )


def _highest_cost(row: sqlite3.Row) -> int:
    """What it paid; what it can cost at most while that is not known."""
    paid = _known_cost(row)
    return int(row["quoted"]) if paid is None else paid


def _known_cost(row: sqlite3.Row) -> int | None:
    """What it paid, nothing if it never took effect, None while that is not known."""
    if row["paid"] is None and IntentState(row["state"]) in FREE_STATES:
        return 0
    return optional_amount(row["paid"])
