"""The plan of a run: which orders, of whom, in which pool, in which wave. Pure, and the same for the same seed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from zk_devnet.traffic.kind import (
    BAD_SHARES,
    BY_SWAP,
    EXPECTATIONS,
    SMALLEST_FULL_MIX,
    Expectation,
    Kind,
)

_MANY = 10_000
# Times the pool's least order: 0.001 % to 0.03 % of its reserves.
_SIZES = (100, 3_000)
_LIMIT_BPS = (300, 600)  # how far below the pool's price a good order's limit is
_UNREACHABLE_BPS = -10_000  # a limit at twice the price


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficConfig:
    """What kind of run. Lifetimes are from placing to the deadline, in seconds."""

    orders: int = 100
    traders: int = 20
    seed: int = 1
    spread_s: float = 10.0
    wave_s: float = 1.0
    lifetime_s: int = 300
    unreachable_lifetime_s: int = 16
    expiring_lifetime_s: int = 5
    late_cancel_s: float = 3.0

    @property
    def waves(self) -> int:
        """In how many steps the orders are placed; at least two, so that a replay comes after its original."""
        return max(2, int(self.spread_s / self.wave_s))


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSide:
    """One direction of one pool; `native` if its input is native currency."""

    pool: int
    zero_for_one: bool
    native_in: bool
    native_out: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One order to place. `multiple` and `extra` make its size, `limit_bps` its limit below the pool's price."""

    number: int
    kind: Kind
    wave: int
    trader: int
    side: PoolSide
    multiple: int
    extra: int
    limit_bps: int
    lifetime_s: int
    salt: int
    original: int | None = None  # the item that a replay repeats

    @property
    def expectation(self) -> Expectation:
        """How it must end."""
        return EXPECTATIONS[self.kind]

    @property
    def by_swap(self) -> bool:
        """Whether its trader places it by a swap."""
        return self.kind in BY_SWAP


def plan_traffic(config: TrafficConfig, sides: Sequence[PoolSide]) -> tuple[Item, ...]:
    """All items of a run, by wave. `sides` are the directions in which orders can go."""
    rng = random.Random(config.seed)
    kinds = _kinds(config.orders)
    rng.shuffle(kinds)
    waves = _waves(kinds, config.waves)
    items: list[Item] = []
    for number, (wave, kind) in enumerate(sorted(waves, key=lambda pair: pair[0])):
        items.append(_item(rng, config, sides, number=number, kind=kind, wave=wave))
    return tuple(_with_originals(rng, items))


def _kinds(orders: int) -> list[Kind]:
    least = 1 if orders >= SMALLEST_FULL_MIX else 0
    bad = [
        kind
        for kind, share in BAD_SHARES.items()
        for _ in range(max(least, orders * share // _MANY))
    ]
    good = orders - len(bad)
    return [*bad, *[Kind.SWAP] * (good // 2), *[Kind.SIGNED] * (good - good // 2)]


def _waves(kinds: Sequence[Kind], waves: int) -> list[tuple[int, Kind]]:
    """Good orders over all waves; bad ones early, so that what must expire does not outlast the rest."""
    placed = []
    for number, kind in enumerate(kinds):
        wave = number * waves // len(kinds)
        if kind is Kind.REPLAYED:
            wave = waves - 1
        elif kind is Kind.SIGNED:
            wave = min(wave, max(0, waves - 2))
        elif kind is not Kind.SWAP:
            wave //= 2
        placed.append((wave, kind))
    return placed


def _item(
    rng: random.Random,
    config: TrafficConfig,
    sides: Sequence[PoolSide],
    *,
    number: int,
    kind: Kind,
    wave: int,
) -> Item:
    side = rng.choice([one for one in sides if _fits(kind, one)])
    unreachable = kind in (Kind.LIMIT_OUT_OF_REACH, Kind.REFUND_REFUSED)
    return Item(
        number=number,
        kind=kind,
        wave=wave,
        trader=rng.randrange(config.traders),
        side=side,
        multiple=rng.randint(*_SIZES),
        extra=rng.randrange(1_000),
        limit_bps=_UNREACHABLE_BPS if unreachable else rng.randint(*_LIMIT_BPS),
        lifetime_s=_lifetime_s(kind, config),
        salt=rng.getrandbits(256),
    )


def _fits(kind: Kind, side: PoolSide) -> bool:
    """Signed orders cannot sell native currency; only native payouts can be refused by a wallet."""
    if kind is Kind.PAYOUT_REFUSED:
        return side.native_out
    if kind is Kind.REFUND_REFUSED:
        return side.native_in
    return kind in BY_SWAP or not side.native_in


def _lifetime_s(kind: Kind, config: TrafficConfig) -> int:
    if kind is Kind.ALREADY_EXPIRED:
        return -60
    if kind is Kind.EXPIRES_SOON:
        return config.expiring_lifetime_s
    if kind in (Kind.LIMIT_OUT_OF_REACH, Kind.REFUND_REFUSED):
        return config.unreachable_lifetime_s
    return config.lifetime_s


def _with_originals(rng: random.Random, items: Sequence[Item]) -> list[Item]:
    """Replays become exact copies of a signed order of an earlier wave."""
    signed = [item for item in items if item.kind is Kind.SIGNED]
    made = []
    for item in items:
        if item.kind is Kind.REPLAYED:
            original = rng.choice(signed)
            made.append(_replay(item, original))
        else:
            made.append(item)
    return made


def _replay(item: Item, original: Item) -> Item:
    return Item(
        number=item.number,
        kind=item.kind,
        wave=item.wave,
        trader=original.trader,
        side=original.side,
        multiple=original.multiple,
        extra=original.extra,
        limit_bps=original.limit_bps,
        lifetime_s=original.lifetime_s,
        salt=original.salt,
        original=original.number,
    )
