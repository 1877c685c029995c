"""One endpoint under examination: every question has an answer, an error being one."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import anyio

from zk_acts.domain.errors import OperatorError
from zk_acts.domain.finding import Finding, Severity
from zk_acts.domain.ids import Hash32
from zk_operator.adapters.evm.errors import NO_CONNECTION, EndpointFailed, RpcError
from zk_operator.adapters.evm.rpc import Transport
from zk_operator.adapters.evm.wire import data, hash32, members, quantity
from zk_operator.domain.chain_event import BlockTag
from zk_operator.domain.failures import MalformedAnswer
from zk_operator.domain.ids import Address

REORG_DEPTH: Final = 512  # the scan follows reorgs up to it
_HEADER_ONLY: Final = False
_QUESTIONS: Final = (
    4  # for a block that there is: behind one URL may be nodes that do not have it yet
)
_ATTEMPTS: Final = 4  # of one question, where the endpoint turns requests away
_LONGEST_PAUSE_S: Final = 5.0


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
    START_BLOCK = "start block"
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
    def was_turned_away(self) -> bool:
        """Whether the endpoint had too many requests: it answered, and did not carry this one out."""
        return (
            isinstance(self.error, EndpointFailed)
            and not self.error.may_have_arrived
            and self.error.message != NO_CONNECTION
        )

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

    def __init__(self, transport: Transport, *, pause_s: float = 1.0) -> None:
        """`pause_s`: after a request that was turned away, where the endpoint does not say how long to wait."""
        self._transport = transport
        self._pause_s = pause_s
        self.latencies: list[float] = []
        self.turned_away = 0
        self.asked = 0

    @property
    def name(self) -> str:
        """The endpoint's URL, redacted."""
        return self._transport.name

    async def ask(self, method: str, *params: object) -> Answer:
        """One question; asked again, some times, where the endpoint says that it has too many."""
        for _ in range(_ATTEMPTS - 1):
            answer = await self._ask_once(method, *params)
            if not answer.was_turned_away:
                return answer
            self.turned_away += 1
            asked_s = getattr(answer.error, "retry_after_s", None)
            await anyio.sleep(min(self._pause_s if asked_s is None else asked_s, _LONGEST_PAUSE_S))
        return await self._ask_once(method, *params)

    async def _ask_once(self, method: str, *params: object) -> Answer:
        """Its deadline is the transport's."""
        started = anyio.current_time()
        self.asked += 1
        try:
            value = await self._transport.request(method, *params)
        except OperatorError as error:
            return Answer(error=error)
        finally:
            self.latencies.append(anyio.current_time() - started)
        return Answer(value=value)

    async def block(self, wanted: str) -> Head | Answer:
        """The block of a tag or number, or the answer that is none."""
        found: Head | Answer = Answer()
        for _ in range(_QUESTIONS):
            found = read_head(await self.ask("eth_getBlockByNumber", wanted, _HEADER_ONLY))
            if isinstance(found, Head):
                break
        return found

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
