"""The calls that we submit: composed by the chain's metadata, and read back from stored bytes."""

from collections.abc import Sequence
from dataclasses import dataclass

from eth_utils.crypto import keccak

from zk_operator.adapters.zkverify.errors import MalformedChainAnswer
from zk_operator.adapters.zkverify.runtime import GROTH16, Runtime
from zk_operator.adapters.zkverify.scale import Reader
from zk_operator.domain.groth16 import Groth16Proof, Groth16Vk, g1_to_le, g2_to_le
from zk_operator.domain.ids import Hash32, Statement, hex0x
from zk_operator.domain.statement import groth16_statement

_BN254 = "Bn254"
_BY_HASH = 0
_MAX_INPUTS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedProof:
    """A submit_proof call by key hash, with the statement that it claims."""

    statement: Statement
    domain_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedVk:
    """A register_vk call."""

    vk_hash: Hash32


Submitted = SubmittedProof | SubmittedVk


def submit_proof_call(
    runtime: Runtime,
    *,
    vk_hash: Hash32,
    proof: Groth16Proof,
    public_inputs: Sequence[bytes],
    domain_id: int,
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


def read_call(runtime: Runtime, call: bytes) -> Submitted:
    """What one of our calls asks for. MalformedChainAnswer for a call that is not ours."""
    reader = Reader(call)
    prefix = reader.take(2)
    if prefix == runtime.call_prefix(GROTH16, "register_vk"):
        return SubmittedVk(vk_hash=Hash32(keccak(reader.rest())))
    if prefix != runtime.call_prefix(GROTH16, "submit_proof"):
        raise MalformedChainAnswer("not a call that we make", prefix=prefix.hex())
    return _read_submit_proof(reader)


def _read_submit_proof(reader: Reader) -> SubmittedProof:
    if reader.uint(1) != _BY_HASH:
        raise MalformedChainAnswer("a proof submitted with its key in full is none of ours")
    vk_hash = reader.take(32)
    reader.take(1)  # curve
    for _point in "abc":
        reader.byte_vector()
    count = reader.compact()
    if count > _MAX_INPUTS:
        raise MalformedChainAnswer("too many public inputs", count=count)
    pubs = [reader.byte_vector() for _ in range(count)]
    domain_id = reader.uint(4) if reader.uint(1) else None
    reader.finish()
    return SubmittedProof(statement=groth16_statement(vk_hash, pubs), domain_id=domain_id)
