"""Extrinsics, format 4: decoding, mortality and the payload that is signed."""

from dataclasses import dataclass
from typing import Any

from zk_devnet.zkverify.hashing import blake2_256
from zk_devnet.zkverify.scale import (
    U32,
    Case,
    Compact,
    Reader,
    ScaleError,
    encode,
    encode_compact,
)
from zk_devnet.zkverify.schema.primitives import MULTI_ADDRESS, MULTI_SIGNATURE
from zk_devnet.zkverify.schema.runtime import RUNTIME_CALL, SPEC_VERSION, schema_of

VERSION = 4
SIGNED_BIT = 0x80
HASHED_ABOVE_BYTES = 256


@dataclass(frozen=True, slots=True)
class Era:
    """Mortality: a period (a power of two, 4 to 65536 blocks) and a phase in it; period 0 means immortal."""

    period: int = 0
    phase: int = 0

    def birth(self, current: int) -> int:
        """The block at which the era containing `current` began."""
        if not self.period:
            return 0
        return (max(current, self.phase) - self.phase) // self.period * self.period + self.phase

    def death(self, current: int) -> int:
        """The first block at which it is no longer valid."""
        return self.birth(current) + self.period if self.period else 2**64 - 1

    def encode(self) -> bytes:
        """One byte for immortal, two otherwise."""
        if not self.period:
            return b"\x00"
        quantize = max(self.period >> 12, 1)
        exponent = min(15, max(1, self.period.bit_length() - 2))
        return (exponent | self.phase // quantize << 4).to_bytes(2, "little")

    @classmethod
    def read(cls, reader: Reader) -> "Era":
        """Decode; ScaleError when the phase is not within the period."""
        first = reader.take(1)[0]
        if first == 0:
            return cls()
        raw = first | reader.take(1)[0] << 8
        period = 2 << (raw & 15)
        phase = (raw >> 4) * max(period >> 12, 1)
        if period < 4 or phase >= period:
            raise ScaleError("Invalid period and phase")
        return cls(period, phase)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """The signed part of an extrinsic."""

    address: Case
    signature: Case
    era: Era
    nonce: int
    tip: int
    metadata_hash_mode: int
    extra: bytes  # the extensions' own bytes, which are signed after the call


@dataclass(frozen=True, slots=True, kw_only=True)
class Extrinsic:
    """A decoded extrinsic. `length` is the encoded length with its prefix, which the fee counts."""

    call: Case
    call_bytes: bytes
    signed: Signed | None
    encoded: bytes

    @property
    def length(self) -> int:
        """Bytes of the opaque extrinsic with its length prefix."""
        return len(self.encoded)

    @property
    def hash(self) -> bytes:
        """blake2b-256 of the encoded extrinsic: its name in the pool and for clients."""
        return blake2_256(self.encoded)


def opaque(encoded: bytes) -> bytes:
    """The body within the length prefix; ScaleError when the prefix is wrong."""
    reader = Reader(encoded)
    length = reader.compact()
    body = reader.take(length)
    if reader.remaining:
        raise ScaleError("Input buffer has still data left after decoding!")
    return body


def decode_extrinsic(encoded: bytes, spec_version: int = SPEC_VERSION) -> Extrinsic:
    """Decode length-prefixed bytes; ScaleError when they are no extrinsic of this runtime."""
    reader = Reader(opaque(encoded))
    version = reader.take(1)[0]
    if version & 0x7F != VERSION:
        raise ScaleError("Invalid transaction version")
    signed = _read_signed(reader, encoded) if version & SIGNED_BIT else None
    call_bytes = reader.take(reader.remaining)
    call_reader = Reader(call_bytes)
    call = call_reader.read(schema_of(spec_version).call)
    if call_reader.remaining:
        raise ScaleError("bytes left over after the call")
    return Extrinsic(call=call, call_bytes=call_bytes, signed=signed, encoded=encoded)


def encode_extrinsic(body: bytes) -> bytes:
    """The body with its length prefix."""
    return encode_compact(len(body)) + body


def unsigned_extrinsic(call: Case) -> bytes:
    """A bare extrinsic around a call, as inherents are."""
    return encode_extrinsic(bytes([VERSION]) + encode(RUNTIME_CALL, call))


def signed_payload(call_bytes: bytes, extra: bytes, additional: bytes) -> bytes:
    """What is signed: call, extensions, implicit data; hashed when longer than 256 bytes."""
    payload = call_bytes + extra + additional
    return blake2_256(payload) if len(payload) > HASHED_ABOVE_BYTES else payload


def additional_signed(
    *, spec_version: int, transaction_version: int, genesis: bytes, birth_hash: bytes
) -> bytes:
    """The implicit data of the extensions, metadata hash disabled."""
    versions = encode(U32, spec_version) + encode(U32, transaction_version)
    return versions + genesis + birth_hash + b"\x00"


def extension_bytes(era: Era, nonce: int, tip: int) -> bytes:
    """The extensions' own bytes: era, nonce, tip, metadata hash mode."""
    return era.encode() + encode_compact(nonce) + encode_compact(tip) + b"\x00"


def _read_signed(reader: Reader, encoded: bytes) -> Signed:
    address: Any = reader.read(MULTI_ADDRESS)
    signature: Any = reader.read(MULTI_SIGNATURE)
    start = reader.position
    era = Era.read(reader)
    nonce = reader.read(Compact(U32))
    tip = reader.compact()
    mode = reader.take(1)[0]
    if mode > 1 or tip >> 128:
        raise ScaleError("malformed extensions")
    body = opaque(encoded)
    return Signed(
        address=address,
        signature=signature,
        era=era,
        nonce=nonce,
        tip=tip,
        metadata_hash_mode=mode,
        extra=body[start : reader.position],
    )
