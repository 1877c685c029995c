"""The real verifier's checks of a shrink proof in its order, up to the STARK, and the shape that the STARK must have."""

import hashlib
from collections.abc import Iterable, Sequence

from zk_devnet.zkverify.shrink.blake3 import blake3
from zk_devnet.zkverify.shrink.poseidon2 import P, compress, hash_words
from zk_devnet.zkverify.shrink.proof import RecursionKey, ShrinkProof

RECURSION_ROOT = (
    *(779620665, 657361014, 1275916220, 1016544356),
    *(761269804, 102002516, 650304731, 1117171342),
)
PUBLIC_WORDS = 231
QUERIES = 50
BATCHES = 4  # preprocessed, main, permutation, quotient
_COMMITTED, _PROGRAM, _ROOT = slice(0, 32), slice(190, 198), slice(198, 206)
_COMPLETE, _HASHED, _DIGEST = 220, slice(0, 223), slice(223, 231)
_LARGEST_SUBGROUP, _TWO_ADICITY = 0x1A427A41, 27


class ShrinkRefused(ValueError):
    """Raised when a shrink proof cannot be valid for the key and the public values; the text says why."""


def check(proof: ShrinkProof, vk: bytes, pubs: bytes) -> None:
    """ShrinkRefused unless everything but the STARK holds. `vk`: eight big-endian words; `pubs`: the committed bytes."""
    values = tuple(word % P for word in proof.public_values)
    reasons = (
        (len(values) == PUBLIC_WORDS, "wrong number of public values"),
        (
            _commits_to(values[_COMMITTED], pubs),
            "public values do not hash to the committed digest",
        ),
        (values[_PROGRAM] == _program(vk), "made for another program"),
        (values[_ROOT] == RECURSION_ROOT, "another set of recursion programs"),
        (values[_COMPLETE : _COMPLETE + 1] == (1,), "not completely reduced"),
        (hash_words(values[_HASHED]) == values[_DIGEST], "recursion public values do not hash"),
    )
    _require(reasons)
    _require([(_is_member(proof), "the recursion key is not in the set")])
    _require(_shape(proof))


def key_digest(key: RecursionKey) -> tuple[int, ...]:
    """The recursion key's digest; ShrinkRefused for a domain larger than the field has."""
    words = [*key.commitment, key.start, *key.initial_sum]
    for chip in key.chips:
        _require([(chip.log_size <= _TWO_ADICITY, "a trace larger than the field allows")])
        generator = pow(_LARGEST_SUBGROUP, 1 << (_TWO_ADICITY - chip.log_size), P)
        name = chip.name.encode()
        words += [chip.log_size, 1 << chip.log_size, chip.shift, generator]
        words += [chip.width, chip.height, len(name), *name]
    return hash_words(words)


def _commits_to(committed: Sequence[int], pubs: bytes) -> bool:
    found = bytes(word & 0xFF for word in committed)  # the verifier looks at each word's low byte
    return found in (hashlib.sha256(pubs).digest(), blake3(pubs))


def _program(vk: bytes) -> tuple[int, ...]:
    return tuple(int.from_bytes(vk[at : at + 4], "big") % P for at in range(0, 32, 4))


def _is_member(proof: ShrinkProof) -> bool:
    levels = len(proof.path)
    if not 0 < levels < 64:  # no such path leads to the root
        return False
    digest = key_digest(proof.key)
    place = int(format(proof.index % (1 << levels), f"0{levels}b")[::-1], 2)
    for level, sibling in enumerate(proof.path):
        right = place >> level & 1
        digest = compress(sibling, digest) if right else compress(digest, sibling)
    return digest == RECURSION_ROOT


def _shape(proof: ShrinkProof) -> Iterable[tuple[bool, str]]:
    chips, fri = proof.chips, proof.fri
    sizes = {chip.name: chip.log_size for chip in proof.key.chips}
    places = sorted(proof.ordering.items(), key=lambda item: item[1])
    degrees = [chip.log_degree for chip in chips]
    in_order = [place for _, place in places] == list(range(len(chips)))
    yield in_order, "chips out of order"
    agree = all(sizes.get(n, d) == d for (n, _), d in zip(places, degrees, strict=False))
    yield agree, "a chip's degree differs from its key's"
    yield fri.phases == max(degrees, default=0), "wrong number of folding rounds"
    yield len(fri.steps) == len(fri.openings) == QUERIES, "wrong number of queries"
    yield all(len(steps) == fri.phases for steps in fri.steps), "a query of another depth"
    rows = tuple(tuple(chip.widths[part] for chip in chips) for part in (0, 2, 4))
    wanted = (*rows, tuple(width for chip in chips for width in chip.quotients))
    yield all(batches == wanted for batches in fri.openings), "opened rows of another width"


def _require(reasons: Iterable[tuple[bool, str]]) -> None:
    for holds, reason in reasons:
        if not holds:
            raise ShrinkRefused(reason)
