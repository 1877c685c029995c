"""What must hold whatever happened: judged by the chains, by the prover network, and by the operator's own rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import aiohttp

from zk_acts.domain.acts import Purpose
from zk_devnet.auditor import audit
from zk_devnet.auditor.report import AuditReport
from zk_devnet.evm import accounts
from zk_devnet.evm.accounts import dev_account
from zk_devnet.testing.scenario.rows import Rows
from zk_devnet.testing.scenario.stage import Stage
from zk_devnet.traffic.judge import judge
from zk_devnet.traffic.kind import Outcome
from zk_devnet.traffic.post import Posted
from zk_devnet.up import operator_account
from zk_devnet.zkverify.client import NodeClient
from zk_devnet.zkverify.schema.runtime import SS58_PREFIX
from zk_devnet.zkverify.signature import ss58

_OUTCOMES = {1: Outcome.OPEN, 2: Outcome.SETTLED, 3: Outcome.REFUNDED}
_CHAIN_STATUS = {Outcome.SETTLED: "settled", Outcome.REFUNDED: "refunded", Outcome.OPEN: "open"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What the operator's accounts have done, by the other sides' word: requests by id, nonces used up."""

    requests: frozenset[bytes]
    extrinsics: int
    transactions: int

    @classmethod
    async def read(cls, stage: Stage) -> "Effects":
        """Ask the prover network, zkVerify and the EVM chain."""
        evm = "0x" + dev_account(accounts.OPERATOR).address.hex()
        async with NodeClient(stage.devnet.zkverify_ws) as node:
            account = ss58(operator_account(), SS58_PREFIX)
            extrinsics = await node.call("system_accountNextIndex", account)
        return cls(
            requests=await _requests(stage),
            extrinsics=extrinsics,
            transactions=int(await stage.rpc.call("eth_getTransactionCount", evm, "latest"), 16),
        )


async def _requests(stage: Stage) -> frozenset[bytes]:
    url = f"{stage.devnet.prover.http_url}/dev/status"
    async with aiohttp.ClientSession() as session, session.get(url) as reply:
        status = await reply.json()
    return frozenset(bytes.fromhex(one["request_id"][2:]) for one in status["requests"])


async def require_sound(
    stage: Stage,
    posted: Sequence[Posted],
    before: Effects,
    *,
    again: Mapping[str, int] | None = None,
) -> AuditReport:
    """Every order ended once and as it had to, tokens conserved, one paid act per intent. AssertionError otherwise.

    `again`: how often a piece of work of that purpose was rightly paid for a second time.
    """
    rows, now = stage.rows(), await Effects.read(stage)
    report = await audit(stage.rpc, stage.devnet.deployment)
    problems = [
        *report.problems,
        *_order_problems(posted, report, rows),
        *rows.unfinished(),
        *rows.problems(again),
        *_act_problems(rows, before, now),
    ]
    assert not problems, "\n".join(problems)
    return report


def _order_problems(posted: Sequence[Posted], report: AuditReport, rows: Rows) -> Iterator[str]:
    outcomes = {fate.order_id: _OUTCOMES[fate.state] for fate in report.orders}
    for verdict in judge(posted, outcomes, report.placings):
        name = f"order {verdict.order_id.hex()[:16]} ({verdict.item.kind})"
        if not verdict.as_expected:
            yield f"{name} ended as {verdict.outcome}"
        if verdict.outcome is Outcome.REJECTED:
            continue
        believed = rows.orders.get(verdict.order_id)
        if believed != _CHAIN_STATUS[verdict.outcome]:
            yield f"{name} is {verdict.outcome}, the operator believes {believed}"


def _act_problems(rows: Rows, before: Effects, now: Effects) -> Iterator[str]:
    """What took effect outside must be exactly what the rows say took effect."""
    asked = {one.reference for one in rows.effective("prove") if one.purpose == Purpose.PROVE}
    for reference in (now.requests - before.requests) - asked:
        yield f"request {reference.hex()[:16]} took effect, and no row says so"
    for reference in asked - now.requests:
        yield f"request {reference.hex()[:16]} is in a row, and the network does not know it"
    pairs = (
        ("extrinsic", now.extrinsics - before.extrinsics),
        ("transaction", now.transactions - before.transactions),
    )
    for kind, used in pairs:
        nonces = {one.nonce for one in rows.effective(kind)}
        if len(nonces) != used:
            yield f"{used} {kind}s took effect, rows say {len(nonces)}"
