"""Kurier's REST API: submit a proof, ask for a job.

The key is part of every URL, so URLs are never logged and never stand in an error.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import aiohttp

from zk_acts.domain.json_text import JsonInvalid, parse_json
from zkverify_client.kurier.errors import (
    KurierBusy,
    KurierKeyRefused,
    KurierMalformed,
    KurierRefused,
    KurierUnreachable,
)

MAINNET = "https://api.kurier.xyz/api/v1"
_ACCEPTED = "success"
_MAX_ANSWER_BYTES = 1 << 20
_JOB_ID = re.compile(r"[!-~]{1,200}")
_SHOWN = 200


class JobState(StrEnum):
    """A job's status, in order."""

    QUEUED = "Queued"
    VALID = "Valid"
    SUBMITTED = "Submitted"
    INCLUDED = "IncludedInBlock"
    FINALIZED = "Finalized"
    PENDING = "AggregationPending"
    AGGREGATED = "Aggregated"
    PUBLISHED = "AggregationPublished"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class KurierConfig:
    """Where Kurier is, and how long to wait for it."""

    base_url: str
    api_key: str = field(repr=False)
    timeout_s: float = 20.0


class KurierClient:
    """One API key's calls. Use as an async context manager."""

    def __init__(self, config: KurierConfig) -> None:
        self._config = config
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return f"KurierClient({self._config.base_url})"

    async def __aenter__(self) -> "KurierClient":
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=self._config.timeout_s)
        )
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._open.close()

    async def submit(self, body: Mapping[str, Any]) -> str:
        """The id of a new job. Not idempotent: KurierUnreachable means that a job may exist nevertheless.

        Also KurierRefused, KurierBusy, KurierKeyRefused (no job exists), KurierMalformed (one may).
        """
        return job_of(await self._call("POST", "submit-proof", body=body))

    async def state(self, job_id: str) -> JobState:
        """Where a job is. Errors: all of Kurier's."""
        return state_of(await self._call("GET", "job-status", job_id))

    @property
    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("a KurierClient is used inside `async with`")
        return self._session

    async def _call(
        self, verb: str, endpoint: str, *parts: str, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        path = "/".join(quote(part, safe="") for part in (self._config.api_key, *parts))
        url = f"{self._config.base_url}/{endpoint}/{path}"
        with _mapped(endpoint):
            async with self._open.request(verb, url, json=body) as response:
                raw = await response.content.read(_MAX_ANSWER_BYTES)
                _require_success(response, endpoint, raw)
                return decode_answer(raw)


def decode_answer(raw: bytes) -> dict[str, Any]:
    """The JSON object of an answer. Error: KurierMalformed."""
    try:
        answer = parse_json(raw)
    except JsonInvalid as error:
        raise KurierMalformed("an answer is no JSON") from error
    if not isinstance(answer, dict):
        raise KurierMalformed("an answer is no JSON object")
    return answer


def job_of(answer: Mapping[str, Any]) -> str:
    """The id of the job that a submission made. Errors: KurierRefused, KurierMalformed."""
    verdict, job_id = answer.get("optimisticVerify", _ACCEPTED), answer.get("jobId")
    if verdict != _ACCEPTED:
        raise KurierRefused(
            "Kurier's own check found the proof false", verdict=str(verdict)[:_SHOWN]
        )
    # It becomes a line of a file, and a part of a URL.
    if not isinstance(job_id, str) or not _JOB_ID.fullmatch(job_id):
        raise KurierMalformed("a submission was answered without a job")
    return job_id


def state_of(answer: Mapping[str, Any]) -> JobState:
    """Where a job is. Error: KurierMalformed."""
    try:
        return JobState(str(answer.get("status")))
    except ValueError as error:
        raise KurierMalformed("a job has an unknown status") from error


@contextmanager
def _mapped(endpoint: str) -> Iterator[None]:
    try:
        yield
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        # The text of aiohttp's errors can hold the URL, and with it the key.
        raise KurierUnreachable(endpoint=endpoint, cause=type(error).__name__) from None


def _require_success(response: aiohttp.ClientResponse, endpoint: str, raw: bytes) -> None:
    status = response.status
    if status < HTTPStatus.BAD_REQUEST:
        return
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise KurierKeyRefused(endpoint=endpoint, status=status)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise KurierBusy(endpoint=endpoint, retry_after_s=response.headers.get("Retry-After"))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        raise KurierUnreachable(endpoint=endpoint, status=status)
    raise KurierRefused(
        endpoint=endpoint, status=status, text=raw[:_SHOWN].decode(errors="replace")
    )
