"""Whether every order ended as it had to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zk_acts.domain.ids import Hash32
from zk_devnet.traffic.kind import Outcome
from zk_devnet.traffic.plan import Item
from zk_devnet.traffic.post import Posted
from zk_operator.domain.ids import OrderId


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One item and how it ended."""

    item: Item
    order_id: OrderId
    outcome: Outcome

    @property
    def as_expected(self) -> bool:
        """Whether that is how it had to end."""
        return self.item.expectation.is_met_by(self.outcome)


def judge(
    posted: Sequence[Posted],
    outcomes: Mapping[OrderId, Outcome],
    placings: Sequence[tuple[Hash32, OrderId]],
) -> tuple[Verdict, ...]:
    """Verdicts in the order of posting.

    `outcomes` are of accepted orders; `placings` are the transactions and ids of the chain's NewTaskCreated logs.
    A replay shares its id with its original: the order is that of the transaction that placed it.
    """
    placed = set(placings)
    return tuple(
        Verdict(
            item=one.item,
            order_id=one.order_id,
            outcome=(
                outcomes.get(one.order_id, Outcome.OPEN)
                if (one.tx_hash, one.order_id) in placed
                else Outcome.REJECTED
            ),
        )
        for one in posted
    )
