"""Connections to one zkVerify network over several endpoints, by role."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NoReturn, Protocol, TypeVar

import anyio
import structlog

from zk_acts.adapters.endpoints import Endpoint, EndpointDirectory
from zk_acts.domain.back_off import BackOff
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.ids import Hash32, hex0x, parse_hex
from zk_acts.domain.redaction import redact_url
from zk_acts.ports.endpoints import EndpointHealth
from zkverify_client.adapters.errors import (
    ArchiveUnreachable,
    BlockUnknown,
    MalformedChainAnswer,
    StatePruned,
    WrongNetwork,
)
from zkverify_client.adapters.rpc import Connection, ConnectionLost, Rpc, RpcError, WebSocketRpc
from zkverify_client.domain.failures import ZkVerifyUnreachable

_log = structlog.get_logger(__name__)
ResultT = TypeVar("ResultT")


class Role(StrEnum):
    """What a connection is for; one role cannot hold up another."""

    SUBMIT = "submit"
    QUERY = "query"
    HEAD = "head"


class Connector(Protocol):
    """Opens a connection. Error: ConnectionLost."""

    async def __call__(self, url: str, *, timeout_s: float) -> Connection: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfig:
    """Where the network is and how it is recognised."""

    endpoints: tuple[str, ...]  # ws or wss, the preferred one first
    genesis_hash: Hash32
    spec_names: frozenset[str] = frozenset({"zkv-runtime", "tzkv-runtime"})
    request_timeout_s: float = 10.0
    job_timeout_s: float = 60.0
    query_connections: int = 2
    submit_connections: int = 1  # as many submissions are under way at a time
    back_off: BackOff = field(default_factory=BackOff)


@dataclass(slots=True, kw_only=True, eq=False)
class _Node(Endpoint):
    url: str


@dataclass(slots=True)
class _Slot:
    connection: Connection | None = None
    endpoint: _Node | None = None


class ConnectionPool:
    """Runs jobs on connections. A connection that failed is thrown away; the next job or attempt opens another.

    Errors: ZkVerifyUnreachable, WrongNetwork, MalformedChainAnswer, and whatever a job raises.
    """

    def __init__(
        self,
        config: NetworkConfig,
        *,
        connect: Connector = WebSocketRpc.open,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._connect = connect
        self._now = now
        nodes = [_Node(name=redact_url(url), url=url) for url in config.endpoints]
        self._directory = EndpointDirectory(nodes, now=now, back_off=config.back_off)
        sizes = {
            Role.SUBMIT: config.submit_connections,
            Role.QUERY: config.query_connections,
            Role.HEAD: 1,
        }
        self._free = {role: [_Slot() for _ in range(size)] for role, size in sizes.items()}
        self._gate = {role: anyio.Semaphore(size) for role, size in sizes.items()}

    def health(self) -> tuple[EndpointHealth, ...]:
        """Every endpoint's state, for status pages and metrics."""
        return self._directory.health()

    async def close(self) -> None:
        """Close idle connections; those in use close with their job."""
        for slots in self._free.values():
            for slot in slots:
                await _drop(slot)

    async def run(self, role: Role, job: Callable[[Connection], Awaitable[ResultT]]) -> ResultT:
        """Run an idempotent job, on another endpoint where one fails or lacks the state it needs."""
        async with self._slot(role) as slot:
            return await self._attempts(slot, job)

    async def run_once(
        self, role: Role, job: Callable[[Connection], Awaitable[ResultT]]
    ) -> ResultT:
        """Run a job that must not be repeated. ConnectionLost when it is not known how it ended."""
        async with self._slot(role) as slot:
            # Proven alive before: what is lost after this was lost with the bytes in it (ADR 0070).
            await self._attempts(slot, _probe)
            return await self._attempt(slot, job)

    @asynccontextmanager
    async def _slot(self, role: Role) -> AsyncIterator[_Slot]:
        async with self._gate[role]:
            slot = self._free[role].pop()
            try:
                yield slot
            finally:
                self._free[role].append(slot)

    async def _attempts(
        self, slot: _Slot, job: Callable[[Connection], Awaitable[ResultT]]
    ) -> ResultT:
        excluded: set[str] = set()
        pruned = wrong = 0
        failure: Exception | None = None
        while True:
            endpoint = self._next_endpoint(slot, excluded)
            if endpoint is None:
                self._give_up(failure, pruned, wrong)
            reused = slot.connection is not None
            try:
                await self._ensure(slot, endpoint)
                return await self._attempt(slot, job)
            except (StatePruned, BlockUnknown) as error:
                failure = error
                pruned += isinstance(error, StatePruned)
                excluded.add(endpoint.url)
                await _drop(slot)
            except WrongNetwork as error:  # another endpoint may be right
                failure = error
                wrong += 1
                excluded.add(endpoint.url)
                self._failed(endpoint, error)
            except (ConnectionLost, MalformedChainAnswer) as error:
                failure = error
                # A connection that was open before says nothing about the endpoint: dial it again first.
                if not reused:
                    excluded.add(endpoint.url)
                    self._failed(endpoint, error)

    def _give_up(self, failure: Exception | None, pruned: int, wrong: int) -> NoReturn:
        """Say what the attempts came to: that state is gone, or the network wrong, only when every endpoint has said so."""
        endpoints = len(self._directory)
        if 0 < wrong < endpoints and not pruned:
            raise ZkVerifyUnreachable(endpoints=endpoints, of_another_network=wrong) from failure
        # That state is gone for good is said only when every endpoint was asked: one of them may be an
        # archive (ADR 0200).
        if 0 < pruned < endpoints:
            raise ArchiveUnreachable(endpoints=endpoints, pruned=pruned) from failure
        if failure is None or isinstance(failure, ConnectionLost):
            raise ZkVerifyUnreachable(endpoints=endpoints, **self._why()) from failure
        raise failure

    def _why(self) -> dict[str, str]:
        """What each endpoint did last, also where none was asked because all rest: silence is not the only reason."""
        failed = [
            f"{each.name}: {each.last_error}" for each in self._directory.all() if each.last_error
        ]
        return {"last": "; ".join(failed)} if failed else {}

    def _next_endpoint(self, slot: _Slot, excluded: set[str]) -> _Node | None:
        if slot.connection is not None:
            return slot.endpoint
        return self._choose(excluded)

    def _choose(self, excluded: Collection[str]) -> _Node | None:
        """Of those that may be dialled, one that works before one that failed, the quicker first."""
        usable = [
            each
            for each in self._directory.all()
            if each.url not in excluded and not self._directory.waits_s(each)
        ]
        return min(usable, key=_rank, default=None)

    async def _attempt(
        self, slot: _Slot, job: Callable[[Connection], Awaitable[ResultT]]
    ) -> ResultT:
        """Run on the slot's open connection, which is dropped unless it can be trusted further."""
        assert slot.connection is not None
        orderly = False
        try:
            with anyio.fail_after(self._config.job_timeout_s):
                result = await job(slot.connection)
            orderly = True
            return result
        # In doubt it was written: whoever cannot repeat it has to ask (ADR 0070).
        except TimeoutError as error:
            raise ConnectionLost("the job took too long", written=True) from error
        except (RpcError, OperatorError) as error:
            orderly = not isinstance(error, MalformedChainAnswer)
            raise
        finally:
            if not orderly:
                await _drop(slot)

    def _failed(self, endpoint: _Node, error: Exception) -> None:
        self._directory.failed(endpoint, str(error))
        _log.warning("zkverify_endpoint.failed", endpoint=endpoint.name, error=str(error))

    async def _ensure(self, slot: _Slot, endpoint: _Node) -> None:
        if slot.connection is not None:
            return
        started = self._now()
        connection = await self._connect(endpoint.url, timeout_s=self._config.request_timeout_s)
        await self._admit(connection, endpoint)
        self._directory.timed(endpoint, self._now() - started)
        self._directory.succeeded(endpoint)
        slot.connection, slot.endpoint = connection, endpoint
        _log.info("zkverify_endpoint.connected", endpoint=endpoint.name)

    async def _admit(self, connection: Connection, endpoint: _Node) -> None:
        """Close the connection again unless it leads to the configured network."""
        admitted = False
        try:
            await self._check_network(connection, endpoint)
            admitted = True
        except RpcError as error:
            raise ConnectionLost(str(error), written=False) from error
        finally:
            if not admitted:
                await connection.close()

    async def _check_network(self, rpc: Rpc, endpoint: _Node) -> None:
        genesis = _hash32(await rpc.request("chain_getBlockHash", [0]))
        # Before the first use of every connection: an endpoint behind the same name may be of another network
        # since.
        if genesis != self._config.genesis_hash:
            raise WrongNetwork(
                endpoint=endpoint.name,
                genesis=hex0x(genesis),
                expected=hex0x(self._config.genesis_hash),
            )
        version = await rpc.request("state_getRuntimeVersion")
        name = version.get("specName") if isinstance(version, dict) else None
        if not isinstance(name, str):
            raise MalformedChainAnswer(
                "the runtime version names no runtime", endpoint=endpoint.name
            )
        if name not in self._config.spec_names:
            raise WrongNetwork(
                endpoint=endpoint.name,
                spec_name=name,
                expected=sorted(self._config.spec_names),
            )


def _rank(endpoint: _Node) -> tuple[int, float]:
    # Within 50 ms latencies count as equal, so that the configured order stays stable.
    return endpoint.failures, round((endpoint.latency_s or 0.0) / 0.05)


def _hash32(answer: object) -> Hash32:
    """A damaged answer is no other network."""
    try:
        return Hash32(parse_hex(str(answer), 32))
    except ValueError as error:
        raise MalformedChainAnswer("the genesis hash is no hash") from error


async def _probe(rpc: Rpc) -> None:
    """One cheap call, so that a connection that died unnoticed is found before something is sent on it."""
    with suppress(RpcError):  # a gateway that forbids the call is alive, too
        await rpc.request("system_health")


async def _drop(slot: _Slot) -> None:
    connection, slot.connection = slot.connection, None
    if connection is not None:
        with anyio.CancelScope(shield=True):
            await connection.close()
