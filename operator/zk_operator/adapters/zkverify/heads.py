"""New heads as a hint: wakes waiting tasks early, promises nothing."""

from typing import Any

import anyio

from zk_operator.adapters.zkverify.errors import MalformedChainAnswer
from zk_operator.adapters.zkverify.pool import ConnectionPool, Role
from zk_operator.adapters.zkverify.rpc import Connection, RpcError
from zk_operator.domain.failures import ZkVerifyUnreachable


class HeadBell:
    """Rings for every head that a node announces. Several tasks may wait; one of them listens for all."""

    def __init__(
        self, pool: ConnectionPool, *, patience_s: float = 30.0, pause_s: float = 1.0
    ) -> None:
        self._pool = pool
        self._patience_s = patience_s
        self._pause_s = pause_s
        self._rung: anyio.Event | None = None
        self._listening_on: Connection | None = None

    async def wait(self) -> None:
        """Return at the next announced head, after `patience_s` of silence, or soon where nothing can be heard."""
        if self._rung is not None:
            await self._rung.wait()
            return
        self._rung = rung = anyio.Event()
        try:
            await self._listen()
        finally:
            self._rung = None
            rung.set()

    async def _listen(self) -> None:
        try:
            # A silent connection is thrown away with the cancelled job; the next waiter dials anew.
            with anyio.move_on_after(self._patience_s):
                await self._pool.run(Role.HEAD, self._next_head)
        except (ZkVerifyUnreachable, MalformedChainAnswer, RpcError):
            # The readers will report it; here it only means that nothing can be heard.
            await anyio.sleep(self._pause_s)

    async def _next_head(self, connection: Connection) -> Any:
        if connection is not self._listening_on:
            await connection.request("chain_subscribeFinalizedHeads")
            self._listening_on = connection
        return await connection.notification(self._patience_s)
