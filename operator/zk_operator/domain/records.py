"""What the operator remembers: the durable rows, as values. Times are unix milliseconds unless named otherwise."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from zk_acts.domain.details import Aggregation
from zk_operator.domain.chain_event import LogRef
from zk_operator.domain.ids import BatchId, OrderId
from zk_operator.domain.order import Order
from zk_operator.domain.priority import Priority
from zk_operator.domain.section import Section
from zkverify_client.domain.receipt import AggregationReceipt


class OrderStatus(StrEnum):
    """Where an order stands. Only the chain makes an order settled or refunded."""

    OPEN = "open"  # in escrow
    SETTLED = "settled"
    REFUNDED = "refunded"
    ORPHANED = "orphaned"  # its block was reorged out; mined again, it is open again


class OnchainStatus(IntEnum):
    """What the contract's slot of an order says, in the contract's own numbers."""

    NONE = 0
    OPEN = 1
    SETTLED = 2
    REFUNDED = 3
    REVOKED = 4  # by its owner before anybody placed it

    @property
    def is_ended(self) -> bool:
        """Whether nothing can become of the order any more, unless a reorg takes it back."""
        return self >= OnchainStatus.SETTLED


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """One accepted order: its terms and what the chain has said of it."""

    order_id: OrderId
    order: Order
    task_index: int
    placed: LogRef
    placed_at_s: int  # timestamp of the block
    seen_at: int
    status: OrderStatus
    cancel_at_s: int | None = None
    refusal: str | None = (
        None  # our code when we will not batch it; the reaper refunds it when it expires
    )
    batch_id: BatchId | None = None  # the batch that holds it now
    back_off_until: int | None = None  # it is left out of batches until then
    back_offs: int = 0  # how often in a row it was left out
    priority: Priority = Priority.NORMAL  # by the rules, once it was ranked
    payout: int | None = None
    ended: LogRef | None = None  # the settling or refunding log
    ended_at_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A log that left no order behind: refused by the contract, or not decodable. Keyed by log position."""

    at: LogRef
    code: str
    order_id: OrderId | None
    detail: str


class CloseReason(StrEnum):
    """Why a batch was closed."""

    SIZE = "size"
    BYTES = "bytes"
    AGE = "age"
    FEES = "fees"
    DEADLINE = "deadline"
    PRIORITY = "priority"


class BatchState(StrEnum):
    """How far a batch has come. What is under way between two states is told by its intents."""

    CLOSED = "closed"  # content fixed
    PROVED = "proved"  # checked proof stored
    VERIFIED = "verified"  # finalized on zkVerify, in an aggregation
    AGGREGATED = "aggregated"  # receipt and path stored
    SETTLED = "settled"  # what it could settle is settled; its open orders are free again
    DONE = "done"  # that is finalized
    ABANDONED = "abandoned"  # given up; its open orders are free again


BATCH_TRANSITIONS: dict[BatchState, frozenset[BatchState]] = {
    BatchState.CLOSED: frozenset({BatchState.PROVED, BatchState.ABANDONED}),
    BatchState.PROVED: frozenset({BatchState.VERIFIED, BatchState.ABANDONED}),
    # Verified again where its receipt is lost, it stays verified: the first result is not taken back, the second replaces it.
    BatchState.VERIFIED: frozenset({BatchState.AGGREGATED, BatchState.ABANDONED}),
    BatchState.AGGREGATED: frozenset({BatchState.SETTLED, BatchState.ABANDONED}),
    # A reorg can take a settlement back until it is finalized.
    BatchState.SETTLED: frozenset({BatchState.DONE, BatchState.AGGREGATED}),
    BatchState.DONE: frozenset(),
    BatchState.ABANDONED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One batch: fixed content, and the results of each stage as they come."""

    batch_id: BatchId
    state: BatchState
    sections: tuple[Section, ...]
    order_ids: tuple[OrderId, ...]  # in section order
    public_values: bytes  # 192 bytes
    valid_until_s: int
    close_reason: CloseReason
    closed_at: int
    proved_at: int | None = None
    verified_at: int | None = None
    aggregated_at: int | None = None
    settled_at: int | None = None
    ended_at: int | None = None
    proof_nonce: int | None = None
    aggregation: Aggregation | None = None
    receipt: AggregationReceipt | None = None
    error_code: str | None = None  # why it was abandoned
    version: int = 0  # optimistic lock


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredProof:
    """A checked proof, kept by what it proves: reused when the same batch comes again."""

    program_vkey: bytes  # 32 bytes
    public_values: bytes
    proof: bytes  # SP1 on-chain form: selector and words
    nonce: int
    backend: str
    created_at: int
