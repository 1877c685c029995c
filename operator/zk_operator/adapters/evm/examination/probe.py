"""One endpoint under examination: every question has an answer, an error being one."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import anyio

from zk_operator.adapters.evm.errors import EndpointFailed, RpcError
from zk_operator.adapters.evm.rpc import Transport
from zk_operator.adapters.evm.wire import data, hash32, members, quantity
from zk_operator.domain.chain_event import BlockTag
from zk_operator.domain.errors import OperatorError
from zk_operator.domain.failures import MalformedAnswer
from zk_operator.domain.finding import Finding, Severity
from zk_operator.domain.ids import Address, Hash32

REORG_DEPTH: Final = 512  # the scan follows reorgs up to it
_HEADER_ONLY: Final = False


class EvmCheck(StrEnum):
    """What is looked at."""

    REACHABLE = "reachable"
    CHAIN_ID = "chain id"
    HEAD = "head"
    SEE_AT = "depth see_at"
    SPEND_AT = "depth spend_at"
    DONE_AT = "depth done_at"
    LOGS_BY_HASH = "logs by block hash"
    LOGS_BY_RANGE = "logs by range"
    CALL_BY_HASH = "calls by block hash"
    BLOCK_RECEIPTS = "block receipts"
    LOGS_BLOOM = "logs bloom"
    FEE_HISTORY = "fee history"
    STATE = "state"
    HISTORY = "history"
    REPLICAS = "replicas"
    BATCHES = "batches"
    REQUEST_LIMIT = "request limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvmPlan:
    """What the configuration wants of an endpoint. `depths`: by the check that is about each."""

    chain_id: int
    manager: Address
    account: Address
    depths: Mapping[EvmCheck, BlockTag | int]
    max_log_range: int
    start_block: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. `error`: ours, where no result did."""

    value: object = None
    error: OperatorError | None = None

    @property
    def why(self) -> str:
        """What the endpoint said instead, in its words."""
        if isinstance(self.error, RpcError):
            return f"{self.error.number} {self.error.text}"[:120]
        return "null" if self.error is None else self.error.message


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A block as far as it is looked at. `bloom` is None where the header has none."""

    number: int
    hash: Hash32
    timestamp: int
    bloom: bytes | None


class Probe:
    """Asks, and notes how long answers take and whether the endpoint turns requests away."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.latencies: list[float] = []
        self.turned_away = 0
        self.asked = 0

    @property
    def name(self) -> str:
        """The endpoint's URL, redacted."""
        return self._transport.name

    async def ask(self, method: str, *params: object) -> Answer:
        """One request; its deadline is the transport's."""
        started = anyio.current_time()
        self.asked += 1
        try:
            value = await self._transport.request(method, *params)
        except OperatorError as error:
            limited = isinstance(error, EndpointFailed) and not error.may_have_arrived
            self.turned_away += limited
            return Answer(error=error)
        finally:
            self.latencies.append(anyio.current_time() - started)
        return Answer(value=value)

    async def block(self, wanted: str) -> Head | Answer:
        """The block of a tag or number, or the answer that is none."""
        return read_head(await self.ask("eth_getBlockByNumber", wanted, _HEADER_ONLY))

    def finding(
        self, check: EvmCheck, severity: Severity, found: str, cost: str = "", remedy: str = ""
    ) -> Finding:
        """A finding about this endpoint."""
        return Finding(
            target=self.name,
            check=check.value,
            severity=severity,
            found=found,
            cost=cost,
            remedy=remedy,
        )


def read_head(answer: Answer) -> Head | Answer:
    """The header in an answer; the answer with an error where there is none in it."""
    if answer.error is not None or answer.value is None:
        return answer
    try:
        header = members(answer.value, "block")
        bloom = header.get("logsBloom")
        return Head(
            number=quantity(header.get("number"), "block number"),
            hash=hash32(header.get("hash"), "block hash"),
            timestamp=quantity(header.get("timestamp"), "timestamp"),
            bloom=None if bloom is None else data(bloom, "logs bloom"),
        )
    except MalformedAnswer as error:
        return Answer(error=error)
