"""One endpoint, all questions, one after the other: an examination must not run into the limit that it looks for."""

from collections.abc import Awaitable, Callable
from typing import Final

import aiohttp
import anyio

from zk_acts.domain.finding import Finding, Severity
from zk_operator.adapters.evm.examination.heads import (
    check_chain,
    check_depths,
    check_replicas,
    judge_head,
)
from zk_operator.adapters.evm.examination.logs import check_logs
from zk_operator.adapters.evm.examination.probe import Answer, EvmCheck, EvmPlan, Head, Probe
from zk_operator.adapters.evm.examination.state import check_start, check_state
from zk_operator.adapters.evm.wire import as_hex
from zk_operator.domain.chain_event import BlockTag

_CALLS: Final = [
    {"jsonrpc": "2.0", "id": number, "method": "eth_chainId", "params": []} for number in (1, 2)
]

REPLICA_BLOCKS: Final = 8  # how far nodes behind one URL are expected to be apart

TakesBatches = Callable[[], Awaitable[bool]]
"""Whether the endpoint answers several JSON-RPC requests in one message."""


async def examine_endpoint(
    probe: Probe, plan: EvmPlan, *, now_s: int, takes_batches: TakesBatches
) -> tuple[Finding, ...]:
    """Every check, or those up to the one without which the others say nothing. Reads only; raises nothing of ours."""
    findings = list(await check_chain(probe, plan))
    if any(finding.severity is Severity.SEVERE for finding in findings):
        return tuple(findings)
    head = await probe.block(BlockTag.LATEST.value)
    if isinstance(head, Answer):
        findings.append(
            probe.finding(
                EvmCheck.HEAD,
                Severity.SEVERE,
                f"none ({head.why})",
                "nothing can be read",
                "name another endpoint",
            )
        )
        return tuple(findings)
    findings.append(judge_head(probe, head, now_s))
    findings += await check_depths(probe, plan, head)
    known = await _known_everywhere(probe, head)
    findings += await check_logs(probe, plan, known)
    findings += await check_state(probe, plan, known)
    findings.append(await check_start(probe, plan, head))
    findings.append(await check_replicas(probe))
    findings.append(judge_batches(probe, taken=await takes_batches()))
    findings.append(judge_limit(probe))
    return tuple(findings)


async def _known_everywhere(probe: Probe, head: Head) -> Head:
    """A block that a node some blocks behind has as well: what it can do is not to be mistaken for where it is."""
    block = await probe.block(as_hex(max(head.number - REPLICA_BLOCKS, 0)))
    return block if isinstance(block, Head) else head


def judge_batches(probe: Probe, *, taken: bool) -> Finding:
    """Batches are a convenience."""
    if taken:
        return probe.finding(EvmCheck.BATCHES, Severity.OK, "yes")
    return probe.finding(EvmCheck.BATCHES, Severity.NOTE, "no", "requests go one by one")


def judge_limit(probe: Probe) -> Finding:
    """Whether any of the questions was turned away."""
    if not probe.turned_away:
        return probe.finding(
            EvmCheck.REQUEST_LIMIT, Severity.OK, f"none met in {probe.asked} requests"
        )
    return probe.finding(
        EvmCheck.REQUEST_LIMIT,
        Severity.WARNING,
        f"{probe.turned_away} of {probe.asked} requests were turned away",
        "work waits while the endpoint rests; other findings here may be wrong",
        "raise the plan, raise evm.poll_interval_s, or add an endpoint",
    )


async def takes_batches(url: str, *, timeout_s: float) -> bool:
    """True where two requests in one message come back as two answers; False for anything else."""
    try:
        with anyio.fail_after(timeout_s):
            async with aiohttp.ClientSession() as session, session.post(url, json=_CALLS) as answer:
                parsed = await answer.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        return False
    return isinstance(parsed, list) and len(parsed) == len(_CALLS)
