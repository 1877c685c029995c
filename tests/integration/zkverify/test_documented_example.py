"""The examples in docs/zkverify-client.md, as they stand."""

import json
import random
import re
from pathlib import Path
from typing import Any

import anyio
import pytest

from zk_acts.domain.ids import Statement
from zk_devnet.groth16_dev.encoding import gnark_vk_bytes
from zk_devnet.groth16_dev.prove import PublicInputs, onchain_bytes, prove
from zk_devnet.groth16_dev.trapdoor import dev_verifying_key
from zk_devnet.zkverify import UnverifiedPolicy
from zk_devnet.zkverify.config import GenesisDomain, ZkVerifyNodeConfig
from zk_devnet.zkverify.serve import ZkVerifyDevNode
from zkverify_client.domain.merkle import merkle_root
from zkverify_client.domain.sp1_proof import decode_gnark_vk
from zkverify_client.domain.statement import (
    groth16_vk_hash,
    public_values_digest,
    sp1_groth16_statement,
)
from zkverify_client.signing.signer import ZkVerifySigner

from .conftest import RUNTIME, needs_verifier, publish_when_there_is_something
from .test_verifiers import CASES

pytestmark = pytest.mark.devnet
PAGE = Path(__file__).parents[3] / "docs" / "zkverify-client.md"
VALUES = b"anything"


def example(name: str) -> Any:
    """The function of that name in the page's examples."""
    found = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    [source] = [text for text in found if f"def {name}(" in text]
    names: dict[str, Any] = {}
    exec(compile(source, str(PAGE), "exec"), names)
    return names[name]


INPUTS = PublicInputs(
    program_vkey=9,
    values_digest=public_values_digest(VALUES),
    exit_code=0,
    recursion_root=3,
    nonce=4,
)
[EZKL] = [case for case in CASES if case["name"] == "ezkl"]


def statement() -> bytes:
    """What the proof in the folder states."""
    vk = decode_gnark_vk(gnark_vk_bytes(dev_verifying_key()))
    return sp1_groth16_statement(groth16_vk_hash(vk), INPUTS.as_tuple())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the examples read."""
    proof = onchain_bytes(prove(INPUTS, random.Random(1).randrange), INPUTS)
    (tmp_path / "groth16_vk.bin").write_bytes(gnark_vk_bytes(dev_verifying_key()))
    document = {
        "proof": "0x" + proof.hex(),
        "vkey": "0x" + (9).to_bytes(32).hex(),
        "publicValues": "0x" + VALUES.hex(),
    }
    (tmp_path / "proof.json").write_text(json.dumps(document))
    (tmp_path / "ezkl.json").write_text(json.dumps(EZKL))
    return tmp_path


async def _run(name: str, folder: Path, *, published: bool) -> Any:
    """What an example returns; somebody publishes, where it waits for that."""
    config = ZkVerifyNodeConfig(
        block_time_s=0.25,
        domains=(GenesisDomain(),),
        others_policy=UnverifiedPolicy.ACCEPT_UNVERIFIED,
        **RUNTIME,
    )
    async with ZkVerifyDevNode(config).running() as dev, anyio.create_task_group() as group:
        if published:
            group.start_soon(publish_when_there_is_something, dev.endpoint)
        signer = ZkVerifySigner.from_development_uri("//Charlie")
        return await example(name)(dev.endpoint, signer, folder, 0)


@pytest.mark.parametrize("name", ["one_proof", "verify"])
async def test_example__of_one_proof__ends_with_the_aggregations_root(
    name: str, folder: Path
) -> None:
    assert await _run(name, folder, published=True) == merkle_root([Statement(statement())])


async def test_example__of_progress__sees_it_from_nothing_to_final(folder: Path) -> None:
    seen = await _run("progress", folder, published=False)
    assert seen[-1] == "final"
    assert "sent" in seen


async def test_example__of_a_batch__tells_what_became_of_each(folder: Path) -> None:
    placed, alone = await _run("batch", folder, published=False)
    assert placed.aggregation.aggregation_id == 1
    assert (alone.aggregation, alone.code) == (None, None)
    assert placed.statement == alone.statement == statement()


async def test_example__of_a_key_elsewhere__makes_the_domain(folder: Path) -> None:
    assert await _run("signed_elsewhere", folder, published=False) == 1


@needs_verifier("ezkl")
async def test_example__of_another_verifier__states_what_the_real_chain_did(folder: Path) -> None:
    stated = await _run("other_verifier", folder, published=True)
    assert "0x" + stated.hex() == EZKL["statement"]


def test_example__of_a_phrase__is_four_accounts_of_it() -> None:
    phrase = "bottom drive obey lake curtain smoke basket hold race lonely fit walk"
    found = example("accounts")(phrase)
    expected = [ZkVerifySigner.from_mnemonic(phrase, path=f"//operator//{n}") for n in range(4)]
    assert [each.public_key for each in found] == [each.public_key for each in expected]


def test_examples__of_the_page__are_all_run_here() -> None:
    """But for those that are only imports."""
    page = PAGE.read_text(encoding="utf-8")
    named = set(re.findall(r"^(?:async )?def (\w+)\(", page, re.MULTILINE))
    assert named == {
        *("one_proof", "verify", "progress", "batch", "where_the_key_is", "signed_elsewhere"),
        *("other_verifier", "accounts"),
    }
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    for block in blocks:
        if "def " not in block:
            exec(compile(block, str(PAGE), "exec"), {})
