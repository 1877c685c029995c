"""What an examination says of endpoints that lack one thing each, over scripted transports."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from eth_utils.crypto import keccak

from zk_acts.domain.finding import Finding, Severity
from zk_operator.adapters.evm.errors import EndpointFailed, RpcError
from zk_operator.adapters.evm.examination import EvmPlan, Probe, examine_endpoint
from zk_operator.adapters.evm.examination.probe import EvmCheck
from zk_operator.domain.chain_event import BlockTag
from zk_operator.domain.ids import Address

from .conftest import CHAIN_ID, ScriptedTransport

HEAD, NOW_S, BLOCK_S = 10_000, 1_700_000_000, 12
MANAGER, ACCOUNT = Address(b"\x11" * 20), Address(b"\x22" * 20)
PLAN = EvmPlan(
    chain_id=CHAIN_ID,
    manager=MANAGER,
    account=ACCOUNT,
    depths={
        EvmCheck.SEE_AT: BlockTag.LATEST,
        EvmCheck.SPEND_AT: BlockTag.SAFE,
        EvmCheck.DONE_AT: BlockTag.FINALIZED,
    },
    max_log_range=2_000,
    start_block=5,
)
TAGS = {"latest": HEAD, "safe": HEAD - 32, "finalized": HEAD - 64}
LOG = {"address": "0x" + "33" * 20, "topics": ["0x" + "44" * 32]}


def bloom_of(*values: str) -> str:
    bits = 0
    for value in values:
        digest = keccak(bytes.fromhex(value[2:]))
        for at in (0, 2, 4):
            bits |= 1 << (int.from_bytes(digest[at : at + 2]) & 2_047)
    return "0x" + bits.to_bytes(256).hex()


def header(number: int, **changes: object) -> dict[str, object]:
    return {
        "number": hex(number),
        "hash": f"0x{number:064x}",
        "parentHash": f"0x{number - 1:064x}",
        "timestamp": hex(NOW_S - BLOCK_S * (HEAD - number)),
        "logsBloom": bloom_of("0x" + "33" * 20, "0x" + "44" * 32),
    } | changes


def block_by_number(wanted: str, _full: bool) -> object:
    return header(TAGS[wanted] if wanted in TAGS else int(wanted, 16))


def healthy(**answers: object) -> ScriptedTransport:
    """A node that has everything; `answers` replace what it says to a method."""
    transport = ScriptedTransport()
    transport.answers |= {
        "eth_getBlockByNumber": block_by_number,
        "eth_getBlockByHash": lambda wanted, _full: header(int(wanted, 16)),
        "eth_getLogs": [LOG],
        "eth_getBlockReceipts": [],
        "eth_call": "0x" + "00" * 32,
        "eth_getBalance": "0x1",
        "eth_getCode": "0x",
        "eth_feeHistory": {"baseFeePerGas": ["0x1"]},
        "eth_gasPrice": "0x1",
        **answers,
    }
    return transport


async def examine(
    transport: ScriptedTransport, *, now_s: int = NOW_S, batches: bool = True, plan: EvmPlan = PLAN
) -> dict[str, Finding]:
    async def takes_batches() -> bool:
        return batches

    found = await examine_endpoint(
        Probe(transport, pause_s=0.0), plan, now_s=now_s, takes_batches=takes_batches
    )
    assert len({finding.check for finding in found}) == len(found)
    return {finding.check: finding for finding in found}


def refuses(number: int = -32_000, text: str = "no") -> Callable[..., object]:
    return lambda *_: RpcError(method="any", number=number, text=text)


async def test_examine__a_node_that_has_everything__all_ok_and_nothing_sent() -> None:
    transport = healthy()

    found = await examine(transport)

    assert {finding.severity for finding in found.values()} == {Severity.OK}
    assert set(found) == {check.value for check in EvmCheck}
    assert not any(method.startswith(("eth_send", "eth_sign")) for method, _ in transport.asked)


@pytest.mark.parametrize("tag", ["safe", "finalized"])
@pytest.mark.parametrize(
    "answer", [None, RpcError(method="x", number=-39001, text="Unknown block")]
)
async def test_examine__a_depth_that_is_unknown__severe_with_what_to_set(
    tag: str, answer: object
) -> None:
    found = await examine(
        healthy(eth_getBlockByNumber=lambda n, f: answer if n == tag else block_by_number(n, f))
    )

    key = {"safe": "spend_at", "finalized": "done_at"}[tag]
    assert found[f"depth {key}"].severity is Severity.SEVERE
    assert f"set evm.{key}" in found[f"depth {key}"].remedy
    assert found["state"].severity is Severity.OK  # judged at what is known


async def test_examine__finality_that_stands_still__a_warning() -> None:
    stuck = header(HEAD - 5_000)
    found = await examine(
        healthy(
            eth_getBlockByNumber=lambda n, f: stuck if n == "finalized" else block_by_number(n, f)
        )
    )

    assert found["depth done_at"].severity is Severity.WARNING


@pytest.mark.parametrize(
    ("most", "severity", "remedy"),
    [
        (2_000, Severity.OK, ""),
        (600, Severity.NOTE, "set evm.max_log_range = 500"),
        (1, Severity.NOTE, "set evm.max_log_range = 1"),
        (0, Severity.SEVERE, "use an endpoint that offers eth_getLogs"),
    ],
)
async def test_examine__log_ranges__the_largest_that_works(
    most: int, severity: Severity, remedy: str
) -> None:
    def logs(query: dict[str, str]) -> object:
        if "blockHash" in query:
            return [LOG]
        size = int(query["toBlock"], 16) - int(query["fromBlock"], 16) + 1
        return [] if size <= most else RpcError(method="x", number=-32005, text="range")

    finding = (await examine(healthy(eth_getLogs=logs)))["logs by range"]

    assert (finding.severity, finding.remedy) == (severity, remedy)


@pytest.mark.parametrize(
    ("method", "answer", "check", "severity"),
    [
        ("eth_getBlockReceipts", refuses(-32_601), "block receipts", Severity.NOTE),
        ("eth_getBlockReceipts", None, "block receipts", Severity.NOTE),
        (
            "eth_call",
            refuses(-32_602, "invalid argument 1"),
            "calls by block hash",
            Severity.SEVERE,
        ),
        ("eth_call", refuses(3, "execution reverted"), "calls by block hash", Severity.OK),
        ("eth_feeHistory", refuses(-32_601), "fee history", Severity.NOTE),
    ],
)
async def test_examine__one_method_is_missing__its_cost(
    method: str, answer: object, check: str, severity: Severity
) -> None:
    finding = (await examine(healthy(**{method: answer})))[check]

    assert finding.severity is severity
    assert bool(finding.cost) == (severity is not Severity.OK)


@pytest.mark.parametrize(
    ("start_block", "code", "severity"),
    [
        (5, "0x", Severity.OK),
        (5, RpcError(method="x", number=-32_000, text="missing trie node"), Severity.OK),
        (0, "0x60", Severity.OK),
        (5, "0x60", Severity.WARNING),
        (HEAD + 1, "0x", Severity.SEVERE),
    ],
)
async def test_examine__the_first_block_to_scan__against_the_contracts_age(
    start_block: int, code: object, severity: Severity
) -> None:
    plan = replace(PLAN, start_block=start_block)

    assert (await examine(healthy(eth_getCode=code), plan=plan))["start block"].severity is severity


async def test_examine__no_fees_at_all__severe() -> None:
    found = await examine(healthy(eth_feeHistory=refuses(), eth_gasPrice=refuses()))

    assert found["fee history"].severity is Severity.SEVERE


async def test_examine__no_logs_by_hash__severe() -> None:
    def logs(query: dict[str, str]) -> object:
        return RpcError(method="x", number=-32_602, text="invalid") if "blockHash" in query else []

    assert (await examine(healthy(eth_getLogs=logs)))[
        "logs by block hash"
    ].severity is Severity.SEVERE


@pytest.mark.parametrize(
    ("bloom", "severity"),
    [
        (None, Severity.NOTE),
        ("0x" + "00" * 256, Severity.NOTE),
        (bloom_of("0x" + "55" * 20), Severity.SEVERE),
    ],
    ids=["absent", "left empty", "of other logs"],
)
async def test_examine__headers_bloom__against_the_blocks_logs(
    bloom: object, severity: Severity
) -> None:
    def block(wanted: str, _full: bool) -> object:
        return header(TAGS[wanted] if wanted in TAGS else int(wanted, 16), logsBloom=bloom)

    assert (await examine(healthy(eth_getBlockByNumber=block)))["logs bloom"].severity is severity


@pytest.mark.parametrize(
    ("kept", "state", "history"),
    [
        (HEAD - 128, Severity.WARNING, "pruned"),
        (HEAD - 40, Severity.SEVERE, "pruned"),
        (HEAD - 600, Severity.OK, "pruned"),
    ],
)
async def test_examine__state_that_was_pruned__by_what_is_read_of_it(
    kept: int, state: Severity, history: str
) -> None:
    def balance(_account: str, block: str) -> object:
        return (
            "0x1"
            if int(block, 16) >= kept
            else RpcError(method="x", number=-32_000, text="missing trie node")
        )

    found = await examine(healthy(eth_getBalance=balance))

    assert found["state"].severity is state
    assert found["history"].found.startswith(history)


async def test_examine__replicas_of_different_heights__a_warning_that_says_how_far() -> None:
    heights = iter([HEAD, HEAD - 2, HEAD, HEAD - 1] * 10)

    def block(wanted: str, _full: bool) -> object:
        return header(next(heights)) if wanted == "latest" else block_by_number(wanted, _full)

    finding = (await examine(healthy(eth_getBlockByNumber=block)))["replicas"]

    assert finding.severity is Severity.WARNING
    assert f"heads from {HEAD - 2} to {HEAD}" in finding.found
    assert "no order is lost" in finding.cost


async def test_examine__the_newest_block_is_not_known_by_hash__a_warning() -> None:
    assert (await examine(healthy(eth_getBlockByHash=None)))[
        "replicas"
    ].severity is Severity.WARNING


@pytest.mark.parametrize(
    ("now_s", "severity"),
    [(NOW_S + 60, Severity.OK), (NOW_S + 600, Severity.WARNING), (NOW_S - 600, Severity.WARNING)],
    ids=["fresh", "stale", "in the future"],
)
async def test_examine__the_heads_age__by_our_clock(now_s: int, severity: Severity) -> None:
    assert (await examine(healthy(), now_s=now_s))["head"].severity is severity


async def test_examine__turned_away_at_times__the_request_limit_is_named() -> None:
    busy = EndpointFailed("rate-limited", may_have_arrived=False)

    found = await examine(healthy(eth_getBlockReceipts=busy))

    assert found["request limit"].severity is Severity.WARNING


async def test_examine__turned_away_once__asked_again_and_not_mistaken_for_a_lack() -> None:
    answers = iter([EndpointFailed("HTTP 429", may_have_arrived=False, retry_after_s=0.0), []])

    found = await examine(healthy(eth_getBlockReceipts=lambda _: next(answers)))

    assert found["block receipts"].severity is Severity.OK
    assert found["request limit"].found.startswith("1 of ")


async def test_examine__a_block_that_some_nodes_do_not_have_yet__is_asked_for_again() -> None:
    answers = iter([None, None, *[block_by_number("finalized", False)] * 9])

    def block(wanted: str, full: bool) -> object:
        return next(answers) if wanted == "finalized" else block_by_number(wanted, full)

    found = await examine(healthy(eth_getBlockByNumber=block))

    assert found["depth done_at"].severity is Severity.OK


async def test_examine__logs_by_the_header_and_none_by_the_answer__a_warning() -> None:
    finding = (await examine(healthy(eth_getLogs=[])))["logs bloom"]

    assert finding.severity is Severity.WARNING
    assert "no order is lost" in finding.cost


async def test_examine__another_chain__severe_and_nothing_else_is_asked() -> None:
    transport = healthy(eth_chainId="0x1")

    found = await examine(transport)

    assert found["chain id"].severity is Severity.SEVERE
    assert [method for method, _ in transport.asked] == ["eth_chainId"]


async def test_examine__unreachable__severe() -> None:
    found = await examine(
        healthy(eth_chainId=EndpointFailed("no connection", may_have_arrived=False))
    )

    assert [finding.severity for finding in found.values()] == [Severity.SEVERE]


@pytest.mark.parametrize(
    "nonsense", [None, [], {}, "0x", 7, {"number": "x"}, "x" * 99, [None], [{}], [{"topics": 3}]]
)
@pytest.mark.parametrize(
    "method",
    ["eth_chainId", "eth_getBlockByNumber", "eth_getBlockByHash", "eth_getLogs", "eth_getBlockReceipts",
     "eth_call", "eth_getBalance", "eth_feeHistory"],
)  # fmt: skip
async def test_examine__nonsense_for_an_answer__findings_and_no_error(
    method: str, nonsense: Any
) -> None:
    found = await examine(healthy(**{method: nonsense}))

    assert found
