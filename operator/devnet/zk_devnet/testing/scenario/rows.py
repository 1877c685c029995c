"""The operator's own database, read from outside: what it believes it did."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

EFFECTIVE = ("included", "final", "failed")
LIVE = ("intended", "sent", "included")
ENDED = ("done", "abandoned")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActRow:
    """One paid act."""

    intent_id: str
    kind: str
    purpose: str
    subject: str
    backend: str
    account: str
    nonce: int
    reference: bytes
    state: str
    error_code: str | None
    paid: int | None
    fee_cap: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """One batch."""

    batch_id: str
    state: str
    error_code: str | None
    orders: frozenset[bytes]  # ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """One look at the database."""

    acts: Sequence[ActRow]
    batches: Sequence[BatchRow]
    orders: dict[bytes, str]  # status by id
    rejections: Sequence[str]  # codes

    def effective(self, kind: str) -> list[ActRow]:
        """The acts of one kind that took effect."""
        return [one for one in self.acts if one.kind == kind and one.state in EFFECTIVE]

    def unfinished(self) -> list[str]:
        """What is still under way."""
        acts = [f"{one.intent_id} is {one.state}" for one in self.acts if one.state in LIVE]
        return acts + [
            f"batch {one.batch_id} is {one.state}" for one in self.batches if one.state not in ENDED
        ]

    def problems(self, again: Mapping[str, int] | None = None) -> Iterator[str]:
        """What must not be: two acts for one nonce, two successful acts for one piece of work.

        `again`: how many acts of a purpose were rightly done a second time, as for a proof that was refused.
        """
        taken = Counter(
            (one.backend, one.account, one.nonce)
            for one in self.acts
            if one.state in EFFECTIVE and one.kind != "prove"
        )
        for key, count in taken.items():
            if count > 1:
                yield f"{count} acts took effect under one nonce: {key}"
        done = Counter(
            (one.purpose, one.subject)
            for one in self.acts
            if one.state == "final" and one.error_code is None
        )
        right = again or {}
        for purpose in sorted({purpose for purpose, _ in done} | right.keys()):
            twice = [
                subject for (of, subject), n in done.items() for _ in range(n - 1) if of == purpose
            ]
            if len(twice) != right.get(purpose, 0):
                yield f"{purpose} done again for {twice}, {right.get(purpose, 0)} times rightly"


def read_rows(database: Path) -> Rows:
    """Everything, read-only; nothing where there is no database yet."""
    if not database.exists():
        return Rows(acts=(), batches=(), orders={}, rejections=())
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as connection:
        acts = connection.execute(
            "SELECT intent_id, kind, purpose, subject, backend, account, nonce, reference, state, error_code, paid, fee_cap"
            " FROM intents ORDER BY sequence"
        ).fetchall()
        batches = connection.execute(
            "SELECT batch_id, state, error_code FROM batches ORDER BY closed_at"
        ).fetchall()
        members = connection.execute("SELECT batch_id, order_id FROM batch_orders").fetchall()
        orders = connection.execute("SELECT order_id, status FROM orders").fetchall()
        codes = connection.execute("SELECT code FROM rejections").fetchall()
    return Rows(
        acts=[_act(row) for row in acts],
        batches=[
            BatchRow(
                batch_id=batch_id,
                state=state,
                error_code=code,
                orders=frozenset(order_id for of, order_id in members if of == batch_id),
            )
            for batch_id, state, code in batches
        ],
        orders=dict(orders),
        rejections=[row[0] for row in codes],
    )


def _act(row: Sequence[object]) -> ActRow:
    *facts, paid, fee_cap = row
    amounts = (None if paid is None else int(str(paid)), int(str(fee_cap)))  # stored as text
    names = ActRow.__dataclass_fields__
    return ActRow(**dict(zip(names, (*facts, *amounts), strict=True)))  # type: ignore[arg-type]  # as selected
