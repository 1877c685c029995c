"""The cursor and everything that blocks say, in SQLite."""

import sqlite3
from collections.abc import Sequence
from functools import partial
from typing import Final

from zk_acts.adapters.storage.database import Database
from zk_acts.domain.failures import LostRace
from zk_acts.domain.ids import Hash32
from zk_acts.ports.clock import Clock
from zk_operator.adapters.storage import events, rewind
from zk_operator.adapters.storage.events import pending_proposals
from zk_operator.adapters.storage.order_rows import to_block, to_log_ref
from zk_operator.adapters.storage.orders import release_from_ended
from zk_operator.domain.chain_event import (
    BatchSettled,
    BlockRef,
    ProposedTerms,
    SectionSkipped,
)
from zk_operator.domain.ids import OrderId, PoolId
from zk_operator.ports.store import ScannedBlock, TaskGap

_THERE: Final = "status <> 'orphaned'"  # the same words as the index, so that it is used

KEPT_BLOCKS = 1024  # blocks among which a common ancestor can be found


class SqliteChain:
    """ChainStore."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def cursor(self) -> BlockRef | None:
        """The last block whose effects are stored."""
        return await self._database.read(newest_block)

    async def recent_blocks(self, limit: int) -> Sequence[BlockRef]:
        """The newest scanned blocks, newest first; at least the last 512 are kept."""
        return await self._database.read(partial(_recent_blocks, limit))

    async def apply(self, blocks: Sequence[ScannedBlock]) -> None:
        """Store the blocks' effects and move the cursor to the last one, in one transaction.

        A block that is stored already is passed over. Error: LostRace for another block at or below the cursor.
        """
        await self._database.write(partial(_apply, blocks, self._clock.now_ms()))

    async def merge(self, blocks: Sequence[ScannedBlock]) -> Sequence[OrderId]:
        """Store what blocks at or below the cursor say that no row says yet; the orders that this changed, by id.

        Error: LostRace for a block above the cursor, or where another block of that height is stored.
        """
        return await self._database.write(partial(_merge, blocks, self._clock.now_ms()))

    async def task_gaps(self, first: int, count: int, limit: int) -> Sequence[TaskGap]:
        """Which task indices from `first` to below `count` have no row, ascending."""
        return await self._database.read(partial(task_gaps, first, count, limit))

    async def baseline(self) -> int | None:
        """How many orders the contract had counted before the first block that is scanned; None while that is not known."""
        return await self._database.read(_baseline)

    async def set_baseline(self, tasks: int) -> None:
        """That is known now. The first word stays."""
        await self._database.write(partial(_set_baseline, tasks))

    async def proposals(self) -> Sequence[ProposedTerms]:
        """What the contract's owner has proposed and neither applied nor withdrawn, oldest first."""
        return await self._database.read(pending_proposals)

    async def rewind(self, ancestor: BlockRef) -> Sequence[OrderId]:
        """Take back everything above the ancestor; the orders that this orphaned, oldest first.

        Error: LostRace when the ancestor is above the cursor, or not the block that is stored at its height.
        """
        return await self._database.write(partial(_rewind, ancestor, self._clock.now_ms()))

    async def observations(self, key: Hash32) -> Sequence[BatchSettled | SectionSkipped]:
        """What the contract said of one batch (`keccak256(publicValues)`), oldest first."""
        return await self._database.read(partial(_observations, key))


def newest_block(connection: sqlite3.Connection) -> BlockRef | None:
    """The cursor: the newest stored block."""
    row = connection.execute("SELECT * FROM blocks ORDER BY number DESC LIMIT 1").fetchone()
    return None if row is None else to_block(row)


def _baseline(connection: sqlite3.Connection) -> int | None:
    row = connection.execute("SELECT tasks FROM baseline").fetchone()
    return None if row is None else int(row["tasks"])


def _set_baseline(tasks: int, connection: sqlite3.Connection) -> None:
    connection.execute("INSERT OR IGNORE INTO baseline (only, tasks) VALUES (1, ?)", (tasks,))


def _recent_blocks(limit: int, connection: sqlite3.Connection) -> tuple[BlockRef, ...]:
    rows = connection.execute("SELECT * FROM blocks ORDER BY number DESC LIMIT ?", (limit,))
    return tuple(to_block(row) for row in rows)


def _apply(blocks: Sequence[ScannedBlock], now_ms: int, connection: sqlite3.Connection) -> None:
    for scanned in blocks:
        if _is_stored(scanned.block, connection):
            continue
        for event in scanned.events:
            events.store(connection, events.Told(event=event, scanned=scanned, now_ms=now_ms))
        _insert_block(scanned.block, connection)
    release_from_ended(connection)
    connection.execute(
        "DELETE FROM blocks WHERE number <= "
        "(SELECT number FROM blocks ORDER BY number DESC LIMIT 1 OFFSET ?)",
        (KEPT_BLOCKS,),
    )


def _merge(
    blocks: Sequence[ScannedBlock], now_ms: int, connection: sqlite3.Connection
) -> tuple[OrderId, ...]:
    cursor = newest_block(connection)
    changed: set[OrderId] = set()
    for scanned in blocks:
        block = scanned.block
        stored = _hash_at(block.number, connection)
        if cursor is None or block.number > cursor.number or stored not in {None, block.hash}:
            raise LostRace("the chain has moved since it was read", block=block.number)
        for event in scanned.events:
            told = events.Told(event=event, scanned=scanned, now_ms=now_ms)
            if events.store(connection, told) and isinstance(event, events.OF_ORDERS):
                changed.add(event.order_id)
    release_from_ended(connection)
    return tuple(sorted(changed))


def _is_stored(block: BlockRef, connection: sqlite3.Connection) -> bool:
    cursor = newest_block(connection)
    if cursor is None or block.number > cursor.number:
        return False
    if _hash_at(block.number, connection) == block.hash:
        return True
    raise LostRace("the chain has to be rewound first", block=block.number, cursor=cursor.number)


def _rewind(ancestor: BlockRef, now_ms: int, connection: sqlite3.Connection) -> tuple[OrderId, ...]:
    cursor = newest_block(connection)
    stored = _hash_at(ancestor.number, connection)
    if cursor is None or ancestor.number > cursor.number or stored not in {None, ancestor.hash}:
        raise LostRace("the ancestor is not a scanned block", ancestor=ancestor.number)
    orphaned = rewind.take_back(connection, ancestor.number, now_ms)
    if stored is None:
        _insert_block(ancestor, connection)
    return orphaned


def _hash_at(number: int, connection: sqlite3.Connection) -> Hash32 | None:
    row = connection.execute("SELECT hash FROM blocks WHERE number = ?", (number,)).fetchone()
    return None if row is None else Hash32(row["hash"])


def _insert_block(block: BlockRef, connection: sqlite3.Connection) -> None:
    connection.execute(
        "INSERT INTO blocks VALUES (?, ?, ?, ?)",
        (block.number, block.hash, block.parent_hash, block.timestamp),
    )


def _observations(
    key: Hash32, connection: sqlite3.Connection
) -> tuple[BatchSettled | SectionSkipped, ...]:
    rows = connection.execute(
        "SELECT * FROM observations WHERE key = ? ORDER BY block_number, log_index", (key,)
    )
    return tuple(_to_observation(row) for row in rows)


def _to_observation(row: sqlite3.Row) -> BatchSettled | SectionSkipped:
    if row["kind"] == "batch_settled":
        return BatchSettled(
            at=to_log_ref(row),
            public_values_hash=Hash32(row["key"]),
            sections=row["sections"],
            orders=row["orders"],
        )
    return SectionSkipped(
        at=to_log_ref(row),
        key=Hash32(row["key"]),
        pool_id=PoolId(row["pool_id"]),
        reason=row["reason"],
    )


def task_gaps(
    first: int, count: int, limit: int, connection: sqlite3.Connection
) -> tuple[TaskGap, ...]:
    """The gaps among the indices from `first` to below `count`, ascending: the contract numbers orders without gaps.

    One probe of an index per row.
    """
    gaps = []
    for after in _last_before_gaps(first, count, limit, connection):
        below, above = _row_at(after, connection), _next(after, count, connection)
        gaps.append(
            TaskGap(
                first=after + 1,
                last=(above["task_index"] if above else count) - 1,
                after_block=below["placed_block"] if below else None,
                before_block=above["placed_block"] if above else None,
            )
        )
    return tuple(gaps)


def _last_before_gaps(
    first: int, count: int, limit: int, connection: sqlite3.Connection
) -> list[int]:
    """The indices whose successor is missing; the one below `first` belongs to them."""
    edges = [first - 1] if first < count and _row_at(first, connection) is None else []
    rows = connection.execute(
        "SELECT DISTINCT task_index FROM orders AS here INDEXED BY orders_by_task "  # noqa: S608 - constants
        f"WHERE here.{_THERE} AND task_index >= ? AND task_index < ? AND NOT EXISTS "
        "(SELECT 1 FROM orders AS successor INDEXED BY orders_by_task "
        f"WHERE successor.{_THERE} AND successor.task_index = here.task_index + 1) "
        "ORDER BY task_index LIMIT ?",
        (first, count - 1, limit),
    )
    return (edges + [row["task_index"] for row in rows])[:limit]


def _row_at(index: int, connection: sqlite3.Connection) -> sqlite3.Row | None:
    sql = f"SELECT placed_block FROM orders INDEXED BY orders_by_task WHERE {_THERE} AND task_index = ? LIMIT 1"  # noqa: S608 - a constant
    found: sqlite3.Row | None = connection.execute(sql, (index,)).fetchone()
    return found


def _next(after: int, count: int, connection: sqlite3.Connection) -> sqlite3.Row | None:
    sql = (
        "SELECT task_index, placed_block FROM orders INDEXED BY orders_by_task "  # noqa: S608 - a constant
        f"WHERE {_THERE} AND task_index > ? AND task_index < ? ORDER BY task_index LIMIT 1"
    )
    found: sqlite3.Row | None = connection.execute(sql, (after, count)).fetchone()
    return found
