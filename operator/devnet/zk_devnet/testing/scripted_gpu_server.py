"""sp1-gpu-server without a GPU: its socket protocol, with answers that a test writes.

The messages are put together here by hand, so that a mistake in the adapter's codec shows.
"""

import hashlib
import struct
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
from anyio.abc import SocketStream
from anyio.streams.buffered import BufferedByteReceiveStream


@dataclass(slots=True, kw_only=True)
class ScriptedGpuServer:
    """Answers Setup with the ELF's hash, ProveWithMode with `proof`, Destroy with Ok; `script` overrides, in order.

    An entry of `script` is a whole answer's bytes, or None to close the connection without one.
    """

    proof: bytes = b"proof"
    vk: bytes = bytes(104)
    delay_s: float = 0.0
    script: deque[bytes | None] = field(default_factory=deque)
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0  # those that asked for something; looking who listens is none

    @property
    def tags(self) -> list[int]:
        """The kinds of request, in order: 0 Setup, 1 ProveWithMode, 2 Destroy."""
        return [struct.unpack_from("<I", request)[0] for request in self.requests]

    def answer(self, request: bytes) -> bytes:
        """What the real one answers when all is well."""
        tag = struct.unpack_from("<I", request)[0]
        if tag == 0:
            (size,) = struct.unpack_from("<Q", request, 4)
            return struct.pack("<I", 1) + hashlib.sha256(request[12 : 12 + size]).digest() + self.vk
        return struct.pack("<I", 2) + self.proof if tag == 1 else struct.pack("<I", 0)

    async def handle(self, stream: SocketStream) -> None:
        """One connection."""
        reader = BufferedByteReceiveStream(stream)
        asked = False
        async with stream:
            while True:
                try:
                    (size,) = struct.unpack("<I", await reader.receive_exactly(4))
                    request = await reader.receive_exactly(size)
                except (anyio.IncompleteRead, anyio.EndOfStream):
                    return
                self.connections += not asked
                asked = True
                self.requests.append(request)
                await anyio.sleep(self.delay_s)
                answer = self.script.popleft() if self.script else self.answer(request)
                if answer is None:
                    return
                await stream.send(struct.pack("<I", len(answer)) + answer)


@asynccontextmanager
async def listening(server: ScriptedGpuServer, path: Path) -> AsyncIterator[Path]:
    """The server at a socket, until the end."""
    async with (
        await anyio.create_unix_listener(path) as listener,
        anyio.create_task_group() as group,
    ):
        group.start_soon(listener.serve, server.handle)
        yield path
        group.cancel_scope.cancel()
