"""SP1 5 shrink proofs as zkVerify's SP1 pallet takes them, taken apart completely and put together again.

Format: bincode of {shard_proof, vk, vk_merkle_proof} of SP1 5.0 (`ShardProof`, `StarkVerifyingKey` over BabyBear). Entries of
maps keep the order in which they were written, which means nothing. What follows is tolerated, as the pallet does.
"""

from dataclasses import dataclass

from zk_operator.adapters.sp1.reader import BincodeReader
from zk_operator.adapters.sp1.recursion_values import (
    BABYBEAR,
    V5,
    RecursionValues,
    read_recursion_values,
)
from zk_operator.adapters.sp1.schema import U64, Elements, Struct, Text, Value, Vec, Words
from zk_operator.domain.failures import ProofMalformed

MAX_BYTES = 786_432  # the pallet's limit
MAX_TRAILING = 4_096
_F = Elements(BABYBEAR)
_ONE = Words(1, BABYBEAR)
_EXTENSION = Words(4, BABYBEAR)
_DIGEST = Words(8, BABYBEAR)
_CURVE_SUM = Words(14, BABYBEAR)
_ROW = Vec(_EXTENSION)
_PATH = Vec(_DIGEST)
_OPENED = Struct({"local": _ROW, "next": _ROW})
_CHIP = Struct(
    {
        "preprocessed": _OPENED,
        "main": _OPENED,
        "permutation": _OPENED,
        "quotient": Vec(_ROW),
        "global_cumulative_sum": _CURVE_SUM,
        "local_cumulative_sum": _EXTENSION,
        "log_degree": U64(),
    }
)
_COMMITMENT = Struct({"main": _DIGEST, "permutation": _DIGEST, "quotient": _DIGEST})
_STEP = Struct({"sibling_value": _EXTENSION, "opening_proof": _PATH})
_FRI = Struct(
    {
        "commit_phase_commits": _PATH,
        "query_proofs": Vec(Vec(_STEP)),
        "final_poly": _EXTENSION,
        "pow_witness": _ONE,
    }
)
_BATCH_OPENING = Struct({"opened_values": Vec(_F), "opening_proof": _PATH})
_OPENING = Struct({"fri_proof": _FRI, "query_openings": Vec(Vec(_BATCH_OPENING))})
_ORDERING = Vec(Struct({"name": Text(), "place": U64()}))
SHARD_PROOF = Struct(
    {
        "commitment": _COMMITMENT,
        "opened_values": Vec(_CHIP),
        "opening_proof": _OPENING,
        "chip_ordering": _ORDERING,
        "public_values": _F,
    }
)
_CHIP_INFORMATION = Struct(
    {"name": Text(), "log_size": U64(), "shift": _ONE, "width": U64(), "height": U64()}
)
RECURSION_KEY = Struct(
    {
        "commit": _DIGEST,
        "pc_start": _ONE,
        "initial_global_cumulative_sum": _CURVE_SUM,
        "chip_information": Vec(_CHIP_INFORMATION),
        "chip_ordering": _ORDERING,
    }
)
CONTAINER = Struct(
    {
        "shard_proof": SHARD_PROOF,
        "vk": RECURSION_KEY,
        "vk_merkle_proof": Struct({"index": U64(), "path": _PATH}),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShrinkContainer:
    """A shrink proof. `parts` follow the schema; `trailing` are the bytes behind it."""

    parts: Value
    values: RecursionValues
    trailing: bytes

    def encode(self) -> bytes:
        """The inverse of `decode_shrink`."""
        return CONTAINER.write(self.parts) + self.trailing

    @property
    def trailing_values(self) -> bytes | None:
        """The public values, where they follow the proof with their length, as zkVerify's own example has them."""
        size = int.from_bytes(self.trailing[:8], "little")
        return self.trailing[8:] if size and size == len(self.trailing) - 8 else None


def decode_shrink(raw: bytes) -> ShrinkContainer:
    """Errors: ProofMalformed."""
    if len(raw) > MAX_BYTES:
        raise ProofMalformed("longer than the pallet takes", size=len(raw), most=MAX_BYTES)
    reader = BincodeReader(raw)
    parts = CONTAINER.read(reader)
    words = parts["shard_proof"]["public_values"]
    values = read_recursion_values(words, V5)
    if values is None:
        raise ProofMalformed("no public values of a shrink proof", words=len(words))
    trailing = reader.rest()
    if len(trailing) > MAX_TRAILING:
        raise ProofMalformed("too much behind the shrink proof", size=len(trailing))
    return ShrinkContainer(parts=parts, values=values, trailing=trailing)
