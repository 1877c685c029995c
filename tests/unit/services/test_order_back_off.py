"""When orders of abandoned batches are batched again."""

from dataclasses import replace

import pytest

from zk_operator.domain.ids import BatchId, OrderId
from zk_operator.domain.records import Batch, BatchState, CloseReason
from zk_operator.services.order_back_off import FIRST_MS, MOST_MS, backing_off_until

ORDER, OTHER = OrderId(b"\x01" * 32), OrderId(b"\x02" * 32)
NOW = 10**12


def abandoned(*ages_ms: int) -> list[Batch]:
    made = Batch(
        batch_id=BatchId("a"),
        state=BatchState.ABANDONED,
        sections=(),
        order_ids=(ORDER,),
        public_values=b"",
        valid_until_s=0,
        close_reason=CloseReason.AGE,
        closed_at=0,
    )
    return [replace(made, ended_at=NOW - age) for age in ages_ms]


def test_resting__first_failure__none() -> None:
    assert backing_off_until(abandoned(0), NOW) == {}


def test_resting__second_failure__until_the_first_pause_is_over() -> None:
    assert backing_off_until(abandoned(FIRST_MS - 1, FIRST_MS * 9), NOW).keys() == {ORDER}
    assert backing_off_until(abandoned(FIRST_MS, FIRST_MS * 9), NOW) == {}


@pytest.mark.parametrize(("failures", "pause_ms"), [(3, 2 * FIRST_MS), (40, MOST_MS)])
def test_resting__more_failures__longer_up_to_a_limit(failures: int, pause_ms: int) -> None:
    assert backing_off_until(abandoned(*[pause_ms - 1] * failures), NOW).keys() == {ORDER}
    assert backing_off_until(abandoned(*[pause_ms] * failures), NOW) == {}


def test_resting__batches_that_went_well__do_not_count() -> None:
    good = [replace(batch, state=BatchState.DONE) for batch in abandoned(0, 0, 0)]
    assert backing_off_until(good, NOW) == {}


def test_resting__until_when__the_pause_after_the_last_failure() -> None:
    assert backing_off_until(abandoned(1, FIRST_MS * 9), NOW) == {ORDER: NOW - 1 + FIRST_MS}


def test_resting__orders_of_other_batches__go_on() -> None:
    batches = [*abandoned(0), *[replace(one, order_ids=(OTHER,)) for one in abandoned(0, 0)]]
    assert backing_off_until(batches, NOW).keys() == {OTHER}
