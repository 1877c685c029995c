"""New heads as a hint: wakes waiting tasks early, promises nothing."""

import math
from typing import Any

import anyio
import structlog

from zk_acts.runtime.repeats import Repeats
from zkverify_client.adapters.errors import MalformedChainAnswer
from zkverify_client.adapters.pool import ConnectionPool, Role
from zkverify_client.adapters.rpc import Connection, RpcError
from zkverify_client.domain.failures import ZkVerifyUnreachable

_log = structlog.get_logger(__name__)


class _Silence(Exception):
    """Raised when a subscription has been silent for so long that its connection is thrown away."""


class HeadWakeUp:
    """Notifies of every head that a node announces. Several tasks may wait; one of them listens for all.

    The subscription outlives a wait that runs out of time; one that is cancelled takes it along.
    """

    def __init__(
        self, pool: ConnectionPool, *, silence_s: float = 30.0, pause_s: float = 1.0
    ) -> None:
        self._pool = pool
        self._silence_s = silence_s
        self._pause_s = pause_s
        self._announced: anyio.Event | None = None
        self._listening_on: Connection | None = None
        self._quiet_s = 0.0
        self._repeats = Repeats()

    async def wait(self, at_most_s: float = math.inf) -> None:
        """Return at the next announced head, after that time, or soon where nothing can be heard."""
        if self._announced is not None:
            with anyio.move_on_after(at_most_s):
                await self._announced.wait()
            return
        self._announced = announced = anyio.Event()
        try:
            await self._listen(at_most_s)
        finally:
            self._announced = None
            announced.set()

    async def _listen(self, at_most_s: float) -> None:
        try:
            await self._pool.run(
                Role.HEAD, lambda connection: self._next_head(connection, at_most_s)
            )
            self._repeats.clear()
        except _Silence:
            _log.info("heads.silent", silent_s=self._silence_s)
        except (ZkVerifyUnreachable, MalformedChainAnswer, RpcError) as error:
            # The readers will meet it, too; here it only means that nothing can be heard.
            if times := self._repeats.note(type(error).__name__):
                _log.warning("heads.unheard", error=str(error), times=times)
            await anyio.sleep(min(self._pause_s, at_most_s))

    async def _next_head(self, connection: Connection, at_most_s: float) -> Any:
        """Wait on a subscription that is silent for less than that; an older one is thrown away."""
        if connection is not self._listening_on:
            await connection.request("chain_subscribeFinalizedHeads")
            self._listening_on, self._quiet_s = connection, 0.0
        silence_s = self._silence_s - self._quiet_s
        within_s = min(at_most_s, silence_s)
        with anyio.move_on_after(within_s):
            head = await connection.notification(self._silence_s + 1)
            self._quiet_s = 0.0
            return head
        self._quiet_s += within_s
        if within_s < silence_s:
            return None
        raise _Silence
