"""Whether the operator says so when something is wrong: its health board, looked at as an operator's monitoring does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import anyio

from zk_devnet.simulator.evm.deployment import Config
from zk_devnet.simulator.evm.state import State
from zk_devnet.simulator.weather import Kind
from zk_devnet.simulator.world import World
from zk_operator.runtime.health import HealthBoard, ServiceStatus
from zk_operator.runtime.supervisor import UNEXPECTED

NOTICE_S = 75.0  # by then a trouble that lasts has to be visible
LOOK_S = 5.0
EXPECTED = (
    Kind.EVM_ALL_DOWN,
    Kind.EVM_LOGS_REFUSED,
    Kind.EVM_TAGS,
    Kind.OWNER_PAUSES,
    Kind.OWNER_CHANGES,
    Kind.ZK_DOWN,
    Kind.PROVER_DOWN,
    Kind.LOW_GAS,
    Kind.LOW_VFY,
    Kind.LOW_PROVE,
    Kind.CLOCK_LEAP,
)
"""Kinds that a human has to hear of while they last, whatever the operator has to do at the moment."""

ON_CHAIN: Mapping[Kind, Callable[[State], bool]] = {
    Kind.OWNER_PAUSES: lambda state: state.paused,
    Kind.OWNER_CHANGES: lambda state: state.config.receipts != Config().receipts,
}
"""Of these, what the chain itself shows."""


@dataclass(slots=True)
class Alarms:
    """Notes silence, and failures that nobody planned for."""

    world: World
    silent: set[Kind] = field(default_factory=set)
    surprises: dict[str, str] = field(default_factory=dict)
    heard: set[str] = field(default_factory=set)
    _loud_at: float = 0.0
    _shown_at: dict[Kind, float] = field(default_factory=dict)  # since when the chain shows it

    async def run(self) -> None:
        """Look, for ever."""
        while True:
            await anyio.sleep(LOOK_S)
            self.look()

    def look(self) -> None:
        """Once."""
        life, now = self.world.life, self.world.now_s()
        if life is None or life.is_dead:
            self._loud_at = now  # a process that is down is loud enough
            return
        self._note_surprises(life.board)
        if _is_loud(life.board):
            self._loud_at = now
            self.heard.update(life.board.alerts)
        self._note_shown(now)
        for kind in EXPECTED:
            felt = self.world.weather.felt_since(kind)
            if kind in ON_CHAIN:
                felt = self._shown_at.get(kind)
            if felt is not None and now - max(felt, life.began_s, self._loud_at) > NOTICE_S:
                self.silent.add(kind)

    def _note_shown(self, now: float) -> None:
        """What the owner has sent is nothing to tell of before it is mined: the chain may stand still."""
        for kind, is_shown in ON_CHAIN.items():
            if is_shown(self.world.chain.tip.state):
                self._shown_at.setdefault(kind, now)
            else:
                self._shown_at.pop(kind, None)

    def _note_surprises(self, board: HealthBoard) -> None:
        for service in board.services.values():
            if service.error_code == UNEXPECTED and service.error:
                self.surprises.setdefault(service.name, service.error)


def _is_loud(board: HealthBoard) -> bool:
    down = any(each.status is ServiceStatus.DOWN for each in board.services.values())
    return down or bool(board.alerts) or not board.ready
