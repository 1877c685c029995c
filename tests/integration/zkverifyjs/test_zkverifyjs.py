"""The official client, zkverifyjs, unchanged, against the dev node: sessions, keys, proofs, domains, receipts, events."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from zk_devnet.zkverify import ZkVerifyDevNode, ZkVerifyNodeConfig
from zk_devnet.zkverify.pallets.proofs import Sp1Policy

pytestmark = [pytest.mark.devnet, pytest.mark.timeout(300)]
HERE = Path(__file__).parent
VECTORS = HERE.parents[3] / "shared" / "vectors" / "zkverify"
GROTH16, SHRINK = VECTORS / "groth16-bn254.json", VECTORS / "sp1-shrink.json"
BLOCK_TIME_S = 0.3
DRIVE_S = 240.0


def _needs() -> None:
    if not (HERE / "node_modules" / "zkverifyjs").is_dir() or shutil.which("node") is None:
        pytest.skip("zkverifyjs is not installed: run `make test` or `make zkverifyjs`")
    if not GROTH16.is_file() or not SHRINK.is_file():
        pytest.skip("the shared vectors are not here")


def _numbers(point: str) -> list[str]:
    raw = bytes.fromhex(point[2:])  # flags in the last byte stay: zkverifyjs writes them back
    return [str(int.from_bytes(raw[at : at + 32], "little")) for at in range(0, len(raw), 32)]


def _g1(point: str) -> list[str]:
    return [*_numbers(point), "1"]


def _g2(point: str) -> list[list[str]]:
    x0, x1, y0, y1 = _numbers(point)
    return [[x0, x1], [y0, y1], ["1", "0"]]


def _groth16() -> dict[str, Any]:
    """The vector as snarkjs writes it, which is what zkverifyjs takes."""
    vector = json.loads(GROTH16.read_text())
    key, proof = vector["vk"], vector["proof"]["proof"]
    signal = _numbers(vector["pubs"][0])
    return {
        "vk": {
            "vk_alpha_1": _g1(key["alphaG1"]),
            "vk_beta_2": _g2(key["betaG2"]),
            "vk_gamma_2": _g2(key["gammaG2"]),
            "vk_delta_2": _g2(key["deltaG2"]),
            "IC": [_g1(point) for point in key["gammaAbcG1"]],
        },
        "proof": {"pi_a": _g1(proof["a"]), "pi_b": _g2(proof["b"]), "pi_c": _g1(proof["c"])},
        "publicSignals": signal,
        "otherSignals": [str(int(signal[0]) + 1)],
        "vkHash": vector["vk_hash"],
    }


def _sp1() -> dict[str, str]:
    vector = json.loads(SHRINK.read_text())
    proof = (VECTORS / vector["proof_file"]).read_bytes()
    return {"vk": vector["vk"], "pubs": vector["pubs"], "proof": "0x" + proof.hex()}


async def _drive() -> dict[str, Any]:
    strict = ZkVerifyNodeConfig(block_time_s=BLOCK_TIME_S)
    lenient = ZkVerifyNodeConfig(block_time_s=BLOCK_TIME_S, sp1_policy=Sp1Policy.ACCEPT_UNVERIFIED)
    async with (
        ZkVerifyDevNode(strict).running() as refusing,
        ZkVerifyDevNode(lenient).running() as accepting,
    ):
        request = {
            "refusing": refusing.endpoint,
            "accepting": accepting.endpoint,
            "groth16": _groth16(),
            "sp1": _sp1(),
        }
        return await _run_node(json.dumps(request).encode())


async def _run_node(request: bytes) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        "node",
        str(HERE / "drive.mjs"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, errors = await asyncio.wait_for(process.communicate(request), DRIVE_S)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, errors.decode()[-4000:]
    found: dict[str, Any] = json.loads(output)
    return found


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    """Everything that zkverifyjs saw in one run."""
    _needs()
    return asyncio.run(_drive())


def _vector(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def _error(outcome: dict[str, Any]) -> str:
    """The refusal of a transaction, which its emitter reported as well."""
    assert "result" not in outcome
    assert outcome["events"][:2] == ["broadcast", "error"]
    message: str = outcome["error"]
    return message


VERIFIED = ["broadcast", "proofVerified", "includedInBlock", "finalized"]
AGGREGATED = ["broadcast", "proofVerified", "newProof", "includedInBlock", "finalized"]
PUBLISHED = ["broadcast", "newAggregationReceipt", "includedInBlock", "finalized"]
CHANGED = [
    *("broadcast", "domainStateChanged", "includedInBlock"),
    *("domainStateChanged", "finalized"),  # zkverifyjs reports it again when it is final
]


def test_session__each_kind__connects_and_knows_the_runtime(seen: dict[str, Any]) -> None:
    accounts = seen["accounts"]
    assert accounts["runtime"] == {"specVersion": 1_006_002, "specName": "tzkv-runtime"}
    assert seen["readOnly"] == {"readOnly": True, "chain": "zkVerify Devnet"}


def test_session__accounts__have_their_genesis_balance(seen: dict[str, Any]) -> None:
    accounts = seen["accounts"]
    assert accounts["first"] == accounts["infos"][0]["address"]
    assert [info["freeBalance"] for info in accounts["infos"]] == [str(10**24)] * 3 + ["0"] * 2
    assert [info["address"] for info in accounts["infos"][3:]] == accounts["derived"]
    assert accounts["left"] == 4


def test_keys__groth16__is_registered_once_by_each_account(seen: dict[str, Any]) -> None:
    keys, expected = seen["keys"], _vector(GROTH16)["vk_hash"]
    assert keys["groth16"]["events"] == [
        "broadcast",
        "vkRegistered",
        "includedInBlock",
        "finalized",
    ]
    assert keys["groth16"]["result"]["statementHash"] == expected
    assert keys["groth16ByBob"]["result"]["statementHash"] == expected
    assert _error(keys["groth16Again"]) == "Verification key has already been registered."


def test_keys__by_rpc__have_the_registered_hashes(seen: dict[str, Any]) -> None:
    keys, vk = seen["keys"], _vector(SHRINK)["vk"]
    assert keys["sp1"]["result"]["statementHash"] == keys["hashSp1"] == vk
    assert keys["hashGroth16"] == _vector(GROTH16)["vk_hash"]


def test_verify__groth16__states_what_the_real_chain_states(seen: dict[str, Any]) -> None:
    proofs, statement = seen["proofs"], _vector(GROTH16)["statement"]
    for way in (proofs["inline"], proofs["registered"], proofs["prebuilt"]["verified"]):
        assert way["events"] == VERIFIED
        assert (way["result"]["statement"], way["result"]["status"]) == (statement, "finalized")
        assert way["result"]["txClass"] == "Normal"


def test_verify__refused__carries_the_texts_of_the_real_runtime(seen: dict[str, Any]) -> None:
    proofs = seen["proofs"]
    assert _error(proofs["wrong"]) == "Verify proof failed."
    assert _error(proofs["unknownKey"]) == "Provided an unregistered verification key hash."


def test_verify__explicit_nonces_out_of_order__are_all_included(seen: dict[str, Any]) -> None:
    parallel = seen["proofs"]["parallel"]
    assert [outcome["events"][-1] for outcome in parallel["outcomes"]] == ["finalized"] * 3
    assert parallel["after"] == parallel["nonce"] + 3


def test_batch__all_or_nothing(seen: dict[str, Any]) -> None:
    proofs = seen["proofs"]
    assert proofs["batch"]["result"]["batchCount"] == 2
    assert proofs["batch"]["events"] == ["broadcast", "includedInBlock", "finalized"]
    assert _error(proofs["brokenBatch"]) == "Verify proof failed."


def test_extrinsics__built_offline__cost_what_they_are_estimated_at(seen: dict[str, Any]) -> None:
    prebuilt = seen["proofs"]["prebuilt"]
    assert prebuilt["sameBytes"]
    assert prebuilt["cost"]["partialFee"] == prebuilt["verified"]["result"]["feeInfo"]["actualFee"]
    assert "Could not decode" in prebuilt["malformed"]["error"]


def test_optimistic__dry_runs__are_told_apart(seen: dict[str, Any]) -> None:
    optimistic = seen["optimistic"]
    assert [optimistic[name]["type"] for name in ("good", "atBlock", "batch")] == ["ok"] * 3
    assert optimistic["bad"]["code"] == "settlementGroth16Pallet.VerifyError"
    assert optimistic["bad"]["verificationError"]
    assert optimistic["stale"]["code"] == "InvalidTransaction.Stale"
    assert optimistic["brokenBatch"]["failedIndex"] == 1


def test_aggregation__from_domain_to_receipt__gives_the_path(seen: dict[str, Any]) -> None:
    aggregation, statement = seen["aggregation"], _vector(GROTH16)["statement"]
    assert [
        aggregation[name]["result"]["aggregationId"] for name in ("first", "second", "third")
    ] == [*(1, 1, 2)]
    assert aggregation["first"]["events"] == AGGREGATED
    assert aggregation["published"]["events"] == PUBLISHED
    receipt, path = aggregation["receipt"], aggregation["path"]["result"]
    assert receipt["root"] == path["root"] == aggregation["published"]["result"]["receipt"]
    assert receipt["blockHash"] == aggregation["published"]["result"]["blockHash"]
    assert (path["leaf"], path["leafIndex"], path["numberOfLeaves"]) == (statement, 0, 2)
    assert len(path["proof"]) == 1


def test_aggregation__full_domain__verifies_without_a_new_proof(seen: dict[str, Any]) -> None:
    full = seen["aggregation"]["full"]
    assert full["events"] == VERIFIED
    assert "aggregationId" not in full["result"]


def test_aggregation__what_is_not_there__is_refused_in_the_nodes_words(
    seen: dict[str, Any],
) -> None:
    aggregation = seen["aggregation"]
    assert _error(aggregation["early"]) == (
        "This aggregation cannot be published or it's already published."
    )
    assert "Statement not found in this aggregation" in aggregation["pathOfOther"]["error"]
    assert "Receipt not published in this block" in aggregation["pathOfUnpublished"]["error"]


def test_domains__allow_list__decides_who_is_aggregated(seen: dict[str, Any]) -> None:
    domains = seen["domains"]
    assert domains["stranger"]["events"] == VERIFIED
    assert domains["allowed"]["events"] == ["broadcast", "includedInBlock", "finalized"]
    assert domains["listed"]["events"] == AGGREGATED
    assert _error(domains["foreignAggregate"]) == "BadOrigin"
    assert domains["ownAggregate"]["events"] == PUBLISHED


def test_domains__hold_to_removal__goes_through_every_state(seen: dict[str, Any]) -> None:
    domains = seen["domains"]
    steps = [domains[name] for name in ("held", "unlisted", "unregistered")]
    assert [step["events"] for step in steps] == [CHANGED] * 3
    states = [step["result"]["domainState"] for step in steps]
    assert states == ["Hold", "Removable", "Removed"]
    assert _error(domains["foreignHold"]) == "BadOrigin"
    assert _error(domains["tooEarly"]) == "Try to remove or hold a domain in a invalid state."
    assert domains["empty"]["held"]["result"]["domainState"] == "Removable"
    assert domains["empty"]["unregistered"]["result"]["domainState"] == "Removed"
    assert "between 1 and 128" in domains["tooLarge"]["error"]


def test_sp1__real_shrink_proof__is_refused_unless_told_otherwise(seen: dict[str, Any]) -> None:
    sp1 = seen["sp1"]
    assert _error(sp1["refused"]) == "Verify proof failed."
    assert sp1["accepted"]["events"] == VERIFIED
    assert sp1["accepted"]["result"]["statement"] == _vector(SHRINK)["statement"]
    assert sp1["dryRun"]["success"]


def test_sp1__anything_else_with_it__is_refused(seen: dict[str, Any]) -> None:
    sp1 = seen["sp1"]
    assert _error(sp1["otherPubs"]) == _error(sp1["otherVk"]) == "Verify proof failed."
    assert _error(sp1["garbage"]) == "Provided data has not valid proof."


def test_subscription__every_event__is_reported(seen: dict[str, Any]) -> None:
    watched = seen["watched"]
    assert set(watched) == {
        *("vkRegistered", "proofVerified", "newProof", "newDomain", "aggregationComplete"),
        *("newAggregationReceipt", "domainStateChanged", "unsubscribe"),
    }
    statement = _vector(GROTH16)["statement"]
    assert watched["newProof"][0]["data"] == {
        "statement": statement,
        "domainId": "0",
        "aggregationId": "1",
    }
    assert [event["data"]["id"] for event in watched["newDomain"]] == ["0", "1", "2"]
    assert len(watched["vkRegistered"]) == 3
    receipts = {event["data"]["receipt"] for event in watched["newAggregationReceipt"]}
    assert seen["aggregation"]["receipt"]["root"] in receipts
