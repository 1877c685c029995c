"""Signals: what ends the daemon, what makes it begin again under other settings, and what changes nothing."""

from pathlib import Path

import anyio
import pytest

from zk_operator.app.life import Life
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.supervisor import Supervisor
from zk_operator.runtime.telemetry import Telemetry
from zk_operator.settings import LoadedSettings, load_settings
from zk_operator.testing.manual_clock import ManualClock

EXAMPLE = Path(__file__).parents[3] / "config" / "operator.example.toml"


class File:
    """A configuration that changes between reads."""

    def __init__(self) -> None:
        self.flags: dict[str, object] = {}

    def read(self) -> LoadedSettings:
        return load_settings(EXAMPLE, {}, self.flags)


def _life(file: File) -> tuple[Life, Telemetry]:
    telemetry = Telemetry()
    return Life(settings=file.read().settings, reread=file.read, telemetry=telemetry), telemetry


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
def test_reload__live_keys_changed__the_services_end_to_begin_again(
    flags: dict[str, object], result: str, price: int
) -> None:
    file, supervisor = File(), _supervisor()
    life, telemetry = _life(file)
    life.begin(supervisor)

    file.flags = flags
    life.reload()

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
def test_reload__nothing_to_apply__the_services_run_on(
    flags: dict[str, object], result: str
) -> None:
    file, supervisor = File(), _supervisor()
    life, telemetry = _life(file)
    life.begin(supervisor)
    before = life.settings

    file.flags = flags
    life.reload()

    assert not supervisor.is_stopping
    assert life.settings == before
    assert _reloads(telemetry, result) == 1


async def test_reload__while_draining__ignored() -> None:
    file = File()
    life, _ = _life(file)
    life.begin(_supervisor())
    life.end(anyio.CancelScope())

    file.flags = {"prover.network.price_percent": 150}
    life.reload()

    assert life.settings.prover.network.price_percent != 150


async def test_end__before_services_run__the_start_is_cancelled() -> None:
    life, _ = _life(File())
    starting = anyio.CancelScope()

    life.end(starting)

    assert starting.cancel_called


async def test_end__between_two_sets_of_services__the_next_one_drains_at_once() -> None:
    life, _ = _life(File())
    life.begin(_supervisor())
    starting, following = anyio.CancelScope(), _supervisor()

    life.end(starting)
    life.begin(following)

    assert following.is_stopping
    assert not starting.cancel_called
