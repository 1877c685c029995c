"""What can be made to go wrong on purpose."""

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum


class Fate(StrEnum):
    """What happens to an extrinsic that the pool has just accepted."""

    DROPPED = "dropped"
    INVALID = "invalid"
    USURPED = "usurped"
    LOST = "lost"  # accepted, then forgotten without a word


@dataclass(slots=True)
class AggregatorSteering:
    """What the aggregator, which asks the node on every round, is told to do. Delay in seconds."""

    hold_publishing: bool = False
    hold_relay: bool = False
    relay_delay_s: float = 0.0


@dataclass(slots=True)
class Faults:
    """Switches that the node obeys. Delays in seconds; `refusals` are RPC errors (code, message, data) for the next
    extrinsics, `fates` befall the next accepted ones, `silenced` methods are never answered, `garbled` ones in a form that
    no real node gives; over WebSockets, as the aggregator, which asks over HTTP, is not what is tested. `refused_accounts`
    find no author methods, as behind a gateway that has none."""

    production_paused: bool = False
    finality_stalled: bool = False
    pool_full: bool = False
    rpc_delay_s: float = 0.0
    method_delays_s: dict[str, float] = field(default_factory=dict)
    silenced: set[str] = field(default_factory=set)
    refused_accounts: set[bytes] = field(default_factory=set)
    garbled: set[str] = field(default_factory=set)
    refusals: deque[tuple[int, str, str | None]] = field(default_factory=deque)
    fates: deque[Fate] = field(default_factory=deque)
    aggregator: AggregatorSteering = field(default_factory=AggregatorSteering)

    def clear(self) -> None:
        """End everything but the aggregator's steering."""
        self.production_paused = self.finality_stalled = self.pool_full = False
        self.rpc_delay_s = 0.0
        self.method_delays_s.clear()
        self.silenced.clear()
        self.refused_accounts.clear()
        self.garbled.clear()
        self.refusals.clear()
        self.fates.clear()

    def delay_of(self, method: str) -> float:
        """How long to wait before answering a call."""
        return self.method_delays_s.get(method, self.rpc_delay_s)

    def active(self) -> list[str]:
        """The faults that are on, for the node's status."""
        switches = {
            "production_paused": self.production_paused,
            "finality_stalled": self.finality_stalled,
            "pool_full": self.pool_full,
            "rpc_delay": self.rpc_delay_s > 0 or bool(self.method_delays_s),
            "silenced": bool(self.silenced),
            "refused_accounts": bool(self.refused_accounts),
            "garbled": bool(self.garbled),
            "refusals": bool(self.refusals),
            "fates": bool(self.fates),
            "aggregator": self.aggregator != AggregatorSteering(),
        }
        return [name for name, on in switches.items() if on]
