"""The database and the fake do the same, whatever is asked of them in whatever order."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from zk_acts.domain.acts import ActDetail, ActKind, IntentState, Purpose, Resource
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.ids import IntentId
from zk_acts.ports.store import SpendCap
from zk_devnet.testing.manual_clock import ManualClock
from zk_devnet.testing.memory_store import MemoryStore
from zk_devnet.testing.store_builders import (
    DETAILS,
    GENESIS_S,
    a_batch,
    a_block,
    a_hash,
    a_log,
    a_proof,
    an_intent,
    an_order_id,
    cancelled,
    placed,
    refunded,
    scanned,
    settled,
)
from zk_operator.adapters.storage import SqliteStore, open_store
from zk_operator.domain.chain_event import ChainEvent, OrderRefused, Undecodable
from zk_operator.domain.ids import BatchId, PoolId
from zk_operator.domain.priority import Priority
from zk_operator.domain.records import Batch, BatchState
from zk_operator.ports.store import Lease, OrderBackOff, OrderFilter

Store = SqliteStore | MemoryStore
ORDERS = "opqr"
NEXT = {
    BatchState.CLOSED: BatchState.PROVED,
    BatchState.PROVED: BatchState.VERIFIED,
    BatchState.VERIFIED: BatchState.AGGREGATED,
    BatchState.AGGREGATED: BatchState.SETTLED,
}
names = st.sampled_from(ORDERS)
prices = st.integers(0, 2**256 - 1)
kinds = st.sampled_from(["placed", "settled", "refunded", "cancelled", "rejected", "undecodable"])


def event_of(kind: str, name: str, number: int, log_index: int, fork: str) -> ChainEvent:
    at = a_log(number, log_index, fork)
    match kind:
        case "placed":
            return placed(name, at, deadline=GENESIS_S + 40 * (1 + ORDERS.index(name)))
        case "settled":
            return settled(name, at, payout=2**70 + number)
        case "refunded":
            return refunded(name, at)
        case "cancelled":
            return cancelled(name, at, cancel_at=GENESIS_S + 10 * number)
        case "rejected":
            return OrderRefused(at=at, order_id=an_order_id(name), code=log_index)
        case _:
            return Undecodable(at=at, topic=a_hash(name), detail=kind)


class Twins(RuleBasedStateMachine):
    """Every act is done on both; results, failures and what can be read must be equal."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.loop = asyncio.new_event_loop()
        self.exits = AsyncExitStack()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "store.db"
        self.sqlite = self.loop.run_until_complete(
            self.exits.enter_async_context(open_store(path, clock=self.clock))
        )
        self.memory = MemoryStore(clock=self.clock)
        self.height = 0
        self.forks: dict[int, str] = {}
        self.fork = 0
        self.leases: list[Lease] = []
        self.intents = 0
        self.batches = 0

    def teardown(self) -> None:
        self.loop.run_until_complete(self.exits.aclose())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
        self.folder.cleanup()

    def both(self, act: Callable[[Any], Awaitable[Any]]) -> Any:
        """The result of the act, or its failure's code, if both agree."""
        one, two = (self.outcome(act, store) for store in (self.sqlite, self.memory))
        assert one == two
        return one

    def saved(self, batch: Batch) -> Any:
        return self.both(lambda store: store.batches.save(batch))

    def batch(self, which: int) -> Batch | None:
        name = BatchId(f"b{self.batches - which}")
        found: Batch | None = self.both(lambda store: store.batches.get(name))
        return found

    def outcome(self, act: Callable[[Any], Awaitable[Any]], store: Store) -> Any:
        async def run() -> Any:
            return await act(store)

        try:
            return self.loop.run_until_complete(run())
        except OperatorError as error:
            return error.code, error.context.get("spent"), error.context.get("holder")

    @initialize()
    def place_all(self) -> None:
        self.apply([], set(), 1)
        self.apply([("placed", name) for name in ORDERS[:2]], set(), 1)
        self.apply([("placed", name) for name in ORDERS[2:]], set(), 1)

    @rule(
        events=st.lists(st.tuples(kinds, names), max_size=5),
        refused=st.sets(names, max_size=1),
        gap=st.integers(1, 3),
    )
    def apply(self, events: list[tuple[str, str]], refused: set[str], gap: int) -> None:
        number, fork = self.height + gap, str(self.fork)
        said = [event_of(kind, name, number, at, fork) for at, (kind, name) in enumerate(events)]
        refusals = {an_order_id(name): "ZKO-INT-004" for name in refused}
        block = scanned(number, *said, fork=fork, refusals=refusals)
        self.both(lambda store: store.chain.apply([block]))
        self.both(lambda store: store.chain.apply([block]))
        self.height = number
        self.forks[number] = fork

    @precondition(lambda self: self.forks)
    @rule(data=st.data(), stale=st.booleans(), again=st.booleans())
    def rewind(self, data: st.DataObject, stale: bool, again: bool) -> None:
        number = data.draw(st.sampled_from(sorted(self.forks)))
        ancestor = a_block(number, "stale" if stale else self.forks[number])
        self.both(lambda store: store.chain.rewind(ancestor))
        if not stale:
            self.height = number
            self.forks = {at: fork for at, fork in self.forks.items() if at <= number}
            self.fork += 1
        if again:
            self.apply([("placed", name) for name in ORDERS], set(), 1)

    @precondition(lambda self: self.forks)
    @rule(data=st.data(), events=st.lists(st.tuples(kinds, names), max_size=3))
    def merge(self, data: st.DataObject, events: list[tuple[str, str]]) -> None:
        number = data.draw(st.sampled_from(sorted(self.forks)))
        fork = self.forks[number]
        said = [
            event_of(kind, name, number, 10 + at, fork) for at, (kind, name) in enumerate(events)
        ]
        block = scanned(number, *said, fork=fork)
        self.both(lambda store: store.chain.merge([block]))
        self.both(lambda store: store.chain.merge([block]))

    @rule(name=names, ms=st.integers(0, 60_000), times=st.integers(0, 3), price=st.none() | prices)
    def rest(self, name: str, ms: int, times: int, price: int | None) -> None:
        rest = OrderBackOff(
            order_id=an_order_id(name),
            until_ms=self.clock.now_ms() + ms,
            times=times,
            wake_price_x128=price,
        )
        self.both(lambda store: store.back_offs.back_off([rest]))

    @rule(price=prices)
    def wake(self, price: int) -> None:
        self.both(lambda store: store.back_offs.wake(PoolId(a_hash("pool")), price))

    @rule(priorities=st.dictionaries(names, st.sampled_from(Priority), max_size=3))
    def rank(self, priorities: dict[str, Priority]) -> None:
        found = {an_order_id(name): each for name, each in priorities.items()}
        self.both(lambda store: store.ranks.rank(found))

    @rule()
    def forget_ranks(self) -> None:
        self.both(lambda store: store.ranks.forget())

    @rule(orders=st.sets(names, min_size=1), blindly=st.sampled_from([False, False, True]))
    def close(self, orders: set[str], blindly: bool) -> None:
        free = {row.order_id for row in self.both(lambda s: s.orders.batchable(10**6, 10))}
        chosen = [each for each in ORDERS if an_order_id(each) in free]
        chosen = sorted(orders) if blindly or not chosen else chosen[: len(orders)]
        batch = a_batch(f"b{self.batches + 1}", *chosen, closed_at=self.clock.now_ms())
        if self.both(lambda store: store.batches.close(batch)) is None:
            self.batches += 1

    @rule(which=st.integers(0, 1), state=st.sampled_from(BatchState), late=st.booleans())
    def save(self, which: int, state: BatchState, late: bool) -> None:
        stored = self.batch(which)
        if stored is not None:
            self.saved(replace(stored, state=state, version=stored.version - late))

    @rule(which=st.integers(0, 1), steps=st.integers(1, 4))
    def advance(self, which: int, steps: int) -> None:
        for _ in range(steps):
            batch = self.batch(which)
            if batch is not None and batch.state in NEXT:
                self.saved(replace(batch, state=NEXT[batch.state], settled_at=5))

    @rule(name=st.sampled_from("r"))
    def refuse(self, name: str) -> None:
        self.both(lambda store: store.orders.refuse(an_order_id(name), "ZKO-BAT-001"))

    @rule(
        nonce=st.integers(0, 2),
        quoted=st.integers(0, 2**66),
        limit=st.integers(0, 2**67),
        replaces=st.integers(0, 3),
        resource=st.sampled_from([Resource.GAS, Resource.VFY]),
    )
    def record(
        self, nonce: int, quoted: int, limit: int, replaces: int, resource: Resource
    ) -> None:
        self.intents += 1
        intent = an_intent(
            f"i{self.intents}",
            nonce=nonce,
            quoted=quoted,
            resource=resource,
            replaces=IntentId(f"i{self.intents - replaces}") if replaces else None,
        )
        cap = SpendCap(resource=Resource.GAS, window_s=60, limit=limit)
        self.both(lambda store: store.intents.record(intent, [cap]))

    @rule(
        which=st.integers(0, 2),
        state=st.sampled_from(IntentState),
        paid=st.none() | st.integers(0, 2**66),
        block=st.integers(0, 9),
        detail=st.none() | st.sampled_from(list(DETAILS.values())),
    )
    def update(
        self,
        which: int,
        state: IntentState,
        paid: int | None,
        block: int,
        detail: ActDetail | None,
    ) -> None:
        intent = self.both(lambda store: store.intents.get(IntentId(f"i{self.intents - which}")))
        if intent is None:
            return
        facts: dict[str, object] = {} if detail is None else {"detail": detail}
        if paid is not None:
            facts |= {"paid": paid, "included_block": block}
        self.both(lambda store: store.intents.update(intent, state, **facts))

    @rule(holder=st.sampled_from("xy"))
    def acquire(self, holder: str) -> None:
        lease = self.both(lambda store: store.leases.acquire("db", holder, 1_000))
        if isinstance(lease, Lease):
            self.leases.append(lease)

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), gives_back=st.booleans())
    def keep_lease(self, data: st.DataObject, gives_back: bool) -> None:
        lease = data.draw(st.sampled_from(self.leases))
        if gives_back:
            self.both(lambda store: store.leases.release("db", lease))
        else:
            self.both(lambda store: store.leases.renew("db", lease, 1_000))

    @rule(nonce=st.integers(0, 2**255))
    def put_proof(self, nonce: int) -> None:
        proof = a_proof(nonce=nonce)
        self.both(lambda store: store.proofs.put(proof))
        self.both(lambda store: store.proofs.find(proof.program_vkey, proof.public_values))

    @rule(ms=st.integers(1, 90_000))
    def wait(self, ms: int) -> None:
        self.clock.advance(ms)

    @invariant()
    def everything_that_can_be_read_agrees(self) -> None:
        self.both(lambda store: look(store, self.height))

    @invariant()
    def no_open_order_is_held_by_an_ended_batch(self) -> None:
        ended = self.both(lambda s: s.batches.in_state(BatchState.DONE, BatchState.ABANDONED))
        rows = self.both(lambda store: store.orders.list(OrderFilter()))
        held = {row.batch_id for row in rows if row.status == "open"}
        assert not held & {batch.batch_id for batch in ended}


async def look(store: Store, height: int) -> tuple[object, ...]:
    return (
        await store.chain.recent_blocks(100),
        await store.rejections.rejections(100),
        await store.orders.counts(),
        await store.orders.list(OrderFilter()),
        await store.orders.batchable(height, 10),
        await store.orders.open_after(None, 10),
        await store.chain.task_gaps(0, 12, 3),
        await store.orders.pools(),
        await store.ranks.unranked(10),
        await store.back_offs.pools(),
        await store.back_offs.oldest_waiting_s(),
        await store.orders.refundable(GENESIS_S + 10 * height, 10),
        await store.batches.recent(10),
        await store.batches.in_state(*BatchState),
        await store.intents.live(ActKind.TRANSACTION),
        await store.intents.of_subject(Purpose.SETTLE, "b1"),
        await store.intents.ledger(0),
        await store.intents.used_nonce("evm:31337", "0xabc"),
        await store.intents.unexplained("evm:31337", "0xabc", 0),
    )


TestTwins = Twins.TestCase
TestTwins.settings = settings(
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
