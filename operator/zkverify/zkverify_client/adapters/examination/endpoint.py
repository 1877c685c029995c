"""One zkVerify endpoint over one connection: its chain, its finality, what it keeps and what it offers."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import anyio

from zk_acts.domain.finding import Finding, Severity
from zk_acts.domain.ids import Hash32, hex0x
from zkverify_client.adapters.errors import MalformedChainAnswer
from zkverify_client.adapters.rpc import Connection, ConnectionLost, RpcError
from zkverify_client.adapters.storage_hash import EVENTS_KEY

PRUNED_AT: Final = 256  # blocks whose state a node keeps that was not told to keep more
SLOW_S: Final = 1.0
LONG_LAG: Final = 30  # blocks; about three are usual
NEEDED: Final = (
    "author_submitExtrinsic",
    "chain_getBlock",
    "chain_getBlockHash",
    "chain_getFinalizedHead",
    "chain_getHeader",
    "payment_queryInfo",
    "state_getMetadata",
    "state_getRuntimeVersion",
    "state_getStorage",
    "system_accountNextIndex",
)
# What there is another way for, and what that costs.
USEFUL: Final = {
    "aggregate_statementPath": "Merkle paths are computed from the events of every block",
    "author_pendingExtrinsics": "bytes that wait in the pool are sent again",
    "chain_subscribeFinalizedHeads": "heads are noticed at the poll interval",
}
DRY_RUN: Final = "state_call"


class ZkVerifyCheck(StrEnum):
    """What is looked at."""

    REACHABLE = "reachable"
    GENESIS = "genesis"
    RUNTIME = "runtime"
    SYNC = "sync"
    FINALITY = "finality"
    STATE = "state"
    METHODS = "methods"


@dataclass(frozen=True, slots=True, kw_only=True)
class ZkVerifyPlan:
    """What the configuration wants of an endpoint. `timeout_s`: how long finality may take to move on; `look_s`: between looks."""

    genesis_hash: Hash32
    spec_names: frozenset[str]
    dry_run: bool
    timeout_s: float = 45.0
    look_s: float = 1.0


Open = Callable[[], Awaitable[Connection]]


async def examine_endpoint(name: str, connect: Open, plan: ZkVerifyPlan) -> tuple[Finding, ...]:
    """Every check, or those up to the one without which the others say nothing. Reads only; raises nothing of ours."""
    examination = _Examination(name, plan)
    try:
        connection = await connect()
        try:
            await examination.run(connection)
        finally:
            await connection.close()
    except (ConnectionLost, RpcError, MalformedChainAnswer) as error:
        examination.note(
            ZkVerifyCheck.REACHABLE,
            Severity.SEVERE,
            str(error)[:160],
            "nothing can be verified there",
            "check URL and network; name another endpoint in zkverify.ws",
        )
    return tuple(examination.findings)


class _Examination:
    """The findings so far, of one endpoint."""

    def __init__(self, name: str, plan: ZkVerifyPlan) -> None:
        self._name = name
        self._plan = plan
        self.findings: list[Finding] = []

    def note(
        self, check: ZkVerifyCheck, severity: Severity, found: str, cost: str = "", remedy: str = ""
    ) -> None:
        """Add a finding."""
        self.findings.append(
            Finding(
                target=self._name,
                check=check.value,
                severity=severity,
                found=found,
                cost=cost,
                remedy=remedy,
            )
        )

    async def run(self, rpc: Connection) -> None:
        """Ask everything. Errors: RpcError, ConnectionLost, MalformedChainAnswer."""
        started = anyio.current_time()
        genesis = await rpc.request("chain_getBlockHash", [0])
        self.judge_latency(anyio.current_time() - started)
        self.judge_genesis(genesis)
        if genesis != hex0x(self._plan.genesis_hash):
            return
        self.judge_runtime(await rpc.request("state_getRuntimeVersion"))
        self.judge_sync(await _answer(rpc, "system_health"))
        best = await self._number(rpc, None)
        await self._finality(rpc, best)
        await self._state(rpc, best)
        self.judge_methods(await _offered(rpc))

    async def _number(self, rpc: Connection, block_hash: str | None) -> int:
        header = await rpc.request("chain_getHeader", [] if block_hash is None else [block_hash])
        try:
            return int(header["number"], 16)
        except (KeyError, TypeError, ValueError) as error:
            raise MalformedChainAnswer("a header has no number") from error

    async def _finalized(self, rpc: Connection) -> int:
        return await self._number(rpc, await rpc.request("chain_getFinalizedHead"))

    async def _finality(self, rpc: Connection, best: int) -> None:
        before = after = await self._finalized(rpc)
        with anyio.move_on_after(self._plan.timeout_s):
            while after == before:
                await anyio.sleep(self._plan.look_s)
                after = await self._finalized(rpc)
        self.judge_finality(best, before, moves=after != before)

    async def _state(self, rpc: Connection, best: int) -> None:
        number = max(best - PRUNED_AT, 0)
        block_hash = await rpc.request("chain_getBlockHash", [number])
        answer = await _answer(rpc, "state_getStorage", EVENTS_KEY, block_hash)
        self.judge_state(number, answer)

    def judge_latency(self, latency_s: float) -> None:
        """Of the first answer."""
        found = f"answers in {latency_s * 1000:.0f} ms"
        if latency_s <= SLOW_S:
            self.note(ZkVerifyCheck.REACHABLE, Severity.OK, found)
        else:
            self.note(
                ZkVerifyCheck.REACHABLE,
                Severity.WARNING,
                found,
                "every step is late",
                "use a nearer endpoint",
            )

    def judge_genesis(self, genesis: Any) -> None:
        """The chain by its first block."""
        if genesis == hex0x(self._plan.genesis_hash):
            self.note(ZkVerifyCheck.GENESIS, Severity.OK, genesis)
        else:
            self.note(
                ZkVerifyCheck.GENESIS,
                Severity.SEVERE,
                f"{genesis}, configured is {hex0x(self._plan.genesis_hash)}",
                "the daemon ends when it asks this endpoint",
                "correct zkverify.genesis_hash, or take the endpoint out of zkverify.ws",
            )

    def judge_runtime(self, version: Any) -> None:
        """Name and number; a runtime of another name is of another kind of chain."""
        fields = version if isinstance(version, dict) else {}
        found = f"{fields.get('specName')} {fields.get('specVersion')}"
        if fields.get("specName") in self._plan.spec_names:
            self.note(ZkVerifyCheck.RUNTIME, Severity.OK, found)
        else:
            self.note(
                ZkVerifyCheck.RUNTIME,
                Severity.SEVERE,
                found,
                "the endpoint is refused",
                "name a zkVerify endpoint",
            )

    def judge_sync(self, health: Any) -> None:
        """Gateways may forbid the question, which is no fault."""
        syncing = isinstance(health, dict) and health.get("isSyncing") is True
        if syncing:
            self.note(
                ZkVerifyCheck.SYNC,
                Severity.WARNING,
                "still syncing",
                "it shows an old chain",
                "wait for it",
            )
        else:
            self.note(
                ZkVerifyCheck.SYNC,
                Severity.OK,
                "synced" if isinstance(health, dict) else "not told",
            )

    def judge_finality(self, best: int, finalized: int, *, moves: bool) -> None:
        """A verification counts when it is final."""
        found = f"block {finalized}, {max(best - finalized, 0)} behind the best"
        if not moves:
            self.note(
                ZkVerifyCheck.FINALITY,
                Severity.SEVERE,
                f"{found}, and did not move in {self._plan.timeout_s:.0f} s",
                "verifications are paid and never count",
                "use a node that follows finality; look whether the chain stands still",
            )
        elif best - finalized > LONG_LAG:
            self.note(
                ZkVerifyCheck.FINALITY,
                Severity.WARNING,
                found,
                "each batch is late by that",
                "use another node",
            )
        else:
            self.note(ZkVerifyCheck.FINALITY, Severity.OK, found)

    def judge_state(self, number: int, answer: Any) -> None:
        """Whether the outcome of an extrinsic can be read after a longer stop. An error object is a refusal."""
        if not isinstance(answer, RpcError):
            self.note(
                ZkVerifyCheck.STATE,
                Severity.OK,
                f"kept at block {number} (archive, or long pruning)",
            )
            return
        self.note(
            ZkVerifyCheck.STATE,
            Severity.WARNING,
            f"block {number} is pruned",
            f"what was sent before a stop of more than {PRUNED_AT} blocks (half an hour) cannot be judged there",
            "add an archive endpoint to zkverify.ws, at any place in the list",
        )

    def judge_methods(self, offered: frozenset[str] | None) -> None:
        """By the list that the node gives of itself."""
        if offered is None:
            self.note(
                ZkVerifyCheck.METHODS,
                Severity.NOTE,
                "not told (rpc_methods is refused)",
                "a missing one is noticed late",
            )
            return
        wanted = (*NEEDED, DRY_RUN) if self._plan.dry_run else NEEDED
        missing = [method for method in wanted if method not in offered]
        if missing:
            self.note(
                ZkVerifyCheck.METHODS,
                Severity.SEVERE,
                f"lacks {', '.join(missing)}",
                "proofs cannot be submitted, or their receipts not be read",
                "use a node that offers them (--rpc-methods unsafe is not needed)",
            )
        elif lost := [method for method in USEFUL if method not in offered]:
            costs = "; ".join(USEFUL[method] for method in lost)
            self.note(ZkVerifyCheck.METHODS, Severity.NOTE, f"lacks {', '.join(lost)}", costs)
        else:
            self.note(ZkVerifyCheck.METHODS, Severity.OK, f"all {len(wanted)} that are needed")


async def _answer(rpc: Connection, method: str, *params: Any) -> Any:
    """The result, or the node's refusal as a value."""
    try:
        return await rpc.request(method, params)
    except RpcError as error:
        return error


async def _offered(rpc: Connection) -> frozenset[str] | None:
    answer = await _answer(rpc, "rpc_methods")
    methods = answer.get("methods") if isinstance(answer, dict) else None
    if not isinstance(methods, Sequence) or isinstance(methods, str):
        return None
    return frozenset(str(method) for method in methods)
