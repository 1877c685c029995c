"""Endpoints that fail below JSON-RPC: silence, cut connections, answers that are not what they should be."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from zk_devnet.rpc_proxy.fault import PerCall
from zk_devnet.rpc_proxy.message import (
    CUT,
    Answer,
    Ask,
    Call,
    Page,
    Reply,
    Silence,
    ask_one,
)

_HTML: Final = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
_ANOTHER_ID: Final = "another request's"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hang(PerCall):
    """The answer never comes, the connection stays open; with `after`, it comes that many seconds late."""

    after: float = 0.0

    async def answer(self, call: Call, ask: Ask) -> Reply:
        """As `PerCall`."""
        if not self.after:
            return Silence()
        reply = await ask_one(ask, call)
        return replace(reply, delay_s=self.after) if isinstance(reply, Answer) else reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Down(PerCall):
    """The connection is cut before the request is carried out."""

    async def answer(self, _call: Call, _ask: Ask) -> Reply:
        """As `PerCall`."""
        return CUT


@dataclass(frozen=True, slots=True, kw_only=True)
class LoseAnswers:
    """The request is carried out, and its answer lost: the connection is cut."""

    async def serve(self, calls: Sequence[Call], ask: Ask) -> list[Reply]:
        """As `Fault`."""
        await ask(calls)
        return [CUT]


class Rubbish(StrEnum):
    """What comes instead of an answer."""

    HTML = "html"
    TRUNCATED = "truncated"
    WRONG_ID = "wrong-id"
    NO_RESULT = "no-result"
    WRONG_FORM = "wrong-form"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Garbage(PerCall):
    """The answer is not JSON-RPC, or not the answer: an HTML page, cut JSON, another id, no result, one of another form, nothing."""

    what: Rubbish = Rubbish.HTML

    async def answer(self, call: Call, ask: Ask) -> Reply:
        """As `PerCall`; the request is carried out."""
        reply = await ask_one(ask, call)
        if not isinstance(reply, Answer):
            return reply
        text = json.dumps(reply.as_json())
        spoilt: dict[Rubbish, Reply] = {
            Rubbish.HTML: Page(text=_HTML, content_type="text/html"),
            Rubbish.TRUNCATED: Page(text=text[: len(text) // 2]),
            Rubbish.WRONG_ID: replace(reply, id=_ANOTHER_ID),
            Rubbish.NO_RESULT: replace(reply, members={}),
            Rubbish.WRONG_FORM: replace(reply, members={"result": "0x00"}),
            Rubbish.EMPTY: Page(text=""),
        }
        return spoilt[self.what]


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """One answer of a batch comes twice."""

    rng: random.Random

    async def serve(self, calls: Sequence[Call], ask: Ask) -> list[Reply]:
        """As `Fault`."""
        replies = await ask(calls)
        return [*replies, self.rng.choice(replies)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reorder:
    """The answers of a batch come in another order than they were asked for."""

    rng: random.Random

    async def serve(self, calls: Sequence[Call], ask: Ask) -> list[Reply]:
        """As `Fault`: any order but the right one."""
        replies = await ask(calls)
        at = self.rng.randrange(1, len(replies)) if len(replies) > 1 else 0
        return [*replies[at:], *replies[:at]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLog(PerCall):
    """Every answer with logs has one more at its end: the last one again, its topics and data cut short."""

    async def answer(self, call: Call, ask: Ask) -> Reply:
        """As `PerCall`."""
        reply = await ask_one(ask, call)
        if call.method != "eth_getLogs" or not isinstance(reply, Answer) or not reply.result:
            return reply
        last = reply.result[-1]
        index = hex(int(last["logIndex"], 16) + 1)
        bad = {**last, "topics": last["topics"][:1], "data": "0x1234", "logIndex": index}
        return reply.with_result([*reply.result, bad])
