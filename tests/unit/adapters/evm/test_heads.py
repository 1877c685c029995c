"""The head feed: a hint that must never get stuck, on scripted sockets."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import anyio
import pytest

from zk_acts.domain.back_off import BackOff
from zk_operator.adapters.evm.heads import HeadFeed, HeadSocket

HEAD = json.dumps({"jsonrpc": "2.0", "method": "eth_subscription", "params": {"result": {}}})
CONFIRMED = json.dumps({"jsonrpc": "2.0", "id": 1, "result": "0x1"})
REFUSED = json.dumps({"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "no"}})


class Socket:
    """Gives these messages, then breaks (or is silent)."""

    def __init__(self, messages: Sequence[str], *, silent: bool) -> None:
        self.messages = list(messages)
        self.silent = silent
        self.sent: list[str] = []

    async def send(self, message: str) -> None:
        self.sent.append(message)

    async def recv(self) -> str:
        await anyio.lowlevel.checkpoint()
        if self.messages:
            return self.messages.pop(0)
        if self.silent:
            await anyio.sleep_forever()
        raise ConnectionError("closed")


class Network:
    """The sockets of successive connections; the last one repeats."""

    def __init__(self, *sockets: Socket) -> None:
        self.sockets = list(sockets)
        self.connections = 0

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[HeadSocket]:
        self.connections += 1
        yield self.sockets.pop(0) if len(self.sockets) > 1 else self.sockets[0]


async def waits(feed: HeadFeed) -> bool:
    """Whether an announcement comes while the feed runs."""
    with anyio.move_on_after(2) as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: feed.run(back_off=BackOff(first_s=0.0)))
            await feed.wait()
            group.cancel_scope.cancel()
    return not scope.cancelled_caught


@pytest.mark.parametrize(
    "first",
    [
        Socket([CONFIRMED, HEAD], silent=True),
        Socket([], silent=False),
        Socket([REFUSED], silent=True),
        Socket(["not json"], silent=True),
        Socket(["[]"], silent=True),
        Socket([CONFIRMED], silent=True),
    ],
    ids=["heads", "breaks", "refuses", "nonsense", "no object", "silent"],
)
async def test_run__whatever_the_first_socket_does__a_head_is_announced(first: Socket) -> None:
    network = Network(first, Socket([CONFIRMED, HEAD], silent=True))
    feed = HeadFeed(url="ws://node/key", silence_s=0.05, connect=network.connect)
    assert await waits(feed)
    assert json.loads(first.sent[0])["params"] == ["newHeads"]


async def test_wait__several_waiters__all_return() -> None:
    network = Network(Socket([CONFIRMED, HEAD], silent=True))
    feed = HeadFeed(url="ws://node", connect=network.connect)
    with anyio.fail_after(2):
        async with anyio.create_task_group() as runner:
            async with anyio.create_task_group() as waiters:
                waiters.start_soon(feed.wait)
                waiters.start_soon(feed.wait)
                runner.start_soon(feed.run)
            assert feed.connected
            runner.cancel_scope.cancel()
    assert not feed.connected


async def test_repr__shows_no_key() -> None:
    assert "secret" not in repr(HeadFeed(url="wss://user:secret@node/v2/secret0123456789"))


@pytest.mark.parametrize("message", ["[" * 100_000, '{"a":' * 50_000, "NaN", "{"])
async def test_run__a_message_that_is_no_json__is_a_lost_connection(message: str) -> None:
    network = Network(Socket([message], silent=True), Socket([HEAD], silent=True))
    feed = HeadFeed(url="ws://x", connect=network.connect)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: feed.run(back_off=BackOff(first_s=0.001)))
        with anyio.fail_after(5):
            await feed.wait()
        tasks.cancel_scope.cancel()
    assert network.connections == 2
