"""Follows the orders on chain until every one has ended for good."""

from collections import Counter
from collections.abc import Sequence

import anyio

from zk_devnet.auditor import order_outcomes
from zk_devnet.cli.demo_run.progress import Progress
from zk_devnet.evm.deployment import Deployment
from zk_devnet.evm.rpc import EvmRpc
from zk_devnet.traffic.kind import Expectation, Outcome
from zk_devnet.traffic.post import Posted, Traffic
from zk_operator.domain.ids import OrderId

OUTCOMES = {
    0: Outcome.OPEN,  # not mined yet
    1: Outcome.OPEN,
    2: Outcome.SETTLED,
    3: Outcome.REFUNDED,
}
_POLL_S = 0.5


async def follow_orders(
    rpc: EvmRpc,
    deployment: Deployment,
    traffic: Traffic,
    progress: Progress,
    *,
    placed: anyio.Event,
    timeout_s: float,
) -> int:
    """Return when all orders are placed and have ended, finalized, or time is up; how many are left then.

    Raises EvmCallFailed.
    """
    total, left = len(traffic.items), 0
    with anyio.move_on_after(timeout_s):
        while True:
            posted = tuple(traffic.posted)
            latest = await _statuses(rpc, deployment, posted, "latest")
            final = await _statuses(rpc, deployment, posted, "finalized")
            counts = _counts(posted, latest)
            finalized = total_ended(_counts(posted, final))
            left = total - finalized
            progress.update(counts, total, finalized)
            if placed.is_set() and left == 0:
                break
            await anyio.sleep(_POLL_S)
    return left


def total_ended(counts: Counter[Outcome]) -> int:
    """How many have ended in whatever way."""
    return sum(count for outcome, count in counts.items() if outcome is not Outcome.OPEN)


async def _statuses(
    rpc: EvmRpc, deployment: Deployment, posted: Sequence[Posted], block: str
) -> dict[OrderId, int]:
    ids = list(dict.fromkeys(one.order_id for one in posted))
    return await order_outcomes(rpc, deployment, ids, block=block)


def _counts(posted: Sequence[Posted], states: dict[OrderId, int]) -> Counter[Outcome]:
    """By the contract's state; what is to be rejected never has one. The audit goes by the logs instead."""
    return Counter(
        Outcome.REJECTED
        if one.item.expectation is Expectation.REJECTED
        else OUTCOMES[states.get(one.order_id, 0)]
        for one in posted
    )
