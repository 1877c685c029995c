"""A trader's connection to one manager, put together for the command line."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from zk_operator.adapters.evm.block_source import EvmBlockSource
from zk_operator.adapters.evm.endpoint import EndpointPool
from zk_operator.adapters.evm.errors import EndpointFailed
from zk_operator.adapters.evm.fees import FeePolicy
from zk_operator.adapters.evm.http import HttpTransport
from zk_operator.adapters.evm.transaction_channel import TransactionChannel
from zk_operator.adapters.evm.wire import quantity
from zk_operator.adapters.signing.evm import EvmSigner
from zk_operator.domain.chain_event import BlockTag
from zk_operator.domain.ids import Address
from zk_trader.calls import TraderCalls
from zk_trader.log import OrderLog
from zk_trader.polling import Polling
from zk_trader.sender import Progress, Sender
from zk_trader.trader import Trader
from zk_trader.view import TraderView
from zk_trader.watch import OrderWatch

_MAX_GAS: Final = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TraderConfig:
    """Where and how patiently. `chain_id` None: whatever chain the first endpoint serves."""

    http_urls: tuple[str, ...]
    manager: Address
    chain_id: int | None = None
    timeout_s: float = 120.0
    poll_s: float = 1.0
    request_timeout_s: float = 10.0


class TraderClient:
    """One manager's views, and what is built on them."""

    def __init__(self, *, pool: EndpointPool, config: TraderConfig) -> None:
        self._pool = pool
        self._manager = config.manager
        self._polling = Polling(timeout_s=config.timeout_s, poll_s=config.poll_s)
        self.view = TraderView(pool=pool, manager=config.manager)
        self._log = OrderLog(pool=pool, manager=config.manager)

    def watch(self, until: BlockTag) -> OrderWatch:
        """A watch that waits as long as the configuration says."""
        return OrderWatch(view=self.view, log=self._log, polling=self._polling, until=until)

    def trader(self, signer: EvmSigner, *, max_fee_wei: int, progress: Progress) -> Trader:
        """A trader with that key. `max_fee_wei`: the most to pay per gas."""
        policy = FeePolicy(max_fee_wei=max_fee_wei, max_gas=_MAX_GAS)
        channel = TransactionChannel(pool=self._pool, signer=signer, policy=policy)
        return Trader(
            view=self.view,
            log=self._log,
            source=EvmBlockSource(pool=self._pool, addresses=[self._manager]),
            calls=TraderCalls(manager=self._manager),
            sender=Sender(channel=channel, polling=self._polling, progress=progress),
            signer=signer,
            polling=self._polling,
        )


@asynccontextmanager
async def open_trader_client(config: TraderConfig) -> AsyncIterator[TraderClient]:
    """Connect. Errors: EvmUnreachable, MalformedAnswer; WrongChain at the first request to another chain."""
    transports = [
        HttpTransport(url=url, timeout_s=config.request_timeout_s) for url in config.http_urls
    ]
    try:
        chain_id = config.chain_id or await _chain_id(transports)
        pool = EndpointPool(transports=transports, chain_id=chain_id)
        yield TraderClient(pool=pool, config=config)
    finally:
        for transport in transports:
            await transport.aclose()


async def _chain_id(transports: Sequence[HttpTransport]) -> int:
    failed: EndpointFailed | None = None
    for transport in transports:
        try:
            return quantity(await transport.request("eth_chainId"), "chain id")
        except EndpointFailed as error:
            failed = error
    raise failed or ValueError("at least one endpoint is needed")
