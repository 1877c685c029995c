"""What every service shares, and who can be woken."""

from dataclasses import dataclass, field

from zk_acts.ports.fault import FaultPoints
from zk_acts.runtime.clock import SteadyClock
from zk_acts.runtime.wake_up import WakeUp
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.telemetry import Telemetry
from zk_operator.services.purchase_gate import PurchaseGate


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What every service shares."""

    clock: SteadyClock
    faults: FaultPoints
    telemetry: Telemetry
    board: HealthBoard
    gate: PurchaseGate


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeUps:
    """Who can be woken."""

    batcher: WakeUp = field(default_factory=WakeUp)
    dispatcher: WakeUp = field(default_factory=WakeUp)
    submitter: WakeUp = field(default_factory=WakeUp)
    settler: WakeUp = field(default_factory=WakeUp)
    reaper: WakeUp = field(default_factory=WakeUp)
    publisher: WakeUp = field(default_factory=WakeUp)
    terms: WakeUp = field(default_factory=WakeUp)
