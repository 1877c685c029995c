"""Leases in SQLite: the row stays after a release, so that the fence keeps growing."""

import sqlite3
from functools import partial

from zk_acts.adapters.storage.database import Database
from zk_acts.domain.failures import LeaseHeld
from zk_acts.ports.clock import Clock
from zk_operator.domain.failures import LeaseLost
from zk_operator.ports.store import Lease


class SqliteLeases:
    """LeaseStore."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def acquire(self, name: str, holder: str, ttl_ms: int) -> Lease:
        """Take the lease, under a fence higher than any before. A holder may take its own again.

        Error: LeaseHeld, naming the holder, while another's has not expired.
        """
        return await self._database.write(
            partial(_acquire, name, holder, self._clock.now_ms(), ttl_ms)
        )

    async def renew(self, name: str, lease: Lease, ttl_ms: int) -> Lease:
        """The lease, valid for another `ttl_ms`. Error: LeaseLost if it has expired or is another's."""
        return await self._database.write(
            partial(_renew, name, lease, self._clock.now_ms(), ttl_ms)
        )

    async def release(self, name: str, lease: Lease) -> None:
        """Give it back. Nothing happens if it is another's by now."""
        await self._database.write(partial(_release, name, lease))


def _acquire(
    name: str, holder: str, now_ms: int, ttl_ms: int, connection: sqlite3.Connection
) -> Lease:
    row = connection.execute("SELECT * FROM leases WHERE name = ?", (name,)).fetchone()
    if row is not None and row["holder"] != holder and row["expires_at"] > now_ms:
        raise LeaseHeld(name=name, holder=row["holder"], expires_at=row["expires_at"])
    lease = Lease(holder=holder, fence=row["fence"] + 1 if row else 1, expires_at=now_ms + ttl_ms)
    connection.execute(
        "INSERT OR REPLACE INTO leases (name, holder, fence, expires_at) VALUES (?, ?, ?, ?)",
        (name, lease.holder, lease.fence, lease.expires_at),
    )
    return lease


def _renew(
    name: str, lease: Lease, now_ms: int, ttl_ms: int, connection: sqlite3.Connection
) -> Lease:
    kept = connection.execute(
        "UPDATE leases SET expires_at = ? WHERE name = ? AND fence = ? AND holder = ? AND expires_at > ?",
        (now_ms + ttl_ms, name, lease.fence, lease.holder, now_ms),
    )
    if kept.rowcount != 1:
        raise LeaseLost(name=name, holder=lease.holder, fence=lease.fence)
    return Lease(holder=lease.holder, fence=lease.fence, expires_at=now_ms + ttl_ms)


def _release(name: str, lease: Lease, connection: sqlite3.Connection) -> None:
    connection.execute(
        "UPDATE leases SET expires_at = 0 WHERE name = ? AND fence = ? AND holder = ?",
        (name, lease.fence, lease.holder),
    )
