"""Everything of one EVM chain, put together for the composition root."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from zk_operator.adapters.evm.block_source import EvmBlockSource
from zk_operator.adapters.evm.endpoint import EndpointPool
from zk_operator.adapters.evm.fees import FeePolicy
from zk_operator.adapters.evm.headers import ChainHead
from zk_operator.adapters.evm.heads import HeadFeed
from zk_operator.adapters.evm.http import HttpTransport
from zk_operator.adapters.evm.rpc import EndpointAlert, RpcObserver
from zk_operator.adapters.evm.settlement_calls import ManagerCalls
from zk_operator.adapters.evm.settlement_reader import EvmSettlementReader, SettlementContracts
from zk_operator.adapters.evm.transaction_channel import TransactionChannel, TransactionSigner
from zk_operator.domain.chain_event import BlockTag


@dataclass(frozen=True, slots=True, kw_only=True)
class EvmConfig:
    """One chain: endpoints in order of preference, contracts, limits. `done_at`: a tag, or confirmations."""

    http_urls: tuple[str, ...]
    ws_url: str | None
    chain_id: int
    contracts: SettlementContracts
    fees: FeePolicy
    request_timeout_s: float = 10.0
    max_log_range: int = 2_000
    done_at: BlockTag | int = BlockTag.FINALIZED


@dataclass(frozen=True, slots=True, kw_only=True)
class EvmClient:
    """The chain's adapters. `feed.run()`, where there is a feed, belongs to a task group of the caller."""

    pool: EndpointPool
    source: EvmBlockSource
    reader: EvmSettlementReader
    calls: ManagerCalls
    channel: TransactionChannel
    feed: HeadFeed | None


@asynccontextmanager
async def open_evm(
    config: EvmConfig,
    signer: TransactionSigner,
    observe: RpcObserver | None = None,
    alert: EndpointAlert | None = None,
    saw: Callable[[int], None] = lambda _: None,
) -> AsyncIterator[EvmClient]:
    """Build the adapters; nothing is connected yet. Connections close at the end. `saw`: told the time of each head that is read."""
    timeout_s = config.request_timeout_s
    pool = EndpointPool(
        transports=[HttpTransport(url=url, timeout_s=timeout_s) for url in config.http_urls],
        chain_id=config.chain_id,
        observe=observe,
        alert=alert,
    )
    feed = HeadFeed(url=config.ws_url) if config.ws_url else None
    head = ChainHead(pool=pool, saw=saw)
    try:
        yield EvmClient(
            pool=pool,
            source=EvmBlockSource(
                pool=pool,
                addresses=[config.contracts.manager],
                feed=feed,
                head=head,
                max_range=config.max_log_range,
            ),
            reader=EvmSettlementReader(
                pool=pool, contracts=config.contracts, signer=signer.address
            ),
            calls=ManagerCalls(manager=config.contracts.manager),
            channel=TransactionChannel(
                pool=pool, signer=signer, policy=config.fees, done_at=config.done_at, head=head
            ),
            feed=feed,
        )
    finally:
        await pool.aclose()
