"""Events of finalized blocks in order, none skipped: subscriptions to heads leave some out."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from zk_acts.domain.ids import Hash32
from zkverify_client.adapters.chain import Chain, ChainAccess
from zkverify_client.adapters.errors import StatePruned
from zkverify_client.adapters.event_list import Event
from zkverify_client.adapters.heads import HeadWakeUp
from zkverify_client.adapters.runtime import AGGREGATE, VERIFIERS

_AT_ONCE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenEvent:
    """An event of the Aggregate pallet or of a verifier pallet, and where it happened."""

    block_number: int
    block_hash: Hash32
    event: Event

    def of_domain(self, domain_id: int) -> bool:
        """Whether it names this domain."""
        fields = self.event.fields
        return domain_id in (fields.get("domain_id"), _id_of(self.event))


class EventFollower:
    """Reads finalized blocks one after the other, from any block on."""

    def __init__(self, *, access: ChainAccess, wake_up: HeadWakeUp) -> None:
        self._access = access
        self._wake_up = wake_up

    async def follow(self, first_block: int) -> AsyncIterator[tuple[int, tuple[SeenEvent, ...]]]:
        """Each finalized block's number and events, for ever. Errors as ZkVerifyReader; pruned state among them."""
        number = first_block
        while True:
            blocks = await self._access.read(partial(_blocks, first=number))
            for events in blocks:
                yield number, events
                number += 1
            if not blocks:
                await self._wake_up.wait()


async def _blocks(chain: Chain, first: int) -> list[tuple[SeenEvent, ...]]:
    finalized = await chain.finalized()
    found: list[tuple[SeenEvent, ...]] = []
    for number in range(first, min(finalized.number + 1, first + _AT_ONCE)):
        block_hash = await chain.canonical_hash(number, finalized)
        if block_hash is None:
            raise StatePruned("the endpoint does not know a block", number=number)
        block = await chain.block(block_hash)
        events = await chain.events(block)
        found.append(
            tuple(
                SeenEvent(block_number=number, block_hash=block_hash, event=event)
                for event in events
                if event.pallet == AGGREGATE or event.pallet in VERIFIERS
            )
        )
    return found


def _id_of(event: Event) -> Any:
    """NewDomain and DomainStateChanged call it `id`."""
    return event.fields.get("id") if event.pallet == AGGREGATE else None
