"""Errors about proofs, verifying keys and public values."""

from zk_acts.domain.errors import Disposition, OperatorError


class ProofError(OperatorError):
    """Raised when a proof, a verifying key or public values cannot be used.

    Meaning: The general form of the ZKO-PRF codes; the message names the piece.

    What you see: The batch stops before money is spent on zkVerify or gas. Its orders stay open.

    What to do: Read the message and the field values. If it comes again with the same backend, disable that backend
    and report its proof file.
    """

    code = "ZKO-PRF-001"
    disposition = Disposition.REJECTED


class ProofFormatError(ProofError):
    """Raised when a proof has the wrong length, selector or layout.

    Meaning: An on-chain SP1 Groth16 proof has 356 bytes (circuit 6) or 260 bytes (circuit 5). Zero bytes come from
    a mock prover.

    What you see: The proof is refused before submission.

    What to do: Check that the prover makes Groth16 proofs (not core, compressed or mock) of the circuit version
    that is configured.
    """

    code = "ZKO-PRF-003"


class PointError(ProofError):
    """Raised when a curve point is not canonical, not on the curve, or at infinity.

    Meaning: Some bytes of a proof are not a BN254 point: damaged in transport, in another byte order, or forged.

    What you see: The proof is refused before submission.

    What to do: Let the daemon fetch or prove it again. If one backend does this repeatedly, disable it.
    """

    code = "ZKO-PRF-004"


class VerifyingKeyError(ProofError):
    """Raised when a verifying key cannot be parsed.

    Meaning: The circuit's `groth16_vk.bin` is not a gnark key with compressed points, or bytes are missing or left
    over.

    What you see: The process stops at start: without the key no proof can be checked.

    What to do: Compare the file's sha256 with the circuit version's known value (its first four bytes are the proof
    selector) and install the right file.
    """

    code = "ZKO-PRF-005"
    disposition = Disposition.FATAL


class ScalarError(ProofError):
    """Raised when a public input is not a scalar below the group order.

    Meaning: A program vkey, recursion root, nonce or digest is too large for BN254.

    What you see: The proof or the configuration is refused.

    What to do: For a configured value: it must be the 32-byte form whose first byte is 00, as SP1's `bytes32()`
    prints it. For a value out of a proof: treat the proof as forged.
    """

    code = "ZKO-PRF-006"


class InputCountError(ProofError):
    """Raised when the number of public inputs does not fit the verifying key.

    Meaning: Circuit 6 has five public inputs, circuit 5 has two. Key and proof are of different circuit versions.

    What you see: The proof is refused before submission.

    What to do: Make the configured key and the prover's SP1 version agree.
    """

    code = "ZKO-PRF-007"


class StatementUnknown(ProofError):
    """Raised when this version does not know how a verifier states such a proof or key; nothing was sent.

    Meaning: The chain's runtime knows a form of key or proof (a new version of risc0 or ultrahonk, for example) of
    which it is not known here how the verifier hashes it. So the statement could not be computed before the proof is
    paid for.

    What you see: The call or verb ends with it and names the verifier and the form.

    What to do: Use a form that is known, where the prover can make one. Otherwise a newer version of zkverify-client
    is needed; the rules are in `domain/verifier.py`, with their source.
    """

    code = "ZKO-ZKV-044"
