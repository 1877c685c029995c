"""JSON from outside: what comes out can be used anywhere, and everything else is one error."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zk_acts.domain.errors import OperatorError
from zk_acts.domain.json_text import JsonInvalid, brief, parse_json


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"nul",
        b"NaN",
        b"[-Infinity]",
        b"1e999",
        b"[1, -1e400]",
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'"\\ud800"',
        b'{"\\udfff\\ud800": 1}',
        b'"\xff"',
        b"\xef\xbb\xbf{}",
        '{"a": 1}'.encode("utf-16"),
        b"9" * 5_000,
    ],
)
def test_parse_json__anything_but_finite_utf8_json__is_one_error(raw: bytes) -> None:
    with pytest.raises(JsonInvalid, match="JSON"):
        parse_json(raw)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.text()
        | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_parse_json__what_python_writes__comes_back(value: object) -> None:
    for ascii_only in (True, False):
        text = json.dumps(value, ensure_ascii=ascii_only)
        assert parse_json(text) == parse_json(text.encode()) == value


def test_parse_json__secrets_around_an_error__are_not_in_it() -> None:
    with pytest.raises(JsonInvalid) as caught:
        parse_json(b'{"key": "hunter2", \xff}')
    assert "hunter2" not in str(caught.value)


def test_brief__a_deep_or_long_value__is_short_and_quick() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    for value in (deep, ["x"] * 1_000_000, "y" * 10**6, {"a": "z" * 10**6}):
        assert 0 < len(brief(value, 80)) <= 80


@pytest.mark.parametrize(
    "value",
    [10**5_000, "\ud800", [10**5_000], {"\udfff": 1}],
    ids=["integer", "half", "list", "key"],
)
def test_error__with_a_value_that_has_no_text__can_be_written_all_the_same(value: object) -> None:
    text = str(OperatorError("something", value=value))
    assert "something" in text
    text.encode()


def test_error__with_lists_without_end__can_be_written_all_the_same() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert "list" in str(OperatorError("something", value=deep))
