"""Several endpoints of one chain as one: the healthy one that comes first in the configuration is asked.

Blame decides: what is the endpoint's fault (no answer, HTTP 403, 429, 5xx, an answer that is not the protocol) goes to
the next one; a JSON-RPC error is the request's fault and is the answer.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import anyio
import structlog

from zk_operator.adapters.evm.errors import EndpointFailed, RpcError
from zk_operator.adapters.evm.rpc import Rpc, RpcObserver, Transport
from zk_operator.adapters.evm.wire import quantity
from zk_operator.domain.errors import OperatorError
from zk_operator.domain.failures import (
    ActRefused,
    AmbiguousOutcome,
    EvmUnreachable,
    MalformedAnswer,
    WrongChain,
)

log = structlog.get_logger("evm")
T = TypeVar("T")
_SMOOTHING = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointHealth:
    """How one endpoint does. `latency_s` is a moving average, None before the first answer."""

    name: str
    healthy: bool
    failures: int  # in a row
    latency_s: float | None
    last_error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CooldownPolicy:
    """How long an endpoint that failed is asked last: doubled with each failure in a row."""

    first_s: float = 1.0
    longest_s: float = 60.0


@dataclass(slots=True, kw_only=True)
class _Endpoint:
    transport: Transport
    chain_checked: bool = False
    failures: int = 0
    cooling_until: float = 0.0
    latency_s: float | None = None
    last_error: str | None = None


@dataclass(frozen=True, slots=True)
class _Timed:
    """The endpoint's transport, with its latency noted."""

    endpoint: _Endpoint = field(repr=False)
    observe: RpcObserver = field(repr=False)

    async def request(self, method: str, *params: object) -> object:
        started = anyio.current_time()
        try:
            return await self.endpoint.transport.request(method, *params)
        finally:
            self._note(method, anyio.current_time() - started)

    def _note(self, method: str, elapsed_s: float) -> None:
        self.observe(method, self.endpoint.transport.name, elapsed_s)
        before = self.endpoint.latency_s
        after = elapsed_s if before is None else before + _SMOOTHING * (elapsed_s - before)
        self.endpoint.latency_s = after


class EndpointPool:
    """The endpoints of one chain, itself an `Rpc`.

    Errors of every request: RpcError, EvmUnreachable (every endpoint failed), MalformedAnswer (every endpoint answered
    with nonsense), WrongChain (fatal).
    """

    def __init__(
        self,
        *,
        transports: Sequence[Transport],
        chain_id: int,
        cooldown: CooldownPolicy | None = None,
        observe: RpcObserver | None = None,
    ) -> None:
        if not transports:
            raise ValueError("at least one endpoint is needed")
        self._endpoints = [_Endpoint(transport=transport) for transport in transports]
        self._chain_id = chain_id
        self._cooldown = cooldown or CooldownPolicy()
        self._observe = observe or _unobserved

    def __repr__(self) -> str:
        healthy = sum(entry.healthy for entry in self.health())
        return f"EndpointPool(chain_id={self._chain_id}, {healthy}/{len(self._endpoints)} healthy)"

    @property
    def chain_id(self) -> int:
        """The chain that every endpoint has to serve."""
        return self._chain_id

    async def request(self, method: str, *params: object) -> object:
        """One request to whichever endpoint answers. Only for requests that may be carried out twice."""
        return await self.consistently(lambda rpc: rpc.request(method, *params))

    async def consistently(self, work: Callable[[Rpc], Awaitable[T]]) -> T:
        """Run `work` with every request of it at one endpoint; from the start at the next one if that one fails."""
        failed: list[OperatorError] = []
        for endpoint in self._by_preference():
            try:
                return await self._at(endpoint, work)
            except (EndpointFailed, MalformedAnswer) as error:
                failed.append(error)
        raise _summary(failed)

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
            except MalformedAnswer as error:  # to the chain id: nothing was sent
                failed.append(error)
            except ActRefused as error:
                if arrived:
                    raise AmbiguousOutcome(after=str(failed[-1])) from error
                raise
        if arrived:
            raise AmbiguousOutcome(reasons=[str(error) for error in failed]) from failed[-1]
        raise _summary(failed)

    def health(self) -> tuple[EndpointHealth, ...]:
        """In the configured order."""
        return tuple(
            EndpointHealth(
                name=endpoint.transport.name,
                healthy=endpoint.failures == 0,
                failures=endpoint.failures,
                latency_s=endpoint.latency_s,
                last_error=endpoint.last_error,
            )
            for endpoint in self._endpoints
        )

    async def aclose(self) -> None:
        """Close every endpoint's connections."""
        for endpoint in self._endpoints:
            await endpoint.transport.aclose()

    def _by_preference(self) -> list[_Endpoint]:
        """Configured order; those that cool down come last, the one that is ready soonest first."""
        now = anyio.current_time()
        return sorted(self._endpoints, key=lambda each: max(0.0, each.cooling_until - now))

    async def _at(self, endpoint: _Endpoint, work: Callable[[Rpc], Awaitable[T]]) -> T:
        rpc = _Timed(endpoint, self._observe)
        try:
            await self._check_chain(endpoint, rpc)
            result = await work(rpc)
        except (EndpointFailed, MalformedAnswer) as error:
            self._failed(endpoint, error)
            raise
        except RpcError:
            self._answered(endpoint)
            raise
        self._answered(endpoint)
        return result

    async def _check_chain(self, endpoint: _Endpoint, rpc: Rpc) -> None:
        if endpoint.chain_checked:
            return
        try:
            found = quantity(await rpc.request("eth_chainId"), "chain id")
        except RpcError as error:
            raise EndpointFailed("the endpoint names no chain", may_have_arrived=False) from error
        if found != self._chain_id:
            raise WrongChain(
                endpoint=endpoint.transport.name, chain_id=found, configured=self._chain_id
            )
        endpoint.chain_checked = True

    def _failed(self, endpoint: _Endpoint, error: OperatorError) -> None:
        endpoint.failures += 1
        endpoint.last_error = str(error)
        # Behind the same URL may be another machine after an outage.
        endpoint.chain_checked = False
        policy = self._cooldown
        wait_s = min(policy.longest_s, policy.first_s * 2 ** min(endpoint.failures - 1, 30))
        endpoint.cooling_until = anyio.current_time() + wait_s
        log.warning(
            "endpoint.failed",
            endpoint=endpoint.transport.name,
            failures=endpoint.failures,
            code=error.code,
            error=str(error),
        )

    def _answered(self, endpoint: _Endpoint) -> None:
        if endpoint.failures:
            log.info("endpoint.recovered", endpoint=endpoint.transport.name)
        endpoint.failures = 0
        endpoint.cooling_until = 0.0
        endpoint.last_error = None


def _unobserved(_method: str, _endpoint: str, _elapsed_s: float) -> None:
    """Nobody watches."""


def _summary(failed: Sequence[OperatorError]) -> OperatorError:
    """The one error of a request that failed everywhere."""
    if len(failed) == 1 or all(isinstance(error, MalformedAnswer) for error in failed):
        return failed[-1]
    summary = EvmUnreachable(reasons=[str(error) for error in failed])
    summary.__cause__ = failed[-1]
    return summary
