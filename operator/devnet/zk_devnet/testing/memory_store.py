"""The store's ports in memory: a fake to test with, held to the same contract suite as the database."""

from collections.abc import Sequence
from dataclasses import replace

from anyio.lowlevel import checkpoint

from zk_acts.domain.failures import LeaseHeld, LostRace
from zk_acts.domain.ids import hex0x
from zk_acts.ports.clock import Clock
from zk_devnet.testing.memory_chain import MemoryChain
from zk_devnet.testing.memory_intents import MemoryIntents
from zk_devnet.testing.memory_queue import MemoryBackOffs, MemoryRanks, ready_by_turns
from zk_devnet.testing.memory_tables import SubStore, Tables, age, is_free, order_age
from zk_operator.domain.failures import LeaseLost
from zk_operator.domain.ids import BatchId, OrderId, PoolId
from zk_operator.domain.records import (
    BATCH_TRANSITIONS,
    Batch,
    BatchState,
    OrderRow,
    OrderStatus,
    Rejection,
    StoredProof,
)
from zk_operator.ports.store import Lease, OrderFilter


class MemoryStore:
    """One sub-store per port, as the database has them."""

    def __init__(self, *, clock: Clock) -> None:
        tables = Tables(clock=clock)
        self.chain = MemoryChain(tables=tables)
        self.orders = MemoryOrders(tables=tables)
        self.back_offs = MemoryBackOffs(tables=tables)
        self.ranks = MemoryRanks(tables=tables)
        self.rejections = MemoryRejections(tables=tables)
        self.batches = MemoryBatches(tables=tables)
        self.intents = MemoryIntents(tables=tables)
        self.proofs = MemoryProofs(tables=tables)
        self.leases = MemoryLeases(tables=tables)


class MemoryOrders(SubStore):
    """OrderStore."""

    async def get(self, order_ids: Sequence[OrderId]) -> Sequence[OrderRow]:
        """The rows that exist, in the order asked for."""
        await checkpoint()
        return tuple(self._tables.orders[each] for each in order_ids if each in self._tables.orders)

    async def list(self, query: OrderFilter) -> Sequence[OrderRow]:
        """Newest first."""
        await checkpoint()
        rows = [
            row
            for row in self._tables.orders.values()
            if query.status in {None, row.status} and query.batch_id in {None, row.batch_id}
        ]
        return tuple(sorted(rows, key=order_age, reverse=True)[: query.limit])

    async def batchable(self, up_to_block: int, limit: int) -> Sequence[OrderRow]:
        """Ready orders placed at or below the block, by priority and by turns of pools and owners."""
        await checkpoint()
        return ready_by_turns(self._tables, up_to_block, limit)

    async def pools(self) -> Sequence[PoolId]:
        """Every pool that an order was placed in, ascending."""
        await checkpoint()
        return tuple(sorted({row.order.pool_id for row in self._tables.orders.values()}))

    async def open_after(self, order_id: OrderId | None, limit: int) -> Sequence[OrderRow]:
        """Open orders with a greater id, ascending by id."""
        await checkpoint()
        is_open = (row for row in self._tables.orders.values() if row.status is OrderStatus.OPEN)
        later = [row for row in is_open if row.order_id > (order_id or b"")]
        return tuple(sorted(later, key=lambda row: row.order_id)[:limit])

    async def refundable(self, now_s: int, limit: int) -> Sequence[OrderRow]:
        """Open and past the deadline, or past the effect of the cancel; longest refundable first."""
        await checkpoint()
        rows = [
            row
            for row in self._tables.orders.values()
            if row.status is OrderStatus.OPEN and _refundable_from_s(row) <= now_s
        ]
        rows.sort(key=lambda row: (_refundable_from_s(row), row.order_id))
        return tuple(rows[:limit])

    async def refuse(self, order_id: OrderId, code: str) -> None:
        """We will not batch it; the first code stays. Error: LostRace for an order that is not there."""
        await checkpoint()
        row = self._tables.orders.get(order_id)
        if row is None:
            raise LostRace("there is no such order", order_id=hex0x(order_id))
        self._tables.edit_order(order_id, refusal=row.refusal or code)

    async def counts(self) -> dict[str, int]:
        """Orders by status, plus "rejected": the refused placements."""
        await checkpoint()
        rows, rejections = self._tables.orders.values(), self._tables.rejections.values()
        counts = {str(s): sum(row.status is s for row in rows) for s in OrderStatus}
        return counts | {"rejected": sum(each.order_id is not None for each in rejections)}


class MemoryRejections(SubStore):
    """RejectionStore."""

    async def rejections(self, limit: int) -> Sequence[Rejection]:
        """Newest first."""
        await checkpoint()
        rows = sorted(self._tables.rejections.values(), key=lambda row: age(row.at), reverse=True)
        return tuple(rows[:limit])


class MemoryBatches(SubStore):
    """BatchStore."""

    async def close(self, batch: Batch) -> None:
        """Insert the batch and take its orders. Errors: LostRace; ValueError for orders not of its sections."""
        await checkpoint()
        listed = tuple(order_id for each in batch.sections for order_id in each.order_ids)
        if batch.sections and listed != batch.order_ids:
            raise ValueError(f"batch {batch.batch_id}: its orders are not those of its sections")
        if batch.batch_id in self._tables.batches:
            raise LostRace("the batch exists", batch_id=batch.batch_id)
        for order_id in batch.order_ids:
            if order_id not in self._tables.orders or not is_free(self._tables.orders[order_id]):
                raise LostRace("an order is not free any more", order_id=hex0x(order_id))
        self._tables.batches[batch.batch_id] = batch
        for order_id in batch.order_ids:
            self._tables.edit_order(order_id, batch_id=batch.batch_id)
            self._tables.end_back_off(order_id, forget=True)

    async def get(self, batch_id: BatchId) -> Batch | None:
        """The batch, if there is one."""
        await checkpoint()
        return self._tables.batches.get(batch_id)

    async def in_state(self, *states: BatchState) -> Sequence[Batch]:
        """Oldest first."""
        await checkpoint()
        return tuple(batch for batch in self._by_age() if batch.state in states)

    async def save(self, batch: Batch) -> Batch:
        """Write the progress of the batch; the new row. Error: LostRace."""
        await checkpoint()
        stored = self._tables.batches.get(batch.batch_id)
        if stored is None or stored.version != batch.version:
            raise LostRace(batch_id=batch.batch_id, version=batch.version)
        allowed = BATCH_TRANSITIONS[stored.state]
        if batch.state not in (allowed and allowed | {stored.state}):
            raise LostRace(batch_id=batch.batch_id, stored=stored.state, wanted=batch.state)
        saved = replace(
            batch,
            sections=stored.sections,
            order_ids=stored.order_ids,
            public_values=stored.public_values,
            valid_until_s=stored.valid_until_s,
            close_reason=stored.close_reason,
            closed_at=stored.closed_at,
            version=stored.version + 1,
        )
        self._tables.batches[batch.batch_id] = saved
        self._tables.release_from_ended()
        return saved

    async def recent(self, limit: int) -> Sequence[Batch]:
        """Newest first."""
        await checkpoint()
        return tuple(reversed(self._by_age()))[:limit]

    def _by_age(self) -> list[Batch]:
        return sorted(
            self._tables.batches.values(), key=lambda each: (each.closed_at, each.batch_id)
        )


class MemoryProofs(SubStore):
    """ProofStore."""

    async def put(self, proof: StoredProof) -> None:
        """Keep the proof; the first one stays."""
        await checkpoint()
        self._tables.proofs.setdefault((proof.program_vkey, proof.public_values), proof)

    async def find(self, program_vkey: bytes, public_values: bytes) -> StoredProof | None:
        """The proof of these public values under this program, if there is one."""
        await checkpoint()
        return self._tables.proofs.get((program_vkey, public_values))


class MemoryLeases(SubStore):
    """LeaseStore."""

    async def acquire(self, name: str, holder: str, ttl_ms: int) -> Lease:
        """Take the lease. Error: LeaseHeld, naming the holder, while another's has not expired."""
        await checkpoint()
        now, held = self._tables.clock.now_ms(), self._tables.leases.get(name)
        if held is not None and held.holder != holder and held.expires_at > now:
            raise LeaseHeld(name=name, holder=held.holder, expires_at=held.expires_at)
        lease = Lease(holder=holder, fence=held.fence + 1 if held else 1, expires_at=now + ttl_ms)
        self._tables.leases[name] = lease
        return lease

    async def renew(self, name: str, lease: Lease, ttl_ms: int) -> Lease:
        """The lease, valid for another `ttl_ms`. Error: LeaseLost if it has expired or is another's."""
        await checkpoint()
        now, held = self._tables.clock.now_ms(), self._tables.leases.get(name)
        if held is None or held.fence != lease.fence or held.expires_at <= now:
            raise LeaseLost(name=name, holder=lease.holder, fence=lease.fence)
        self._tables.leases[name] = replace(held, expires_at=now + ttl_ms)
        return self._tables.leases[name]

    async def release(self, name: str, lease: Lease) -> None:
        """Give it back. Nothing happens if it is another's by now."""
        await checkpoint()
        held = self._tables.leases.get(name)
        if held is not None and held.fence == lease.fence:
            self._tables.leases[name] = replace(held, expires_at=0)


def _refundable_from_s(row: OrderRow) -> int:
    expired = row.order.deadline + 1
    return expired if row.cancel_at_s is None else min(expired, row.cancel_at_s)
