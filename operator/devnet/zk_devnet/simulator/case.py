"""A case: a seed and what was taken away from it, and the plan that follows."""

import math
from dataclasses import dataclass, field, replace
from random import Random

from zk_acts.domain.acts import ActKind
from zk_acts.runtime.fault import ACT_POINTS
from zk_devnet.simulator.awaits import Cut
from zk_devnet.simulator.chance import chosen, stream
from zk_devnet.simulator.weather import FOR_A_WHILE, FOR_GOOD, Kind, Spell

LONGEST_CALM_AT_S = 240.0  # an order needs about 150 from its placement to its last finality
MOST_ORDERS = 10
# The labelled points of paid acts, each at its first four hits of a life.
MOMENTS = tuple(
    (f"{act}.{point}", hit) for hit in (1, 2, 3, 4) for act in ActKind for point in ACT_POINTS
)
_USUAL_LEAST = 800
_LEAST = (2000, 2000, 1005, 998, 996, 990)  # never, and only at the right moment
_BOTH = (("network", "cluster"), ("cluster", "network"))
_CRASHES = (Kind.CRASH_STEP, Kind.CRASH_POINT, Kind.CRASH_STATEMENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What to simulate. Everything but the seed only takes away; that is how a failing seed is shrunk.

    `cuts`: besides, the operator crashes once at each of these places of services, as soon as a task waits there.
    """

    seed: int
    without: frozenset[Kind] = frozenset()
    orders: int = MOST_ORDERS
    calm_at_s: float = LONGEST_CALM_AT_S
    cuts: tuple[Cut, ...] = ()

    def line(self) -> str:
        """As a test has it."""
        parts = [f"seed={self.seed}"]
        if self.without:
            names = ", ".join(f"Kind.{kind.name}" for kind in Kind if kind in self.without)
            parts.append(f"without=frozenset({{{names}}})")
        if self.orders != MOST_ORDERS:
            parts.append(f"orders={self.orders}")
        if self.calm_at_s != LONGEST_CALM_AT_S:
            parts.append(f"calm_at_s={self.calm_at_s:.1f}")
        if self.cuts:
            parts.append(f"cuts={self.cuts!r}")
        return f"Case({', '.join(parts)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlan:
    """One order: when it is placed, how long it lives, its limit, and when its owner cancels.

    `least_permille`: of what it would bring at an even price; `can_be_met`: whatever the price does.
    """

    at_s: float
    pool: int
    zero_for_one: bool
    amount_in: int
    lives_s: int
    can_be_met: bool
    least_permille: int
    cancel_after_s: float | None
    salt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How the operator is run. `publish`, `provers`: as in the settings; `is_watched`: somebody reads its status page.

    `stops`: when it is ended in order and started again, or (True) its configuration read again;
    `counts_blocks`: depths are numbers of blocks, not tags; `ranks`: orders have priorities, and batches are closed for fees.
    """

    publish: str = "never"
    provers: tuple[str, ...] = ("network",)
    is_watched: bool = False
    stops: tuple[tuple[float, bool], ...] = ()
    counts_blocks: bool = False
    ranks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a case comes to."""

    calm_at_s: float
    kinds: tuple[Kind, ...]
    spells: tuple[Spell, ...]
    orders: tuple[OrderPlan, ...]
    crashes: tuple[tuple[Kind, int], ...] = ()  # one per life, until they are used up
    aggregation_size: int = 1
    caps: dict[str, str] = field(default_factory=dict)
    setup: Setup = Setup()


def plan_of(case: Case) -> Plan:
    """Always the same for the same case."""
    chance = stream(case.seed, "plan")
    calm_at_s = min(chance.uniform(60.0, LONGEST_CALM_AT_S), case.calm_at_s)
    kinds = tuple(kind for kind in _kinds(chance) if kind not in case.without)
    spells = [spell for kind in kinds for spell in _spells(case.seed, kind, calm_at_s)]
    crashes = _crashes(case.seed, [kind for kind in kinds if kind in _CRASHES])
    tight = Kind.TIGHT_CAPS in kinds
    return Plan(
        calm_at_s=calm_at_s,
        kinds=kinds,
        spells=tuple(spells),
        orders=_orders(case, calm_at_s, cancels=Kind.TRADER_CANCELS in kinds),
        crashes=tuple(crashes),
        aggregation_size=chance.choice((1, 1, 2)),
        caps=_caps(stream(case.seed, "caps")) if tight else {},
        setup=replace(
            _setup(stream(case.seed, "setup"), calm_at_s, can_count=Kind.EVM_TAGS not in kinds),
            ranks=chosen(stream(case.seed, "priorities"), 0.15),
        ),
    )


def _kinds(chance: Random) -> list[Kind]:
    """A random subset: sometimes none, often a few, sometimes most. Crashes come on top of it, in half of all cases."""
    share = chance.choice((0.0, 0.04, 0.08, 0.15, 0.25, 0.4))
    found = {kind for kind in Kind if kind not in _CRASHES and chosen(chance, share)}
    if chosen(chance, 0.5):
        found.update(chance.sample(_CRASHES, chance.randint(1, len(_CRASHES))))
    return [kind for kind in Kind if kind in found]


def _spells(seed: int, kind: Kind, calm_at_s: float) -> list[Spell]:
    chance = stream(seed, "spells", kind.value)
    count = chance.choice((1, 1, 2, 3))
    longest = 100.0 if kind in FOR_A_WHILE else calm_at_s
    found = []
    for _ in range(count):
        start = chance.uniform(0.0, calm_at_s)
        end = min(calm_at_s, start + chance.uniform(5.0, longest))
        end = math.inf if kind in FOR_GOOD else end
        found.append(Spell(kind=kind, start_s=start, end_s=end, rate=_rate(chance)))
    return found


def _rate(chance: Random) -> float:
    """From hardly ever to nearly always."""
    return float(chance.choice((0.01, 0.03, 0.1, 0.2, 0.4)) * chance.uniform(0.5, 1.5))


def _crashes(seed: int, kinds: list[Kind]) -> list[tuple[Kind, int]]:
    """In each life one: at a count of steps or statements, small ones as likely as large ones, or at a place in `MOMENTS`."""
    chance = stream(seed, "crashes")
    if not kinds:
        return []
    found = []
    for kind in (chance.choice(kinds) for _ in range(chance.randint(1, 8))):
        count = int(2 ** chance.uniform(0, 12.0 if kind is Kind.CRASH_STEP else 11.0))
        place = chance.randrange(len(MOMENTS))
        found.append((kind, place if kind is Kind.CRASH_POINT else count))
    return found


def _orders(case: Case, calm_at_s: float, *, cancels: bool) -> tuple[OrderPlan, ...]:
    chance = stream(case.seed, "orders")
    count = chance.randint(1, MOST_ORDERS)
    plans = [_order(case.seed, chance, calm_at_s, salt, cancels=cancels) for salt in range(count)]
    return tuple(plans[: case.orders])


def _order(seed: int, chance: Random, calm_at_s: float, salt: int, *, cancels: bool) -> OrderPlan:
    is_short = chosen(chance, 0.15)
    can_be_met = not chosen(chance, 0.1)
    lives_s = chance.randint(40, 150) if is_short or not can_be_met else chance.randint(280, 480)
    wants_back = chosen(chance, 0.7)
    after_s = chance.uniform(1.0, 11.0) ** 2  # soon rather than late
    least = _USUAL_LEAST if can_be_met else stream(seed, "limit", salt).choice(_LEAST)
    return OrderPlan(
        # Early rather than late, so that faults meet every stage.
        at_s=min(chance.uniform(3.0, calm_at_s), chance.uniform(3.0, calm_at_s)),
        pool=chance.randrange(2),
        zero_for_one=chosen(chance, 0.5),
        amount_in=chance.randint(1, 1_000) * 10**16,
        lives_s=lives_s,
        can_be_met=can_be_met,
        least_permille=least,
        cancel_after_s=after_s if cancels and wants_back else None,
        salt=salt,
    )


def _setup(chance: Random, calm_at_s: float, *, can_count: bool) -> Setup:
    """Mostly the plain one."""
    stops = [chance.uniform(5.0, calm_at_s) for _ in range(chance.choice((0, 0, 0, 1, 2)))]
    return Setup(
        publish=chance.choice(("never", "never", "never", "never", "complete", "age")),
        is_watched=chosen(chance, 0.2),
        counts_blocks=chosen(chance, 0.2) and can_count,
        stops=tuple((at_s, chosen(chance, 0.5)) for at_s in sorted(stops)),
        provers=("network",) if chosen(chance, 0.7) else chance.choice(_BOTH),
    )


def _caps(chance: Random) -> dict[str, str]:
    """One resource can be spent only once or twice in the time of the simulation."""
    return chance.choice(({"prove_per_hour": "0.3"}, {"vfy_per_hour": "5.2"}))
