"""The example in docs/zkverify-client.md, as it stands."""

import json
import random
import re
from pathlib import Path
from typing import Any

import anyio
import pytest

from zk_devnet.groth16_dev.encoding import gnark_vk_bytes
from zk_devnet.groth16_dev.prove import PublicInputs, onchain_bytes, prove
from zk_devnet.groth16_dev.trapdoor import dev_verifying_key
from zk_devnet.zkverify.client import NodeClient
from zk_devnet.zkverify.config import GenesisDomain, ZkVerifyNodeConfig
from zk_devnet.zkverify.scale import Case
from zk_devnet.zkverify.serve import ZkVerifyDevNode
from zk_devnet.zkverify.signature import key_pair
from zk_operator.adapters.signing.zkverify import ZkVerifySigner
from zk_operator.domain.merkle import merkle_root
from zk_operator.domain.statement import (
    groth16_vk_hash,
    public_values_digest,
    sp1_groth16_statement,
)

pytestmark = pytest.mark.devnet
PAGE = Path(__file__).parents[3] / "docs" / "zkverify-client.md"
VALUES = b"anything"


def example(name: str) -> Any:
    """The function of that name in the page's examples."""
    found = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    [source] = [text for text in found if f"async def {name}(" in text]
    names: dict[str, Any] = {}
    exec(compile(source, str(PAGE), "exec"), names)
    return names[name]


async def _publish_when_there_is_something(endpoint: str) -> None:
    """Somebody else's aggregator."""
    async with NodeClient(endpoint) as node:
        body = {"domain_id": 0, "aggregation_id": 1}
        while (await node.storage("Aggregate", "Domains", 0))["should_publish"] in ({}, []):  # noqa: ASYNC110  # the chain rings no bell
            await anyio.sleep(0.2)
        await node.submit(key_pair("//Bob"), Case("Aggregate", Case("aggregate", body)))


@pytest.mark.parametrize("name", ["one_proof", "verify"])
async def test_example__of_the_page__ends_with_the_aggregations_root(
    name: str, tmp_path: Path
) -> None:
    inputs = PublicInputs(
        program_vkey=9,
        values_digest=public_values_digest(VALUES),
        exit_code=0,
        recursion_root=3,
        nonce=4,
    )
    proof = onchain_bytes(prove(inputs, random.Random(1).randrange), inputs)
    (tmp_path / "groth16_vk.bin").write_bytes(gnark_vk_bytes(dev_verifying_key()))
    document = {
        "proof": "0x" + proof.hex(),
        "vkey": "0x" + (9).to_bytes(32).hex(),
        "publicValues": "0x" + VALUES.hex(),
    }
    (tmp_path / "proof.json").write_text(json.dumps(document))
    config = ZkVerifyNodeConfig(block_time_s=0.25, domains=(GenesisDomain(),))
    async with ZkVerifyDevNode(config).running() as dev, anyio.create_task_group() as group:
        group.start_soon(_publish_when_there_is_something, dev.endpoint)
        signer = ZkVerifySigner.from_development_uri("//Charlie")
        root = await example(name)(dev.endpoint, signer, tmp_path, 0)
    from zk_operator.domain.sp1_proof import decode_gnark_vk

    vk_hash = groth16_vk_hash(decode_gnark_vk(gnark_vk_bytes(dev_verifying_key())))
    assert root == merkle_root([sp1_groth16_statement(vk_hash, inputs.as_tuple())])
