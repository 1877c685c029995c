"""Several endpoints of one chain as one: the healthy one that comes first in the configuration is asked.

For reads, asking the next endpoint costs nothing: whatever one answers that is not the result (no answer, HTTP errors, a
JSON-RPC error in whichever words), the next one is asked, and only what they all say is the answer. Who is to blame is
found by comparison: an endpoint that refused what another one then answered is asked last for a while. A revert of the
very call is a result, and never gets here as an error of the endpoint. Sends have a closed list of refusals instead.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeVar

import anyio
import structlog

from zk_acts.adapters.endpoints import Endpoint, EndpointDirectory
from zk_acts.domain.back_off import BackOff
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.failures import ActRefused, AmbiguousOutcome
from zk_acts.ports.endpoints import EndpointHealth
from zk_operator.adapters.evm.blame import (
    SAID,
    is_missing_block,
    is_refusal,
    lags,
    may_come,
    summary,
    unknown_fate,
)
from zk_operator.adapters.evm.errors import EndpointFailed, RpcError
from zk_operator.adapters.evm.rpc import EndpointAlert, Rpc, RpcObserver, Transport
from zk_operator.adapters.evm.wire import quantity
from zk_operator.domain.failures import MalformedAnswer, WrongChain

log = structlog.get_logger("evm")
T = TypeVar("T")


BACK_OFF: Final = BackOff(first_s=1.0, most_s=60.0)
AGAIN_S: Final = (0.05, 0.1, 0.2, 0.4, 0.4)
"""Pauses before a request is repeated for a block that was not there: behind a URL are several nodes, and they come to know
a block one after the other."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Node(Endpoint):
    transport: Transport
    chain_checked: bool = False
    wrong_chain: int | None = None


_Failures = dict[_Node, OperatorError]


@dataclass(frozen=True, slots=True)
class _Repeating:
    """The endpoint's transport: its latency noted, and a block that the node of the moment lacks asked for again.

    Each request may meet another node, so it is the request that is repeated and not the work that it is part of: of ten
    requests about a young block hardly ever all meet nodes that have it.
    """

    transport: Transport = field(repr=False)
    note: Callable[[str, float], None] = field(repr=False)
    again_s: tuple[float, ...]

    async def request(self, method: str, *params: object) -> object:
        for pause_s in self.again_s:
            try:
                return await self._once(method, *params)
            except RpcError as error:
                if not is_missing_block(error):
                    raise
            await anyio.sleep(pause_s)
        return await self._once(method, *params)

    async def _once(self, method: str, *params: object) -> object:
        started = anyio.current_time()
        try:
            return await self.transport.request(method, *params)
        finally:
            self.note(method, anyio.current_time() - started)


class EndpointPool:
    """The endpoints of one chain, itself an `Rpc`.

    Errors of every request: RpcError (every endpoint that answered refused), EvmUnreachable (every endpoint failed),
    MalformedAnswer (every endpoint answered with nonsense), WrongChain (fatal: every endpoint serves another chain).
    """

    def __init__(
        self,
        *,
        transports: Sequence[Transport],
        chain_id: int,
        back_off: BackOff = BACK_OFF,
        again_s: tuple[float, ...] = AGAIN_S,
        observe: RpcObserver | None = None,
        alert: EndpointAlert | None = None,
    ) -> None:
        nodes = [_Node(name=transport.name, transport=transport) for transport in transports]
        self._directory = EndpointDirectory(nodes, now=anyio.current_time, back_off=back_off)
        self._chain_id = chain_id
        self._again_s = again_s
        self._observe = observe or _unobserved
        self._alert = alert or _unheard

    def __repr__(self) -> str:
        healthy = sum(not entry.failures for entry in self.health())
        return f"EndpointPool(chain_id={self._chain_id}, {healthy}/{len(self._directory)} healthy)"

    @property
    def chain_id(self) -> int:
        """The chain that every endpoint has to serve."""
        return self._chain_id

    async def check(self) -> None:
        """Ask every endpoint which chain it serves, so that a wrong one is found before it is needed.

        One that is wrong is left out, with an alert. Errors: WrongChain if all are; EvmUnreachable if none answers.
        """
        failed: list[OperatorError] = []
        for endpoint in self._directory.all():
            try:
                await self._at(endpoint, _nothing)
            except (EndpointFailed, MalformedAnswer, WrongChain) as error:
                failed.append(error)
        if len(failed) == len(self._directory):
            raise summary(failed)

    async def request(self, method: str, *params: object) -> object:
        """One request to whichever endpoint answers. Only for requests that may be carried out twice."""
        return await self.consistently(lambda rpc: rpc.request(method, *params))

    async def consistently(
        self, work: Callable[[Rpc], Awaitable[T]], *, names_block: bool = False
    ) -> T:
        """Run `work` with every request of it at one endpoint; from the start at the next one if that one fails.

        Those that lack a block are asked again, some times; the others are not, so that one that hangs is waited for once.
        `names_block`: the block that `work` asks about is there. Then whatever an endpoint answers but a result or a
        revert may mean that it does not have it yet: nodes say that in many words, or with null.
        """
        failed: _Failures = {}
        endpoints = self._by_preference()
        # Behind one URL are several nodes: the one that lacks a block now may be another one in half a second
        # (ADR 0210).
        for pause_s in (None, *self._again_s):
            if pause_s is not None:
                await anyio.sleep(pause_s)
            if found := await self._first(endpoints, work, failed):
                return found[0]
            endpoints = [
                endpoint
                for endpoint in self._by_preference()
                if may_come(failed[endpoint], names_block=names_block)
            ]
            if not endpoints:
                break
        raise summary(list(failed.values()))

    async def deliver(self, send: Callable[[Rpc], Awaitable[None]]) -> None:
        """Run `send` at the endpoints in turn until one accepts; a refusal counts only if no earlier one may have it.

        Errors: ActRefused as `send` raised it; AmbiguousOutcome; EvmUnreachable when nothing left this machine.
        """
        failed: list[OperatorError] = []
        arrived = False
        for endpoint in self._by_preference():
            try:
                return await self._at(endpoint, send)
            except EndpointFailed as error:
                arrived = arrived or error.may_have_arrived
                failed.append(error)
            except AmbiguousOutcome as error:  # the same bytes elsewhere can take effect only once
                arrived = True
                failed.append(error)
            except (MalformedAnswer, WrongChain) as error:  # to the chain id: nothing was sent
                failed.append(error)
            except ActRefused as error:
                # "Insufficient funds" here proves nothing about the node that timed out before
                # (ADR 0062).
                if arrived:
                    raise AmbiguousOutcome(after=str(failed[-1])) from error
                raise
        if arrived:
            raise unknown_fate(failed)
        raise summary(failed)

    def health(self) -> tuple[EndpointHealth, ...]:
        """In the configured order."""
        return self._directory.health()

    async def aclose(self) -> None:
        """Close every endpoint's connections."""
        for endpoint in self._directory.all():
            await endpoint.transport.aclose()

    async def _first(
        self,
        endpoints: Sequence[_Node],
        work: Callable[[Rpc], Awaitable[T]],
        failed: _Failures,
    ) -> tuple[T, ...]:
        """The first endpoint's answer, or nothing; those that refused what it answers are to blame."""
        for endpoint in endpoints:
            try:
                result = await self._at(endpoint, work)
            except (*SAID, EndpointFailed, MalformedAnswer, WrongChain) as error:
                failed[endpoint] = error
            else:
                failed.pop(endpoint, None)  # what it said when it was asked before
                # Refused by one and answered by another: it was the endpoint, not the request
                # (ADR 0211).
                for other, said in failed.items():
                    if is_refusal(said):
                        self._failed(other, said)
                return (result,)
        return ()

    def _by_preference(self) -> list[_Node]:
        """Configured order; those that cool down come last, the one that is ready soonest first."""
        return sorted(self._directory.all(), key=self._directory.waits_s)

    async def _at(self, endpoint: _Node, work: Callable[[Rpc], Awaitable[T]]) -> T:
        if left_s := self._directory.silent_s(endpoint):
            raise EndpointFailed(
                "the endpoint asked to be left alone",
                may_have_arrived=False,
                endpoint=endpoint.name,
                for_s=round(left_s, 1),
            )
        rpc = _Repeating(endpoint.transport, partial(self._note, endpoint), self._again_s)
        try:
            await self._check_chain(endpoint, rpc)
            result = await work(rpc)
        except SAID:
            raise  # whose fault that is, the others tell
        except (EndpointFailed, MalformedAnswer, WrongChain) as error:
            # A node that is behind by a block is no node that has failed (ADR 0210).
            if not lags(error):
                self._failed(endpoint, error)
            raise
        self._answered(endpoint)
        return result

    async def _check_chain(self, endpoint: _Node, rpc: Rpc) -> None:
        if endpoint.chain_checked:
            return
        name = endpoint.name
        try:
            found = quantity(await rpc.request("eth_chainId"), "chain id")
        except RpcError as error:
            raise EndpointFailed(
                "the endpoint names no chain", may_have_arrived=False, endpoint=name
            ) from error
        if found != self._chain_id:
            endpoint.wrong_chain = found
            wrong = WrongChain(endpoint=name, chain_id=found, configured=self._chain_id)
            self._alert(name, str(wrong))
            raise wrong
        if endpoint.wrong_chain is not None:
            endpoint.wrong_chain = None
            self._alert(name, None)
        endpoint.chain_checked = True

    def _failed(self, endpoint: _Node, error: OperatorError) -> None:
        # Behind the same URL may be another machine after an outage.
        endpoint.chain_checked = False
        retry_after_s = error.retry_after_s if isinstance(error, EndpointFailed) else None
        self._directory.failed(endpoint, str(error), retry_after_s=retry_after_s)
        log.warning(
            "endpoint.failed",
            endpoint=endpoint.name,
            failures=endpoint.failures,
            code=error.code,
            error=str(error),
        )

    def _answered(self, endpoint: _Node) -> None:
        if self._directory.succeeded(endpoint):
            log.info("endpoint.recovered", endpoint=endpoint.name)

    def _note(self, endpoint: _Node, method: str, elapsed_s: float) -> None:
        self._observe(method, endpoint.name, elapsed_s)
        self._directory.timed(endpoint, elapsed_s)


async def _nothing(_rpc: Rpc) -> None:
    """No work: the chain id is asked for before any."""


def _unobserved(_method: str, _endpoint: str, _elapsed_s: float) -> None:
    """Nobody watches."""


def _unheard(_endpoint: str, _text: str | None) -> None:
    """Nobody listens."""
