"""The chain's state after a block, and what a call may change of it."""

from dataclasses import dataclass, field

from zk_acts.domain.ids import Hash32
from zk_devnet.simulator.evm.deployment import POOLS, Config
from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.order import Order

NONE, OPEN, SETTLED, REFUNDED = range(4)
RESERVE = 10**24


@dataclass(frozen=True, slots=True)
class OrderEntry:
    """One order's slot: status and cancel time; the order itself is kept for the oracle."""

    status: int
    cancel_at: int
    order: Order


@dataclass(slots=True)
class State:
    """Everything. `copy` is cheap: the values are immutable."""

    config: Config = field(default_factory=Config)
    paused: bool = False
    tasks: int = 0
    allowed: frozenset[Address] = frozenset()  # who may sign certificates
    min_size: int = 10**15
    max_deviation_bps: int = 500
    balances: dict[Address, int] = field(default_factory=dict)
    nonces: dict[Address, int] = field(default_factory=dict)
    orders: dict[OrderId, OrderEntry] = field(default_factory=dict)
    reserves: dict[PoolId, tuple[int, int]] = field(
        default_factory=lambda: {pool.pool_id: (RESERVE, RESERVE) for pool in POOLS}
    )
    roots: dict[tuple[int, int], Hash32] = field(default_factory=dict)
    settled_sections: dict[tuple[bytes, PoolId], int] = field(default_factory=dict)

    def copy(self) -> "State":
        """One that can be changed without changing this one."""
        return State(
            config=self.config,
            paused=self.paused,
            tasks=self.tasks,
            allowed=self.allowed,
            min_size=self.min_size,
            max_deviation_bps=self.max_deviation_bps,
            balances=dict(self.balances),
            nonces=dict(self.nonces),
            orders=dict(self.orders),
            reserves=dict(self.reserves),
            roots=dict(self.roots),
            settled_sections=dict(self.settled_sections),
        )

    def become(self, other: "State") -> None:
        """Take everything over from another one."""
        for name in State.__slots__:
            setattr(self, name, getattr(other, name))

    def status(self, order_id: OrderId) -> int:
        """NONE, OPEN, SETTLED or REFUNDED."""
        entry = self.orders.get(order_id)
        return NONE if entry is None else entry.status

    def price_x128(self, pool_id: PoolId) -> int:
        """Token1 per token0, times 2^128."""
        reserve0, reserve1 = self.reserves[pool_id]
        return (reserve1 << 128) // reserve0

    def quote(self, pool_id: PoolId, *, zero_for_one: bool, amount_in: int) -> int:
        """What a swap brings: a constant product with a fee of 0.3 %."""
        reserve0, reserve1 = self.reserves[pool_id]
        source, target = (reserve0, reserve1) if zero_for_one else (reserve1, reserve0)
        after_fee = amount_in * 997 // 1000
        return target * after_fee // (source + after_fee)

    def swap(self, pool_id: PoolId, *, zero_for_one: bool, amount_in: int) -> int:
        """Do it."""
        output = self.quote(pool_id, zero_for_one=zero_for_one, amount_in=amount_in)
        reserve0, reserve1 = self.reserves[pool_id]
        changed = (
            (reserve0 + amount_in, reserve1 - output)
            if zero_for_one
            else (reserve0 - output, reserve1 + amount_in)
        )
        self.reserves[pool_id] = changed
        return output
