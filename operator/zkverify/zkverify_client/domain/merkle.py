"""zkVerify's Merkle tree: Keccak-256, unsorted pairs, a lone last node is carried up unchanged.

Format: binary-merkle-tree of the Polkadot SDK, as the zkVerify runtime and its EVM contract use it.
"""

from collections.abc import Sequence

from zk_acts.domain.hashing import keccak
from zk_acts.domain.ids import Hash32

EMPTY_ROOT = Hash32(bytes(32))


def leaf_node(leaf: bytes) -> Hash32:
    """The tree node of a leaf value (32 bytes, so that it cannot be mistaken for an inner node)."""
    if len(leaf) != 32:
        raise ValueError(f"a leaf has 32 bytes, got {len(leaf)}")
    return Hash32(keccak(leaf))


def inner_node(left: bytes, right: bytes) -> Hash32:
    """The parent of two nodes; their order matters."""
    return Hash32(keccak(left + right))


def _next_level(level: Sequence[Hash32]) -> list[Hash32]:
    parents = [inner_node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
    return parents + list(level[len(parents) * 2 :])


def merkle_root(leaves: Sequence[bytes]) -> Hash32:
    """The root over leaf values of 32 bytes; zero for none, the leaf's own node for one."""
    level = [leaf_node(leaf) for leaf in leaves]
    while len(level) > 1:
        level = _next_level(level)
    return level[0] if level else EMPTY_ROOT


def merkle_path(leaves: Sequence[bytes], index: int) -> tuple[Hash32, ...]:
    """The existing siblings of leaf `index`, bottom up. IndexError where there is no such leaf."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"no leaf {index} among {len(leaves)}")
    level = [leaf_node(leaf) for leaf in leaves]
    path: list[Hash32] = []
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        level = _next_level(level)
        index //= 2
    return tuple(path)


def root_of_path(path: Sequence[bytes], leaf_count: int, index: int, leaf: bytes) -> Hash32:
    """The root that a path leads to, by the rule of the EVM contract (a lone node has no step).

    IndexError where `index` is not below `leaf_count`.
    """
    if not 0 <= index < leaf_count:
        raise IndexError(f"no leaf {index} among {leaf_count}")
    node = leaf_node(leaf)
    position, width = index, leaf_count
    for sibling in path:
        from_left = position % 2 == 1 or position + 1 == width
        node = inner_node(sibling, node) if from_left else inner_node(node, sibling)
        position //= 2
        width = (width - 1) // 2 + 1
    return node


def verify_path(
    root: bytes, path: Sequence[bytes], leaf_count: int, index: int, leaf: bytes
) -> bool:
    """Whether the path proves the leaf under the root.

    As in the contract, `leaf_count` and `index` are not authenticated: never key anything by them.
    """
    if not 0 <= index < leaf_count:
        return False
    return root_of_path(path, leaf_count, index, leaf) == root
