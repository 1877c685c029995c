"""The aggregation's tree (Keccak-256, odd nodes promoted, leaves hashed once) and proofs' statements."""

import hashlib
from dataclasses import dataclass

from zk_devnet.zkverify.hashing import keccak_256

EMPTY_VERSION_HASH = hashlib.sha256(b"").digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class MerkleProof:
    """A path from a leaf to the root; siblings bottom-up, only those that exist."""

    root: bytes
    proof: list[bytes]
    number_of_leaves: int
    leaf_index: int
    leaf: bytes


def merkle_root(leaves: list[bytes]) -> bytes:
    """The root over the leaves; 32 zero bytes for none."""
    return _levels(leaves)[-1][0] if leaves else bytes(32)


def merkle_proof(leaves: list[bytes], index: int) -> MerkleProof:
    """The path of the leaf at `index`."""
    levels = _levels(leaves)
    position, path = index, []
    for level in levels[:-1]:
        sibling = position ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        position //= 2
    return MerkleProof(
        root=levels[-1][0],
        proof=path,
        number_of_leaves=len(leaves),
        leaf_index=index,
        leaf=leaves[index],
    )


def statement(context: bytes, vk_hash: bytes, pubs: bytes) -> bytes:
    """The statement of a verified proof of a pallet without versions (groth16, sp1)."""
    preimage = keccak_256(context) + vk_hash + EMPTY_VERSION_HASH + keccak_256(pubs)
    return keccak_256(preimage)


def _levels(leaves: list[bytes]) -> list[list[bytes]]:
    levels = [[keccak_256(leaf) for leaf in leaves]]
    while len(levels[-1]) > 1:
        level = levels[-1]
        pairs = [keccak_256(level[i] + level[i + 1]) for i in range(0, len(level) - 1, 2)]
        levels.append(pairs + level[len(level) & ~1 :])
    return levels
