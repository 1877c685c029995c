"""The rows of the store in memory."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace

from zk_acts.domain.acts import Intent
from zk_acts.domain.ids import Hash32, IntentId
from zk_acts.ports.clock import Clock
from zk_operator.domain.chain_event import (
    BatchSettled,
    BlockRef,
    CancelRequested,
    LogRef,
    SectionSkipped,
    TermsChanged,
)
from zk_operator.domain.ids import BatchId, OrderId
from zk_operator.domain.records import (
    Batch,
    BatchState,
    OrderRow,
    OrderStatus,
    Rejection,
    StoredProof,
)
from zk_operator.ports.store import Lease

LAST_BATCH_STATES = frozenset({BatchState.SETTLED, BatchState.DONE, BatchState.ABANDONED})


@dataclass(slots=True)
class Tables:
    """All rows, by their keys."""

    clock: Clock
    blocks: list[BlockRef] = field(default_factory=list)
    orders: dict[OrderId, OrderRow] = field(default_factory=dict)
    wake_prices: dict[OrderId, int] = field(default_factory=dict)
    ranked: set[OrderId] = field(default_factory=set)
    cancels: dict[tuple[Hash32, int], CancelRequested] = field(default_factory=dict)
    rejections: dict[tuple[Hash32, int], Rejection] = field(default_factory=dict)
    observations: dict[tuple[Hash32, int], BatchSettled | SectionSkipped] = field(
        default_factory=dict
    )
    proposals: dict[tuple[Hash32, int], TermsChanged] = field(default_factory=dict)
    baseline: int | None = None
    rest_fee_bps: int | None = None
    batches: dict[BatchId, Batch] = field(default_factory=dict)
    intents: dict[IntentId, Intent] = field(default_factory=dict)
    proofs: dict[tuple[bytes, bytes], StoredProof] = field(default_factory=dict)
    leases: dict[str, Lease] = field(default_factory=dict)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything that is done inside, or nothing of it."""
        names = [each.name for each in fields(self) if each.name != "clock"]
        kept = {name: copy.copy(getattr(self, name)) for name in names}
        try:
            yield
        except BaseException:
            for name, value in kept.items():
                setattr(self, name, value)
            raise

    def edit_order(self, order_id: OrderId, **changes: object) -> None:
        """Change fields of a row that exists."""
        self.orders[order_id] = replace(self.orders[order_id], **changes)  # type: ignore[arg-type]

    def end_back_off(self, order_id: OrderId, *, forget: bool) -> None:
        """The order may be batched again; how often it was left out is forgotten or not."""
        self.wake_prices.pop(order_id, None)
        back_offs = 0 if forget else self.orders[order_id].back_offs
        self.edit_order(order_id, back_off_until=None, back_offs=back_offs)

    def release_from_ended(self) -> None:
        """No open order is held by a batch that has ended."""
        for row in tuple(self.orders.values()):
            if (
                row.status is OrderStatus.OPEN
                and row.batch_id is not None
                and self.batches[row.batch_id].state in LAST_BATCH_STATES
            ):
                self.edit_order(row.order_id, batch_id=None)


class SubStore:
    """Rows shared with the other sub-stores."""

    def __init__(self, *, tables: Tables) -> None:
        self._tables = tables


def age(at: LogRef) -> tuple[int, int]:
    """Sorts log positions."""
    return at.block_number, at.log_index


def order_age(row: OrderRow) -> tuple[int, int, OrderId]:
    """Sorts orders by when they were placed."""
    return *age(row.placed), row.order_id


def is_free(row: OrderRow) -> bool:
    """Whether a batch may take the order."""
    return (
        row.status is OrderStatus.OPEN
        and row.refusal is None
        and row.cancel_at_s is None
        and row.batch_id is None
    )
