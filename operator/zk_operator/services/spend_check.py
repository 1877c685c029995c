"""Spend check: whether a batch could still be settled, asked of the contract itself before each spend.

Orders are asked for at the depth at which money is spent, terms and market at the head. The rows lag behind the chain, by
little as a rule and by much after a pause; money is not spent on what they say alone.
"""

from collections.abc import Sequence
from typing import Final, Protocol

import structlog

from zk_acts.domain.ids import hex0x
from zk_operator.domain.chain_event import BlockRef, BlockTag
from zk_operator.domain.failures import CallReverted
from zk_operator.domain.ids import OrderId
from zk_operator.domain.records import Batch, OnchainStatus
from zk_operator.domain.section import Section
from zk_operator.ports.chain import ContractView
from zk_operator.services.clock_watch import ClockWatch
from zk_operator.services.depth import Depth, block_at
from zk_operator.services.purchase_gate import Hold, Purchase
from zk_operator.services.standing import Circumstances, Offer, Standing, fate_of, standing_of
from zk_operator.services.terms_watch import TermsWatch
from zk_operator.services.tools import Tools

log = structlog.get_logger("spend_check")
AT_ONCE: Final = frozenset({BlockTag.LATEST, 0})  # never deeper than another depth
MOST_BEHIND_S: Final = 15  # a scan that follows fast blocks is always a few of them behind


class Standings(Protocol):
    """Says how a batch stands."""

    async def now_s(self) -> int:
        """The chain's time, as of the rows: what a batch's time and its orders' cancels are judged by. Unix seconds."""
        ...

    async def standing(self, batch: Batch, purchase: Purchase) -> Standing:
        """How the batch stands, if that purchase is allowed now. Errors: those of `BlockSource`."""
        ...


class SpendCheck:
    """Asked before a batch is closed, before its proof is bought, and again before zkVerify is paid."""

    def __init__(
        self,
        tools: Tools,
        *,
        terms: TermsWatch,
        clocks: ClockWatch,
        see_at: Depth,
        spend_at: Depth,
    ) -> None:
        """Money is spent at the deeper of the two: what is not seen yet cannot be paid for."""
        self._source = tools.source
        self._reader = tools.reader
        self._chain = tools.store.chain
        self._terms = terms
        self._clocks = clocks
        self._depths = (spend_at,) if see_at in AT_ONCE else (spend_at, see_at)
        self._gate = tools.gate

    async def now_s(self) -> int:
        """As `Standings`: the time of the newest block that was read; 0 before there is one."""
        cursor = await self._chain.cursor()
        return cursor.timestamp if cursor is not None else 0

    async def depth(self) -> BlockRef:
        """The newest block that lies deep enough; holds purchases while the scan is far from it. Errors: as `block_at`."""
        blocks = [await block_at(self._source, depth) for depth in self._depths]
        # What is not seen yet cannot be paid for, however shallow spending is set (ADR 0184).
        deep = min(blocks, key=lambda block: block.number)
        cursor = await self._chain.cursor()
        if cursor is not None and deep.timestamp - cursor.timestamp <= MOST_BEHIND_S:
            self._gate.release(Hold.BEHIND)
        else:
            read = "nothing yet" if cursor is None else f"block {cursor.number}"
            self._gate.hold(Hold.BEHIND, f"read: {read}; money is spent at block {deep.number}")
        return deep

    async def look(self, head: BlockRef) -> None:
        """Compare clocks and terms with ours at a head that was just read; they hold purchases where they differ."""
        self._clocks.look(head)
        await self._terms.look(head)

    async def open_ones(self, order_ids: Sequence[OrderId], deep: BlockRef) -> frozenset[OrderId]:
        """Which of them are open and uncancelled there."""
        states = await self._reader.at(deep).order_states(order_ids)
        return frozenset(
            state.order_id
            for state in states
            if state.status is OnchainStatus.OPEN and not state.cancel_at_s
        )

    async def standing(self, batch: Batch, purchase: Purchase) -> Standing:
        """As `Standings`."""
        deep = await self.depth()
        if not self._gate.allows(purchase):
            return Standing.UNKNOWN
        head = await self._source.head(BlockTag.LATEST)
        await self.look(head)
        if not self._gate.allows(purchase) or head.timestamp > batch.valid_until_s:
            return Standing.UNKNOWN
        # Orders where money is spent, terms and market at the head: by each what it decides (ADR 0218).
        states = await self._reader.at(deep).order_states(batch.order_ids)
        contract = self._reader.at(head)
        now = Circumstances(
            states={state.order_id: state for state in states},
            valid_until_s=batch.valid_until_s,
            fee_bps=self._terms.current.fee_bps,
            offers={each.pool_id: await _offer(each, contract) for each in batch.sections},
        )
        fates = [fate_of(section, now) for section in batch.sections]
        standing = standing_of(fates)
        if standing is not Standing.OPEN:
            log.debug("batch.doubted", batch_id=batch.batch_id, purchase=purchase, fates=fates)
        return standing


async def _offer(section: Section, contract: ContractView) -> Offer:
    """What the section's pool says to it at that block."""
    pool = await contract.pool(section.pool_id)
    if pool is None:
        return Offer(price_x128=None, max_deviation_bps=0, output=0)
    try:
        price = await contract.pool_price(section.pool_id)
        output = await _output(section, contract)
    except CallReverted as error:
        log.info("offer.refused", pool_id=hex0x(section.pool_id), error=str(error))
        return Offer(price_x128=None, max_deviation_bps=0, output=0)
    deviation = pool.max_price_deviation_bps
    return Offer(price_x128=price, max_deviation_bps=deviation, output=output)


async def _output(section: Section, contract: ContractView) -> int:
    if not section.remainder_in:
        return 0
    return await contract.quote_remainder(
        section.pool_id,
        price_x128=section.price_x128,
        zero_for_one=section.remainder_zero_for_one,
        amount_in=section.remainder_in,
    )
