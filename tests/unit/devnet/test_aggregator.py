"""When an aggregation is due."""

from typing import Any

import pytest

from zk_devnet.aggregator import due


def _domain(waiting: list[int], opened: int, leaves: int) -> dict[str, Any]:
    return {
        "id": 3,
        "should_publish": [(number, {}) for number in waiting],
        "next": {"id": opened, "statements": [{}] * leaves},
    }


def test_due__complete_aggregations__are_at_once() -> None:
    assert due(_domain([4, 5], 6, 0), {}, 100.0, 3.0) == [4, 5]


@pytest.mark.parametrize(("later", "expected"), [(2.9, []), (3.0, [6])])
def test_due__open_aggregation__only_when_old_enough(later: float, expected: list[int]) -> None:
    seen: dict[tuple[int, int], float] = {}
    domain = _domain([], 6, 1)
    assert due(domain, seen, 100.0, 3.0) == []
    assert due(domain, seen, 100.0 + later, 3.0) == expected


def test_due__empty_open_aggregation__never() -> None:
    assert due(_domain([], 6, 0), {}, 1e9, 0.0) == []
