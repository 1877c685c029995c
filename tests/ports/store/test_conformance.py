"""Both stores are, to the type checker, what the ports say."""

from zk_acts.ports.store import IntentStore
from zk_devnet.testing.memory_store import MemoryStore
from zk_operator.adapters.storage import SqliteStore
from zk_operator.ports.store import (
    BackOffStore,
    BatchStore,
    ChainStore,
    LeaseStore,
    OrderStore,
    ProofStore,
    RankStore,
    RejectionStore,
)

Ports = tuple[
    ChainStore,
    OrderStore,
    BackOffStore,
    RankStore,
    RejectionStore,
    BatchStore,
    IntentStore,
    ProofStore,
    LeaseStore,
]


async def test_sub_stores__either_store__satisfy_their_ports(
    store: SqliteStore | MemoryStore,
) -> None:
    ports: Ports = (
        store.chain,
        store.orders,
        store.back_offs,
        store.ranks,
        store.rejections,
        store.batches,
        store.intents,
        store.proofs,
        store.leases,
    )
    assert len(set(map(type, ports))) == len(ports)
