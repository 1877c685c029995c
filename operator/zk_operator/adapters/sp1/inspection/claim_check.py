"""Checks that need no key: what a proof claims, against its public values and against what is expected."""

from zk_acts.domain.ids import Hash32
from zk_operator.adapters.sp1.inspection.report import Claims, Expectation
from zk_operator.adapters.sp1.value_digest import Hasher
from zk_operator.domain.circuit import CIRCUITS

BLAKE3_NOTE = (
    "the public values are hashed with blake3: SP1's verifiers take that, its contracts do not"
)
_NO_USE = "--vk has no use here: the file that it names was not looked at"
TEE_NOTE = "it carries a signature of a trusted environment, which is not checked here"


def claim_checks(claims: Claims, expected: Expectation) -> dict[str, bool | None]:
    """A program that nobody named is what the proof says."""
    checks: dict[str, bool | None] = {}
    if expected.vkey is not None:
        checks["vkey"] = None if claims.vkey is None else claims.vkey == expected.vkey
    known = claims.public_values is not None and claims.digest is not None
    checks["public_values"] = claims.hasher is not None if known else None
    if expected.public_values is not None and claims.public_values is not None:
        checks["expected_public_values"] = claims.public_values == expected.public_values
    if claims.exit_code is not None:
        checks["exit_code"] = claims.exit_code == 0
    return checks


def is_released_root(root: Hash32, version: str) -> bool | None:
    """Whether it is the recursion root of this circuit version; None for a version that is not known here."""
    of_version = [facts for facts in CIRCUITS.values() if facts.sp1_version == version]
    roots = [facts.recursion_root for facts in of_version if not facts.devnet]
    return root in roots if roots else None


def unused_key(expected: Expectation) -> tuple[str, ...]:
    """Said of proofs that no key file helps to verify."""
    return () if expected.circuit_key is None else (_NO_USE,)


def value_notes(claims: Claims, *, has_tee_proof: bool = False) -> tuple[str, ...]:
    """What a reader should know of values and container beside the checks."""
    notes = (BLAKE3_NOTE,) if claims.hasher is Hasher.BLAKE3 else ()
    return (*notes, TEE_NOTE) if has_tee_proof else notes
