"""What is bought again: only what would be bought now."""

from dataclasses import dataclass
from typing import cast

import pytest

from zk_acts.domain.acts import Intent, Purpose
from zk_devnet.testing.store_builders import a_batch, an_intent
from zk_operator.domain.failures import EvmUnreachable
from zk_operator.domain.ids import BatchId
from zk_operator.domain.records import Batch, BatchState
from zk_operator.ports.store import BatchStore
from zk_operator.services.purchase_gate import Purchase
from zk_operator.services.purchase_use import PurchaseUse, all_of
from zk_operator.services.standing import Standing


@dataclass
class Says:
    """Standings that say this."""

    standing_: Standing | EvmUnreachable

    async def now_s(self) -> int:
        return 0

    async def standing(self, batch: Batch, purchase: Purchase) -> Standing:
        del batch, purchase
        if isinstance(self.standing_, EvmUnreachable):
            raise self.standing_
        return self.standing_


@dataclass
class OneBatch:
    """A store of nothing else."""

    batch: Batch

    async def get(self, batch_id: BatchId) -> Batch:
        assert batch_id == self.batch.batch_id
        return self.batch


async def _asked(
    purpose: Purpose,
    says: Standing | EvmUnreachable,
    state: BatchState = BatchState.CLOSED,
) -> bool | None:
    batches = cast("BatchStore", OneBatch(a_batch("b", state=state)))
    use = PurchaseUse(batches=batches, spend=Says(says))
    return await use.is_wanted(an_intent("i", purpose=purpose, subject="b"))


@pytest.mark.parametrize(
    ("says", "wanted"),
    [
        (Standing.OPEN, True),
        (Standing.PARTLY, False),
        (Standing.LATER, False),
        (Standing.OUTDATED, False),
        (Standing.OVER, False),
        (Standing.UNKNOWN, None),
        (EvmUnreachable("no answer"), None),
    ],
)
async def test_is_wanted__a_proof__by_how_its_batch_stands(
    says: Standing | EvmUnreachable, wanted: bool | None
) -> None:
    assert await _asked(Purpose.PROVE, says) is wanted


async def test_is_wanted__a_verification_of_which_a_part_can_be_settled__is() -> None:
    assert await _asked(Purpose.VERIFY, Standing.PARTLY, BatchState.PROVED) is True


@pytest.mark.parametrize(
    ("purpose", "state"),
    [(Purpose.PROVE, BatchState.PROVED), (Purpose.VERIFY, BatchState.ABANDONED)],
)
async def test_is_wanted__its_batch_is_elsewhere__is_not(
    purpose: Purpose, state: BatchState
) -> None:
    assert await _asked(purpose, Standing.OPEN, state) is False


async def test_is_wanted__for_no_batch__is() -> None:
    assert await _asked(Purpose.REGISTER_VK, Standing.OVER) is True


@pytest.mark.parametrize("first", [False, None])
async def test_all_of__one_does_not_say_so__has_the_word(first: bool | None) -> None:
    async def says_first(_: Intent) -> bool | None:
        return first

    async def agrees(_: Intent) -> bool | None:
        return True

    row = an_intent("i")
    assert await all_of(says_first, agrees)(row) is first
    assert await all_of(agrees, says_first)(row) is first
    assert await all_of(agrees, agrees)(row) is True
