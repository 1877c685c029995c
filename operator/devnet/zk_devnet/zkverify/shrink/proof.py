"""The bytes of a shrink proof (sp1-zkv-verifier 0.2, SP1 5): shard proof, recursion key, and the key's Merkle proof.

Field elements are read as they stand; the real decoder takes any 32-bit word and reduces it.
"""

from dataclasses import dataclass

from zk_devnet.zkverify.shrink.reading import Reader

_EXTENSION = 4  # words of an element of the extension field
_DIGEST = 8
_SUM = 14  # words of a curve point: the global cumulative sum


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipOpening:
    """The shape of one chip's opened values: widths of preprocessed, main and permutation rows (local, next)."""

    widths: tuple[int, ...]
    quotients: tuple[int, ...]
    log_degree: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fri:
    """The shape of the opening proof."""

    phases: int
    steps: tuple[tuple[int, ...], ...]  # by query: the path length of each phase's step
    openings: tuple[tuple[tuple[int, ...], ...], ...]  # by query and batch: rows' widths


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipInformation:
    """A preprocessed trace in the recursion key: name, domain and dimensions."""

    name: str
    log_size: int
    shift: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecursionKey:
    """The verifying key of the recursion program that was shrunk."""

    commitment: tuple[int, ...]
    start: int
    initial_sum: tuple[int, ...]
    chips: tuple[ChipInformation, ...]
    ordering: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShrinkProof:
    """A decoded shrink proof; `trailing_bytes` follow it and mean nothing."""

    chips: tuple[ChipOpening, ...]
    fri: Fri
    ordering: dict[str, int]
    public_values: tuple[int, ...]
    key: RecursionKey
    index: int
    path: tuple[tuple[int, ...], ...]
    trailing_bytes: int


def decode(data: bytes) -> ShrinkProof:
    """A shrink proof from its bytes; Malformed when they are none."""
    reader = Reader(data)
    reader.skip_words(3 * _DIGEST)  # commitments to the main, permutation and quotient traces
    return ShrinkProof(
        chips=reader.sequence(100, lambda: _chip(reader)),
        fri=_fri(reader),
        ordering=_ordering(reader),
        public_values=reader.words(reader.count(4)),
        key=_key(reader),
        index=reader.u64(),
        path=reader.sequence(4 * _DIGEST, lambda: reader.words(_DIGEST)),
        trailing_bytes=len(data) - reader.at,
    )


def _chip(reader: Reader) -> ChipOpening:
    widths = tuple(reader.rows(_EXTENSION) for _ in range(6))
    quotients = reader.sequence(8, lambda: reader.rows(_EXTENSION))
    reader.skip_words(_SUM + _EXTENSION)
    return ChipOpening(widths=widths, quotients=quotients, log_degree=reader.u64())


def _fri(reader: Reader) -> Fri:
    phases = reader.rows(_DIGEST)
    steps = reader.sequence(8, lambda: reader.sequence(24, lambda: _step(reader)))
    reader.skip_words(_EXTENSION + 1)  # the final polynomial and the proof of work
    openings = reader.sequence(8, lambda: reader.sequence(16, lambda: _batch(reader)))
    return Fri(phases=phases, steps=steps, openings=openings)


def _step(reader: Reader) -> int:
    reader.skip_words(_EXTENSION)
    return reader.rows(_DIGEST)


def _batch(reader: Reader) -> tuple[int, ...]:
    widths = reader.sequence(8, lambda: reader.rows(1))
    reader.rows(_DIGEST)
    return widths


def _ordering(reader: Reader) -> dict[str, int]:
    return dict(reader.sequence(16, lambda: (reader.text(), reader.u64())))


def _key(reader: Reader) -> RecursionKey:
    return RecursionKey(
        commitment=reader.words(_DIGEST),
        start=reader.words(1)[0],
        initial_sum=reader.words(_SUM),
        chips=reader.sequence(36, lambda: _information(reader)),
        ordering=_ordering(reader),
    )


def _information(reader: Reader) -> ChipInformation:
    return ChipInformation(
        name=reader.text(),
        log_size=reader.u64(),
        shift=reader.words(1)[0],
        width=reader.u64(),
        height=reader.u64(),
    )
