"""What a batch is worth after a reorg, and for how long it is kept."""

from zk_operator.domain.ids import BatchId
from zk_operator.services.settleability import GracePeriod, Settleability

BATCH, OTHER = BatchId("a"), BatchId("b")


def test_patience__waiting_for_less_than_it__is_not_over() -> None:
    patience = GracePeriod(1_000)
    assert not patience.is_over(BATCH, Settleability.WAITING, 5_000)
    assert not patience.is_over(BATCH, Settleability.WAITING, 5_999)


def test_patience__waiting_for_as_long_as_it__is_over() -> None:
    patience = GracePeriod(1_000)
    assert not patience.is_over(BATCH, Settleability.WAITING, 5_000)
    assert patience.is_over(BATCH, Settleability.WAITING, 6_000)


def test_patience__mined_again_meanwhile__begins_anew() -> None:
    patience = GracePeriod(1_000)
    assert not patience.is_over(BATCH, Settleability.WAITING, 5_000)
    assert not patience.is_over(BATCH, Settleability.SETTLEABLE, 5_500)
    assert not patience.is_over(BATCH, Settleability.WAITING, 6_100)


def test_patience__of_one_batch__says_nothing_of_another() -> None:
    patience = GracePeriod(1_000)
    assert not patience.is_over(BATCH, Settleability.WAITING, 5_000)
    assert not patience.is_over(OTHER, Settleability.WAITING, 6_000)
