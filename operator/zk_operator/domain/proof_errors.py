"""Errors about proofs, verifying keys and public values."""

from zk_operator.domain.errors import Disposition, OperatorError


class ProofError(OperatorError):
    """Raised when a proof, a verifying key or public values cannot be used."""

    code = "ZKO-PRF-001"
    disposition = Disposition.REJECTED


class PublicValuesError(ProofError):
    """Raised when public values are not the canonical 192 bytes."""

    code = "ZKO-PRF-002"


class ProofFormatError(ProofError):
    """Raised when a proof has the wrong length, selector or layout."""

    code = "ZKO-PRF-003"


class PointError(ProofError):
    """Raised when a curve point is not canonical, not on the curve, or at infinity."""

    code = "ZKO-PRF-004"


class VerifyingKeyError(ProofError):
    """Raised when a verifying key cannot be parsed."""

    code = "ZKO-PRF-005"
    disposition = Disposition.FATAL


class ScalarError(ProofError):
    """Raised when a public input is not a scalar below the group order."""

    code = "ZKO-PRF-006"


class InputCountError(ProofError):
    """Raised when the number of public inputs does not fit the verifying key."""

    code = "ZKO-PRF-007"


class StatementUnknown(ProofError):
    """Raised when this version does not know how a verifier states such a proof or key, so nothing is submitted."""

    code = "ZKO-ZKV-044"
