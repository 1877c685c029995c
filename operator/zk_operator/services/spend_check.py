"""Spend check: whether orders are still open at the depth at which money is spent, asked of the contract itself.

The rows lag behind the chain, by little as a rule and by much after a pause; money is not spent on what they say alone.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, Protocol

from zk_operator.domain.chain_event import BlockRef, BlockTag
from zk_operator.domain.ids import OrderId
from zk_operator.domain.records import Batch
from zk_operator.ports.chain import (
    CHAIN_ENDED,
    CHAIN_OPEN,
    BlockSource,
    OnchainOrder,
    SettlementReader,
)
from zk_operator.ports.store import ChainStore
from zk_operator.services.depth import Depth, block_at
from zk_operator.services.purchase_gate import Hold, Purchase, PurchaseGate

AT_ONCE: Final = frozenset({BlockTag.LATEST, 0})  # never deeper than another depth


class Standing(StrEnum):
    """How a batch stands at that depth."""

    OPEN = "open"  # every order is open
    PARTLY = "partly"  # an order is over, but not one of every section
    OVER = "over"  # no section can be settled any more
    UNKNOWN = "unknown"  # not to be said now: wait


class Standings(Protocol):
    """Says how a batch stands."""

    async def standing(self, batch: Batch, purchase: Purchase) -> Standing:
        """How the batch stands, if that purchase is allowed now. Errors: those of `BlockSource`."""
        ...


class SpendCheck:
    """Asked before a batch is closed, before its proof is bought, and again before zkVerify is paid."""

    def __init__(
        self,
        *,
        source: BlockSource,
        reader: SettlementReader,
        chain: ChainStore,
        see_at: Depth,
        spend_at: Depth,
        gate: PurchaseGate,
    ) -> None:
        """Money is spent at the deeper of the two: what is not seen yet cannot be paid for."""
        self._source = source
        self._reader = reader
        self._chain = chain
        self._depths = (spend_at,) if see_at in AT_ONCE else (spend_at, see_at)
        self._gate = gate

    async def depth(self) -> BlockRef:
        """The newest block that lies deep enough; holds purchases while the scan has not reached it. Errors: as `block_at`."""
        blocks = [await block_at(self._source, depth) for depth in self._depths]
        deep = min(blocks, key=lambda block: block.number)
        cursor = await self._chain.cursor()
        if cursor is not None and cursor.number >= deep.number:
            self._gate.release(Hold.BEHIND)
        else:
            read = "nothing yet" if cursor is None else f"block {cursor.number}"
            self._gate.hold(Hold.BEHIND, f"read: {read}; money is spent at block {deep.number}")
        return deep

    async def open_ones(self, order_ids: Sequence[OrderId], deep: BlockRef) -> frozenset[OrderId]:
        """Which of them are open and uncancelled there."""
        states = await self._reader.at(deep).order_states(order_ids)
        return frozenset(
            state.order_id
            for state in states
            if state.status == CHAIN_OPEN and not state.cancel_at_s
        )

    async def standing(self, batch: Batch, purchase: Purchase) -> Standing:
        """How the batch stands, if that purchase is allowed now."""
        deep = await self.depth()
        if not self._gate.allows(purchase):
            return Standing.UNKNOWN
        states = await self._reader.at(deep).order_states(batch.order_ids)
        return standing_of(batch, {state.order_id: state for state in states}, deep.timestamp)


def standing_of(batch: Batch, states: dict[OrderId, OnchainOrder], now_s: int) -> Standing:
    """A section is settled whole or not at all. An order that is not there yet may come, so it is nothing to decide on."""
    over = {order_id for order_id, state in states.items() if _is_over(state, now_s)}
    alive = [section for section in batch.sections if over.isdisjoint(section.order_ids)]
    if not alive:
        return Standing.OVER
    known = [all(states[each].status for each in section.order_ids) for section in alive]
    if not any(known):
        return Standing.UNKNOWN
    if over:
        return Standing.PARTLY
    return Standing.OPEN if all(known) else Standing.UNKNOWN


def _is_over(state: OnchainOrder, now_s: int) -> bool:
    return state.status in CHAIN_ENDED or 0 < state.cancel_at_s <= now_s
