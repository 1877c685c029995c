"""`zk-operator zkverify` as a process, against the dev node with a block every quarter of a second."""

import json
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import anyio
import pytest

from zk_devnet.groth16_dev.encoding import gnark_vk_bytes
from zk_devnet.groth16_dev.prove import PublicInputs, onchain_bytes, prove
from zk_devnet.groth16_dev.trapdoor import dev_verifying_key
from zk_devnet.zkverify.config import GenesisDomain, ZkVerifyNodeConfig
from zk_devnet.zkverify.pallets.proofs import Sp1Policy
from zk_devnet.zkverify.serve import ZkVerifyDevNode
from zk_devnet.zkverify.signature import key_pair
from zkverify_client.domain.statement import public_values_digest

from .conftest import HAS_ALLOW_LISTS, RUNTIME

pytestmark = pytest.mark.devnet
VECTORS = Path(__file__).parents[3].parent / "shared" / "vectors"
VKEY, VALUES = (9).to_bytes(32), b"what the program committed to"

_AS_ALICE = ("--account", "//Alice", "--dev")


class Tool:
    """Runs the command."""

    def __init__(self, endpoint: str, folder: Path) -> None:
        self._endpoint = endpoint
        self._folder = folder

    async def run(self, *arguments: str, code: int = 0) -> Any:
        """The JSON on standard output; the JSON on standard error for another exit code than 0."""
        done = await self._process(arguments)
        assert done.returncode == code, done.stderr.decode()
        text = (done.stdout if code == 0 else done.stderr.splitlines()[-1]).decode()
        return json.loads(text)

    async def both(self, *arguments: str, code: int) -> tuple[Any, Any]:
        """As Alice: the JSON on standard output, and the error's on standard error."""
        done = await self._process((*arguments, *_AS_ALICE))
        assert done.returncode == code, done.stderr.decode()
        return json.loads(done.stdout), json.loads(done.stderr.splitlines()[-1])

    async def die(self, *arguments: str, at: str) -> None:
        """As Alice, killed at a crash point."""
        done = await self._process((*arguments, *_AS_ALICE), ZKO_CRASH_AT=at)
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()

    async def _process(self, arguments: Sequence[str], **variables: str) -> CompletedProcess[bytes]:
        command = [sys.executable, "-m", "zk_operator.cli.main", "zkverify", *arguments, "--json"]
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self._folder),
            "TMPDIR": str(
                self._folder
            ),  # whose locks are its own: others test with the same account
            "ZKO_ZKVERIFY_ENDPOINT": self._endpoint,
            "ZKO_ZKVERIFY_STATE": str(self._folder / "acts.sqlite"),
            **variables,
        }
        return await anyio.run_process(command, env=environment, check=False)

    async def pay(self, *arguments: str, code: int = 0) -> Any:
        """As Alice."""
        return await self.run(*arguments, *_AS_ALICE, code=code)


@asynccontextmanager
async def running(folder: Path, **settings: Any) -> AsyncIterator[tuple[Tool, ZkVerifyDevNode]]:
    config = ZkVerifyNodeConfig(block_time_s=0.25, **{**RUNTIME, **settings})
    async with ZkVerifyDevNode(config).running() as dev:
        yield Tool(dev.endpoint, folder), dev


def write_proof(folder: Path) -> tuple[Path, Path]:
    """A real proof in SP1's on-chain form, as the prover network delivers it, and the key's file."""
    inputs = PublicInputs(
        program_vkey=int.from_bytes(VKEY),
        values_digest=public_values_digest(VALUES),
        exit_code=0,
        recursion_root=3,
        nonce=4,
    )
    proof, vk = folder / "proof.bin", folder / "groth16_vk.bin"
    proof.write_bytes(onchain_bytes(prove(inputs, lambda bound: 12345 % bound), inputs))
    vk.write_bytes(gnark_vk_bytes(dev_verifying_key()))
    return proof, vk


async def test_tool__from_a_key_to_a_receipt(tmp_path: Path) -> None:
    proof, vk = write_proof(tmp_path)
    of_proof = ["--proof", str(proof), "--program-vkey", VKEY.hex(), "--pubs", VALUES.hex()]
    async with running(tmp_path, domains=(GenesisDomain(),)) as (tool, _dev):
        missing = await tool.pay("submit", "groth16", *of_proof, "--vk", str(vk), code=1)
        assert missing["error"]["code"] == "ZKO-ZKV-035"
        estimate = await tool.run("estimate", "--vk", str(vk))
        [key] = await tool.pay("vk", "register", str(vk))
        assert (key["how"], key["deposit"]) == ("new", estimate["hold"])
        alice = "0x" + key_pair("//Alice").public.hex()
        assert (await tool.run("vk", "list", "--address", alice))[0]["vk_hash"] == key["vk_hash"]

        submit = ["submit", "groth16", *of_proof, "--vk", str(vk), "--domain", "0"]
        late = await tool.pay(*submit, "--timeout", "9", code=4)  # nobody publishes
        assert late["error"]["code"] == "ZKO-ZKV-062"
        published = await tool.pay("aggregate", "--domain", "0", "--aggregation", "1")
        done = await tool.pay(*submit)
        assert done["root"] == published["root"]
        assert (done["sent"], done["published"]) == (False, True)
        assert done["leaf_count"] == 1
        receipt = ["receipt", "--domain", "0", "--aggregation", "1"]
        receipt += ["--statement", done["statement"], "--from-block", str(done["block"])]
        assert (await tool.run(*receipt))["root"] == done["root"]
        submitted = [r for r in await _events(tool, done["block"]) if "NewProof" in r["event"]]
        assert [event["fields"]["statement"] for event in submitted] == [done["statement"]]
        nonce = (await tool.run("status", "--address", alice))["account"]["nonce"]
        assert nonce == 3  # the key, the proof once, the publication
        given_up = await tool.pay("vk", "unregister", key["vk_hash"])
        assert given_up["vk_hash"] == key["vk_hash"]
        assert await tool.run("vk", "list", "--address", alice) == []


async def _events(tool: Tool, block: int) -> list[Any]:
    """`watch` prints a document a line; of one block, as the first ones may be pruned by now."""
    command = [sys.executable, "-m", "zk_operator.cli.main", "zkverify", "watch", "--json"]
    command += ["--endpoint", tool._endpoint, "--from-block", str(block)]
    command += ["--until-block", str(block)]
    done = await anyio.run_process(command)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.skipif(not HAS_ALLOW_LISTS, reason="the runtime has no allow-lists")
async def test_tool__life_of_a_domain(tmp_path: Path) -> None:
    async with running(tmp_path) as (tool, _dev):
        bob = "0x" + key_pair("//Bob").public.hex()
        made = await tool.pay(
            "domain", "register", "--size", "2", "--proof-rules", "OnlyAllowlisted"
        )
        domain = str(made["domain_id"])
        await tool.pay("domain", "allow", domain, "--submitter", bob)
        await tool.pay("domain", "fees", domain, "--delivery-fee", "0.5")
        [shown] = await tool.run("domain", "list")
        assert (shown["state"], shown["proof_rules"]) == ("Ready", "OnlyAllowlisted")
        assert shown["delivery_fee"] == str(5 * 10**17)
        await tool.pay("domain", "disallow", domain, "--submitter", bob)
        held = await tool.pay("domain", "hold", domain)
        assert held["state"] == "Removable"
        removed = await tool.pay("domain", "unregister", domain)
        assert removed["state"] == "Removed"


async def test_tool__shrink_proof__is_checked_and_submitted(tmp_path: Path) -> None:
    folder = VECTORS / "zkverify"
    if not folder.exists():
        pytest.skip("the folder with real vectors is absent")
    facts = json.loads((folder / "sp1-shrink.json").read_text())
    proof = ["--proof", str(folder / facts["proof_file"]), "--pubs", facts["pubs"]]
    async with running(tmp_path, sp1_policy=Sp1Policy.ACCEPT_UNVERIFIED) as (tool, _dev):
        wrong = await tool.pay("submit", "sp1", *proof, "--vk", "0x" + "00" * 32, code=1)
        assert wrong["error"]["code"] == "ZKO-PRF-003"
        done = await tool.pay("submit", "sp1", *proof, "--vk", facts["vk"], "--dry-run")
        assert done["statement"] == facts["statement"]


async def test_tool__development_account_without_dev__is_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "zk_operator.cli.main", "zkverify", "aggregate"]
    command += ["--endpoint", "ws://127.0.0.1:1", "--domain", "0", "--aggregation", "1"]
    done = await anyio.run_process([*command, "--account", "//Alice"], check=False)
    assert done.returncode == 2
    assert b"everybody has the key" in done.stderr
