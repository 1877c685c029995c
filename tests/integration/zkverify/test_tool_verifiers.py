"""`zk-operator zkverify` with another verifier than Groth16 and SP1: its keys, a price, a proof, and what is refused."""

import json
from pathlib import Path

import pytest

from zk_devnet.zkverify.pallets.proofs import UnverifiedPolicy
from zk_devnet.zkverify.signature import key_pair

from .test_tool import running
from .test_verifiers import CASES

pytestmark = pytest.mark.devnet
[FFLONK] = [case for case in CASES if case["name"] == "fflonk"]


async def test_tool__of_another_verifier__registers_prices_submits_and_gives_up(
    tmp_path: Path,
) -> None:
    proof, vk = tmp_path / "proof.json", tmp_path / "vk.json"
    proof.write_text(json.dumps({"proof": FFLONK["proof"], "pubs": FFLONK["pubs"]}))
    vk.write_text(json.dumps(FFLONK["vk"]))
    of_proof = ("fflonk", "--proof", str(proof))
    async with running(tmp_path, others_policy=UnverifiedPolicy.ACCEPT_UNVERIFIED) as (tool, _dev):
        hashed = await tool.run("vk", "hash", str(vk), "--verifier", "fflonk")
        assert hashed["vk_hash"] == FFLONK["vk_hash"]
        by_hash = ("--vk", FFLONK["vk_hash"])
        missing = await tool.pay("submit", *of_proof, *by_hash, code=1)
        assert missing["error"]["code"] == "ZKO-ZKV-035"
        no_key = await tool.pay("submit", *of_proof, code=1)
        assert no_key["error"]["code"] == "ZKO-PRF-003"

        price = await tool.run("estimate", "fflonk", "--vk", str(vk))
        [key] = await tool.pay("vk", "register", str(vk), "--verifier", "fflonk")
        assert (key["vk_hash"], key["deposit"]) == (FFLONK["vk_hash"], price["hold"])
        [again] = await tool.pay("vk", "register", str(vk), "--verifier", "fflonk")
        assert again["how"] == "ours"
        alice = "0x" + key_pair("//Alice").public.hex()
        [held] = await tool.run("vk", "list", "--address", alice)
        assert (held["pallet"], held["vk_hash"]) == ("SettlementFFlonkPallet", FFLONK["vk_hash"])

        fee = await tool.run("estimate", "fflonk", "--proof", str(proof), *by_hash)
        done = await tool.pay("submit", *of_proof, *by_hash)
        assert done["sent"] is True
        assert int(done["paid"]) <= int(fee["fee"])
        same = await tool.pay("submit", *of_proof, "--vk", str(vk))
        assert (same["sent"], same["statement"]) == (False, done["statement"])
        await tool.pay("vk", "unregister", FFLONK["vk_hash"], "--verifier", "fflonk")
        assert await tool.run("vk", "list", "--address", alice) == []


async def test_tool__of_a_key_that_is_not_the_verifiers__says_what_is_wrong(tmp_path: Path) -> None:
    vk = tmp_path / "vk.json"
    vk.write_text(json.dumps({"power": 1}))
    async with running(tmp_path) as (tool, _dev):
        refused = await tool.pay("vk", "register", str(vk), "--verifier", "fflonk", code=1)
        assert refused["error"]["code"] == "ZKO-PRF-003"
        assert "part=vk" in json.dumps(refused["error"])
