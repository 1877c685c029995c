"""What state the endpoint keeps, and what else settling needs of it."""

from typing import Final

from zk_acts.domain.finding import Finding, Severity
from zk_acts.domain.ids import hex0x
from zk_operator.adapters.evm.examination.probe import (
    REORG_DEPTH,
    Answer,
    EvmCheck,
    EvmPlan,
    Head,
    Probe,
)
from zk_operator.adapters.evm.wire import as_hex
from zk_operator.domain.chain_event import BlockTag

_PAUSED: Final = "0x5c975abb"  # paused()


async def check_state(probe: Probe, plan: EvmPlan, head: Head) -> tuple[Finding, ...]:
    """State by hash at the head, at the depths, and as far back as a reorg is followed; fees."""
    call = {"to": hex0x(plan.manager), "data": _PAUSED}
    by_hash = await probe.ask(
        "eth_call", call, {"blockHash": hex0x(head.hash), "requireCanonical": True}
    )
    deep = {}
    for name, number in (await _places(probe, plan, head)).items():
        deep[name] = await probe.ask("eth_getBalance", hex0x(plan.account), as_hex(number))
    oldest = await probe.ask(
        "eth_getBalance", hex0x(plan.account), as_hex(max(plan.start_block, 1))
    )
    fees = await probe.ask("eth_feeHistory", as_hex(5), BlockTag.LATEST.value, [50])
    price = Answer() if fees.error is None else await probe.ask("eth_gasPrice")
    return (
        judge_by_hash(probe, by_hash),
        judge_state(probe, deep),
        judge_history(probe, plan.start_block, oldest),
        judge_fees(probe, fees, price),
    )


async def _places(probe: Probe, plan: EvmPlan, head: Head) -> dict[str, int]:
    """Where state is read: at the depths that the endpoint knows, and at the deepest reorg."""
    places = {}
    for check, depth in plan.depths.items():
        name = check.value.removeprefix("depth ")
        if not isinstance(depth, BlockTag):
            places[name] = max(head.number - depth, 0)
        elif isinstance(block := await probe.block(depth.value), Head):
            places[name] = min(block.number, head.number)
    places[f"{REORG_DEPTH} blocks"] = max(head.number - REORG_DEPTH, 0)
    return places


def judge_by_hash(probe: Probe, answer: Answer) -> Finding:
    """EIP-1898. A revert is an answer: the call was made."""
    reverted = answer.error is not None and "revert" in answer.why.lower()
    if isinstance(answer.value, str) or reverted:
        return probe.finding(EvmCheck.CALL_BY_HASH, Severity.OK, "yes (EIP-1898)")
    return probe.finding(
        EvmCheck.CALL_BY_HASH,
        Severity.SEVERE,
        f"no ({answer.why})",
        "the contract cannot be read as of one block: the daemon does not start",
        "use an endpoint that takes a block hash in eth_call: every current client does",
    )


def judge_state(probe: Probe, answers: dict[str, Answer]) -> Finding:
    """State at the depths at which orders are looked at before they cost money."""
    lost = [name for name, answer in answers.items() if not isinstance(answer.value, str)]
    if not lost:
        return probe.finding(EvmCheck.STATE, Severity.OK, f"kept at {', '.join(answers)}")
    decides = any(name in ("spend_at", "done_at") for name in lost)
    return probe.finding(
        EvmCheck.STATE,
        Severity.SEVERE if decides else Severity.WARNING,
        f"not kept at {', '.join(lost)} ({answers[lost[0]].why})",
        "orders cannot be checked before they cost money: nothing is batched"
        if decides
        else "after a deep reorg some views fail until the node has followed",
        "use a node that keeps more state (geth keeps 128 blocks by default), or a smaller depth",
    )


def judge_history(probe: Probe, start_block: int, answer: Answer) -> Finding:
    """Archive or pruned: only logs are needed of old blocks, so this is for information."""
    kind = "archive" if isinstance(answer.value, str) else "pruned"
    found = f"{kind}: state of block {max(start_block, 1)} {'is kept' if kind == 'archive' else 'is gone'}"
    return probe.finding(EvmCheck.HISTORY, Severity.OK, found)


async def check_start(probe: Probe, plan: EvmPlan, head: Head) -> Finding:
    """The contract's code in the block before the first that is scanned: only an archive node can tell."""
    before = as_hex(max(plan.start_block - 1, 0))
    earlier = await probe.ask("eth_getCode", hex0x(plan.manager), before)
    return judge_start(probe, plan.start_block, head, earlier)


def judge_start(probe: Probe, start_block: int, head: Head, earlier: Answer) -> Finding:
    """Whether the scan begins where the contract does. `earlier`: the contract's code in the block before."""
    if start_block > head.number:
        return probe.finding(
            EvmCheck.START_BLOCK,
            Severity.SEVERE,
            f"{start_block} is beyond the head",
            "no order is seen until the chain is there",
            "set evm.start_block to the block in which the contract was deployed",
        )
    if isinstance(earlier.value, str) and earlier.value not in ("", "0x") and start_block > 0:
        return probe.finding(
            EvmCheck.START_BLOCK,
            Severity.WARNING,
            f"the contract is older than {start_block}",
            "orders that were placed before it are never seen",
            "set evm.start_block to the block in which the contract was deployed",
        )
    told = "the contract is not older" if earlier.value == "0x" else "not told, without an archive"
    return probe.finding(EvmCheck.START_BLOCK, Severity.OK, told)


def judge_fees(probe: Probe, history: Answer, price: Answer) -> Finding:
    """Transactions are priced by the fee history, or by eth_gasPrice where there is none."""
    if isinstance(history.value, dict):
        return probe.finding(EvmCheck.FEE_HISTORY, Severity.OK, "yes")
    if isinstance(price.value, str):
        return probe.finding(
            EvmCheck.FEE_HISTORY,
            Severity.NOTE,
            f"no ({history.why}), but eth_gasPrice",
            "transactions are priced more roughly, and replaced more often",
        )
    return probe.finding(
        EvmCheck.FEE_HISTORY,
        Severity.SEVERE,
        f"no ({history.why}), nor eth_gasPrice",
        "transactions cannot be priced: nothing is settled",
        "use an endpoint that offers eth_feeHistory",
    )
