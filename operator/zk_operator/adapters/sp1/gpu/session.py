"""A connection to sp1-gpu-server, and who is at its other end.

The server keeps a prover and the keys of programs per connection (crate sp1-gpu-server 6.10.0, server.rs, ConnectionCtx):
a new connection builds its prover anew, and takes the memory for it while an older one's proof may still run.
"""

import hashlib
import os
import socket as sockets
import struct
from dataclasses import dataclass
from pathlib import Path

import anyio
from anyio.abc import SocketAttribute, UNIXSocketStream
from anyio.streams.buffered import BufferedByteReceiveStream

from zk_operator.adapters.sp1.errors import GpuDeviceTaken, GpuProvingFailed
from zk_operator.adapters.sp1.gpu.wire import (
    LENGTH_BYTES,
    Acknowledged,
    ProofMade,
    Response,
    SetupDone,
    destroy,
    framed,
    message_size,
    parse,
    prove,
    setup,
)
from zk_operator.adapters.sp1.local.engine import ProofJob

_PEER = struct.Struct("3i")  # ucred: pid, uid, gid
_ROOT = 0
_CLOSE_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """The process that listens at a socket. `pid` is 0 where it is in another namespace."""

    pid: int
    uid: int


async def connect(path: Path) -> UNIXSocketStream:
    """To whoever listens there. Errors: OSError."""
    return await anyio.connect_unix(path)


def peer_of(stream: UNIXSocketStream) -> Peer:
    """Who listens, by the kernel."""
    raw = stream.extra(SocketAttribute.raw_socket)  # noqa: S610 - a stream, not a query
    pid, uid, _gid = _PEER.unpack(
        raw.getsockopt(sockets.SOL_SOCKET, sockets.SO_PEERCRED, _PEER.size)
    )
    return Peer(pid=pid, uid=uid)


def require_peer(peer: Peer, *, device: int, expected_pid: int | None) -> None:
    """The sockets lie where every user can make files: inputs go to nobody else's. Errors: GpuDeviceTaken."""
    if peer.uid not in (os.getuid(), _ROOT):
        raise GpuDeviceTaken(
            "another user listens at the GPU server's socket", device=device, uid=peer.uid
        )
    if expected_pid is not None and peer.pid != expected_pid:
        raise GpuDeviceTaken(device=device, pid=peer.pid)


class GpuSession:
    """Calls one after the other. After an error or a cancelled call it must be closed."""

    def __init__(self, stream: UNIXSocketStream) -> None:
        self._stream = stream
        self._reader = BufferedByteReceiveStream(stream)
        self._key: bytes | None = None

    async def set_up(self, elf: bytes) -> bytes:
        """The program's key on this connection; at once where it was set up before. Only one is kept.

        Errors: GpuProvingFailed, and those of the stream.
        """
        ready = await self._call(setup(elf))
        if not isinstance(ready, SetupDone):
            raise GpuProvingFailed("sp1-gpu-server answers another call")
        if ready.key != hashlib.sha256(elf).digest():
            raise GpuProvingFailed("sp1-gpu-server set up another program", key=ready.key.hex())
        before, self._key = self._key, ready.key
        if before is not None and before != ready.key:
            await self._drop(before)
        return ready.key

    async def prove(self, key: bytes, job: ProofJob) -> bytes:
        """The proof's container. Errors: GpuProvingFailed, and those of the stream."""
        made = await self._call(prove(mode=job.mode, key=key, stdin=job.stdin, nonce=job.nonce))
        if not isinstance(made, ProofMade):
            raise GpuProvingFailed("sp1-gpu-server answers another call")
        return made.proof

    async def aclose(self) -> None:
        """Hang up; the server drops what it kept once it has done what it does."""
        with anyio.move_on_after(_CLOSE_S, shield=True):
            await self._stream.aclose()

    async def _drop(self, key: bytes) -> None:
        if not isinstance(await self._call(destroy(key)), Acknowledged):
            raise GpuProvingFailed("sp1-gpu-server answers another call")

    async def _call(self, message: bytes) -> Response:
        await self._stream.send(framed(message))
        size = message_size(await self._reader.receive_exactly(LENGTH_BYTES))
        return parse(await self._reader.receive_exactly(size))
