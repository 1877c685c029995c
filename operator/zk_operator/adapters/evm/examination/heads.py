"""Whether the endpoint answers, for the right chain, and how far behind its blocks are."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Final

import anyio

from zk_operator.adapters.evm.examination.probe import Answer, EvmCheck, EvmPlan, Head, Probe
from zk_operator.adapters.evm.wire import as_hex, quantity
from zk_operator.domain.chain_event import BlockTag
from zk_operator.domain.failures import MalformedAnswer
from zk_operator.domain.finding import Finding, Severity

SLOW_S: Final = 1.0
STALE_HEAD_S: Final = 120
STALE_DEPTH_S: Final = (
    3 * 3_600
)  # finality of a healthy chain: minutes on Ethereum, an hour or so on some rollups
REPLICA_QUESTIONS: Final = 8


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
    """Ask for the head several times at once, and for the newest of these blocks by its hash."""
    answers: list[Head | Answer] = []

    async def look() -> None:
        answers.append(await probe.block(BlockTag.LATEST.value))

    for _ in range(2):
        async with anyio.create_task_group() as group:
            for _ in range(REPLICA_QUESTIONS // 2):
                group.start_soon(look)
    heads = [answer for answer in answers if isinstance(answer, Head)]
    missing = 0
    if heads:
        newest = max(heads, key=lambda head: head.number)
        for _ in range(REPLICA_QUESTIONS // 2):
            found = await probe.ask("eth_getBlockByHash", "0x" + newest.hash.hex(), False)  # noqa: FBT003  # JSON
            missing += found.value is None
    return judge_replicas(probe, heads, missing)


def judge_replicas(probe: Probe, heads: Sequence[Head], missing: int) -> Finding:
    """Whether behind the URL are nodes of different heights. `heads`: in the order of the answers."""
    if not heads:
        return probe.finding(
            EvmCheck.REPLICAS, Severity.WARNING, "no head", "see reachable", "ask again later"
        )
    numbers = [head.number for head in heads]
    backwards = sum(later < earlier for earlier, later in pairwise(numbers))
    blocks: dict[int, set[bytes]] = {}
    for head in heads:
        blocks.setdefault(head.number, set()).add(head.hash)
    forked = any(len(hashes) > 1 for hashes in blocks.values())
    if not (backwards or missing or forked):
        return probe.finding(EvmCheck.REPLICAS, Severity.OK, "one view of the head")
    return probe.finding(
        EvmCheck.REPLICAS,
        Severity.WARNING,
        f"heads from {min(numbers)} to {max(numbers)}, {backwards} steps back, {missing} times without the newest block"
        + (", different blocks of one height" if forked else ""),
        "questions are asked again: more requests, some seconds later; no order is lost",
        "ask the provider for sticky sessions, or put an own node first in evm.http",
    )
