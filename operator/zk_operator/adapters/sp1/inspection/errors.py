"""Why a proof file cannot be inspected."""

from typing import ClassVar

from zkverify_client.domain.proof_errors import ProofError


class ProofFileUnreadable(ProofError):
    """Raised when a proof or key file cannot be read, or is too large to be one.

    Meaning: The file that `zk-operator proof` was given does not exist, may not be read, is larger than 60 MiB, or
    is no regular file: a pipe or a device may have no end.

    What you see: Exit code 66; the message names the file and the reason.

    What to do: Check the path and its permissions. What comes from a pipe is written to a file first.
    """

    code: ClassVar[str] = "ZKO-PRF-010"
    exit_code: ClassVar[int] = 66


class ProofFileMalformed(ProofError):
    """Raised when a proof file is damaged: truncated, altered, or in contradiction with itself.

    Meaning: The file begins like an SP1 proof and then breaks a rule of its format: it ends too early, has bytes
    too many, holds points that are not on the curve, or says two different things about the same number. The same
    is said of an empty proof (SP1's mock prover), of a zstd frame that is damaged, too large or followed by
    something, and where SP1's own decoder refuses what `--vk` or the proof holds.

    What you see: Exit code 65 of `zk-operator proof`; the message says which rule, and where it can, the place
    (`at`).

    What to do: Fetch or make the file again. A proof that decodes and is *false* is no error: it ends with exit
    code 6.
    """

    code: ClassVar[str] = "ZKO-PRF-011"
    exit_code: ClassVar[int] = 65


class ProofFileUnknown(ProofError):
    """Raised when a file is no proof of a known form.

    Meaning: The content is neither a container of the SDK (5 or 6), nor an on-chain proof (Groth16: 260 or 356
    bytes, Plonk: 868 or 964; as bytes, hex or JSON fixture), nor a shrink proof, nor zkVerify's JSON {vk, proof,
    pubs}.

    What you see: Exit code 65 of `zk-operator proof`; `kind` names what it looks like (an ELF program, a verifying
    key, an image, text).

    What to do: Give the proof file. Verifying keys go to `--vk`.
    """

    code: ClassVar[str] = "ZKO-PRF-012"
    exit_code: ClassVar[int] = 65


class KeyFileUnusable(ProofError):
    """Raised when the file given as the circuit's verifying key is none.

    Meaning: The file given with `--vk` is not a `groth16_vk.bin` (gnark, compressed: 396 bytes for circuit 5, 492
    for circuit 6); or, for a core, compressed or Plonk proof, neither a program's ELF nor its key (104 bytes), or
    one that SP1 does not take.

    What you see: Exit code 65 of `zk-operator proof`.

    What to do: For a Groth16 proof give the circuit's key, or leave `--vk` away: the keys of circuits 5.x, 6.0 and
    6.1 are built in. For the others give the program's ELF.
    """

    code: ClassVar[str] = "ZKO-PRF-013"
    exit_code: ClassVar[int] = 65
