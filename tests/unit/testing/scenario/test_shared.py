"""Which devnet a scenario gets; without one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from zk_devnet.testing.scenario import SharedDevnet, scenario_devnet
from zk_devnet.testing.scenario.shared import MOST_BLOCKS
from zk_devnet.up import Devnet, DevnetConfig


class Chains:
    """Devnets as numbers; what is running, and how high the newest is."""

    def __init__(self) -> None:
        self.started = 0
        self.running: set[int] = set()
        self.height = 0

    @contextmanager
    def run(self, _config: DevnetConfig) -> Iterator[Devnet]:
        self.started += 1
        number = self.started
        self.running.add(number)
        yield cast("Devnet", number)
        self.running.remove(number)

    def shared(self) -> SharedDevnet:
        return SharedDevnet(scenario_devnet(), run=self.run, height=lambda _devnet: self.height)


def test_devnet__young__is_the_same_again() -> None:
    chains = Chains()
    with chains.shared() as shared:
        first = shared.young()
        chains.height = MOST_BLOCKS
        assert shared.young() == first
        assert chains.running == {1}
    assert chains.running == set()


def test_devnet__old__is_ended_and_another_one_begins() -> None:
    chains = Chains()
    with chains.shared() as shared:
        shared.young()
        chains.height = MOST_BLOCKS + 1
        assert shared.young() == cast("Devnet", 2)
        assert chains.running == {2}
    assert chains.running == set()


def test_devnet__that_nobody_wants__is_not_started() -> None:
    chains = Chains()
    with chains.shared():
        pass
    assert chains.started == 0
