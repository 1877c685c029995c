"""Proofs that are downloaded ahead: handed out once, and never an error."""

import anyio
import pytest

from zk_operator.adapters.sp1.errors import ArtifactUnavailable
from zk_operator.adapters.sp1.network import artifacts
from zk_operator.adapters.sp1.network.artifacts import AHEAD_BYTES, KEPT, ProofDownloads
from zk_operator.domain.failures import ProofMalformed

URI = "http://store/proof"


class Store:
    """A transfer that serves `body`, or raises `error`; remembers what it was asked for."""

    def __init__(self, body: bytes = b"proof", *, error: Exception | None = None) -> None:
        self.body, self.error = body, error
        self.asked: list[str] = []

    async def put(self, url: str, body: bytes) -> None:
        raise AssertionError((url, body))

    async def get(self, url: str, max_bytes: int) -> bytes:
        self.asked.append(url)
        if self.error is not None:
            raise self.error
        if len(self.body) > max_bytes:
            raise ProofMalformed("the download is too large", limit=max_bytes)
        return self.body


class Silent(Store):
    async def get(self, url: str, max_bytes: int) -> bytes:
        self.asked.append(url)
        await anyio.sleep_forever()
        raise AssertionError(max_bytes)


async def test_get__got_ahead__is_handed_out_once_and_then_downloaded_anew() -> None:
    store = Store()
    proofs = ProofDownloads(store, max_bytes=100)
    await proofs.get_ahead(URI)
    await proofs.get_ahead(URI)
    assert await proofs.get(URI) == b"proof"
    assert store.asked == [URI]
    assert await proofs.get(URI) == b"proof"
    assert store.asked == [URI, URI]


@pytest.mark.parametrize("error", [ArtifactUnavailable(host="store"), ProofMalformed("large")])
async def test_get_ahead__that_fails__is_tried_again_by_get(error: Exception) -> None:
    store = Store(error=error)
    proofs = ProofDownloads(store, max_bytes=100)
    await proofs.get_ahead(URI)
    with pytest.raises(type(error)):
        await proofs.get(URI)
    store.error = None
    assert await proofs.get(URI) == b"proof"


async def test_get_ahead__a_large_one__is_left_to_get() -> None:
    store = Store(b"x" * (AHEAD_BYTES + 1))
    proofs = ProofDownloads(store, max_bytes=2 * AHEAD_BYTES)
    await proofs.get_ahead(URI)
    assert len(await proofs.get(URI)) == AHEAD_BYTES + 1


async def test_get_ahead__a_silent_store__is_given_up_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifacts, "AHEAD_S", 0.01)
    store = Silent()
    with anyio.fail_after(1):
        await ProofDownloads(store, max_bytes=100).get_ahead(URI)
    assert store.asked == [URI]


async def test_get_ahead__many_that_nobody_asks_for__keeps_the_last_ones() -> None:
    store = Store()
    proofs = ProofDownloads(store, max_bytes=100)
    for number in range(KEPT + 1):
        await proofs.get_ahead(f"{URI}/{number}")
    await proofs.get(f"{URI}/0")
    await proofs.get(f"{URI}/{KEPT}")
    assert store.asked.count(f"{URI}/0") == 2
    assert store.asked.count(f"{URI}/{KEPT}") == 1
