"""The transport: unary gRPC calls by path, each under a deadline."""

from typing import Protocol
from urllib.parse import urlsplit

import anyio
import anyio.lowlevel
import grpc
import grpc.aio

NETWORK = "/network.ProverNetwork/"
ARTIFACTS = "/artifact.ArtifactStore/"
_OPTIONS = (
    ("grpc.max_receive_message_length", 16 * 2**20),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 15_000),
    ("grpc.enable_http_proxy", 0),
    ("grpc.initial_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 5_000),  # two minutes by default: as long as a proof takes
)
_DEFAULT_PORTS = {"https": 443, "http": 80}


class Rpc(Protocol):
    """Sends one serialized message and returns the other. Raises grpc.aio.AioRpcError, and nothing else."""

    async def call(self, path: str, request: bytes) -> bytes: ...


class GrpcRpc:
    """Calls over one channel, which the caller closes."""

    def __init__(self, channel: grpc.aio.Channel, *, timeout_s: float) -> None:
        self._channel = channel
        self._timeout_s = timeout_s
        self._methods: dict[str, grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]] = {}

    async def call(self, path: str, request: bytes) -> bytes:
        """One call. Its own deadline is DEADLINE_EXCEEDED, however stuck the channel is."""
        method = self._methods.get(path) or self._method(path)
        try:
            with anyio.fail_after(self._timeout_s + 1):
                try:
                    return await method(request, timeout=self._timeout_s)
                except anyio.get_cancelled_exc_class():
                    # gRPC makes one of its own of it, which no scope of anyio would know as its own.
                    await anyio.lowlevel.checkpoint_if_cancelled()
                    raise
        except TimeoutError:
            raise grpc.aio.AioRpcError(
                grpc.StatusCode.DEADLINE_EXCEEDED,
                grpc.aio.Metadata(),
                grpc.aio.Metadata(),
                details="no answer in time",
            ) from None

    def _method(self, path: str) -> "grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]":
        made = self._methods[path] = self._channel.unary_unary(path)  # bytes in, bytes out
        return made


def open_channel(endpoint: str) -> grpc.aio.Channel:
    """A channel to an http or https URL; connects lazily. To be called inside the event loop."""
    parts = urlsplit(endpoint)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    target = f"{host}:{parts.port or _DEFAULT_PORTS[parts.scheme]}"
    if parts.scheme == "https":
        return grpc.aio.secure_channel(target, grpc.ssl_channel_credentials(), _OPTIONS)
    return grpc.aio.insecure_channel(target, _OPTIONS)
