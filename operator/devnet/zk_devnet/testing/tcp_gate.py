"""A TCP port in front of another one that can fall silent: connections stay open, and nothing comes through."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import anyio
from anyio.abc import SocketStream

_CHUNK = 1 << 16


@dataclass(slots=True, kw_only=True)
class TcpGate:
    """In front of `upstream_port`. `url` is where to connect to."""

    upstream_port: int
    url: str = ""
    _open: anyio.Event = field(default_factory=anyio.Event)

    def fall_silent(self) -> None:
        """Nothing comes through until `resume`."""
        if self._open.is_set():
            self._open = anyio.Event()

    def resume(self) -> None:
        """Everything comes through, what was held back included."""
        self._open.set()

    async def serve(self, client: SocketStream) -> None:
        """One connection."""
        upstream = await anyio.connect_tcp("127.0.0.1", self.upstream_port)
        async with client, upstream, anyio.create_task_group() as group:
            group.start_soon(self._pass_on, client, upstream)
            await self._pass_on(upstream, client)
            group.cancel_scope.cancel()

    async def _pass_on(self, source: SocketStream, target: SocketStream) -> None:
        with suppress(anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
            while True:
                chunk = await source.receive(_CHUNK)
                while not self._open.is_set():
                    await self._open.wait()
                await target.send(chunk)


@asynccontextmanager
async def open_gate(upstream: str) -> AsyncIterator[TcpGate]:
    """A gate in front of that URL, on a free port."""
    gate = TcpGate(upstream_port=urlsplit(upstream).port or 80)
    gate.resume()
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    attributes = listener.extra_attributes
    port = attributes[anyio.abc.SocketAttribute.local_port]()
    gate.url = f"http://127.0.0.1:{port}"
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, gate.serve)
        yield gate
        group.cancel_scope.cancel()
