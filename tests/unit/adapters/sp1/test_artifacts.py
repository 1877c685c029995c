"""Uploads and downloads against a scripted session: what is tried again, and what is not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest

from zk_operator.adapters.sp1.errors import ArtifactUnavailable
from zk_operator.adapters.sp1.network import artifacts
from zk_operator.adapters.sp1.network.artifacts import ATTEMPTS, HttpTransfer
from zk_operator.domain.failures import ProofMalformed

URL = "http://artifacts.test/stdins/1?X-Signature=secret"


@dataclass(slots=True)
class Content:
    body: bytes

    async def iter_chunked(self, size: int) -> AsyncIterator[bytes]:
        for at in range(0, len(self.body), size):
            yield self.body[at : at + size]


@dataclass(slots=True)
class Answer:
    status: int
    content: Content


@dataclass(slots=True)
class Session:
    """Answers in order: a status, or an error."""

    script: list[int | Exception]
    body: bytes = b"proof"
    sent: list[bytes] = field(default_factory=list)

    @asynccontextmanager
    async def put(self, url: str, *, data: bytes, **_: Any) -> AsyncIterator[Answer]:
        self.sent.append(data)
        yield self._next()

    @asynccontextmanager
    async def get(self, url: str, **_: Any) -> AsyncIterator[Answer]:
        self.sent.append(b"")
        yield self._next()

    def _next(self) -> Answer:
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        return Answer(step, Content(self.body))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifacts, "FIRST_PAUSE_S", 0.0)


def transfer(session: Session) -> HttpTransfer:
    return HttpTransfer(session, timeout_s=5)  # type: ignore[arg-type]  # the part that is used


@pytest.mark.parametrize("trouble", [500, 503, 429, aiohttp.ClientConnectionError("reset")])
async def test_put__a_transient_failure__is_tried_again_with_the_same_bytes(
    trouble: int | Exception,
) -> None:
    session = Session([trouble, 200])
    await transfer(session).put(URL, b"body")
    assert session.sent == [b"body", b"body"]


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_put__refused_for_good__is_not_tried_again(status: int) -> None:
    session = Session([status])
    with pytest.raises(ArtifactUnavailable) as caught:
        await transfer(session).put(URL, b"body")
    assert caught.value.context["status"] == status
    assert "secret" not in str(caught.value)


async def test_get__failing_again_and_again__ends_after_some_attempts() -> None:
    session = Session([500] * 10)
    with pytest.raises(ArtifactUnavailable):
        await transfer(session).get(URL, 100)
    assert len(session.sent) == ATTEMPTS


async def test_get__after_a_failure__is_whole() -> None:
    assert await transfer(Session([502, 200], body=b"x" * 99)).get(URL, 100) == b"x" * 99


async def test_get__too_large__is_refused_at_once() -> None:
    session = Session([200], body=b"x" * 101)
    with pytest.raises(ProofMalformed):
        await transfer(session).get(URL, 100)
    assert len(session.sent) == 1


async def test_put__no_http_address__is_refused() -> None:
    with pytest.raises(ArtifactUnavailable):
        await transfer(Session([])).put("s3://bucket/key", b"")


@pytest.mark.parametrize(
    "address",
    ["http://[::1", "http://\uff41\u2100.com/", "http://a..b/", f"http://{'a' * 70}.test/"],
    ids=["brackets", "letters", "empty-label", "long-label"],
)
async def test_get__an_address_that_is_none__is_unavailable(address: str) -> None:
    """Whatever the network says must not end the service that reads it."""
    async with aiohttp.ClientSession() as session:
        with pytest.raises(ArtifactUnavailable):
            await HttpTransfer(session, timeout_s=2).get(address, 100)
