"""How the endpoint gives logs: by block, by range, and whether the header's bloom says the same."""

from collections.abc import Sequence

from zk_acts.domain.finding import Finding, Severity
from zk_acts.domain.ids import hex0x
from zk_operator.adapters.evm.examination.probe import Answer, EvmCheck, EvmPlan, Head, Probe
from zk_operator.adapters.evm.headers import BLOOM_BYTES, may_hold
from zk_operator.adapters.evm.wire import as_hex, data, items, members
from zk_operator.domain.failures import MalformedAnswer


async def check_logs(probe: Probe, plan: EvmPlan, head: Head) -> tuple[Finding, ...]:
    """By hash, by receipts, by bloom, by range."""
    by_hash = await probe.ask(
        "eth_getLogs", {"blockHash": hex0x(head.hash), "address": hex0x(plan.manager)}
    )
    whole = await probe.ask("eth_getLogs", {"blockHash": hex0x(head.hash)})
    receipts = await probe.ask("eth_getBlockReceipts", hex0x(head.hash))
    return (
        judge_by_hash(probe, by_hash),
        judge_receipts(probe, receipts),
        judge_bloom(probe, head, whole),
        await check_range(probe, plan, head),
    )


def judge_by_hash(probe: Probe, answer: Answer) -> Finding:
    """EIP-234."""
    if isinstance(answer.value, list):
        return probe.finding(EvmCheck.LOGS_BY_HASH, Severity.OK, "yes (EIP-234)")
    return probe.finding(
        EvmCheck.LOGS_BY_HASH,
        Severity.SEVERE,
        f"no ({answer.why})",
        "new orders cannot be read safely, and are not read",
        "use an endpoint that takes blockHash in eth_getLogs: every current client does",
    )


def judge_receipts(probe: Probe, answer: Answer) -> Finding:
    """A second way to the logs of a block."""
    if isinstance(answer.value, list):
        return probe.finding(EvmCheck.BLOCK_RECEIPTS, Severity.OK, "yes")
    return probe.finding(
        EvmCheck.BLOCK_RECEIPTS,
        Severity.NOTE,
        f"no ({answer.why})",
        "an empty answer for logs is asked for again instead: a few requests more",
    )


def judge_bloom(probe: Probe, head: Head, logs: Answer) -> Finding:
    """Whether the header commits to the logs: then an empty answer can be checked without a request."""
    more = "logs are asked for in every block: one request more per block"
    if head.bloom is None or len(head.bloom) != BLOOM_BYTES:
        return probe.finding(EvmCheck.LOGS_BLOOM, Severity.NOTE, "headers have none", more)
    try:
        values = _values(logs.value) if isinstance(logs.value, list) else []
    except MalformedAnswer as error:
        return probe.finding(EvmCheck.LOGS_BLOOM, Severity.WARNING, error.message, more)
    if not values and any(head.bloom):
        return probe.finding(
            EvmCheck.LOGS_BLOOM,
            Severity.WARNING,
            f"block {head.number} has logs by its header, and none by eth_getLogs",
            "an empty answer is checked against the receipts: more requests, and later; no order is lost",
            "logs come from a node that lags or keeps none: ask the provider, or put an own node first",
        )
    absent = sum(not may_hold(head.bloom, value) for value in values)
    if absent and not any(head.bloom):
        return probe.finding(EvmCheck.LOGS_BLOOM, Severity.NOTE, "left empty by this chain", more)
    if absent:
        return probe.finding(
            EvmCheck.LOGS_BLOOM,
            Severity.SEVERE,
            f"denies {absent} of {len(values)} addresses and topics of block {head.number}",
            "orders would be passed over",
            "do not use this endpoint: header and logs are not of one block",
        )
    return probe.finding(EvmCheck.LOGS_BLOOM, Severity.OK, f"agrees with block {head.number}")


async def check_range(probe: Probe, plan: EvmPlan, head: Head) -> Finding:
    """The largest range up to the configured one, found by halving as the daemon does."""
    size, answer = plan.max_log_range, Answer()
    while size:
        first = max(head.number - size + 1, 0)
        query = {
            "fromBlock": as_hex(first),
            "toBlock": as_hex(head.number),
            "address": hex0x(plan.manager),
        }
        said = await probe.ask("eth_getLogs", query)
        if isinstance(said.value, list):
            return judge_range(probe, size, plan.max_log_range, answer)
        size, answer = size // 2, said
    return judge_range(probe, 0, plan.max_log_range, answer)


def judge_range(probe: Probe, size: int, wanted: int, refusal: Answer) -> Finding:
    """`size`: the largest that was answered; 0 for none. `refusal`: of the next larger one."""
    if size == wanted:
        return probe.finding(EvmCheck.LOGS_BY_RANGE, Severity.OK, f"{size} blocks at once")
    if size:
        return probe.finding(
            EvmCheck.LOGS_BY_RANGE,
            Severity.NOTE,
            f"{size} blocks at once ({refusal.why})",
            "catching up takes more requests",
            f"set evm.max_log_range = {size}",
        )
    return probe.finding(
        EvmCheck.LOGS_BY_RANGE,
        Severity.SEVERE,
        f"none ({refusal.why})",
        "orders that came while the operator was down are never seen",
        "use an endpoint that offers eth_getLogs",
    )


def _values(logs: Sequence[object]) -> list[bytes]:
    """Every address and topic. Error: MalformedAnswer."""
    values = []
    for entry in logs:
        log = members(entry, "log")
        topics = items(log.get("topics"), "topics")
        values += [data(value, "address or topic") for value in (log.get("address"), *topics)]
    return values
