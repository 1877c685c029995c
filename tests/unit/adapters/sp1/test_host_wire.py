"""The prover host's answers, when it says something else than it should."""

import json

import pytest

from zk_operator.adapters.sp1.host.client import Execution, HostJob, _read
from zk_operator.adapters.sp1.host.errors import (
    HostAnswerMalformed,
    HostIncapable,
    HostMemoryShort,
    HostRefused,
)
from zk_operator.adapters.sp1.host.wire import decode_answer, message_size

DEEP = b"[" * 100_000


def message(header: object, rest: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(4, "little") + text + rest


def test_answer__whole__is_fields_and_parts() -> None:
    answer = decode_answer(message({"id": 1, "answer": {"a": 2}, "parts": [2, 0, 1]}, b"xyz"))
    assert (answer.fields, answer.parts) == ({"a": 2}, (b"xy", b"", b"z"))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xff\xff\xff",
        message(DEEP),
        message(b'{"a":' * 50_000),
        message(b'{"id": ' + b"9" * 5_000 + b"}"),
        message([]),
        message({"id": 2, "answer": {}, "parts": []}),
        message({"id": 1, "answer": [], "parts": []}),
        message({"id": 1, "answer": {}, "parts": None}),
        message({"id": 1, "answer": {}, "parts": [True]}, b"x"),
        message({"id": 1, "answer": {}, "parts": [-1, 2]}, b"x"),
        message({"id": 1, "answer": {}, "parts": [2**64]}, b"x"),
        message({"id": 1, "error": {"code": [], "message": {}}}),
    ],
)
def test_answer__of_any_other_form__is_malformed(raw: bytes) -> None:
    with pytest.raises(HostAnswerMalformed):
        decode_answer(raw)


@pytest.mark.parametrize(
    ("code", "leaf"),
    [("execution", HostRefused), ("busy", HostIncapable), ("memory", HostMemoryShort)],
)
def test_answer__an_error__has_its_leaf_and_a_bounded_text(
    code: str, leaf: type[Exception]
) -> None:
    with pytest.raises(leaf) as caught:
        decode_answer(message({"id": 1, "error": {"code": code, "message": "x" * 10**6}}))
    assert len(str(caught.value)) < 10_000


@pytest.mark.parametrize("size", [0, 3, (64 << 20) + 1, 2**32 - 1])
def test_size__out_of_bounds__is_malformed(size: int) -> None:
    with pytest.raises(HostAnswerMalformed):
        message_size(size.to_bytes(4, "little"))


@pytest.mark.parametrize(
    "job",
    [
        5,
        [1],
        "x",
        None,
        {},
        {"stage": "proving", "seconds": float("inf")},
        {"stage": 1, "seconds": 1},
    ],
)
def test_job__of_any_other_form__is_malformed(job: object) -> None:
    with pytest.raises(HostAnswerMalformed):
        _read(HostJob, job)


@pytest.mark.parametrize("cycles", [2**63, 10**400, -1])
def test_read__a_number_that_no_row_holds__is_malformed(cycles: int) -> None:
    fields = {"public_values": b"", "exit_code": 0, "cycles": cycles, "gas": 1, "seconds": 1.0}
    with pytest.raises(HostAnswerMalformed):
        _read(Execution, fields)
