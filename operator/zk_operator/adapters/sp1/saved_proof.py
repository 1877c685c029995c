"""SP1's proof containers: what the SDK saves (`SP1ProofWithPublicValues`) and what a network serves (`ProofFromNetwork`).

Format: bincode of a tagged proof, public values, version; a saved file has an optional TEE proof behind that. Core and
compressed proofs of SP1 6 are taken apart; of older ones the last parts are found from the end.
"""

from dataclasses import dataclass
from enum import StrEnum

from zk_operator.adapters.sp1.bn254_container import Bn254Body, read_bn254
from zk_operator.adapters.sp1.opaque_container import (
    MAX_PUBLIC_VALUES,
    MAX_TEE_PROOF,
    VERSION,
    OpaqueBody,
    Tail,
    read_opaque,
)
from zk_operator.adapters.sp1.reader import BincodeReader, sized
from zk_operator.adapters.sp1.stark_container import StarkBody, read_compressed, read_core
from zk_operator.domain.failures import ProofMalformed


class Mode(StrEnum):
    """The kinds of proof, in the order of their tags in a container."""

    CORE = "core"
    COMPRESSED = "compressed"
    PLONK = "plonk"
    GROTH16 = "groth16"
    SHRINK = "shrink"  # never in a container: zkVerify's SP1 pallet takes it


TAGS = (Mode.CORE, Mode.COMPRESSED, Mode.PLONK, Mode.GROTH16)
LAID_OUT = frozenset({"v6.1.0"})  # versions whose core and compressed proofs have the known layout
_TAG_BYTES = 4
Body = Bn254Body | StarkBody | OpaqueBody


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedProof:
    """A container. `is_saved`: there is a place for a TEE proof, as in files; `tee_proof` is what is in it."""

    mode: Mode
    body: Body
    public_values: bytes
    sp1_version: str
    is_saved: bool = False
    tee_proof: bytes | None = None

    def encode(self) -> bytes:
        """The inverse of `decode_saved_proof`."""
        proof = TAGS.index(self.mode).to_bytes(_TAG_BYTES, "little") + self.body.encode()
        return proof + sized(self.public_values) + sized(self.sp1_version.encode()) + self._tail()

    def _tail(self) -> bytes:
        if not self.is_saved:
            return b""
        return b"\x00" if self.tee_proof is None else b"\x01" + sized(self.tee_proof)


def decode_saved_proof(raw: bytes) -> SavedProof:
    """A container with nothing before or behind it. Errors: ProofMalformed."""
    tag = BincodeReader(raw).integer(_TAG_BYTES)
    if tag >= len(TAGS):
        raise ProofMalformed("no such kind of proof", tag=tag)
    mode = TAGS[tag]
    if mode in (Mode.PLONK, Mode.GROTH16):
        return _taken_apart(raw, mode)
    try:
        return _taken_apart(raw, mode)
    except ProofMalformed:
        older = _opaque(raw, mode)
        if older.sp1_version in LAID_OUT:
            raise
        return older


def _taken_apart(raw: bytes, mode: Mode) -> SavedProof:
    reader = BincodeReader(raw)
    reader.take(_TAG_BYTES)
    body = _body(reader, mode)
    public_values, version = reader.blob(MAX_PUBLIC_VALUES), _version(reader.text())
    return _saved(mode, body, public_values, version, _tail(reader))


def _body(reader: BincodeReader, mode: Mode) -> Body:
    if mode is Mode.CORE:
        return read_core(reader)
    if mode is Mode.COMPRESSED:
        return read_compressed(reader)
    return read_bn254(reader, mode)


def _opaque(raw: bytes, mode: Mode) -> SavedProof:
    found = read_opaque(raw, has_values=mode is Mode.COMPRESSED)
    return _saved(mode, found.body, found.public_values, found.sp1_version, found.tail)


def _saved(mode: Mode, body: Body, public_values: bytes, version: str, tail: Tail) -> SavedProof:
    return SavedProof(
        mode=mode,
        body=body,
        public_values=public_values,
        sp1_version=version,
        is_saved=tail.is_saved,
        tee_proof=tail.tee_proof,
    )


def _version(text: str) -> str:
    if not VERSION.fullmatch(text):
        raise ProofMalformed("the proof's version is none", version=repr(text[:40]))
    return text


def _tail(reader: BincodeReader) -> Tail:
    """What stands behind the version: nothing, no TEE proof, or one."""
    if not reader.left:
        return Tail(is_saved=False)
    tag = reader.integer(1)
    tee_proof = reader.blob(MAX_TEE_PROOF) if tag == 1 else None
    if tag > 1 or reader.left:
        raise ProofMalformed("the proof has trailing bytes", left=reader.left)
    return Tail(is_saved=True, tee_proof=tee_proof)
