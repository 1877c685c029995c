"""The calls to verifier pallets: composed by the chain's metadata, and read back from stored bytes."""

from collections.abc import Sequence
from dataclasses import dataclass

from zk_acts.domain.ids import Hash32, Statement, hex0x
from zkverify_client.adapters.domain_calls import DomainCall, read_domain_call
from zkverify_client.adapters.errors import MalformedChainAnswer
from zkverify_client.adapters.runtime import AGGREGATE, GROTH16, SP1, UTILITY, Runtime
from zkverify_client.adapters.scale import Reader, compact
from zkverify_client.adapters.verifier_calls import read_key, read_submission
from zkverify_client.domain.groth16 import (
    Groth16Proof,
    Groth16Vk,
    g1_from_le,
    g1_to_le,
    g2_from_le,
    g2_to_le,
)

_BN254, _CURVE_BN254 = "Bn254", 0
_MAX_INPUTS = 64
_MOST_IN_BATCH = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedProof:
    """A submit_proof call, with the statement that it claims."""

    statement: Statement
    domain_id: int | None
    pallet: str = GROTH16


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedVk:
    """A register_vk call, or an unregister_vk call."""

    vk_hash: Hash32
    pallet: str = GROTH16
    gives_up: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedBatch:
    """A batch_all call around submit_proof calls."""

    proofs: tuple[SubmittedProof, ...]


Submitted = SubmittedProof | SubmittedBatch | SubmittedVk | DomainCall


def batch_call(runtime: Runtime, calls: Sequence[bytes]) -> bytes:
    """Utility.batch_all: all of them take effect, or none."""
    return runtime.call_prefix(UTILITY, "batch_all") + compact(len(calls)) + b"".join(calls)


def submit_proof_call(
    runtime: Runtime,
    *,
    vk_hash: Hash32,
    proof: Groth16Proof,
    public_inputs: Sequence[bytes],
    domain_id: int | None,
) -> bytes:
    """SettlementGroth16Pallet.submit_proof under a registered BN254 key; inputs are 32-byte little-endian scalars."""
    points = {"a": g1_to_le(proof.a), "b": g2_to_le(proof.b), "c": g1_to_le(proof.c)}
    arguments = {
        "vk_or_hash": {"Hash": hex0x(vk_hash)},
        "proof": {"curve": _BN254, "proof": {k: hex0x(v) for k, v in points.items()}},
        "pubs": [hex0x(scalar) for scalar in public_inputs],
        "domain_id": domain_id,
    }
    return runtime.encode_call(GROTH16, "submit_proof", arguments)


def submit_shrink_call(
    runtime: Runtime, *, vk: Hash32, proof: bytes, public_values: bytes, domain_id: int | None
) -> bytes:
    """SettlementSp1Pallet.submit_proof with the key in full: it is as long as its hash, and need not be registered."""
    arguments = {
        "vk_or_hash": {"Vk": hex0x(vk)},
        "proof": hex0x(proof),
        "pubs": hex0x(public_values),
        "domain_id": domain_id,
    }
    return runtime.encode_call(SP1, "submit_proof", arguments)


def register_vk_call(runtime: Runtime, vk: Groth16Vk) -> bytes:
    """SettlementGroth16Pallet.register_vk."""
    fields = {
        "curve": _BN254,
        "alpha_g1": hex0x(g1_to_le(vk.alpha)),
        "beta_g2": hex0x(g2_to_le(vk.beta)),
        "gamma_g2": hex0x(g2_to_le(vk.gamma)),
        "delta_g2": hex0x(g2_to_le(vk.delta)),
        "gamma_abc_g1": [hex0x(g1_to_le(point)) for point in vk.k],
    }
    return runtime.encode_call(GROTH16, "register_vk", {"vk": fields})


def register_shrink_vk_call(runtime: Runtime, vk: Hash32) -> bytes:
    """SettlementSp1Pallet.register_vk."""
    return runtime.encode_call(SP1, "register_vk", {"vk": hex0x(vk)})


def unregister_vk_call(runtime: Runtime, pallet: str, vk_hash: Hash32) -> bytes:
    """unregister_vk of a verifier pallet."""
    return runtime.encode_call(pallet, "unregister_vk", {"vk_hash": hex0x(vk_hash)})


def read_call(runtime: Runtime, call: bytes) -> Submitted:
    """What one of our calls asks for. MalformedChainAnswer for a call that is not ours."""
    reader = Reader(call)
    prefix = reader.take(2)
    if prefix == runtime.call_prefix(UTILITY, "batch_all"):
        return _read_batch(runtime, reader)
    for pallet in runtime.verifiers:
        if prefix == runtime.call_prefix(pallet, "register_vk"):
            return SubmittedVk(vk_hash=read_key(runtime, pallet, reader), pallet=pallet)
        if prefix == runtime.call_prefix(pallet, "unregister_vk"):
            return SubmittedVk(vk_hash=Hash32(reader.take(32)), pallet=pallet, gives_up=True)
    if (proof := _read_proof(runtime, prefix, reader)) is not None:
        reader.finish()
        return proof
    if prefix[:1] == runtime.call_prefix(AGGREGATE, "aggregate")[:1]:
        return read_domain_call(runtime, prefix, reader)
    raise MalformedChainAnswer("not a call that we make", prefix=prefix.hex())


def _read_batch(runtime: Runtime, reader: Reader) -> SubmittedBatch:
    count = reader.compact()
    if not 1 <= count <= _MOST_IN_BATCH:
        raise MalformedChainAnswer("a batch that we would not make", calls=count)
    proofs = []
    for _ in range(count):
        proof = _read_proof(runtime, reader.take(2), reader)
        if proof is None:
            raise MalformedChainAnswer("a batch with a call that is no proof")
        proofs.append(proof)
    reader.finish()
    return SubmittedBatch(proofs=tuple(proofs))


def _read_proof(runtime: Runtime, prefix: bytes, reader: Reader) -> SubmittedProof | None:
    for pallet in runtime.verifiers:
        if prefix == runtime.call_prefix(pallet, "submit_proof"):
            parts = read_submission(runtime, pallet, reader)
            return SubmittedProof(
                statement=parts.statement, domain_id=parts.domain_id, pallet=pallet
            )
    return None


def decode_groth16_vk(raw: bytes) -> Groth16Vk | None:
    """A Groth16 key as the chain stores it; None for one over another curve than BN254.

    Errors: MalformedChainAnswer, ProofFormatError for points that are none.
    """
    reader = Reader(raw)
    if reader.uint(1) != _CURVE_BN254:
        return None
    alpha, beta, gamma, delta = (reader.byte_vector() for _ in range(4))
    count = reader.compact()
    if not 1 <= count <= _MAX_INPUTS + 1:
        raise MalformedChainAnswer("a stored key has an impossible number of points", count=count)
    k = [reader.byte_vector() for _ in range(count)]
    reader.finish()
    return Groth16Vk(
        alpha=g1_from_le(alpha),
        beta=g2_from_le(beta),
        gamma=g2_from_le(gamma),
        delta=g2_from_le(delta),
        k=tuple(g1_from_le(point) for point in k),
    )
