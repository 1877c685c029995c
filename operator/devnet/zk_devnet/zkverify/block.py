"""Headers and blocks.

The state root here is a running hash of the storage changes, and the extrinsics root a hash of the extrinsics: neither
is a trie root, so storage proofs cannot be made from them. Everything else of a header is as on the real chain.
"""

from dataclasses import dataclass
from typing import Any

from zk_devnet.zkverify.hashing import blake2_256
from zk_devnet.zkverify.scale import (
    BYTES,
    STR,
    U32,
    U64,
    Case,
    Compact,
    Field,
    Sequence,
    Struct,
    encode,
    encode_compact,
)
from zk_devnet.zkverify.schema.primitives import H256
from zk_devnet.zkverify.schema.system import DIGEST_ITEM
from zk_devnet.zkverify.state import State

HEADER = Struct(
    "sp_runtime::generic::header::Header",
    (
        Field(H256, "parent_hash"),
        Field(Compact(U32), "number"),
        Field(H256, "state_root"),
        Field(H256, "extrinsics_root"),
        Field(Sequence(DIGEST_ITEM), "digest"),
    ),
)
SLOT_OF_AUTHOR_0 = b"\x02" + bytes(4)  # BABE SecondaryPlain, authority 0; the slot follows


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A block header."""

    parent_hash: bytes
    number: int
    state_root: bytes
    extrinsics_root: bytes
    digest: tuple[Case, ...] = ()

    @property
    def hash(self) -> bytes:
        """blake2b-256 of the encoded header."""
        return blake2_256(self.encode())

    def encode(self) -> bytes:
        """The SCALE bytes."""
        value = {
            "parent_hash": self.parent_hash,
            "number": self.number,
            "state_root": self.state_root,
            "extrinsics_root": self.extrinsics_root,
            "digest": list(self.digest),
        }
        return encode(HEADER, value)

    def as_json(self) -> dict[str, Any]:
        """The header as RPC clients read it."""
        return {
            "parentHash": "0x" + self.parent_hash.hex(),
            "number": hex(self.number),
            "stateRoot": "0x" + self.state_root.hex(),
            "extrinsicsRoot": "0x" + self.extrinsics_root.hex(),
            "digest": {"logs": ["0x" + encode(DIGEST_ITEM, item).hex() for item in self.digest]},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block with the state after it; `hash` is computed once."""

    header: Header
    hash: bytes
    extrinsics: tuple[bytes, ...]
    state: State

    @property
    def number(self) -> int:
        """The height."""
        return self.header.number

    def as_json(self) -> dict[str, Any]:
        """The block as chain_getBlock returns it."""
        extrinsics = ["0x" + encoded.hex() for encoded in self.extrinsics]
        return {
            "block": {"header": self.header.as_json(), "extrinsics": extrinsics},
            "justifications": None,
        }

    def transaction_hashes(self) -> list[bytes]:
        """The hashes of the extrinsics, inherents included."""
        return [blake2_256(encoded) for encoded in self.extrinsics]


def pre_digest(slot: int) -> Case:
    """The BABE slot claim that clients read the slot from."""
    return Case("PreRuntime", (b"BABE", SLOT_OF_AUTHOR_0 + encode(U64, slot)))


def genesis_digest_root(salt: bytes, name: str, runtime: bytes) -> bytes:
    """The stand-in for the genesis state root: makes the genesis hash.

    `runtime`: its metadata, as a real genesis has its code. Clients keep metadata by genesis and version.
    """
    return blake2_256(encode(BYTES, salt) + encode(STR, name) + blake2_256(runtime))


def extrinsics_root(extrinsics: list[bytes]) -> bytes:
    """A hash over the extrinsics, in order."""
    return blake2_256(encode_compact(len(extrinsics)) + b"".join(extrinsics))


def next_state_root(parent_root: bytes, changes: dict[bytes, bytes | None]) -> bytes:
    """A hash over the parent's root and the block's storage changes."""
    body = b"".join(
        encode(BYTES, key) + (b"\x00" if value is None else b"\x01" + encode(BYTES, value))
        for key, value in sorted(changes.items())
    )
    return blake2_256(parent_root + body)
