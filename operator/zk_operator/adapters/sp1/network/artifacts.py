"""Uploads and downloads over HTTP, bounded in size and time; proofs are got ahead, as soon as it is known where they are."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

import aiohttp
import anyio
import structlog
import zstandard
from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_before_delay,
    wait_random_exponential,
)

from zk_operator.adapters.sp1.errors import ArtifactUnavailable
from zk_operator.domain.failures import ProofMalformed

log = structlog.get_logger(__name__)
AHEAD_S = 1.0
AHEAD_BYTES = 1 << 16  # a Groth16 proof takes 2,000
KEPT = 8

ZSTD_LEVEL = 3
ATTEMPTS = 4
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 4.0
_CHUNK = 1 << 16
_TRY_AGAIN = frozenset({408, 425, 429})
_NO_TIMEOUT = aiohttp.ClientTimeout(total=None)  # the deadline is around all attempts
_T = TypeVar("_T")


class ArtifactTransfer(Protocol):
    """Moves artifacts. URLs may carry credentials and are never logged whole."""

    async def put(self, url: str, body: bytes) -> None:
        """Errors: ArtifactUnavailable."""
        ...

    async def get(self, url: str, max_bytes: int) -> bytes:
        """Errors: ArtifactUnavailable; ProofMalformed if it is larger than that."""
        ...


def compressed(body: bytes) -> bytes:
    """One zstd frame, as SDK 6 uploads."""
    return zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(body)


class HttpTransfer:
    """Over an aiohttp session, which the caller closes. Transient failures are tried again inside the deadline."""

    def __init__(self, session: aiohttp.ClientSession, *, timeout_s: float) -> None:
        """`timeout_s`: for one upload or download, all its attempts included."""
        self._session = session
        self._timeout_s = timeout_s

    async def put(self, url: str, body: bytes) -> None:
        """PUT without a content type, as presigned URLs are signed; the same bytes to the same place each time."""
        host = _host(url)

        async def attempt() -> None:
            async with self._session.put(
                url, data=body, timeout=_NO_TIMEOUT, skip_auto_headers=("Content-Type",)
            ) as answer:
                _require_ok(answer.status, host)

        await self._persistently(attempt, host)

    async def get(self, url: str, max_bytes: int) -> bytes:
        """GET, read no further than the limit."""
        host = _host(url)

        async def attempt() -> bytes:
            body = bytearray()
            async with self._session.get(url, timeout=_NO_TIMEOUT) as answer:
                _require_ok(answer.status, host)
                async for chunk in answer.content.iter_chunked(_CHUNK):
                    body += chunk
                    if len(body) > max_bytes:
                        raise ProofMalformed("the download is too large", limit=max_bytes)
            return bytes(body)

        return await self._persistently(attempt, host)

    async def _persistently(self, attempt: Callable[[], Awaitable[_T]], host: str) -> _T:
        """Until it works, is refused for good, or the deadline is near. Errors: ArtifactUnavailable."""
        again = AsyncRetrying(
            retry=retry_if_exception_type((aiohttp.ClientError, _Busy)),
            stop=stop_after_attempt(ATTEMPTS) | stop_before_delay(self._timeout_s),
            # From nothing up to a bound that doubles: clients that fail together do not come back together.
            wait=wait_random_exponential(multiplier=FIRST_PAUSE_S, max=LONGEST_PAUSE_S),
            sleep=anyio.sleep,
            reraise=True,
        )
        try:
            with anyio.fail_after(self._timeout_s):
                return await again(attempt)
        except _Busy as error:
            raise ArtifactUnavailable(host=host, status=error.status) from error
        except (aiohttp.ClientError, TimeoutError, UnicodeError) as error:
            # UnicodeError: a host name that no resolver takes.
            raise ArtifactUnavailable(host=host, reason=type(error).__name__) from error


class _Busy(Exception):
    """Raised when the store answers that it cannot do it now."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(status)


def _host(url: str) -> str:
    message = "the prover network named no HTTP address"
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise ArtifactUnavailable(message) from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ArtifactUnavailable(message, scheme=parts.scheme)
    return parts.hostname[:255]


def _require_ok(status: int, host: str) -> None:
    if status in _TRY_AGAIN or status >= 500:
        raise _Busy(status)
    if not 200 <= status < 300:
        raise ArtifactUnavailable(host=host, status=status)


class ProofDownloads:
    """Downloads proofs; one that was got ahead waits here until it is asked for, once."""

    def __init__(self, transfer: ArtifactTransfer, *, max_bytes: int) -> None:
        self._transfer = transfer
        self._max_bytes = max_bytes
        self._ahead: dict[str, bytes] = {}

    async def get_ahead(self, uri: str) -> None:
        """Try, for a second at most. What fails here is tried again by `get`, which says why."""
        if uri in self._ahead:
            return
        with anyio.move_on_after(AHEAD_S):
            try:
                self._ahead[uri] = await self._transfer.get(uri, AHEAD_BYTES)
            except (ArtifactUnavailable, ProofMalformed) as error:
                log.info("download.postponed", code=error.code)
        while len(self._ahead) > KEPT:
            self._ahead.pop(next(iter(self._ahead)))

    async def get(self, uri: str) -> bytes:
        """The proof's bytes. Errors: ArtifactUnavailable, ProofMalformed."""
        body = self._ahead.pop(uri, None)
        return await self._transfer.get(uri, self._max_bytes) if body is None else body
