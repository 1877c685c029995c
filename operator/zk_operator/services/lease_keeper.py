"""Lease keeper: renews this daemon's right to run on its database, and stops the process when it is lost."""

from typing import Self

import anyio

from zk_operator.ports.store import Lease, LeaseStore

LEASE = "operator"


class LeaseKeeper:
    """An async context that holds the lease, and the service that renews it."""

    name = "lease"
    description = "Holds the right to run on the database"

    def __init__(self, *, store: LeaseStore, holder: str, ttl_s: float) -> None:
        self._store = store
        self._holder = holder
        self._ttl_ms = int(ttl_s * 1000)
        self._lease: Lease | None = None

    async def __aenter__(self) -> Self:
        """Acquire. Error: LeaseHeld."""
        self._lease = await self._store.acquire(LEASE, self._holder, self._ttl_ms)
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Release, also while being cancelled."""
        if self._lease is not None:
            with anyio.CancelScope(shield=True):
                await self._store.release(LEASE, self._lease)

    async def wake(self) -> None:
        """Renewal has its own rhythm."""
        await anyio.sleep_forever()

    async def tick(self) -> None:
        """Renew. Error: LeaseLost (fatal)."""
        if self._lease is not None:
            self._lease = await self._store.renew(LEASE, self._lease, self._ttl_ms)
