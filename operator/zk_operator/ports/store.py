"""The durable rows. Every method is one transaction: it happened as a whole or not at all.

One contract suite runs against every implementation (tests/ports). Errors common to all: StoreUnavailable (fatal),
LostRace (a row was not in the state that the caller had read).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from zk_acts.ports.store import IntentStore
from zk_operator.domain.chain_event import BlockRef, ChainEvent, ProposedTerms
from zk_operator.domain.ids import BatchId, OrderId, PoolId
from zk_operator.domain.priority import Priority
from zk_operator.domain.records import (
    Batch,
    BatchState,
    OrderRow,
    OrderStatus,
    Rejection,
    StoredProof,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedBlock:
    """A block with its events and our verdicts on the new orders (code by order id; absent: accepted)."""

    block: BlockRef
    events: tuple[ChainEvent, ...]
    refusals: dict[OrderId, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskGap:
    """Task indices first..last, both included, of which there is no row, and the blocks of their neighbours' rows."""

    first: int
    last: int
    after_block: int | None  # their placements are not before this block
    before_block: int | None  # nor after this one


class ChainStore(Protocol):
    """The cursor and everything that blocks say."""

    async def cursor(self) -> BlockRef | None: ...

    async def recent_blocks(self, limit: int) -> Sequence[BlockRef]:
        """The newest scanned blocks, newest first; where to look for the common ancestor."""
        ...

    async def apply(self, blocks: Sequence[ScannedBlock]) -> None:
        """Store the blocks' effects and move the cursor to the last one, in one transaction. Idempotent per block."""
        ...

    async def merge(self, blocks: Sequence[ScannedBlock]) -> Sequence[OrderId]:
        """Store what blocks at or below the cursor say that no row says yet; the orders that this changed.

        One transaction; the cursor stays. Events have their effects in the chain's order whenever they become known, except
        that an order's end or cancel needs its row: read on to the cursor. Error: LostRace for a block above the cursor, or
        where another block of that height is stored.
        """
        ...

    async def task_gaps(self, first: int, count: int, limit: int) -> Sequence[TaskGap]:
        """Which indices from `first` to below `count` have no row, ascending; orphaned orders are not there, refused ones are."""
        ...

    async def baseline(self) -> int | None:
        """How many orders the contract had counted before the first block that is scanned; None while that is not known."""
        ...

    async def set_baseline(self, tasks: int) -> None:
        """That is known now. The first word stays."""
        ...

    async def proposals(self) -> Sequence[ProposedTerms]:
        """What the contract's owner has proposed and neither applied nor withdrawn, oldest first."""
        ...

    async def rewind(self, ancestor: BlockRef) -> Sequence[OrderId]:
        """Take back everything above the ancestor; the orders that this orphaned.

        Placements become ORPHANED; settlements, refunds, cancels and rejections of removed blocks are undone;
        batches SETTLED above it go back to AGGREGATED, intents INCLUDED above it (EVM) back to SENT.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """Which orders to list; None means any."""

    status: OrderStatus | None = None
    batch_id: BatchId | None = None
    limit: int = 1000


class OrderStore(Protocol):
    """Orders."""

    async def get(self, order_ids: Sequence[OrderId]) -> Sequence[OrderRow]:
        """The rows that exist, in the order asked for."""
        ...

    async def list(self, query: OrderFilter) -> Sequence[OrderRow]:
        """Newest first."""
        ...

    async def batchable(self, up_to_block: int, limit: int) -> Sequence[OrderRow]:
        """Open, accepted, without a cancel request, in no batch, placed at or below the block, not resting now.

        Higher priorities first (every fourth is one of a lower), and within one by turns, so that nobody's crowd hides the
        others: one of each pool after the other, within a pool one of each owner, of an owner the oldest first. At least one
        of every pool that has any.
        """
        ...

    async def pools(self) -> Sequence[PoolId]:
        """Every pool that an order was placed in, ascending."""
        ...

    async def open_after(self, order_id: OrderId | None, limit: int) -> Sequence[OrderRow]:
        """Open orders with a greater id, ascending by id: the pages of an audit."""
        ...

    async def refundable(self, now_s: int, limit: int) -> Sequence[OrderRow]:
        """Open and past the deadline, or past the effect of the cancel."""
        ...

    async def refuse(self, order_id: OrderId, code: str) -> None:
        """We will not batch it. Idempotent."""
        ...

    async def counts(self) -> dict[str, int]:
        """Orders by status, plus "rejected"."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderBackOff:
    """An order is left out of batches until a time (unix milliseconds), or until its pool's price suits it."""

    order_id: OrderId
    until_ms: int
    times: int = 0  # how often it was left out in a row
    wake_price_x128: int | None = (
        None  # least price for one that sells token0, else the highest; None: only time
    )


class BackOffStore(Protocol):
    """Orders that are left alone for a while. They come back by time within `OrderStore.batchable`."""

    async def back_off(self, back_offs: Sequence[OrderBackOff]) -> None:
        """Leave these out. Idempotent; the last word counts. A new batch ends the rest and its count."""
        ...

    async def pools(self) -> Sequence[PoolId]:
        """The pools in which an order waits for a price, ascending."""
        ...

    async def wake(self, pool_id: PoolId, price_x128: int) -> int:
        """Bring back the pool's orders that this price suits; how many."""
        ...

    async def under_fee(self, fee_bps: int) -> int:
        """The contract's fee is this from now on. Where that is less than it was, those who wait for a price are brought back; how many."""
        ...

    async def oldest_waiting_s(self) -> int | None:
        """When the oldest order was placed (unix seconds) that could be in a batch and neither is nor rests."""
        ...


class RankStore(Protocol):
    """The priorities that the operator's rules give to orders. One that was not ranked is NORMAL."""

    async def forget(self) -> None:
        """Open orders are as if they had never been ranked."""
        ...

    async def unranked(self, limit: int) -> Sequence[OrderRow]:
        """Orders that a batch may take, or could but for a rest, and that were not ranked; oldest first."""
        ...

    async def rank(self, priorities: Mapping[OrderId, Priority]) -> None:
        """Write them. An order that is not there is passed over."""
        ...


class RejectionStore(Protocol):
    """Logs that left no order behind."""

    async def rejections(self, limit: int) -> Sequence[Rejection]: ...


class BatchStore(Protocol):
    """Batches."""

    async def close(self, batch: Batch) -> None:
        """Insert the batch and take its orders. LostRace if one of them is not free any more."""
        ...

    async def get(self, batch_id: BatchId) -> Batch | None: ...

    async def in_state(self, *states: BatchState) -> Sequence[Batch]:
        """Oldest first."""
        ...

    async def save(self, batch: Batch) -> Batch:
        """Write the batch if its version is still the stored one and the transition is allowed; the new row.

        SETTLED, DONE and ABANDONED free the orders of it that are still open.
        """
        ...

    async def recent(self, limit: int) -> Sequence[Batch]:
        """Newest first."""
        ...


class ProofStore(Protocol):
    """Checked proofs, by what they prove."""

    async def put(self, proof: StoredProof) -> None: ...

    async def find(self, program_vkey: bytes, public_values: bytes) -> StoredProof | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to run on this database; `fence` grows with every holder."""

    holder: str
    fence: int
    expires_at: int


class LeaseStore(Protocol):
    """One daemon at a time on a database and on a key."""

    async def acquire(self, name: str, holder: str, ttl_ms: int) -> Lease:
        """Error: LeaseHeld (fatal), naming the holder, while another's has not expired."""
        ...

    async def renew(self, name: str, lease: Lease, ttl_ms: int) -> Lease:
        """Error: LeaseLost (fatal)."""
        ...

    async def release(self, name: str, lease: Lease) -> None: ...


class Store(Protocol):
    """All rows, each kind behind the port of its own."""

    @property
    def chain(self) -> ChainStore: ...

    @property
    def orders(self) -> OrderStore: ...

    @property
    def back_offs(self) -> BackOffStore: ...

    @property
    def ranks(self) -> RankStore: ...

    @property
    def batches(self) -> BatchStore: ...

    @property
    def intents(self) -> IntentStore: ...

    @property
    def proofs(self) -> ProofStore: ...
