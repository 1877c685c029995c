"""Kurier's answers: a job's id becomes a line of a file and a part of a URL."""

import pytest

from zkverify_client.kurier.client import JobState, decode_answer, job_of, state_of
from zkverify_client.kurier.errors import KurierMalformed, KurierRefused


def test_job_of__a_submission__is_its_job() -> None:
    answer = decode_answer(b'{"optimisticVerify": "success", "jobId": "23382e04-3d6a-11ef"}')
    assert job_of(answer) == "23382e04-3d6a-11ef"


@pytest.mark.parametrize(
    "job_id", ["", "a b", "a\nb", "\u0661", "x" * 201, 5, None, [], "\x00", "a\x7f"]
)
def test_job_of__an_id_that_is_no_word__is_malformed(job_id: object) -> None:
    with pytest.raises(KurierMalformed):
        job_of({"jobId": job_id})


def test_job_of__a_verdict_of_its_own__is_a_refusal_with_few_words() -> None:
    with pytest.raises(KurierRefused) as caught:
        job_of({"optimisticVerify": ["no"] * 100_000, "jobId": "x"})
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "raw", [b"[" * 100_000, b'{"jobId": "\\ud800"}', b"[]", b"1", b"", b"\xff"]
)
def test_decode_answer__no_json_object__is_malformed(raw: bytes) -> None:
    with pytest.raises(KurierMalformed):
        decode_answer(raw)


def test_state_of__an_unknown_status__is_malformed() -> None:
    assert state_of({"status": "Finalized"}) is JobState.FINALIZED
    others: tuple[object, ...] = ("finalized", None, [], 5)
    for status in others:
        with pytest.raises(KurierMalformed):
            state_of({"status": status})
