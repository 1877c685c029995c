"""SP1's proof containers: what the SDK saves (`SP1ProofWithPublicValues`) and what a network serves (`ProofFromNetwork`).

Format: bincode of a tagged proof, public values, version; a saved file has an optional TEE proof behind that. Core and
compressed proofs are kept as they are: their last parts are found from the end.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from zk_operator.adapters.sp1.bn254_container import Bn254Body, read_bn254
from zk_operator.adapters.sp1.reader import BincodeReader, sized
from zk_operator.adapters.sp1.recursion_values import RecursionValues, find_recursion_values
from zk_operator.domain.failures import ProofMalformed

MAX_PUBLIC_VALUES = 1 << 20
MAX_TEE_PROOF = 1 << 12
VERSION = re.compile(r"v\d{1,3}\.\d{1,3}\.\d{1,3}(-[0-9A-Za-z.]{1,16})?")


class Mode(StrEnum):
    """The kinds of proof, in the order of their tags in a container."""

    CORE = "core"
    COMPRESSED = "compressed"
    PLONK = "plonk"
    GROTH16 = "groth16"
    SHRINK = "shrink"  # never in a container: zkVerify's SP1 pallet takes it


TAGS = (Mode.CORE, Mode.COMPRESSED, Mode.PLONK, Mode.GROTH16)
_WRAPPED = frozenset({Mode.PLONK, Mode.GROTH16})


@dataclass(frozen=True, slots=True, kw_only=True)
class OpaqueBody:
    """A core or compressed proof as bytes, with what its recursion circuit says (compressed ones only)."""

    raw: bytes
    values: RecursionValues | None

    def encode(self) -> bytes:
        """The bytes."""
        return self.raw


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedProof:
    """A container. `is_saved`: there is a place for a TEE proof, as in files; `tee_proof` is what is in it."""

    mode: Mode
    body: Bn254Body | OpaqueBody
    public_values: bytes
    sp1_version: str
    is_saved: bool = False
    tee_proof: bytes | None = None

    def encode(self) -> bytes:
        """The inverse of `decode_saved_proof`."""
        proof = TAGS.index(self.mode).to_bytes(4, "little") + self.body.encode()
        return proof + sized(self.public_values) + sized(self.sp1_version.encode()) + self._tail()

    def _tail(self) -> bytes:
        if not self.is_saved:
            return b""
        return b"\x00" if self.tee_proof is None else b"\x01" + sized(self.tee_proof)


def decode_saved_proof(raw: bytes) -> SavedProof:
    """A container with nothing before or behind it. Errors: ProofMalformed."""
    reader = BincodeReader(raw)
    tag = reader.integer(4)
    if tag >= len(TAGS):
        raise ProofMalformed("no such kind of proof", tag=tag)
    mode = TAGS[tag]
    return _wrapped(reader, mode) if mode in _WRAPPED else _opaque(raw, mode)


def _wrapped(reader: BincodeReader, mode: Mode) -> SavedProof:
    body = read_bn254(reader, mode)
    public_values, version = reader.blob(MAX_PUBLIC_VALUES), _version(reader.text())
    is_saved, tee_proof = _tail(reader.rest())
    return SavedProof(
        mode=mode,
        body=body,
        public_values=public_values,
        sp1_version=version,
        is_saved=is_saved,
        tee_proof=tee_proof,
    )


def _version(text: str) -> str:
    if not VERSION.fullmatch(text):
        raise ProofMalformed("the proof's version is none", version=text[:40])
    return text


def _tail(rest: bytes) -> tuple[bool, bytes | None]:
    """What stands behind the version: nothing, no TEE proof, or one."""
    if not rest:
        return False, None
    reader = BincodeReader(rest)
    tag = reader.integer(1)
    tee_proof = reader.blob(MAX_TEE_PROOF) if tag == 1 else None
    if tag > 1 or reader.left:
        raise ProofMalformed("the proof has trailing bytes", size=len(rest))
    return True, tee_proof


def _opaque(raw: bytes, mode: Mode) -> SavedProof:
    """From the end: the one reading whose public values hash to what the proof commits to, else the shortest."""
    readings = [
        (end, version, tail)
        for tail_at, tail in _tails(raw)
        for end, version in _ending(raw, tail_at)
    ]
    if not readings:
        raise ProofMalformed("no version at the end of the proof", size=len(raw))
    end, version, (is_saved, tee_proof) = readings[0]
    values = find_recursion_values(raw) if mode is Mode.COMPRESSED else None
    at = _public_values_at(raw, end, values)
    return SavedProof(
        mode=mode,
        body=OpaqueBody(raw=raw[4:at], values=values),
        public_values=raw[at + 8 : end],
        sp1_version=version,
        is_saved=is_saved,
        tee_proof=tee_proof,
    )


def _tails(raw: bytes) -> Iterator[tuple[int, tuple[bool, bytes | None]]]:
    """Where the part behind the version may begin, and what it is."""
    if raw.endswith(b"\x00"):
        yield len(raw) - 1, (True, None)
    yield len(raw), (False, None)
    for size in range(min(MAX_TEE_PROOF, len(raw) - 9) + 1):
        at = len(raw) - size - 9
        if raw[at] == 1 and int.from_bytes(raw[at + 1 : at + 9], "little") == size:
            yield at, (True, raw[at + 9 :])


def _ending(raw: bytes, end: int) -> Iterator[tuple[int, str]]:
    """Where the public values end, if a version stands between that and `end`."""
    for size in range(5, 29):
        at = end - size - 8
        if at > 4 and int.from_bytes(raw[at : at + 8], "little") == size:
            text = raw[at + 8 : end].decode("ascii", errors="replace")
            if VERSION.fullmatch(text):
                yield at, text


def _public_values_at(raw: bytes, end: int, values: RecursionValues | None) -> int:
    """Where the length of the public values stands."""
    places = tuple(_places(raw, end))
    if not places:
        raise ProofMalformed("no public values at the end of the proof", size=len(raw))
    if values is None:
        return places[0]
    committed = (at for at in places if hashlib.sha256(raw[at + 8 : end]).digest() == values.digest)
    return next(committed, places[0])


def _places(raw: bytes, end: int) -> Iterator[int]:
    """Every length of what lies between itself and `end`, nearest first. Its high bytes are zero."""
    floor, at = max(end - MAX_PUBLIC_VALUES - 8, 4), end
    while (at := raw.rfind(bytes(5), floor + 3, at)) >= 0:
        start = at - 3
        if int.from_bytes(raw[start : start + 8], "little") == end - start - 8:
            yield start
        at += 4
