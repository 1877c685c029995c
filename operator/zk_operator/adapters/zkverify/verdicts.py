"""The ways in which an included extrinsic fails: its fee is paid, and its code says why."""

from typing import ClassVar

from zk_operator.domain.errors import Disposition, OperatorError


class NotAggregated(OperatorError):
    """Raised when a verified proof went into no aggregation, for a cause that we do not know."""

    code: ClassVar[str] = "ZKO-ZKV-020"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED


class AggregatedWithoutAccount(NotAggregated):
    """Raised when a proof was not aggregated because it was submitted without an account."""

    code = "ZKO-ZKV-021"


class DomainNotRegistered(NotAggregated):
    """Raised when a proof was not aggregated because its domain does not exist."""

    code = "ZKO-ZKV-022"


class DomainStorageFull(NotAggregated):
    """Raised when a proof was not aggregated because the domain's publishing queue is full."""

    code = "ZKO-ZKV-023"
    disposition = Disposition.TRANSIENT


class HoldNotFunded(NotAggregated):
    """Raised when a proof was not aggregated because the account could not fund the domain's hold."""

    code = "ZKO-ZKV-024"


class DomainNotReady(NotAggregated):
    """Raised when a proof was not aggregated because the domain is on hold or removed."""

    code = "ZKO-ZKV-025"


class SubmitterNotAllowed(NotAggregated):
    """Raised when a proof was not aggregated because the domain does not admit this account."""

    code = "ZKO-ZKV-026"


class OutcomeUnreadable(OperatorError):
    """Raised when an act took effect in a block whose events no endpoint keeps: whether it succeeded cannot be read.

    It counts as failed, and as having cost what was quoted.
    """

    code: ClassVar[str] = "ZKO-ZKV-027"
    disposition: ClassVar[Disposition] = Disposition.REJECTED


class ProofRefused(OperatorError):
    """Raised when an extrinsic was included and failed, for a reason that has no code of its own."""

    code: ClassVar[str] = "ZKO-ZKV-030"
    disposition: ClassVar[Disposition] = Disposition.REJECTED


class InputsRefused(ProofRefused):
    """Raised when the verifier refused the public inputs: wrong number or size."""

    code = "ZKO-ZKV-031"


class ProofUndecodable(ProofRefused):
    """Raised when the verifier could not decode the proof."""

    code = "ZKO-ZKV-032"


class ProofNotVerified(ProofRefused):
    """Raised when the verifier found the proof false."""

    code = "ZKO-ZKV-033"


class VkInvalid(ProofRefused):
    """Raised when the verifier refused the verifying key."""

    code = "ZKO-ZKV-034"
    disposition = Disposition.FATAL


class VkNotRegistered(ProofRefused):
    """Raised when the verifying key was not registered when the proof was verified."""

    code = "ZKO-ZKV-035"
    disposition = Disposition.TRANSIENT


class VerifierDisabled(ProofRefused):
    """Raised when zkVerify has switched this verifier off."""

    code = "ZKO-ZKV-036"
    disposition = Disposition.DEGRADED


class VerifierVersionUnsupported(ProofRefused):
    """Raised when the verifier does not support the proof's version."""

    code = "ZKO-ZKV-037"


class FundsUnavailable(ProofRefused):
    """Raised when the account could not fund a deposit or a transfer of an included extrinsic."""

    code = "ZKO-ZKV-038"
    disposition = Disposition.DEGRADED


class DomainActRefused(OperatorError):
    """Raised when a change of a domain was included and failed, for a reason that has no code of its own."""

    code: ClassVar[str] = "ZKO-ZKV-050"
    disposition: ClassVar[Disposition] = Disposition.REJECTED


class DomainUnknown(DomainActRefused):
    """Raised when a domain that was to be changed or published does not exist."""

    code = "ZKO-ZKV-051"


class AggregationNotPublishable(DomainActRefused):
    """Raised when an aggregation was published already, is empty, or does not exist yet."""

    code = "ZKO-ZKV-052"


class DomainParametersRefused(DomainActRefused):
    """Raised when a domain's sizes are out of range, or its rules do not allow the change."""

    code = "ZKO-ZKV-053"


class DomainStateRefused(DomainActRefused):
    """Raised when a domain's state does not allow the change."""

    code = "ZKO-ZKV-054"


class NotEntitled(DomainActRefused):
    """Raised when the account may not do this: it is not the owner, or holds no such key."""

    code = "ZKO-ZKV-055"


CAUSES: dict[str, type[NotAggregated]] = {
    "NoAccount": AggregatedWithoutAccount,
    "DomainNotRegistered": DomainNotRegistered,
    "DomainStorageFull": DomainStorageFull,
    "InsufficientFunds": HoldNotFunded,
    "InvalidDomainState": DomainNotReady,
    "UnauthorizedUser": SubmitterNotAllowed,
}
"""Aggregate.CannotAggregate's causes, by variant name."""

VERIFIER_ERRORS: dict[str, type[ProofRefused]] = {
    "InvalidInput": InputsRefused,
    "InvalidProofData": ProofUndecodable,
    "VerifyError": ProofNotVerified,
    "InvalidVerificationKey": VkInvalid,
    "VerificationKeyNotFound": VkNotRegistered,
    "DisabledVerifier": VerifierDisabled,
    "UnsupportedVersion": VerifierVersionUnsupported,
}
"""Errors common to every verifier pallet, by variant name."""

DOMAIN_ERRORS: dict[str, type[DomainActRefused]] = {
    "UnknownDomainId": DomainUnknown,
    "InvalidAggregationId": AggregationNotPublishable,
    "NextAggregationIdUnavailable": AggregationNotPublishable,
    "InvalidDomainParams": DomainParametersRefused,
    "InvalidDomainState": DomainStateRefused,
    "MissedDeliveryOwnership": NotEntitled,
}
"""Errors of the Aggregate pallet, by variant name."""

ALREADY_REGISTERED = "VerificationKeyAlreadyRegistered"
