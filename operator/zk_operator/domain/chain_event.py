"""What happened on the EVM chain, decoded: blocks and the contracts' events."""

from dataclasses import dataclass
from enum import StrEnum

from zk_acts.domain.ids import Hash32
from zk_operator.domain.ids import OrderId, PoolId
from zk_operator.domain.order import Order


class BlockTag(StrEnum):
    """The chain's own words for how settled a block is."""

    LATEST = "latest"
    SAFE = "safe"
    FINALIZED = "finalized"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockRef:
    """A block: number, hash, parent's hash, unix seconds."""

    number: int
    hash: Hash32
    parent_hash: Hash32
    timestamp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRef:
    """Where a log stands."""

    block_number: int
    block_hash: Hash32
    tx_hash: Hash32
    log_index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlaced:
    """NewTaskCreated: the order is in escrow."""

    at: LogRef
    task_index: int
    order_id: OrderId
    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRefused:
    """OrderRejected: the contract skipped a signed order and kept no state of it."""

    at: LogRef
    order_id: OrderId
    code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRequested:
    """CancelRequested: the order can be settled only before `cancel_at` (unix seconds)."""

    at: LogRef
    order_id: OrderId
    cancel_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSettled:
    """OrderSettled: paid out, or credited, `payout` of the output currency."""

    at: LogRef
    order_id: OrderId
    payout: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRefunded:
    """OrderRefunded: the input went back, or became a credit."""

    at: LogRef
    order_id: OrderId
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionSkipped:
    """SectionSkipped: one pool's section was rolled back; its orders stay open. `reason` is revert data."""

    at: LogRef
    key: Hash32
    pool_id: PoolId
    reason: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSettled:
    """BatchSettled: `respondToBatch` went through with this many sections and orders."""

    at: LogRef
    public_values_hash: Hash32
    sections: int
    orders: int


class TermsEvent(StrEnum):
    """What the contract's owner did about its terms."""

    PROPOSED = "proposed"  # a configuration that can be applied from a time on
    APPLIED = "applied"
    WITHDRAWN = "withdrawn"  # a proposal, of a configuration or of a pool's settings
    POOL_APPLIED = "pool_applied"  # settings of a pool, or its pause
    PAUSED = "paused"
    UNPAUSED = "unpaused"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedTerms:
    """What of a proposed configuration this operator has to agree with."""

    change_id: Hash32
    ready_at_s: int  # it can be applied from then on
    zk_domain_id: int
    groth16_program_vkey: Hash32
    groth16_vk_hash: Hash32
    groth16_recursion_root: Hash32


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsChanged:
    """ConfigProposed, ConfigApplied, PoolSettingsApplied, PoolPaused, ChangeCancelled, Paused, Unpaused: the terms have to be read again.

    `proposed` is there for a proposal, `change_id` for whatever names one.
    """

    at: LogRef
    kind: TermsEvent
    proposed: ProposedTerms | None = None
    change_id: Hash32 | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecodable:
    """A log of our contracts that does not decode: recorded, never fatal, never silently dropped."""

    at: LogRef
    topic: Hash32
    detail: str


ChainEvent = (
    OrderPlaced
    | OrderRefused
    | CancelRequested
    | OrderSettled
    | OrderRefunded
    | SectionSkipped
    | BatchSettled
    | TermsChanged
    | Undecodable
)
