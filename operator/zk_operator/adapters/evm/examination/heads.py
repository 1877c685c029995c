"""Whether the endpoint answers, for the right chain, and how far behind its blocks are."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Final

import anyio

from zk_acts.domain.finding import Finding, Severity
from zk_acts.domain.ids import hex0x
from zk_operator.adapters.evm.examination.probe import Answer, EvmCheck, EvmPlan, Head, Probe
from zk_operator.adapters.evm.wire import as_hex, quantity
from zk_operator.domain.chain_event import BlockTag
from zk_operator.domain.failures import MalformedAnswer

SLOW_S: Final = 1.0
STALE_HEAD_S: Final = 120
STALE_DEPTH_S: Final = (
    3 * 3_600
)  # finality of a healthy chain: minutes on Ethereum, an hour or so on some rollups
REPLICA_QUESTIONS: Final = 4  # at once
_HEADER_ONLY: Final = False


async def check_chain(probe: Probe, plan: EvmPlan) -> tuple[Finding, ...]:
    """Reachable and of which chain; the first question, and the last where it is not answered."""
    answer = await probe.ask("eth_chainId")
    if answer.error is not None:
        return (
            probe.finding(
                EvmCheck.REACHABLE,
                Severity.SEVERE,
                answer.why,
                "nothing can be read or sent",
                "check URL, key and network; name another endpoint in evm.http",
            ),
        )
    return (judge_latency(probe), judge_chain(probe, answer, plan.chain_id))


def judge_latency(probe: Probe) -> Finding:
    """By the median of what was measured so far."""
    latency_s = median(probe.latencies)
    found = f"answers in {latency_s * 1000:.0f} ms"
    if latency_s <= SLOW_S:
        return probe.finding(EvmCheck.REACHABLE, Severity.OK, found)
    return probe.finding(
        EvmCheck.REACHABLE, Severity.WARNING, found, "every step is late", "use a nearer endpoint"
    )


def judge_chain(probe: Probe, answer: Answer, chain_id: int) -> Finding:
    """The chain id against the configured one."""
    try:
        found = quantity(answer.value, "chain id")
    except MalformedAnswer as error:
        return probe.finding(
            EvmCheck.CHAIN_ID,
            Severity.SEVERE,
            error.message,
            "it is left out",
            "name another endpoint",
        )
    if found == chain_id:
        return probe.finding(EvmCheck.CHAIN_ID, Severity.OK, str(found))
    return probe.finding(
        EvmCheck.CHAIN_ID,
        Severity.SEVERE,
        f"{found}, configured is {chain_id}",
        "it is left out",
        "correct evm.chain_id, or take the endpoint out of evm.http",
    )


def judge_head(probe: Probe, head: Head, now_s: int) -> Finding:
    """How old the newest block is, by this machine's clock."""
    age_s = now_s - head.timestamp
    found = f"block {head.number}, {max(age_s, 0)} s old"
    if age_s > STALE_HEAD_S:
        return probe.finding(
            EvmCheck.HEAD,
            Severity.WARNING,
            found,
            "orders are seen late, and settled late",
            "the node has stopped following, the chain stands still, or this machine's clock is wrong",
        )
    if age_s < -STALE_HEAD_S:
        return probe.finding(
            EvmCheck.HEAD,
            Severity.WARNING,
            f"block {head.number} is {-age_s} s in the future",
            "deadlines are judged wrongly",
            "set this machine's clock (NTP)",
        )
    return probe.finding(EvmCheck.HEAD, Severity.OK, found)


async def check_depths(probe: Probe, plan: EvmPlan, head: Head) -> tuple[Finding, ...]:
    """The three configured depths, each at the block that it stands for."""
    found = []
    for check, depth in plan.depths.items():
        block = await probe.block(_wanted(depth, head))
        found.append(judge_depth(probe, check, depth, block, head))
    return tuple(found)


def _wanted(depth: BlockTag | int, head: Head) -> str:
    if isinstance(depth, BlockTag):
        return depth.value
    return as_hex(max(head.number - depth, 0))


_DEPTH_COST: Final = {
    EvmCheck.SEE_AT: "no order is ever seen",
    EvmCheck.SPEND_AT: "nothing is ever batched",
    EvmCheck.DONE_AT: "no settlement is ever done",
}


def judge_depth(
    probe: Probe, check: EvmCheck, depth: BlockTag | int, block: Head | Answer, head: Head
) -> Finding:
    """Whether the endpoint knows the block of that depth, and how far behind the head it is."""
    name = depth.value if isinstance(depth, BlockTag) else f"{depth} confirmations"
    if isinstance(block, Answer):
        return probe.finding(
            check,
            Severity.SEVERE,
            f"{name}: unknown ({block.why})",
            _DEPTH_COST[check],
            f"set evm.{check.value.removeprefix('depth ')} to a number of confirmations, or use an endpoint that knows {name}",
        )
    behind = head.number - block.number
    found = f"{name}: {max(behind, 0)} blocks, {max(head.timestamp - block.timestamp, 0)} s behind"
    if head.timestamp - block.timestamp > STALE_DEPTH_S and isinstance(depth, BlockTag):
        return probe.finding(
            check,
            Severity.WARNING,
            found,
            "orders or settlements wait for it",
            "the chain does not finalize, or the node has not followed it",
        )
    return probe.finding(check, Severity.OK, found)


async def check_replicas(probe: Probe) -> Finding:
    """Ask for the head several times at once, and again; and for the newest of these blocks by its hash."""
    rounds: list[list[Head]] = []
    for _ in range(2):
        rounds.append([])
        async with anyio.create_task_group() as group:
            for _ in range(REPLICA_QUESTIONS):
                group.start_soon(_look, probe, rounds[-1])
    missing = 0
    heads = [head for heads in rounds for head in heads]
    if heads:
        newest = hex0x(max(heads, key=lambda head: head.number).hash)
        for _ in range(REPLICA_QUESTIONS):
            found = await probe.ask("eth_getBlockByHash", newest, _HEADER_ONLY)
            missing += found.value is None
    return judge_replicas(probe, rounds, missing)


async def _look(probe: Probe, heads: list[Head]) -> None:
    head = await probe.block(BlockTag.LATEST.value)
    if isinstance(head, Head):
        heads.append(head)


def judge_replicas(probe: Probe, rounds: Sequence[Sequence[Head]], missing: int) -> Finding:
    """Whether behind the URL are nodes of different heights. `rounds`: what was answered at about the same time.

    One node may tell two heights within a round, when a block comes just then; but never an older one a round later.
    """
    heads = [head for heads in rounds for head in heads]
    if not all(rounds):
        return probe.finding(
            EvmCheck.REPLICAS, Severity.WARNING, "no head", "see reachable", "ask again later"
        )
    apart = max(_newest(each) - _oldest(each) for each in rounds)
    back = max(
        (_newest(earlier) - _oldest(later) for earlier, later in pairwise(rounds)), default=0
    )
    forked = len({head.hash for head in heads}) > len({head.number for head in heads})
    if apart <= 1 and back <= 0 and not missing and not forked:
        return probe.finding(EvmCheck.REPLICAS, Severity.OK, "one view of the head")
    return probe.finding(
        EvmCheck.REPLICAS,
        Severity.WARNING,
        f"heads from {_oldest(heads)} to {_newest(heads)}, {missing} times without the newest block"
        + (", different blocks of one height" if forked else ""),
        "questions are asked again: more requests, some seconds later; no order is lost",
        "ask the provider for sticky sessions, or put an own node first in evm.http",
    )


def _newest(heads: Sequence[Head]) -> int:
    return max(head.number for head in heads)


def _oldest(heads: Sequence[Head]) -> int:
    return min(head.number for head in heads)
