"""`config check` and `run` are of one opinion: real files, and both as processes of their own."""

from collections.abc import Callable
from pathlib import Path

import pytest
from eth_utils.address import to_checksum_address

from zk_acts.domain.ids import hex0x
from zk_devnet.testing.scenario import Effects, Stage, open_stage, require_sound
from zk_devnet.up import Devnet

pytestmark = [pytest.mark.devnet, pytest.mark.scenario]
CONFIGURATION = 78
# What Kubernetes gives to every container of a namespace with a service named `zko-server`.
KUBERNETES = {
    "ZKO_SERVER_SERVICE_HOST": "10.96.12.7",
    "ZKO_SERVER_SERVICE_PORT": "80",
    "ZKO_SERVER_PORT": "tcp://10.96.12.7:80",
    "ZKO_SERVER_PORT_80_TCP": "tcp://10.96.12.7:80",
    "ZKO_SERVER_PORT_80_TCP_PROTO": "tcp",
    "ZKO_SERVER_PORT_80_TCP_PORT": "80",
    "ZKO_SERVER_PORT_80_TCP_ADDR": "10.96.12.7",
}


def truncated_keystore(stage: Stage) -> None:
    path = stage.folder / "keys/evm.json"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def wrong_password(stage: Stage) -> None:
    (stage.folder / "keys/zkverify.password").write_text("another\n")


def readable_by_the_group(stage: Stage) -> None:
    (stage.folder / "keys/sp1.password").chmod(0o640)


def empty_program(stage: Stage) -> None:
    (stage.folder / "program/batch.elf").write_bytes(b"")


def another_program(stage: Stage) -> None:
    path = stage.folder / "program/batch.elf"
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")


def wrong_checksum(stage: Stage) -> None:
    manager = hex0x(stage.devnet.deployment.manager)
    right = to_checksum_address(manager)
    last = next(index for index in reversed(range(2, 42)) if right[index].isalpha())
    wrong = right[:last] + right[last].swapcase() + right[last + 1 :]
    text = stage.files.config.read_text()
    stage.files.config.write_text(text.replace(f'manager = "{manager}"', f'manager = "{wrong}"'))


@pytest.mark.parametrize(
    ("spoil", "code", "key"),
    [
        (truncated_keystore, "ZKO-KEY-003", "keys.evm_keystore"),
        pytest.param(wrong_password, "ZKO-KEY-004", "keys.zkverify_json", marks=pytest.mark.full),
        (readable_by_the_group, "ZKO-KEY-002", "keys.sp1_password_file"),
        (empty_program, "ZKO-CFG-014", "prover.program_elf"),
        pytest.param(another_program, "ZKO-CFG-014", "prover.program_elf", marks=pytest.mark.full),
        (wrong_checksum, "ZKO-CFG-002", "evm.manager"),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
async def test_files__that_run_refuses__are_refused_by_config_check_in_the_same_words(
    devnet: Devnet, folder: Path, spoil: Callable[[Stage], None], code: str, key: str
) -> None:
    """Pins: whoever was told that a configuration is valid can start with it. Budget 10 s each."""
    async with open_stage(devnet, folder) as stage, stage.operator() as operator:
        spoil(stage)
        checked = await operator.verb("config", "check")
        await operator.start(wait=False)
        assert await operator.ended(timeout_s=40) == CONFIGURATION, operator.tail()
        assert checked.exit_code == CONFIGURATION
        [refusal] = [line for line in checked.output.splitlines() if line.startswith("error: ")]
        assert refusal.startswith(f"error: [{code}]")
        assert refusal in operator.output.splitlines()
        assert key in checked.output
        assert not stage.database().exists()


async def test_variables__of_a_service_of_the_platform__are_ignored_and_named(
    devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: a Kubernetes service named zko-server sets nothing, and does not end a start. Budget 40 s, smoke."""
    async with (
        open_stage(devnet, folder) as stage,
        stage.operator(environment=KUBERNETES) as operator,
    ):
        before = await Effects.read(stage)
        checked = await operator.verb("config", "check")
        assert checked.exit_code == 0, checked.output
        await operator.start()
        assert set(operator.lines("variables.ignored")[0]["names"]) == set(KUBERNETES)
        assert all(name in checked.output for name in KUBERNETES)
        posted = await stage.place(2, seed=seed)
        await stage.until_settled(posted)
        await stage.until_quiet()
        assert await operator.stop() == 0
        await require_sound(stage, posted, before)
