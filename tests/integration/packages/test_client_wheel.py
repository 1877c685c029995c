"""The zkVerify client's wheel alone, in an environment of its own: what a Python developer installs."""

import json
import subprocess
from pathlib import Path

import anyio
import pytest
from tests.integration.zkverify.conftest import publish_when_there_is_something
from tests.integration.zkverify.test_documented_example import (
    PAGE,
    folder,
    statement,
)

from zk_acts.domain.ids import Statement
from zk_devnet.zkverify.config import GenesisDomain, ZkVerifyNodeConfig
from zk_devnet.zkverify.serve import ZkVerifyDevNode
from zkverify_client.domain.merkle import merkle_root

from .environment import install, packages_in

__all__ = ["folder"]  # a fixture
pytestmark = pytest.mark.devnet
OPERATORS = {
    *("zk_operator", "zk_devnet", "zk_trader"),
    *("aiohttp", "eth_account", "grpcio", "prometheus_client", "pydantic", "rich", "typer", "web3"),
}
EVERY_MODULE = """
import importlib, pkgutil, zk_acts, zkverify_client
for package in (zk_acts, zkverify_client):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.startswith(("zk_acts.cli", "zkverify_client.cli.", "zkverify_client.kurier.")):  # of extras
            importlib.import_module(module.name)
"""
EXAMPLE = """
import re, sys
from pathlib import Path
import anyio
page, endpoint, folder = sys.argv[1:]
blocks = re.findall(r"```python\\n(.*?)```", Path(page).read_text(encoding="utf-8"), re.DOTALL)
exec([text for text in blocks if "def one_proof(" in text][0])
signer = ZkVerifySigner.from_development_uri("//Charlie")
print(anyio.run(one_proof, endpoint, signer, Path(folder), 0).hex())
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a fresh environment: the client's wheel with its dependencies as locked."""
    return install("zkverify-client", tmp_path_factory.mktemp("client-alone") / "venv")


@pytest.fixture(scope="module")
def with_command(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `environment`, with the extra `cli`."""
    return install("zkverify-client", tmp_path_factory.mktemp("client-cli") / "venv", "cli")


def test_clients_wheel__installed_alone__brings_nothing_of_the_operator(environment: Path) -> None:
    found = packages_in(environment)
    assert "zkverify_client" in found
    assert found & OPERATORS == set()


def test_clients_wheel__installed_alone__imports_every_module(environment: Path) -> None:
    done = subprocess.run(
        [environment / "python", "-c", EVERY_MODULE], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


async def test_clients_wheel__installed_alone__has_a_proof_verified_as_the_page_says(
    environment: Path, folder: Path
) -> None:
    config = ZkVerifyNodeConfig(block_time_s=0.25, domains=(GenesisDomain(),))
    async with ZkVerifyDevNode(config).running() as dev, anyio.create_task_group() as group:
        group.start_soon(publish_when_there_is_something, dev.endpoint)
        command = [str(environment / "python"), "-c", EXAMPLE, str(PAGE), dev.endpoint, str(folder)]
        with anyio.fail_after(120):
            done = await anyio.run_process(command, check=False, cwd=folder)
    assert done.returncode == 0, done.stderr.decode()
    verified, root = done.stdout.decode().splitlines()[-2:]
    assert verified.startswith("verified in block ")
    assert bytes.fromhex(root) == merkle_root([Statement(statement())])


async def test_clients_command__with_its_extra__reads_a_chain(with_command: Path) -> None:
    async with ZkVerifyDevNode(ZkVerifyNodeConfig(block_time_s=0.25)).running() as dev:
        command = [str(with_command / "zkverify"), "status", "--endpoint", dev.endpoint, "--json"]
        with anyio.fail_after(60):
            done = await anyio.run_process(command, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["genesis"] == "0x" + dev.node.genesis_hash.hex()
    assert packages_in(with_command) & OPERATORS <= {"pydantic", "rich", "typer"}  # typer's own


def test_clients_command__without_its_extra__names_it(environment: Path) -> None:
    done = subprocess.run(
        [environment / "zkverify", "status"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "zkverify-client[cli]" in done.stderr
