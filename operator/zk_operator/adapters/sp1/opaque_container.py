"""SP1 containers whose proof has a layout that is not known here (SP1 5, SP1 6.0): their last parts, found from the end.

Format: proof, public values with their length, version with its length, perhaps a place for a TEE proof.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from zk_operator.adapters.sp1.recursion_values import RecursionValues, find_recursion_values
from zk_operator.adapters.sp1.value_digest import hasher_of
from zk_operator.domain.failures import ProofMalformed

MAX_PUBLIC_VALUES = 1 << 20
MAX_TEE_PROOF = 1 << 12
VERSION = re.compile(r"v\d{1,3}\.\d{1,3}\.\d{1,3}(-[0-9A-Za-z.]{1,16})?")
_TAG = 4
_MOST_READINGS = 16  # each is hashed; a proof has one or two, a bomb any number


@dataclass(frozen=True, slots=True, kw_only=True)
class OpaqueBody:
    """A core or compressed proof as bytes, with what its recursion circuit says (compressed ones only)."""

    raw: bytes
    values: RecursionValues | None

    def encode(self) -> bytes:
        """The bytes."""
        return self.raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """What stands behind the version. `is_saved`: a place for a TEE proof, as in files."""

    is_saved: bool
    tee_proof: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpaqueContainer:
    """The parts of a container behind its tag."""

    body: OpaqueBody
    public_values: bytes
    sp1_version: str
    tail: Tail


def read_opaque(raw: bytes, *, has_values: bool) -> OpaqueContainer:
    """The reading whose public values hash to what the proof commits to, else the shortest.

    `has_values`: it is a compressed proof, whose claims can be found. Errors: ProofMalformed.
    """
    endings = (
        (end, version, tail)
        for tail_at, tail in _tails(raw)
        for end, version in _versions(raw, tail_at)
    )
    ending = next(endings, None)
    if ending is None:
        raise ProofMalformed(
            "the end is none of a proof: it is cut short, or something follows", size=len(raw)
        )
    end, version, tail = ending
    values = find_recursion_values(raw) if has_values else None
    at = _public_values_at(raw, end, values)
    return OpaqueContainer(
        body=OpaqueBody(raw=raw[_TAG:at], values=values),
        public_values=raw[at + 8 : end],
        sp1_version=version,
        tail=tail,
    )


def _tails(raw: bytes) -> Iterator[tuple[int, Tail]]:
    """Where the part behind the version may begin, and what it is."""
    if raw.endswith(b"\x00"):
        yield len(raw) - 1, Tail(is_saved=True)
    yield len(raw), Tail(is_saved=False)
    for size in range(min(MAX_TEE_PROOF, len(raw) - 9) + 1):
        at = len(raw) - size - 9
        if raw[at] == 1 and int.from_bytes(raw[at + 1 : at + 9], "little") == size:
            yield at, Tail(is_saved=True, tee_proof=raw[at + 9 :])


def _versions(raw: bytes, end: int) -> Iterator[tuple[int, str]]:
    """Where the public values end, if a version stands between that and `end`."""
    for size in range(5, 29):
        at = end - size - 8
        if at > _TAG and int.from_bytes(raw[at : at + 8], "little") == size:
            text = raw[at + 8 : end].decode("ascii", errors="replace")
            if VERSION.fullmatch(text):
                yield at, text


def _public_values_at(raw: bytes, end: int, values: RecursionValues | None) -> int:
    """Where the length of the public values stands."""
    places = tuple(islice(_places(raw, end), _MOST_READINGS))
    if not places:
        raise ProofMalformed("no public values at the end of the proof", size=len(raw))
    if values is None:
        return places[0]
    digest = values.digest
    committed = (at for at in places if hasher_of(raw[at + 8 : end], digest, masked=False))
    return next(committed, places[0])


def _places(raw: bytes, end: int) -> Iterator[int]:
    """Every length of what lies between itself and `end`, nearest first. Its high bytes are zero."""
    floor, at = max(end - MAX_PUBLIC_VALUES - 8, _TAG), end
    while (at := raw.rfind(bytes(5), floor + 3, at)) >= 0:
        start = at - 3
        if int.from_bytes(raw[start : start + 8], "little") == end - start - 8:
            yield start
        at += 4
