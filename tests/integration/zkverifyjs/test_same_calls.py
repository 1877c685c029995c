"""The same proofs, as other tools write them, make the same calls in zkverifyjs and here: byte for byte."""

import asyncio
import base64
import json
from typing import Any

import pytest
from tests.integration.zkverifyjs.test_zkverifyjs import HERE, needs
from tests.unit.zkverify_client.adapters.test_proof_document import (
    ARKWORKS,
    FFLONK,
    GNARK,
    SNARKJS,
    barretenbergs_key,
)
from tests.unit.zkverify_client.adapters.test_verifier_calls import CASES

from zk_acts.domain.ids import Hash32
from zk_devnet.zkverify import ZkVerifyDevNode, ZkVerifyNodeConfig
from zkverify_client.adapters.chain import Chain
from zkverify_client.adapters.client import ZkVerifyClient, ZkVerifyConfig, open_zkverify
from zkverify_client.adapters.pool import NetworkConfig
from zkverify_client.adapters.proof_document import document_of
from zkverify_client.adapters.verifier_calls import encode_proof, encoded_proof_call
from zkverify_client.domain.verifier import VerifierPallet

pytestmark = [pytest.mark.devnet, pytest.mark.timeout(120)]
DOMAIN = 7
REAL = {case["name"]: case for case in CASES}


def _groth16(library: str, document: dict[str, Any]) -> dict[str, Any]:
    return {"proofType": "groth16", "config": {"library": library, "curve": "bls12381"}, **document}


def _ultraplonk() -> dict[str, Any]:
    case = REAL["ultraplonk"]
    proof = bytes.fromhex(case["pubs"][0][2:]) + bytes(range(200))
    return {
        "proofType": "ultraplonk",
        "config": {"numberOfPublicInputs": 1},
        "proof": base64.b64encode(proof).decode(),
        "vk": barretenbergs_key(case["vk"]),
    }


DOCUMENTS: dict[str, dict[str, Any]] = {
    "groth16 of snarkjs": _groth16("snarkjs", SNARKJS),
    "groth16 of gnark": _groth16("gnark", GNARK),
    "groth16 of arkworks": _groth16("arkworks", ARKWORKS),
    "fflonk of snarkjs": {"proofType": "fflonk", **FFLONK},
    "ultraplonk of Barretenberg": _ultraplonk(),
    "plonky2": {
        "proofType": "plonky2",
        "config": {"hashFunction": "Poseidon"},
        "proof": "0x0102",
        "publicSignals": REAL["plonky2"]["pubs"],
        "vk": REAL["plonky2"]["vk"]["bytes"],
    },
    "risc0": {
        "proofType": "risc0",
        "config": {"version": "V2_2"},
        "proof": "0x0102",
        "publicSignals": "0x00003c0000000000",
        "vk": "0x" + "09" * 32,
    },
    "ezkl": {
        "proofType": "ezkl",
        "proof": "0x0102",
        "publicSignals": REAL["ezkl"]["pubs"],
        "vk": REAL["ezkl"]["vk"],
    },
}
_OURS = {"plonky2": {"config": "Poseidon"}, "risc0": {"version": "V2_2"}}
"""What stands beside hex in a document of ours, where zkverifyjs has options."""


async def _theirs(endpoint: str) -> list[str]:
    request = {"endpoint": endpoint, "domain": DOMAIN, "documents": list(DOCUMENTS.values())}
    process = await asyncio.create_subprocess_exec(
        "node",
        str(HERE / "encode.mjs"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await asyncio.wait_for(process.communicate(json.dumps(request).encode()), 60)
    assert process.returncode == 0, errors.decode()[-4000:]
    found: list[str] = json.loads(output)
    return found


async def _ours(client: ZkVerifyClient, name: str) -> bytes:
    """The call by the node's metadata."""
    document = DOCUMENTS[name]
    pallet = VerifierPallet[document["proofType"].upper()]
    wanted = document_of(pallet, {**document, **_OURS.get(name, {})})

    async def look(chain: Chain) -> bytes:
        runtime = await chain.runtime()
        return encoded_proof_call(runtime, encode_proof(runtime, wanted, None, DOMAIN))

    return await client.access.read(look)


async def test_calls__of_other_tools_proofs__are_the_official_clients() -> None:
    needs()
    async with ZkVerifyDevNode(ZkVerifyNodeConfig(block_time_s=0.3)).running() as dev:
        theirs = dict(zip(DOCUMENTS, await _theirs(dev.endpoint), strict=True))
        network = NetworkConfig(
            endpoints=(dev.endpoint,), genesis_hash=Hash32(dev.node.genesis_hash)
        )
        async with open_zkverify(ZkVerifyConfig(network=network)) as client:
            for name, call in theirs.items():
                assert "0x" + (await _ours(client, name)).hex() == call, name
