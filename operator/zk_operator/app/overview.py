"""The status report's sources, and the provers as the router sees them."""

from collections.abc import Sequence

from zk_acts.ports.clock import Clock
from zk_operator.app.clients import Clients
from zk_operator.app.provers import OpenProver, foreign_ones
from zk_operator.ports.store import Store
from zk_operator.services.foreign_provers import ForeignProvers
from zk_operator.services.overview import Overview, prover_json
from zk_operator.settings import Backend, Settings


def foreign_provers(settings: Settings, clients: Clients, clock: Clock) -> ForeignProvers:
    """The configured provers of other proof systems."""
    return ForeignProvers(provers=foreign_ones(settings), reader=clients.zk_reader, clock=clock)


def build_overview(
    clients: Clients, store: Store, clock: Clock, foreign: ForeignProvers
) -> Overview:
    """The status report's sources."""
    return Overview(
        source=clients.evm.source,
        zkverify=clients.zk_reader,
        chain=store.chain,
        orders=store.orders,
        batches=store.batches,
        intents=store.intents,
        balances={
            channel.resource: channel.balance
            for channel in (
                *(each.backend for each in paying(clients)),
                clients.zk_channel,
                clients.evm.channel,
            )
        },
        provers={
            each.kind.value: prover_json(cost=each.cost, assumed_ms=each.assumed_ms)
            for each in clients.provers
        },
        foreign=foreign,
        evm_endpoints=clients.evm.pool.health,
        zkverify_endpoints=clients.zk_endpoints,
        clock=clock,
    )


def paying(clients: Clients) -> Sequence[OpenProver]:
    """The prover that PROVE is spent on, if one is configured."""
    return [each for each in clients.provers if each.kind is Backend.NETWORK]
