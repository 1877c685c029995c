"""Plonk proofs: what they claim. SP1's own verifier in the prover host checks those of its circuit version.

Keys: sha256 of `plonk_vk.bin` per circuit version, as SP1's releases and verifier contracts name them.
"""

from dataclasses import dataclass

from zk_acts.domain.ids import Hash32
from zk_operator.adapters.sp1.bn254_container import Bn254Body
from zk_operator.adapters.sp1.inspection.claim_check import (
    claim_checks,
    is_released_root,
    unused_key,
    value_notes,
)
from zk_operator.adapters.sp1.inspection.report import Claims, Expectation, Format, ProofReport
from zk_operator.adapters.sp1.saved_proof import LAID_OUT, Mode, SavedProof

CHECK = "plonk"
WORD, PLAIN = 32, 864
SIZES = {4 + PLAIN: 0, 4 + 3 * WORD + PLAIN: 3}  # words before the proof: none in circuit 5
_KEYS = {
    "v5.0.0": "d4e8ecd2357dd882209800acd6abb443d231cf287d77ba62b732ce937c8b56e7",
    "v6.0.0": "bb1a6f2930e94bfe8b35e794faf43133214534a17d2ad8e51358cad437b3c317",
    "v6.1.0": "5a093a2fcb46394f5cadfe55c44d4d572fad9cec7aeb38026b0278322ef07fac",
}
_NO_ROUTE = "a Plonk proof: no route of zkVerify takes it"
_FOR_HOST = (
    "SP1's own verifier in the prover host checks it: name the program's ELF or key with --vk"
)
_NO_VERIFIER = "in this form, or of this circuit version, nothing here verifies it"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnchainPlonk:
    """An on-chain Plonk proof: selector, the words of circuit 6, the proof; what a fixture says beside it."""

    selector: bytes
    words: tuple[bytes, ...]
    vkey: Hash32 | None = None
    public_values: bytes | None = None


def plonk_version(selector: bytes) -> str | None:
    """The circuit version whose Plonk proofs begin with these 4 bytes."""
    found = (name for name, key in _KEYS.items() if key.startswith(selector.hex()))
    return next(found, None)


def split_plonk(
    raw: bytes, vkey: Hash32 | None = None, public_values: bytes | None = None
) -> OnchainPlonk:
    """`raw` has one of `SIZES`."""
    ends = range(4, 4 + WORD * SIZES[len(raw)], WORD)
    words = tuple(raw[at : at + WORD] for at in ends)
    return OnchainPlonk(selector=raw[:4], words=words, vkey=vkey, public_values=public_values)


def inspect_plonk(
    found: SavedProof, body: Bn254Body, claims: Claims, expected: Expectation
) -> ProofReport:
    """Of the SDK's container."""
    key = _KEYS.get(found.sp1_version)
    right_key = None if key is None else body.vk_sha256.hex() == key
    by_host = found.sp1_version in LAID_OUT
    unused = () if by_host else unused_key(expected)
    notes = (*unused, *value_notes(claims, has_tee_proof=found.tee_proof is not None))
    return _report(
        Format.BINCODE,
        found.sp1_version,
        claims,
        {**claim_checks(claims, expected), "circuit": right_key},
        notes,
        open_check=CHECK if by_host else None,
    )


def inspect_onchain_plonk(found: OnchainPlonk, expected: Expectation) -> ProofReport:
    """Of the on-chain form. Nothing here takes it apart further."""
    words = found.words
    claims = Claims(
        vkey=found.vkey or expected.vkey,
        public_values=found.public_values
        if found.public_values is not None
        else expected.public_values,
        exit_code=int.from_bytes(words[0]) if words else None,
        vk_root=Hash32(words[1]) if words else None,
        nonce=int.from_bytes(words[2]) if words else None,
    )
    version = plonk_version(found.selector)
    checks = {**claim_checks(claims, expected), "circuit": None if version is None else True}
    return _report(Format.ONCHAIN, version, claims, checks, unused_key(expected))


def _report(
    form: Format,
    version: str | None,
    claims: Claims,
    checks: dict[str, bool | None],
    notes: tuple[str, ...],
    *,
    open_check: str | None = None,
) -> ProofReport:
    if claims.vk_root is not None and version is not None:
        checks["vk_root"] = is_released_root(claims.vk_root, version)
    return ProofReport(
        format=form,
        mode=Mode.PLONK,
        sdk_version=version,
        circuit=None,
        claims=claims,
        checks={**checks, CHECK: None},
        statements={"groth16": None, "shrink": None},
        notes=(_NO_ROUTE, _FOR_HOST if open_check else _NO_VERIFIER, *notes),
        open_check=open_check,
    )
