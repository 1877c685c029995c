"""Core and compressed proofs of SP1 6, taken apart completely and put together again.

Format: bincode of `ShardProof` and `SP1RecursionProof` over KoalaBear (sp1-hypercube and the slop crates; circuit version
v6.1.0). Entries of maps keep the order in which they were written.
"""

from dataclasses import dataclass

from zk_operator.adapters.sp1.reader import BincodeReader
from zk_operator.adapters.sp1.recursion_values import (
    KOALABEAR,
    V6,
    CoreValues,
    RecursionValues,
    read_core_values,
    read_recursion_values,
)
from zk_operator.adapters.sp1.schema import (
    U64,
    Elements,
    Maybe,
    Schema,
    Struct,
    Tensor,
    Text,
    Value,
    Vec,
    Words,
)
from zk_operator.domain.failures import ProofMalformed

_F = Elements(KOALABEAR)
_POINT = Elements(KOALABEAR, width=4)  # of the extension field
_ONE = Words(1, KOALABEAR)
_EXTENSION = Words(4, KOALABEAR)
_DIGEST = Words(8, KOALABEAR)
_EVALUATIONS = Tensor(_POINT)
_SUMCHECK = Struct(
    {
        "univariate_polys": Vec(_POINT),
        "claimed_sum": _EXTENSION,
        "point": _POINT,
        "evaluation": _EXTENSION,
    }
)
_ROUND = Struct(
    {
        "numerator_0": _EXTENSION,
        "numerator_1": _EXTENSION,
        "denominator_0": _EXTENSION,
        "denominator_1": _EXTENSION,
        "sumcheck_proof": _SUMCHECK,
    }
)
_CHIP_EVALUATION = Struct(
    {"name": Text(), "main": _EVALUATIONS, "preprocessed": Maybe(_EVALUATIONS)}
)
_LOGUP_GKR = Struct(
    {
        "numerator": _EVALUATIONS,
        "denominator": _EVALUATIONS,
        "round_proofs": Vec(_ROUND),
        "point": _POINT,
        "chip_openings": Vec(_CHIP_EVALUATION),
        "witness": _ONE,
    }
)
_CHIP = Struct({"name": Text(), "preprocessed": _POINT, "main": _POINT, "degree": _F})
_OPENING = Struct(
    {
        "values": Tensor(_F),
        "merkle_root": _DIGEST,
        "log_tensor_height": U64(),
        "width": U64(),
        "paths": Tensor(Elements(KOALABEAR, width=8)),
    }
)
_BASEFOLD = Struct(
    {
        "univariate_messages": Vec(Words(8, KOALABEAR)),
        "fri_commitments": Vec(_DIGEST),
        "component_openings": Vec(_OPENING),
        "query_openings": Vec(_OPENING),
        "final_poly": _EXTENSION,
        "pow_witness": _ONE,
        "batch_grinding_witness": _ONE,
        "batch_evaluations": Vec(_EVALUATIONS),
    }
)
_EVALUATION_PROOF = Struct(
    {
        "pcs_proof": _BASEFOLD,
        "sumcheck_proof": _SUMCHECK,
        "jagged_eval_proof": _SUMCHECK,
        "row_and_column_counts": Vec(Vec(Struct({"rows": U64(), "columns": U64()}))),
        "merkle_tree_commitments": Vec(_DIGEST),
        "expected_eval": _EXTENSION,
        "max_log_row_count": U64(),
        "log_m": U64(),
    }
)
SHARD_PROOF = Struct(
    {
        "public_values": _F,
        "main_commitment": _DIGEST,
        "logup_gkr_proof": _LOGUP_GKR,
        "zerocheck_proof": _SUMCHECK,
        "opened_chips": Vec(_CHIP),
        "evaluation_proof": _EVALUATION_PROOF,
    }
)
RECURSION_KEY = Struct(
    {
        "pc_start": Words(3, KOALABEAR),
        "initial_global_cumulative_sum": Words(14, KOALABEAR),
        "preprocessed_commit": _DIGEST,
        "enable_untrusted_programs": _ONE,
    }
)
CORE = Vec(SHARD_PROOF)
COMPRESSED = Struct(
    {
        "vk": RECURSION_KEY,
        "proof": SHARD_PROOF,
        "vk_merkle_proof": Struct({"index": U64(), "path": Vec(_DIGEST)}),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StarkBody:
    """A core or compressed proof. `parts` follow the schema."""

    schema: Schema
    parts: Value
    values: RecursionValues | CoreValues

    def encode(self) -> bytes:
        """The inverse of `read_core` and `read_compressed`."""
        return self.schema.write(self.parts)


def read_core(reader: BincodeReader) -> StarkBody:
    """A vector of shards; its claims are those of the last one. Errors: ProofMalformed."""
    shards = CORE.read(reader)
    values = read_core_values(shards[-1]["public_values"]) if shards else None
    if values is None:
        raise ProofMalformed("no public values of a core proof", shards=len(shards))
    return StarkBody(schema=CORE, parts=shards, values=values)


def read_compressed(reader: BincodeReader) -> StarkBody:
    """Errors: ProofMalformed."""
    parts = COMPRESSED.read(reader)
    words = parts["proof"]["public_values"]
    values = read_recursion_values(words, V6)
    if values is None:
        raise ProofMalformed("no public values of a compressed proof", words=len(words))
    return StarkBody(schema=COMPRESSED, parts=parts, values=values)
