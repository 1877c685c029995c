"""Uploads and downloads over HTTP, bounded in size and time."""

from typing import Protocol
from urllib.parse import urlsplit

import aiohttp
import zstandard

from zk_operator.adapters.sp1.errors import ArtifactUnavailable
from zk_operator.domain.failures import ProofMalformed

ZSTD_LEVEL = 3
_CHUNK = 1 << 16


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
    """Over an aiohttp session, which the caller closes."""

    def __init__(self, session: aiohttp.ClientSession, *, timeout_s: float) -> None:
        self._session = session
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)

    async def put(self, url: str, body: bytes) -> None:
        """PUT without a content type, as presigned URLs are signed."""
        host = _host(url)
        try:
            async with self._session.put(
                url, data=body, timeout=self._timeout, skip_auto_headers=("Content-Type",)
            ) as answer:
                _require_ok(answer.status, host)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ArtifactUnavailable(host=host, reason=type(error).__name__) from error

    async def get(self, url: str, max_bytes: int) -> bytes:
        """GET, read no further than the limit."""
        host, body = _host(url), bytearray()
        try:
            async with self._session.get(url, timeout=self._timeout) as answer:
                _require_ok(answer.status, host)
                async for chunk in answer.content.iter_chunked(_CHUNK):
                    body += chunk
                    if len(body) > max_bytes:
                        raise ProofMalformed("the download is too large", limit=max_bytes)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ArtifactUnavailable(host=host, reason=type(error).__name__) from error
        return bytes(body)


def _host(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ArtifactUnavailable("the prover network named no HTTP address", scheme=parts.scheme)
    return parts.hostname


def _require_ok(status: int, host: str) -> None:
    if not 200 <= status < 300:
        raise ArtifactUnavailable(host=host, status=status)
