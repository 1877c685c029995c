"""What the operator remembers: the durable rows, as values. Times are unix milliseconds unless named otherwise."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from zk_operator.domain.chain_event import LogRef
from zk_operator.domain.ids import BatchId, Hash32, IntentId, OrderId, Statement
from zk_operator.domain.order import Order
from zk_operator.domain.priority import Priority
from zk_operator.domain.section import Section


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

    @property
    def is_ended(self) -> bool:
        """Whether nothing can become of the order any more, unless a reorg takes it back."""
        return self in {OnchainStatus.SETTLED, OnchainStatus.REFUNDED}


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


class ActDetail:
    """What a paid act brought, besides its state and its price: kept in its row. The store knows every leaf."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregation(ActDetail):
    """Where a verified statement went on zkVerify."""

    statement: Statement
    domain_id: int
    aggregation_id: int
    block_number: int  # inclusion block on zkVerify
    block_hash: Hash32


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregationReceipt:
    """The published aggregation and the statement's Merkle path in it, verified locally."""

    aggregation: Aggregation
    root: Hash32
    path: tuple[Hash32, ...]
    leaf_count: int
    index: int


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


class ActKind(StrEnum):
    """The paid acts."""

    PROVE = "prove"
    EXTRINSIC = "extrinsic"
    TRANSACTION = "transaction"
    JOB = "job"  # at a service that submits to zkVerify for us


class Purpose(StrEnum):
    """What a paid act is for. With the subject it names a piece of work."""

    PROVE = "prove"  # a batch
    PROVE_FILE = "prove-file"  # whatever the prover tool was given
    REGISTER_PROGRAM = "register-program"
    VERIFY = "verify"  # a proof
    REGISTER_VK = "register-vk"
    UNREGISTER_VK = "unregister-vk"
    REGISTER_DOMAIN = "register-domain"
    CHANGE_DOMAIN = "domain"
    PUBLISH = "publish"  # an aggregation
    SETTLE = "settle"  # a batch
    REFUND = "refund"  # orders
    # A trader's own; they have no rows.
    PLACE = "place"
    CANCEL = "cancel"
    APPROVE = "approve"


# Each nonce of these is one act of the account. A cancelled request for a proof uses one, too; a job's is its time.
COUNTED_KINDS = frozenset({ActKind.EXTRINSIC, ActKind.TRANSACTION})


class Resource(StrEnum):
    """What is spent. Amounts are in 1e-18 of the token; of KURIER, in 1e-18 of a job."""

    PROVE = "PROVE"
    VFY = "VFY"
    GAS = "GAS"
    KURIER = "KURIER"


class IntentState(StrEnum):
    """How far a paid act has come. INTENDED and SENT are both ambiguous after a crash: resolved by query."""

    INTENDED = "intended"  # the row exists; the act may or may not have been sent
    SENT = "sent"  # the other side answered that it has it
    INCLUDED = "included"  # took effect, may still be taken back
    FINAL = "final"  # took effect for good
    FAILED = "failed"  # took effect as a failure for good (reverted, dispatch error, unfulfillable)
    LAPSED = "lapsed"  # can never take effect; nothing was paid
    REPLACED = "replaced"  # a sibling with the same nonce took effect


INTENT_TRANSITIONS: dict[IntentState, frozenset[IntentState]] = {
    IntentState.INTENDED: frozenset(set(IntentState) - {IntentState.INTENDED}),
    IntentState.SENT: frozenset(set(IntentState) - {IntentState.INTENDED, IntentState.SENT}),
    # A reorg (or a retracted best block) takes an inclusion back.
    IntentState.INCLUDED: frozenset(
        {
            IntentState.SENT,
            IntentState.FINAL,
            IntentState.FAILED,
            IntentState.REPLACED,
            IntentState.LAPSED,
        }
    ),
    IntentState.FINAL: frozenset(),
    IntentState.FAILED: frozenset(),
    # A lagging node can make an act look dead that had taken effect: found later, it is recorded.
    IntentState.LAPSED: frozenset({IntentState.FINAL, IntentState.FAILED}),
    IntentState.REPLACED: frozenset({IntentState.FINAL, IntentState.FAILED}),
}
FREE_STATES = frozenset({IntentState.LAPSED, IntentState.REPLACED})  # nothing was paid
LIVE_STATES = frozenset({IntentState.INTENDED, IntentState.SENT, IntentState.INCLUDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One paid or nonce-consuming act. The row, with the signed bytes, exists before the bytes leave."""

    intent_id: IntentId  # unique, e.g. "prove/<batch>/1"
    kind: ActKind
    purpose: Purpose
    subject: str  # batch id, vk hash, ...
    backend: str  # which channel: "network", "evm:31337", "zkverify"
    account: str  # owner of the nonce sequence
    nonce: int
    reference: bytes  # request id, extrinsic hash, transaction hash
    payload: bytes  # the signed bytes
    resource: Resource
    quoted: int  # the most it can cost
    state: IntentState = IntentState.INTENDED
    paid: int | None = None
    fee_cap: int = 0  # EVM max fee per gas, wei
    tip: int = 0  # EVM priority fee per gas, wei; zkVerify tip, planck
    born_block: int = 0  # zkVerify: block of the era's birth
    expires: int = 0  # zkVerify: first block in which it is invalid; prover: deadline in unix seconds; 0 = never
    replaces: IntentId | None = None
    included_block: int | None = None
    error_code: str | None = None
    known_as: bytes | None = (
        None  # the id that the other side gave it, where that is not the reference
    )
    detail: ActDetail | None = None  # what it brought, once it is included
    created_at: int = 0
    updated_at: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredProof:
    """A checked proof, kept by what it proves: reused when the same batch comes again."""

    program_vkey: bytes  # 32 bytes
    public_values: bytes
    proof: bytes  # SP1 on-chain form: selector and words
    nonce: int
    backend: str
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """Quoted against paid, per act. Amounts in 1e-18 of the resource."""

    intent_id: IntentId
    resource: Resource
    purpose: Purpose
    subject: str
    quoted: int
    paid: int | None
    at: int
