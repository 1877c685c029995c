"""Errors of zkVerify as such: the network, its answers, and what its pool refuses."""

from typing import ClassVar

from zk_operator.domain.errors import Disposition, OperatorError
from zk_operator.domain.failures import (
    ActBanned,
    ActRefused,
    AmbiguousOutcome,
    OfferTooLow,
    ReceiptUnprovable,
)


class MalformedChainAnswer(OperatorError):
    """Raised when a zkVerify endpoint's answer is not what the protocol or the metadata says."""

    code = "ZKO-ZKV-002"
    disposition = Disposition.TRANSIENT


class WrongNetwork(OperatorError):
    """Raised when an endpoint serves another chain than the configured zkVerify network."""

    code = "ZKO-ZKV-003"
    disposition = Disposition.FATAL
    exit_code = 78


class RuntimeUnsupported(OperatorError):
    """Raised when the chain's runtime lacks something that we need or demands something unknown."""

    code = "ZKO-ZKV-004"
    disposition = Disposition.DEGRADED


class StatePruned(OperatorError):
    """Raised when no endpoint keeps the state of an old block that an outcome depends on."""

    code: ClassVar[str] = "ZKO-ZKV-005"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED


class ArchiveUnreachable(StatePruned):
    """Raised when the endpoints that answer do not keep an old block, and another that might does not answer."""

    code = "ZKO-ZKV-028"
    disposition = Disposition.TRANSIENT


class BlockUnknown(OperatorError):
    """Raised when an endpoint does not know a block that was named to us: it lags, or is on another fork."""

    code = "ZKO-ZKV-029"
    disposition = Disposition.TRANSIENT


class RpcRefused(OperatorError):
    """Raised when a zkVerify endpoint answers a call with an error that has no meaning of its own here."""

    code = "ZKO-ZKV-006"
    disposition = Disposition.TRANSIENT


class StatementMismatch(OperatorError):
    """Raised when a proof's statement is not the one that the configured key and its inputs give."""

    code = "ZKO-ZKV-007"
    disposition = Disposition.REJECTED


class DomainNotUsable(OperatorError):
    """Raised when the aggregation domain does not exist or takes no proofs; nothing was paid."""

    code: ClassVar[str] = "ZKO-ZKV-008"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED


class DomainFull(DomainNotUsable):
    """Raised when the domain's publishing queue is full, so that a proof would be paid for in vain; nothing was paid."""

    code = "ZKO-ZKV-019"
    disposition = Disposition.TRANSIENT


class TipCapReached(OperatorError):
    """Raised when a replacement would need a larger tip than is configured."""

    code = "ZKO-ZKV-009"
    disposition = Disposition.DEGRADED


class ExtrinsicInvalid(ActRefused):
    """Raised when the pool refuses an extrinsic as invalid; nothing was paid."""

    code = "ZKO-ZKV-010"


class SignatureRefused(ActRefused):
    """Raised when the pool refuses the signature, as after a runtime upgrade; it has to be signed anew."""

    code = "ZKO-ZKV-011"


class ExtrinsicExpired(ActRefused):
    """Raised when the extrinsic's mortal era is over."""

    code = "ZKO-ZKV-012"
    disposition = Disposition.EXPIRED


class PriorityTooLow(OfferTooLow):
    """Raised when the pool holds another extrinsic with this nonce and at least this priority."""

    code = "ZKO-ZKV-013"


class PoolFull(ActRefused):
    """Raised when the pool drops an extrinsic at once for lack of room, and bans these bytes: sign anew, later."""

    code = "ZKO-ZKV-014"
    disposition = Disposition.TRANSIENT


class ValidityUnknown(OperatorError):
    """Raised when the node cannot tell whether an extrinsic is valid; the same bytes may be sent again."""

    code = "ZKO-ZKV-015"
    disposition = Disposition.TRANSIENT


class TemporarilyBanned(ActBanned):
    """Raised when the pool bans these bytes for a while: dropped before, or in a recent block already."""

    code = "ZKO-ZKV-016"


class NonceStale(AmbiguousOutcome):
    """Raised when the nonce is used already, by these very bytes or by others."""

    code = "ZKO-ZKV-017"


class DryRunFailed(OperatorError):
    """Raised when a node that executed the extrinsic on trial says that it would fail; nothing was paid."""

    code = "ZKO-ZKV-018"
    disposition = Disposition.REJECTED


class SignerAbsent(OperatorError):
    """Raised when something has to be signed, and the account's key is elsewhere."""

    code = "ZKO-ZKV-043"
    disposition = Disposition.REJECTED


class ReceiptMismatch(OperatorError):
    """Raised when an endpoint's Merkle path does not prove our statement under the receipt in the event."""

    code = "ZKO-ZKV-040"
    disposition = Disposition.TRANSIENT


class StatementNotInAggregation(ReceiptUnprovable):
    """Raised when an aggregation is published and its leaves are known, and the statement is none of them."""

    code = "ZKO-ZKV-042"
    disposition = Disposition.REJECTED
