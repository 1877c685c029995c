"""Why a proof file cannot be inspected."""

from typing import ClassVar

from zk_operator.domain.proof_errors import ProofError


class ProofFileUnreadable(ProofError):
    """Raised when a proof or key file cannot be read, or is too large to be one."""

    code: ClassVar[str] = "ZKO-PRF-010"
    exit_code: ClassVar[int] = 66


class ProofFileMalformed(ProofError):
    """Raised when a proof file is damaged: truncated, altered, or in contradiction with itself."""

    code: ClassVar[str] = "ZKO-PRF-011"
    exit_code: ClassVar[int] = 65


class ProofFileUnknown(ProofError):
    """Raised when a file is no proof of a known form."""

    code: ClassVar[str] = "ZKO-PRF-012"
    exit_code: ClassVar[int] = 65


class KeyFileUnusable(ProofError):
    """Raised when the file given as the circuit's verifying key is none."""

    code: ClassVar[str] = "ZKO-PRF-013"
    exit_code: ClassVar[int] = 65
