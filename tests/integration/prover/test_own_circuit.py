"""SP1's circuit under a setup of one's own, from the key file to a settled batch.

The operator's own CPU backend proves, through a host that stands for one with circuit files: its proofs hold under a key
that is neither a release's nor the devnet's. Everything behind the proof is the devnet's ordinary path.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from zk_acts.domain.acts import Resource
from zk_devnet.cli.demo_run.errors import CircuitFilesMissing
from zk_devnet.cli.demo_run.own_circuit import own_proving
from zk_devnet.cli.demo_run.run import DemoConfig, run_demo, with_own_circuit
from zk_devnet.errors import ToolchainMissing
from zk_devnet.evm.deployment import Deployment
from zk_devnet.groth16_dev.encoding import zkverify_vk_hash
from zk_devnet.groth16_dev.key import ZKVERIFY_VK_HASH
from zk_devnet.groth16_dev.trapdoor import trapdoor_of, verifying_key_of
from zk_devnet.testing import trapdoor_host
from zk_devnet.testing.scripted_host import host_binary
from zk_devnet.toolchain import Toolchain, find_toolchain
from zk_devnet.traffic.plan import TrafficConfig
from zk_devnet.up import devnet_config
from zk_operator.domain.records import BatchState

pytestmark = pytest.mark.devnet


@pytest.fixture
def toolchain() -> Toolchain:
    try:
        tools = find_toolchain()
        tools.artifact("OrderServiceManager")
    except ToolchainMissing as missing:
        pytest.skip(str(missing))
    return tools


def circuit_files(tmp_path: Path) -> Path:
    folder = tmp_path / "circuits"
    (folder / "v6.1.0").mkdir(parents=True)
    (folder / "v6.1.0" / "groth16_vk.bin").write_bytes(trapdoor_host.own_key())
    return folder


@pytest.mark.timeout(300)  # a cancel alone takes 90 s
async def test_own_circuit__a_key_file_and_a_host__settles_under_that_key(
    tmp_path: Path, toolchain: Toolchain
) -> None:
    binary, script = host_binary(tmp_path / "host", Path(trapdoor_host.__file__))
    circuits = circuit_files(tmp_path)
    folder = tmp_path / "demo"
    folder.mkdir()
    config = DemoConfig(
        folder=folder,
        toolchain=toolchain,
        devnet=devnet_config(traders=5),
        traffic=TrafficConfig(orders=8, traders=5, seed=3),
        timeout_s=240,
    )
    own = replace(own_proving(binary, circuits), memory_gb=4)
    result = await run_demo(with_own_circuit(config, own))

    assert result.failures() == ()
    assert {batch.state for batch in result.batches} <= {BatchState.SETTLED, BatchState.DONE}
    assert script.log.count("prover prove") == len(result.batches) > 0
    assert f"prover start idle_s=900 circuits={circuits}" in script.log
    assert {entry.paid for entry in result.ledger if entry.resource is Resource.PROVE} == {0}
    deployed = Deployment.from_json((folder / "deployment.json").read_text())
    own_hash = zkverify_vk_hash(verifying_key_of(trapdoor_of(trapdoor_host.SEED)))
    assert deployed.groth16_vk_hash == own_hash != ZKVERIFY_VK_HASH


def test_own_circuit__a_folder_without_files__is_named(tmp_path: Path) -> None:
    with pytest.raises(CircuitFilesMissing) as caught:
        own_proving(tmp_path / "host", tmp_path)
    assert caught.value.context["path"] == str(tmp_path / "v6.1.0" / "groth16_vk.bin")
