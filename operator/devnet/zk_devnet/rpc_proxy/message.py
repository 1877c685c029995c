"""JSON-RPC as the proxy sees it: what is asked, and everything that can come back instead of an answer."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from zk_acts.domain.json_text import JsonInvalid, parse_json

JSON = "application/json"
Json = Any  # whatever a node or a client wrote


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, alone or of a batch."""

    method: str
    params: tuple[Json, ...] = ()
    id: Json = None

    def with_param(self, position: int, value: Json) -> "Call":
        """The same call with another parameter; it may be the one after the last."""
        params = (*self.params[:position], value, *self.params[position + 1 :])
        return replace(self, params=params)

    def param(self, position: int) -> Json:
        """A parameter; None where there is none."""
        return self.params[position] if position < len(self.params) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A JSON-RPC answer: `members` are `result` or `error`, or neither. `delay_s`: it comes so much later."""

    id: Json
    members: Mapping[str, Json]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0

    @property
    def result(self) -> Json:
        """The result; None where there is none."""
        return self.members.get("result")

    def with_result(self, value: Json) -> "Answer":
        """The same answer with another result."""
        return replace(self, members={"result": value})

    def as_json(self) -> dict[str, Json]:
        """As it goes over the wire."""
        return {"jsonrpc": "2.0", "id": self.id, **self.members}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Something else than JSON-RPC, in place of the whole HTTP response."""

    text: str
    status: int = 200
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Nothing for so long, then the connection is cut; None: until the client goes away."""

    for_s: float | None = None


CUT = Silence(for_s=0.0)
Reply = Answer | Page | Silence
Ask = Callable[[Sequence[Call]], Awaitable[list[Reply]]]
"""Asks whatever is behind: the next fault, and in the end the real endpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A node's or provider's words: JSON-RPC code and message (with placeholders), and the HTTP status."""

    code: int
    message: str
    status: int = 200


def result(call: Call, value: Json) -> Answer:
    """An answer."""
    return Answer(id=call.id, members={"result": value})


def refused(call: Call, refusal: Refusal, **values: object) -> Answer:
    """A JSON-RPC error; `values` fill the message's placeholders."""
    message = refusal.message.format(**values)
    return Answer(
        id=call.id,
        members={"error": {"code": refusal.code, "message": message}},
        status=refusal.status,
    )


async def ask_one(ask: Ask, call: Call) -> Reply:
    """One call's reply."""
    return (await ask([call]))[0]


async def look_up(ask: Ask, method: str, *params: Json) -> Json:
    """A question of the proxy's own: the result, None where there is none."""
    reply = await ask_one(ask, Call(method=method, params=params))
    return reply.result if isinstance(reply, Answer) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The body of one HTTP request."""

    calls: tuple[Call, ...]
    is_batch: bool


def parse_request(body: bytes) -> Request | Answer:
    """What is asked, or the answer to something that is no JSON-RPC."""
    try:
        parsed = parse_json(body)
    except JsonInvalid:
        return refused(Call(method=""), Refusal(code=-32700, message="parse error", status=400))
    entries = parsed if isinstance(parsed, list) else [parsed]
    calls = tuple(_call(entry) for entry in entries if _is_call(entry))
    if not calls or len(calls) < len(entries):
        return refused(Call(method=""), Refusal(code=-32600, message="invalid request", status=400))
    return Request(calls=calls, is_batch=isinstance(parsed, list))


def _is_call(entry: Json) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("method"), str)
        and isinstance(entry.get("params", []), list)
    )


def _call(entry: Mapping[str, Json]) -> Call:
    return Call(method=entry["method"], params=tuple(entry.get("params", [])), id=entry.get("id"))
