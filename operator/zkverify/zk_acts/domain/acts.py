"""Paid acts as values: the rows that exist before anything is paid. Times are unix milliseconds unless named otherwise."""

from dataclasses import dataclass
from enum import StrEnum

from zk_acts.domain.ids import IntentId


class ActDetail:
    """What a paid act brought, besides its state and its price: kept in its row. The store knows every leaf."""

    __slots__ = ()


class ActKind(StrEnum):
    """The paid acts."""

    PROVE = "prove"
    EXTRINSIC = "extrinsic"
    TRANSACTION = "transaction"
    JOB = "job"  # at a service that submits to zkVerify for us


class Purpose(StrEnum):
    """What a paid act is for, as our programs say it. Whoever uses the packages as a library has words of their own."""

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
    purpose: (
        str  # with the subject it names a piece of work; one of Purpose, or a library user's word
    )
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
class LedgerEntry:
    """Quoted against paid, per act. Amounts in 1e-18 of the resource."""

    intent_id: IntentId
    resource: Resource
    purpose: str
    subject: str
    quoted: int
    paid: int | None
    at: int
