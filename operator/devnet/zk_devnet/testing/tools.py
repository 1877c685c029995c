"""Tools for services that are tried alone."""

from zk_acts.ports.clock import Clock
from zk_acts.ports.fault import FaultPoints
from zk_acts.runtime.clock import SteadyClock
from zk_acts.runtime.fault import NoFaults
from zk_devnet.testing.scripted_chain import ScriptedChain, scripted_terms
from zk_operator.ports.store import Store
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.telemetry import Telemetry
from zk_operator.services.purchase_gate import PurchaseGate
from zk_operator.services.tools import Tools


def some_tools(
    store: Store,
    clock: Clock,
    *,
    telemetry: Telemetry | None = None,
    board: HealthBoard | None = None,
    faults: FaultPoints | None = None,
    chain: ScriptedChain | None = None,
) -> Tools:
    """On these rows and by this clock; a chain without orders, unless there is another."""
    steady = clock if isinstance(clock, SteadyClock) else None
    chain = chain or ScriptedChain(terms=scripted_terms(), genesis_time_s=0)
    telemetry, board = telemetry or Telemetry(), board or HealthBoard(clock=clock)
    return Tools(
        clock=steady or SteadyClock(wall=clock, elapsed_ms=clock.now_ms),
        faults=faults or NoFaults(),
        telemetry=telemetry,
        board=board,
        gate=PurchaseGate(clock=clock, board=board, telemetry=telemetry),
        store=store,
        source=chain,
        reader=chain,
    )
