"""When a batch is closed: one pure decision over what waits, the clock, measured times and the policy.

Times are unix milliseconds and durations milliseconds, deadlines unix seconds (as on chain). Fees and costs are
integers in one common unit (1e-18 of the chain's native token).
"""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, islice, zip_longest
from typing import TypeVar

from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.priority import Priority
from zk_operator.domain.records import CloseReason

T = TypeVar("T", bound=object)
HashableT = TypeVar("HashableT", bound=Hashable)
SEATS_BEFORE_LOWER = 3  # of a class, before one goes to the classes below
GROUPS_OF_LATE = 8  # at most so many batches of orders that are short of time, in the time that a settlement takes


class EvictReason(StrEnum):
    """Why an order leaves the open batch unsettled."""

    CANCELLED = "cancelled"  # its owner asked for it
    UNREACHABLE = "unreachable"  # its deadline is nearer than a settlement usually takes


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingOrder:
    """What the decision knows of one order."""

    order_id: OrderId
    priority: Priority
    size_bytes: int  # what it adds to the prover's input
    waiting_since: int
    deadline_s: int
    fee: int  # what it is expected to earn
    cancel_at_s: int | None = None
    turn: int = 0  # in which round its pool and owner have a seat for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimates:
    """Measured, not assumed: from closing a batch to its settlement, and what a batch costs."""

    settle_p50_ms: int
    settle_p95_ms: int
    batch_cost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPolicy:
    """Limits of one batch, and how long each priority may wait for company."""

    max_orders: int
    max_bytes: int
    max_age_ms: Mapping[Priority, int]  # critical usually 0
    reserve_ms: int  # kept between the expected settlement and a deadline
    fee_multiple_bps: int  # close once fees reach this share of the cost; 0: never for fees
    min_orders_for_fees: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Nothing to do before `until` (None: before something arrives)."""

    until: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """Close the batch with all that waits."""

    reason: CloseReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Close a batch of `first` now; `rest` stays open."""

    first: tuple[OrderId, ...]
    rest: tuple[OrderId, ...]
    reason: CloseReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Evict:
    """Take these out of the open batch, then decide again."""

    orders: Mapping[OrderId, EvictReason]


Decision = Keep | Close | Split | Evict


def decide(
    open_batch: tuple[WaitingOrder, ...], now: int, estimates: Estimates, policy: BatchPolicy
) -> Decision:
    """What to do with the orders that wait. Pure, and independent of their order.

    First who cannot be settled goes, then limits, then what time commands, then what money allows.
    """
    # Who cannot be settled must not keep a batch waiting, nor share its proof (ADR 0023).
    gone = _evictions(open_batch, now, estimates)
    if gone:
        return Evict(orders=gone)
    if not open_batch:
        return Keep(until=None)
    queue = _seated(sorted(open_batch, key=_urgency))
    for rule in (_over_limits, _by_deadline, _by_age, _by_fees):
        decision = rule(queue, now, estimates, policy)
        if decision is not None:
            return decision
    # The next moment at which time alone changes the answer (ADR 0023).
    return Keep(until=_next_moment(queue, estimates, policy))


def by_turns(queues: Sequence[Sequence[T]], limit: int) -> list[T]:
    """One of each queue after the other, `limit` in all, and the first of every queue even where those are more."""
    rounds = chain.from_iterable(zip_longest(*queues))
    taken = [each for each in rounds if each is not None]
    return taken[: max(limit, sum(1 for queue in queues if queue))]


def by_class(classes: Sequence[Sequence[T]]) -> Iterator[T]:
    """The higher classes first, but every fourth seat is for those below: no crowd keeps them waiting for ever."""
    if not classes:
        return
    first, below = iter(classes[0]), by_class(classes[1:])
    # Strict order would let whoever pays starve the rest until their refunds (ADR 0226).
    while some := tuple(islice(first, SEATS_BEFORE_LOWER)):
        yield from some
        yield from islice(below, 1)
    yield from below


def by_class_and_turn(
    classes: Sequence[Sequence[Sequence[HashableT]]], limit: int
) -> list[HashableT]:
    """`limit` in all of the queues of each class, and the first of every queue even where those are more."""
    ordered = by_class([by_turns(queues, limit) for queues in classes])
    first_ones = {queue[0] for queues in classes for queue in queues if queue}
    return [each for place, each in enumerate(ordered) if place < limit or each in first_ones]


def turns(seats: Sequence[tuple[PoolId, Address]], room: int) -> list[int]:
    """For orders in the order of their age: the round, from 0, in which each has a seat in a batch with so much room.

    An owner has one seat of a pool in a round; several pools share the room evenly.
    """
    of_pool: Counter[PoolId] = Counter()
    of_owner: Counter[tuple[PoolId, Address]] = Counter()
    pools = len({pool for pool, _ in seats})
    share = max(1, room // pools) if pools > 1 else max(1, len(seats))
    found = []
    for pool, owner in seats:
        found.append(max(of_owner[pool, owner], of_pool[pool] // share))
        of_pool[pool] += 1
        of_owner[pool, owner] += 1
    return found


def _seated(queue: Sequence[WaitingOrder]) -> list[WaitingOrder]:
    classes = [[order for order in queue if order.priority is each] for each in Priority]
    return list(by_class(classes))


def _urgency(order: WaitingOrder) -> tuple[int, int, int, int, bytes]:
    """Whose turn it is comes before whose deadline is near: a crowd could have any deadlines."""
    return order.priority, order.turn, order.deadline_s, order.waiting_since, order.order_id


def _evictions(
    orders: tuple[WaitingOrder, ...], now: int, estimates: Estimates
) -> dict[OrderId, EvictReason]:
    """A cancel that is asked for leaves no time to prove for: its order never goes into a new batch."""
    # By the median: by p95 one slow hour would refuse orders that can be settled (ADR 0236).
    usual = now + estimates.settle_p50_ms
    gone = {
        order.order_id: EvictReason.UNREACHABLE
        for order in orders
        if order.deadline_s * 1000 < usual
    }
    cancelled = (order for order in orders if order.cancel_at_s is not None)
    return gone | {order.order_id: EvictReason.CANCELLED for order in cancelled}


def _over_limits(
    queue: list[WaitingOrder], now: int, estimates: Estimates, policy: BatchPolicy
) -> Decision | None:
    """The most urgent orders that fit, as one batch; the order that hits a limit names the reason."""
    size, count = 0, 0
    for order in queue:
        if count and (count >= policy.max_orders or size + order.size_bytes > policy.max_bytes):
            break
        size, count = size + order.size_bytes, count + 1
    if count == len(queue) and count < policy.max_orders and size < policy.max_bytes:
        return None
    reason = CloseReason.SIZE if count >= policy.max_orders else CloseReason.BYTES
    seated = queue[:count]
    # Also in a full batch who is late goes alone: the others would end with its deadline (ADR 0236).
    return _split(queue, _late(seated, now, estimates) or set(seated), reason)


def _by_deadline(
    queue: list[WaitingOrder], now: int, estimates: Estimates, policy: BatchPolicy
) -> Decision | None:
    """Close while p95 and the reserve still fit.

    Who is already later than that goes alone: a batch is valid no longer than its shortest deadline, and the
    others shall not share that risk.
    """
    late = _late(queue, now, estimates)
    if late:
        return _split(queue, late, CloseReason.DEADLINE)
    if min(_leave_by(order, estimates, policy) for order in queue) <= now:
        return Close(reason=CloseReason.DEADLINE)
    return None


def _late(queue: Sequence[WaitingOrder], now: int, estimates: Estimates) -> set[WaitingOrder]:
    """Whose deadline is nearer than one settlement in twenty takes: the nearest, and those that end soon after it."""
    slow = now + estimates.settle_p95_ms
    late = [order for order in queue if order.deadline_s * 1000 < slow]
    # Who is late has no time to lend: a batch of all of them would end with the nearest (ADR 0236).
    last = min((order.deadline_s for order in late), default=0) * 1000
    last += estimates.settle_p95_ms // GROUPS_OF_LATE
    return {order for order in late if order.deadline_s * 1000 <= last}


def _by_age(
    queue: list[WaitingOrder], now: int, _estimates: Estimates, policy: BatchPolicy
) -> Decision | None:
    due = [order for order in queue if _due(order, policy) <= now]
    if not due:
        return None
    urgent = any(order.priority in (Priority.CRITICAL, Priority.HIGH) for order in due)
    return Close(reason=CloseReason.PRIORITY if urgent else CloseReason.AGE)


def _by_fees(
    queue: list[WaitingOrder], _now: int, estimates: Estimates, policy: BatchPolicy
) -> Decision | None:
    if not policy.fee_multiple_bps:
        return None
    fees = sum(order.fee for order in queue)
    enough = fees * 10_000 >= estimates.batch_cost * policy.fee_multiple_bps
    if enough and len(queue) >= policy.min_orders_for_fees:
        return Close(reason=CloseReason.FEES)
    return None


def _due(order: WaitingOrder, policy: BatchPolicy) -> int:
    return order.waiting_since + policy.max_age_ms[order.priority]


def _leave_by(order: WaitingOrder, estimates: Estimates, policy: BatchPolicy) -> int:
    """The last moment at which a batch with this order should be closed."""
    return order.deadline_s * 1000 - estimates.settle_p95_ms - policy.reserve_ms


def _next_moment(queue: list[WaitingOrder], estimates: Estimates, policy: BatchPolicy) -> int:
    moments = [min(_due(order, policy), _leave_by(order, estimates, policy)) for order in queue]
    return min(moments)


def _split(queue: list[WaitingOrder], now: set[WaitingOrder], reason: CloseReason) -> Decision:
    first = tuple(order.order_id for order in queue if order in now)
    rest = tuple(order.order_id for order in queue if order not in now)
    return Split(first=first, rest=rest, reason=reason) if rest else Close(reason=reason)
