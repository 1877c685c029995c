"""What services work with, as one thing: each takes from it what it needs, and nothing is passed by hand from one to the next (ADR 0240)."""

from dataclasses import dataclass, field

from zk_acts.ports.fault import FaultPoints
from zk_acts.runtime.clock import SteadyClock
from zk_acts.runtime.wake_up import WakeUp
from zk_operator.ports.chain import BlockSource, SettlementReader
from zk_operator.ports.store import Store
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.telemetry import Telemetry
from zk_operator.services.purchase_gate import PurchaseGate


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeUps:
    """Who can be woken. The rows are the truth: a wake-up that is lost costs time, nothing else (ADR 0005)."""

    batcher: WakeUp = field(default_factory=WakeUp)
    dispatcher: WakeUp = field(default_factory=WakeUp)
    submitter: WakeUp = field(default_factory=WakeUp)
    settler: WakeUp = field(default_factory=WakeUp)
    reaper: WakeUp = field(default_factory=WakeUp)
    publisher: WakeUp = field(default_factory=WakeUp)
    terms: WakeUp = field(default_factory=WakeUp)


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """What a process has from its start to its end."""

    clock: SteadyClock
    faults: FaultPoints
    telemetry: Telemetry
    board: HealthBoard
    gate: PurchaseGate


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools(Process):
    """What the services have until they end, or are built anew at a reload: the process's, the rows, and the chain to read."""

    store: Store
    source: BlockSource
    reader: SettlementReader
    wake_ups: WakeUps = field(default_factory=WakeUps)

    @classmethod
    def of(
        cls, process: Process, *, store: Store, source: BlockSource, reader: SettlementReader
    ) -> "Tools":
        """The process's, and these."""
        return cls(
            clock=process.clock,
            faults=process.faults,
            telemetry=process.telemetry,
            board=process.board,
            gate=process.gate,
            store=store,
            source=source,
            reader=reader,
        )
