"""The operator at a glance: chains, lag, balances, what is in flight. The same for the CLI, /status and the page."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from zk_acts.domain.acts import ActKind, IntentState, Resource
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.money import tokens
from zk_acts.ports.clock import Clock
from zk_acts.ports.endpoints import EndpointHealth, HealthReader
from zk_acts.ports.store import IntentStore
from zk_operator.domain.chain_event import BlockTag
from zk_operator.domain.failures import DepthUnknown
from zk_operator.domain.records import BatchState
from zk_operator.ports.chain import BlockSource
from zk_operator.ports.store import BatchStore, ChainStore, OrderStore
from zk_operator.services.foreign_provers import ForeignProvers
from zkverify_client.ports.zkverify import VerificationReader

T = TypeVar("T")
BalanceReader = Callable[[], Awaitable[int]]
UNFINISHED = (
    BatchState.CLOSED,
    BatchState.PROVED,
    BatchState.VERIFIED,
    BatchState.AGGREGATED,
    BatchState.SETTLED,
)
WINDOWS_S = {"hour": 3_600, "day": 86_400}


class Overview:
    """Reads; never writes and never pays. A part that cannot be read says why in its place."""

    def __init__(
        self,
        *,
        source: BlockSource,
        zkverify: VerificationReader,
        chain: ChainStore,
        orders: OrderStore,
        batches: BatchStore,
        intents: IntentStore,
        balances: Mapping[Resource, BalanceReader],
        provers: Mapping[str, Mapping[str, object]],
        foreign: ForeignProvers,
        evm_endpoints: HealthReader,
        zkverify_endpoints: HealthReader,
        clock: Clock,
    ) -> None:
        self._source = source
        self._zkverify = zkverify
        self._chain = chain
        self._orders = orders
        self._batches = batches
        self._intents = intents
        self._balances = balances
        self._provers = provers
        self._foreign = foreign
        self._evm_endpoints = evm_endpoints
        self._zkverify_endpoints = zkverify_endpoints
        self._clock = clock

    async def report(self) -> dict[str, object]:
        """Everything, as JSON values; amounts as decimal strings of whole tokens."""
        return {
            "evm": await _or_error(self._evm),
            "zkverify": await _or_error(self._zk),
            "balances": {
                resource.value: await _or_error(_balance(read))
                for resource, read in self._balances.items()
            },
            "provers": {**self._provers, **await self._foreign_ones()},
            "orders": await self._orders.counts(),
            "in_flight": await self._in_flight(),
            "spent": await self._spent(),
            # Last: by now each chain has been asked something.
            "endpoints": {
                "evm": [_health_json(each) for each in self._evm_endpoints()],
                "zkverify": [_health_json(each) for each in self._zkverify_endpoints()],
            },
        }

    async def _foreign_ones(self) -> dict[str, Mapping[str, object]]:
        refusals = await self._foreign.refusals()
        return {
            each.name: {
                **prover_json(cost=each.cost, assumed_ms=each.assumed_ms),
                "refused": refusals[each.name].code,
                "reason": str(refusals[each.name]),
            }
            for each in self._foreign.provers
        }

    async def _evm(self) -> dict[str, object]:
        cursor = await self._chain.cursor()
        head = await self._source.head(BlockTag.LATEST)
        return {
            "head": head.number,
            "finalized": await self._finalized(),
            "cursor": cursor.number if cursor else None,
            "lag_blocks": head.number - cursor.number if cursor else None,
        }

    async def _finalized(self) -> int | None:
        """None on a chain that has no such block: it may be run with confirmations instead."""
        try:
            return (await self._source.head(BlockTag.FINALIZED)).number
        except DepthUnknown:
            return None

    async def _zk(self) -> dict[str, object]:
        return {"finalized": await self._zkverify.finalized_head()}

    async def _in_flight(self) -> dict[str, object]:
        batches = await self._batches.in_state(*UNFINISHED)
        states: dict[str, int] = {}
        for batch in batches:
            states[batch.state] = states.get(batch.state, 0) + 1
        acts = {}
        for kind in ActKind:
            live = await self._intents.live(kind)
            unresolved = sum(1 for row in live if row.state is IntentState.INTENDED)
            acts[kind.value] = {"live": len(live), "ambiguous": unresolved}
        return {"batches": states, "acts": acts}

    async def _spent(self) -> dict[str, object]:
        now = self._clock.now_ms()
        entries = await self._intents.ledger(now - 1000 * max(WINDOWS_S.values()))
        return {
            resource.value: {
                window: tokens(
                    sum(
                        entry.paid or 0
                        for entry in entries
                        if entry.resource is resource and entry.at >= now - 1000 * seconds
                    )
                )
                for window, seconds in WINDOWS_S.items()
            }
            for resource in Resource
        }


def prover_json(*, cost: int, assumed_ms: int) -> dict[str, object]:
    """What the router assumes of a prover before it was measured."""
    return {"is_paid": bool(cost), "assumed_s": assumed_ms / 1000}


def _health_json(health: EndpointHealth) -> Mapping[str, object]:
    """As JSON values; latency in whole milliseconds."""
    latency_ms = None if health.latency_s is None else round(health.latency_s * 1000)
    return {
        "endpoint": health.name,
        "failures": health.failures,
        "latency_ms": latency_ms,
        "last_error": health.last_error,
    }


def _balance(read: BalanceReader) -> Callable[[], Awaitable[str]]:
    async def shown() -> str:
        return tokens(await read())

    return shown


async def _or_error(read: Callable[[], Awaitable[T]]) -> T | dict[str, str]:
    try:
        return await read()
    except OperatorError as error:
        return {"error": str(error), "code": error.code}
