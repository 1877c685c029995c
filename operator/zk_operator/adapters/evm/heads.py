"""Announcements of new heads over a WebSocket: a hint that wakes the scan early, never a source of facts."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, NoReturn, Protocol

import anyio
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from zk_acts.domain.back_off import BackOff
from zk_acts.domain.json_text import parse_json
from zk_acts.domain.redaction import redact_url

log = structlog.get_logger("evm")
_SUBSCRIBE: Final = json.dumps(
    {"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"]}
)
_MAX_FRAME: Final = 1 << 20
_BACK_OFF: Final = BackOff(first_s=1.0, most_s=60.0)


class HeadSocket(Protocol):
    """One connection."""

    async def send(self, message: str) -> None: ...

    async def recv(self) -> str | bytes: ...


Connect = Callable[[], AbstractAsyncContextManager[HeadSocket]]


class HeadFeed:
    """Follows `newHeads`. `run` belongs to the caller's task group; without it `wait` never returns."""

    def __init__(
        self, *, url: str, silence_s: float = 60.0, connect: Connect | None = None
    ) -> None:
        self._url = url
        self._name = redact_url(url)
        self._silence_s = silence_s
        self._connect = connect or self._open
        self._announced = anyio.Event()
        self.connected = False

    def __repr__(self) -> str:
        return f"HeadFeed({self._name}, connected={self.connected})"

    async def wait(self) -> None:
        """Return at the next announcement. Several may wait; safe to cancel."""
        await self._announced.wait()

    async def run(self, *, back_off: BackOff = _BACK_OFF) -> NoReturn:
        """Connect, follow, and connect again with growing delays. A socket silent for `silence_s` is given up."""
        in_vain = 0
        while True:
            heard = await self._follow()
            in_vain = 1 if heard else in_vain + 1
            await anyio.sleep(back_off.after(in_vain))

    async def _follow(self) -> bool:
        """One connection, until it ends; whether it announced anything."""
        heard = False
        try:
            async with self._connect() as socket:
                await socket.send(_SUBSCRIBE)
                while True:
                    with anyio.fail_after(self._silence_s):
                        message = await socket.recv()
                    heard = self._take(message) or heard
        except (OSError, TimeoutError, WebSocketException, ValueError) as error:
            log.warning("heads.lost", endpoint=self._name, reason=type(error).__name__)
        finally:
            self.connected = False
        return heard

    def _take(self, message: str | bytes) -> bool:
        """Whether the message announced a head. Error: ValueError for a refused subscription or no JSON."""
        parsed = parse_json(message)
        if not isinstance(parsed, dict) or "error" in parsed:
            raise ValueError("the subscription was refused")
        if parsed.get("method") != "eth_subscription":
            return False
        if not self.connected:
            log.info("heads.followed", endpoint=self._name)
        self.connected = True
        announced, self._announced = self._announced, anyio.Event()
        announced.set()
        return True

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[HeadSocket]:
        async with connect(
            self._url, max_size=_MAX_FRAME, open_timeout=self._silence_s, close_timeout=1
        ) as socket:
            yield _TextSocket(socket)


class _TextSocket:
    """The library's connection, as little of it as is used."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def send(self, message: str) -> None:
        await self._connection.send(message)

    async def recv(self) -> str | bytes:
        return await self._connection.recv()
