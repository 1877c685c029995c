"""The gRPC transport on real sockets: whom it reaches, and what a broken stream means."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import grpc
import grpc.aio
import pytest

from zk_acts.domain.failures import AmbiguousOutcome
from zk_operator.adapters.sp1.network import refusal
from zk_operator.adapters.sp1.network.rpc import GrpcRpc, open_channel

pytestmark = pytest.mark.devnet
PATH = "/network.ProverNetwork/RequestProof"
TOO_LARGE = 17 * 2**20


class Answering(grpc.GenericRpcHandler):
    """Answers every call with so many bytes, and counts them."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.calls = 0

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> "grpc.RpcMethodHandler[bytes, bytes]":
        answer: Callable[[bytes, object], Awaitable[bytes]] = self._answer
        return grpc.unary_unary_rpc_method_handler(answer)

    async def _answer(self, request: bytes, context: object) -> bytes:
        self.calls += 1
        return bytes(self.size)


@asynccontextmanager
async def serving(handler: Answering, host: str) -> AsyncIterator[str]:
    """The URL of a server of that handler."""
    server = grpc.aio.server(options=(("grpc.max_send_message_length", -1),))
    server.add_generic_rpc_handlers((handler,))
    port = server.add_insecure_port(f"{host}:0")
    await server.start()
    try:
        yield f"http://{host}:{port}"
    finally:
        await server.stop(0)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
async def test_call__by_either_kind_of_address__arrives(host: str) -> None:
    handler = Answering(3)
    try:
        async with serving(handler, host) as url, open_channel(url) as channel:
            assert await GrpcRpc(channel, timeout_s=10).call(PATH, b"") == bytes(3)
    except RuntimeError as error:
        pytest.skip(f"no such address on this machine: {error}")
    assert handler.calls == 1


async def test_call__an_answer_too_large_to_be_read__was_accepted_perhaps() -> None:
    """gRPC calls this RESOURCE_EXHAUSTED, which from a server means that it refused."""
    handler = Answering(TOO_LARGE)
    async with serving(handler, "127.0.0.1") as url, open_channel(url) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await GrpcRpc(channel, timeout_s=10).call(PATH, b"")
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert handler.calls == 1
    assert isinstance(refusal.of_send(caught.value, "RequestProof"), AmbiguousOutcome)
