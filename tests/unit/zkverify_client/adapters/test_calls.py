import json
from pathlib import Path
from typing import Any

import pytest

from zk_acts.domain.ids import Hash32
from zkverify_client.adapters.calls import (
    SubmittedBatch,
    SubmittedProof,
    SubmittedVk,
    batch_call,
    read_call,
    register_vk_call,
    submit_proof_call,
    submit_shrink_call,
)
from zkverify_client.adapters.errors import MalformedChainAnswer
from zkverify_client.adapters.runtime import Runtime
from zkverify_client.domain.groth16 import Groth16Proof, Groth16Vk, g1_from_le, g2_from_le
from zkverify_client.domain.sp1_proof import decode_gnark_vk
from zkverify_client.domain.statement import groth16_vk_hash, scale_groth16_vk

V6_HASH = "f302723b6a2210f61a637afc730f9216308d94c6915dcc629fc041bd5a9fb84c"


def _raw(text: str) -> bytes:
    return bytes.fromhex(text[2:])


@pytest.fixture
def vector(vectors: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((vectors / "zkverify/groth16-bn254.json").read_text())
    return content


def _vk(vector: dict[str, Any]) -> Groth16Vk:
    vk = vector["vk"]
    return Groth16Vk(
        alpha=g1_from_le(_raw(vk["alphaG1"])),
        beta=g2_from_le(_raw(vk["betaG2"])),
        gamma=g2_from_le(_raw(vk["gammaG2"])),
        delta=g2_from_le(_raw(vk["deltaG2"])),
        k=tuple(g1_from_le(_raw(point)) for point in vk["gammaAbcG1"]),
    )


def _proof(vector: dict[str, Any]) -> Groth16Proof:
    proof = vector["proof"]["proof"]
    return Groth16Proof(
        a=g1_from_le(_raw(proof["a"])),
        b=g2_from_le(_raw(proof["b"])),
        c=g1_from_le(_raw(proof["c"])),
    )


def test_submit_proof_call__the_chains_own_vector__is_laid_out_as_the_pallet_reads_it(
    any_runtime: Runtime, vector: dict[str, Any]
) -> None:
    call = submit_proof_call(
        any_runtime,
        vk_hash=Hash32(_raw(vector["vk_hash"])),
        proof=_proof(vector),
        public_inputs=[_raw(scalar) for scalar in vector["pubs"]],
        domain_id=3,
    )
    assert call[:35] == b"\xa1\x00\x00" + _raw(vector["vk_hash"])
    assert call[35:38] == b"\x00\x01\x01"  # curve, then the compact length 64
    assert call.endswith(b"\x04\x80" + _raw(vector["pubs"][0]) + b"\x01\x03\x00\x00\x00")
    assert len(call) == 35 + 263 + 34 + 5


def test_read_call__what_was_composed__gives_the_statement_of_the_vector(
    any_runtime: Runtime, vector: dict[str, Any]
) -> None:
    call = submit_proof_call(
        any_runtime,
        vk_hash=Hash32(_raw(vector["vk_hash"])),
        proof=_proof(vector),
        public_inputs=[_raw(scalar) for scalar in vector["pubs"]],
        domain_id=0,
    )
    expected = SubmittedProof(statement=_raw(vector["statement"]), domain_id=0)  # type: ignore[arg-type]
    assert read_call(any_runtime, call) == expected


def test_register_vk_call__sp1s_circuit__is_its_scale_form_and_hash(
    any_runtime: Runtime, vectors: Path
) -> None:
    vk = decode_gnark_vk((vectors / "sp1-groth16/v6.1.0-groth16_vk.bin").read_bytes())
    call = register_vk_call(any_runtime, vk)
    assert call == b"\xa1\x01" + scale_groth16_vk(vk)
    assert groth16_vk_hash(vk).hex() == V6_HASH
    assert read_call(any_runtime, call) == SubmittedVk(vk_hash=Hash32(bytes.fromhex(V6_HASH)))


@pytest.mark.parametrize(
    "call",
    [
        b"",
        b"\x00\x00",
        b"\xa1\x02\x00",
        b"\xa1\x00\x01" + bytes(32),
        b"\xa1\x00\x00" + bytes(33),
        b"\xa1\x00\x00" + bytes(33) + b"\x00\x00\x00" + b"\xfe\xff\xff\xff",
        b"\xa1\x00\x00" + bytes(33) + b"\x00\x00\x00" + b"\x00\x00\xff",
    ],
)
def test_read_call__not_one_of_ours__raises_our_error(call: bytes, runtime: Runtime) -> None:
    with pytest.raises(MalformedChainAnswer):
        read_call(runtime, call)


def test_read_call__a_batch_of_proofs__has_each_of_them(runtime: Runtime) -> None:
    one = submit_shrink_call(
        runtime, vk=Hash32(b"\x01" * 32), proof=b"proof", public_values=b"values", domain_id=3
    )
    two = submit_shrink_call(
        runtime, vk=Hash32(b"\x02" * 32), proof=b"proof", public_values=b"values", domain_id=None
    )
    batch = read_call(runtime, batch_call(runtime, [one, two]))
    assert isinstance(batch, SubmittedBatch)
    assert batch.proofs == (read_call(runtime, one), read_call(runtime, two))


@pytest.mark.parametrize("calls", [[], ["aggregate"]])
def test_read_call__a_batch_that_we_would_not_make__is_malformed(
    calls: list[str], runtime: Runtime
) -> None:
    inner = [
        runtime.encode_call("Aggregate", name, {"domain_id": 0, "aggregation_id": 1})
        for name in calls
    ]
    with pytest.raises(MalformedChainAnswer):
        read_call(runtime, batch_call(runtime, inner))
