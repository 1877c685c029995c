"""Signals: what ends the daemon, what makes it begin again under other settings, and what changes nothing."""

from pathlib import Path

import anyio
import pytest
from anyio.lowlevel import checkpoint

from zk_devnet.testing.manual_clock import ManualClock
from zk_operator.app.life import Life
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.supervisor import Supervisor
from zk_operator.runtime.telemetry import Telemetry
from zk_operator.settings import LoadedSettings, Settings, load_settings
from zk_operator.settings.errors import ConfigFileMissing

EXAMPLE = Path(__file__).parents[3] / "config" / "operator.example.toml"
PRICE: dict[str, object] = {"prover.network.price_percent": 150}


class File:
    """A configuration that changes between reads. `gone`: files that cannot be read any more."""

    def __init__(self, folder: Path) -> None:
        self.flags: dict[str, object] = {}
        self.path = folder / "operator.toml"
        self.path.write_text(EXAMPLE.read_text())
        self.gone: set[Path] = set()

    async def check(self, settings: Settings) -> None:
        await checkpoint()
        if settings.keys.evm_keystore in self.gone:
            raise ConfigFileMissing(problems=("keys.evm_keystore: gone",))

    def read(self) -> LoadedSettings:
        return load_settings(self.path, {}, self.flags)


@pytest.fixture
def file(tmp_path: Path) -> File:
    return File(tmp_path)


def _life(file: File) -> tuple[Life, Telemetry]:
    telemetry = Telemetry()
    settings = file.read().settings
    life = Life(settings=settings, reread=file.read, check=file.check, telemetry=telemetry)
    return life, telemetry


def _supervisor() -> Supervisor:
    clock = ManualClock()
    return Supervisor(
        services=(), board=HealthBoard(clock=clock), telemetry=Telemetry(), interval_s=1
    )


def _reloads(telemetry: Telemetry, result: str) -> float | None:
    return telemetry.registry.get_sample_value(
        "zk_operator_config_reloads_total", {"result": result}
    )


@pytest.mark.parametrize(
    ("flags", "result", "price"),
    [
        ({"prover.network.price_percent": 150}, "applied", 150),
        ({"prover.network.price_percent": 150, "evm.chain_id": 5}, "partial", 150),
    ],
)
async def test_reload__live_keys_changed__the_services_end_to_begin_again(
    file: File, flags: dict[str, object], result: str, price: int
) -> None:
    supervisor = _supervisor()
    life, telemetry = _life(file)
    life.begin(supervisor, life.settings)

    file.flags = flags
    await life.reload()

    assert supervisor.is_stopping
    assert not life.is_ending
    assert life.settings.prover.network.price_percent == price
    assert life.settings.evm == load_settings(EXAMPLE, {}).settings.evm
    assert _reloads(telemetry, result) == 1


@pytest.mark.parametrize(
    ("flags", "result"),
    [
        ({}, "applied"),
        ({"evm.chain_id": 5}, "partial"),
        ({"batching.max_orders": "many"}, "failed"),
        ({"batching.max_order": 5}, "failed"),
    ],
)
async def test_reload__nothing_to_apply__the_services_run_on(
    file: File, flags: dict[str, object], result: str
) -> None:
    supervisor = _supervisor()
    life, telemetry = _life(file)
    life.begin(supervisor, life.settings)
    before = life.settings

    file.flags = flags
    await life.reload()

    assert not supervisor.is_stopping
    assert life.settings == before
    assert _reloads(telemetry, result) == 1


@pytest.mark.parametrize(
    "flags",
    [PRICE, {}, {**PRICE, "keys.evm_keystore": "other.json"}],
    ids=["live", "none", "static"],
)
async def test_reload__a_file_that_stays_in_effect_is_gone__everything_stays_as_it_was(
    file: File, flags: dict[str, object]
) -> None:
    """The services would have ended, and the next ones could not begin."""
    supervisor = _supervisor()
    life, telemetry = _life(file)
    life.begin(supervisor, life.settings)
    before = life.settings

    file.gone = {before.keys.evm_keystore}
    file.flags = flags
    await life.reload()

    assert not supervisor.is_stopping
    assert life.settings is before
    assert _reloads(telemetry, "failed") == 1


async def test_reload__a_static_key_names_a_missing_file__refused_though_it_changes_nothing_yet(
    file: File,
) -> None:
    """The next restart would not come up, at a moment when nobody looks."""
    supervisor = _supervisor()
    life, telemetry = _life(file)
    life.begin(supervisor, life.settings)
    before = life.settings

    file.flags = {**PRICE, "keys.evm_keystore": "nowhere.json"}
    file.gone = {file.path.parent / "nowhere.json"}
    await life.reload()

    assert not supervisor.is_stopping
    assert life.settings is before
    assert _reloads(telemetry, "failed") == 1


async def test_reload__while_the_services_begin__they_end_for_the_newer_settings(
    file: File,
) -> None:
    life, _ = _life(file)
    life.begin(_supervisor(), life.settings)
    file.flags = {"prover.network.price_percent": 130}
    await life.reload()
    life.pause()
    taken, following = life.settings, _supervisor()

    file.flags = PRICE
    await life.reload()
    life.begin(following, taken)

    assert following.is_stopping
    assert life.settings.prover.network.price_percent == 150


async def test_reload__before_the_first_services_run__they_end_for_the_newer_settings(
    file: File,
) -> None:
    life, _ = _life(file)
    taken, first, second = life.settings, _supervisor(), _supervisor()

    file.flags = PRICE
    await life.reload()
    life.begin(first, taken)
    life.pause()
    life.begin(second, life.settings)

    assert first.is_stopping
    assert not second.is_stopping


async def test_reload__while_draining__ignored(file: File) -> None:
    life, _ = _life(file)
    life.begin(_supervisor(), life.settings)
    life.end(anyio.CancelScope())

    file.flags = PRICE
    await life.reload()

    assert life.settings.prover.network.price_percent != 150


async def test_end__before_services_run__the_start_is_cancelled(file: File) -> None:
    life, _ = _life(file)
    starting = anyio.CancelScope()

    life.end(starting)

    assert starting.cancel_called


async def test_end__between_two_sets_of_services__the_next_one_drains_at_once(file: File) -> None:
    life, _ = _life(file)
    life.begin(_supervisor(), life.settings)
    life.pause()
    starting, following = anyio.CancelScope(), _supervisor()

    life.end(starting)
    life.begin(following, life.settings)

    assert following.is_stopping
    assert not starting.cancel_called


async def test_end__twice_between_two_sets_of_services__ends_at_once(file: File) -> None:
    """The next ones may be long in coming: an endpoint that hangs is asked before they run."""
    life, _ = _life(file)
    life.begin(_supervisor(), life.settings)
    life.pause()
    starting = anyio.CancelScope()

    life.end(starting)
    life.end(starting)

    assert starting.cancel_called
