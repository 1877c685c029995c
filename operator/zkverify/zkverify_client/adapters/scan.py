"""Looking through finalized blocks one after the other, also where the state of the older ones is gone."""

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from cachetools import LRUCache

from zk_acts.domain.ids import Hash32
from zkverify_client.adapters.chain import BlockHead, Chain
from zkverify_client.adapters.errors import StatePruned

KeyT = TypeVar("KeyT", bound=Hashable)
FoundT = TypeVar("FoundT")
Look = Callable[[Chain, Hash32], Awaitable[FoundT | None]]
_REMEMBERED = 4096


@dataclass(slots=True)
class _Progress:
    """How far a search came: every block below `next` was looked at, and those from the gap to below `beyond`."""

    next: int
    beyond: int


class BlockScan(Generic[KeyT, FoundT]):
    """Finds the first finalized block that has something; remembers for each key how far it came.

    Where an endpoint has lost the state of the first blocks, those that it kept are looked at nevertheless. StatePruned
    is raised only after that, so that another endpoint is asked: what lay in the gap is not known here.
    """

    def __init__(self) -> None:
        self._progress: LRUCache[KeyT, _Progress] = LRUCache(_REMEMBERED)

    def forget(self, key: KeyT) -> None:
        """Begin that search anew: something was missed."""
        self._progress.pop(key, None)

    async def find(self, chain: Chain, key: KeyT, first: int, look: Look[FoundT]) -> FoundT | None:
        """What `look` found in the first block from `first` on; None where no finalized block has it (yet).

        Errors: those of Chain and of `look`, StatePruned among them.
        """
        progress = self._progress.setdefault(key, _Progress(first, first))
        finalized = await chain.finalized()
        number, gap = progress.next, False
        while number <= finalized.number:
            block_hash = await chain.canonical_hash(number, finalized)
            if block_hash is None:
                return None
            try:
                found = await look(chain, block_hash)
            except StatePruned:
                if gap:
                    raise
                gap = True
                number = max(progress.beyond, await _oldest_kept(chain, number, finalized))
                continue
            if found is not None:
                return found
            number += 1
            progress.beyond = max(progress.beyond, number)
            if not gap:
                progress.next = number
        if gap:
            raise StatePruned("blocks that were to be searched are gone", first=progress.next)
        return None


async def _oldest_kept(chain: Chain, lost: int, finalized: BlockHead) -> int:
    """The first block above a lost one whose state the endpoint keeps, taken that it keeps the newest."""
    below, kept = lost, finalized.number
    while kept - below > 1:
        middle = (below + kept) // 2
        if await _is_kept(chain, middle, finalized):
            kept = middle
        else:
            below = middle
    return kept


async def _is_kept(chain: Chain, number: int, finalized: BlockHead) -> bool:
    block_hash = await chain.canonical_hash(number, finalized)
    if block_hash is None:
        return False
    try:
        await chain.raw_events(block_hash)
    except StatePruned:
        return False
    return True
