"""A third-party client, substrate-interface, against the dev node as it is."""

import json
from pathlib import Path
from typing import Any

import anyio
import pytest
from substrateinterface import Keypair, SubstrateInterface
from substrateinterface.exceptions import SubstrateRequestException

from zk_devnet.zkverify import ZkVerifyDevNode, ZkVerifyNodeConfig

pytestmark = pytest.mark.devnet
VECTOR = Path(__file__).parents[4] / "shared" / "vectors" / "zkverify" / "groth16-bn254.json"
DOMAIN = {
    "aggregation_size": 2,
    "queue_size": 4,
    "aggregate_rules": "Untrusted",
    "proof_rules": "Untrusted",
    "delivery": {"destination": "None", "fee": 0, "owner_tip": 0},
    "delivery_owner": None,
}


class Client:
    """substrate-interface with an account."""

    def __init__(self, url: str) -> None:
        self.api = SubstrateInterface(url=url, ss58_format=251)
        self.key = Keypair.create_from_uri("//Alice", ss58_format=251)

    def send(self, module: str, function: str, params: dict[str, Any], **options: Any) -> Any:
        call = self.api.compose_call(module, function, params)
        signed = self.api.create_signed_extrinsic(call, self.key, **options)
        return self.api.submit_extrinsic(signed, wait_for_inclusion=True)

    def events(self, receipt: Any) -> list[tuple[str, Any]]:
        return [
            (f"{event.value['module_id']}.{event.value['event_id']}", event.value["attributes"])
            for event in receipt.triggered_events
        ]


def _vector() -> dict[str, Any]:
    if not VECTOR.is_file():
        pytest.skip("the shared vectors are not here")
    found: dict[str, Any] = json.loads(VECTOR.read_text())
    return found


def _key(vector: dict[str, Any]) -> dict[str, Any]:
    names = {
        "alphaG1": "alpha_g1",
        "betaG2": "beta_g2",
        "gammaG2": "gamma_g2",
        "deltaG2": "delta_g2",
    }
    key = {names[name]: value for name, value in vector["vk"].items() if name in names}
    return {**key, "curve": "Bn254", "gamma_abc_g1": vector["vk"]["gammaAbcG1"]}


def _prove_and_aggregate(url: str) -> None:
    client, vector = Client(url), _vector()
    assert client.send("Aggregate", "register_domain", DOMAIN, era={"period": 64}).is_success
    assert client.send("SettlementGroth16Pallet", "register_vk", {"vk": _key(vector)}).is_success
    submission = {
        "vk_or_hash": {"Hash": vector["vk_hash"]},
        "proof": vector["proof"],
        "pubs": vector["pubs"],
        "domain_id": 0,
    }
    proven = client.send("SettlementGroth16Pallet", "submit_proof", submission, tip=7)
    events = dict(client.events(proven))
    assert events["SettlementGroth16Pallet.ProofVerified"]["statement"] == vector["statement"]
    assert events["Aggregate.NewProof"] == {
        "statement": vector["statement"],
        "domain_id": 0,
        "aggregation_id": 1,
    }
    assert proven.total_fee_amount == events["TransactionPayment.TransactionFeePaid"]["actual_fee"]
    published = client.send("Aggregate", "aggregate", {"domain_id": 0, "aggregation_id": 1})
    root = dict(client.events(published))["Aggregate.NewAggregationReceipt"]["receipt"]
    path = client.api.rpc_request(
        "aggregate_statementPath", [published.block_hash, 0, 1, vector["statement"]]
    )
    assert path["result"] == {
        "root": root,
        "proof": [],
        "number_of_leaves": 1,
        "leaf_index": 0,
        "leaf": vector["statement"],
    }
    assert client.api.rpc_request("vk_hash_groth16", [vector["vk"]])["result"] == vector["vk_hash"]
    client.api.close()


def _fail_in_known_ways(url: str) -> None:
    client = Client(url)
    failed = client.send("Aggregate", "aggregate", {"domain_id": 9, "aggregation_id": 1})
    assert failed.error_message["name"] == "UnknownDomainId"
    call = client.api.compose_call("System", "remark", {"remark": "0x00"})
    stale = client.api.create_signed_extrinsic(call, client.key, nonce=0)
    with pytest.raises(SubstrateRequestException) as caught:
        client.api.submit_extrinsic(stale)
    assert caught.value.args[0] == {
        "code": 1010,
        "message": "Invalid Transaction",
        "data": "Transaction is outdated",
    }
    head = client.api.get_chain_head()
    with pytest.raises(SubstrateRequestException) as caught:
        client.api.rpc_request("aggregate_statementPath", [head, 0, 1, "0x" + "00" * 32])
    assert caught.value.args[0]["code"] == 2
    client.api.close()


def _read_chain(url: str) -> None:
    client = Client(url)
    info = client.api.query("System", "Account", [client.key.ss58_address]).value
    assert info["data"]["free"] == 10**24
    assert client.api.get_constant("Balances", "ExistentialDeposit").value == 10**16
    block = client.api.get_block(client.api.get_chain_finalised_head())
    assert block["extrinsics"][0].value["call"]["call_function"] == "set"
    call = client.api.compose_call("System", "remark", {"remark": "0x00"})
    assert client.api.get_payment_info(call, client.key)["partialFee"] > 0
    assert list(client.api.query_map("System", "Account", max_results=3))
    client.api.close()


@pytest.mark.parametrize("work", [_prove_and_aggregate, _fail_in_known_ways, _read_chain])
@pytest.mark.parametrize("transport", ["ws", "http"])
async def test_client__over_either_transport__works_unchanged(work: Any, transport: str) -> None:
    if transport == "http" and work is not _read_chain:
        pytest.skip("waiting for inclusion needs subscriptions")
    config = ZkVerifyNodeConfig(block_time_s=0.2)
    async with ZkVerifyDevNode(config).running() as node:
        await anyio.sleep(0.7)  # some blocks
        url = node.endpoint if transport == "ws" else node.http_endpoint
        await anyio.to_thread.run_sync(work, url)
