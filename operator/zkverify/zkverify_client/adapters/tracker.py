"""Finds what became of a stored extrinsic, by its hash, inside its mortality window. Reads only."""

from dataclasses import dataclass, replace

from zk_acts.domain.acts import Intent
from zk_acts.domain.ids import AccountId, Hash32, hex0x
from zk_acts.ports.act import Lapsed, Outcome, Pending, Unknown
from zkverify_client.adapters.account import read_account
from zkverify_client.adapters.aggregation_domain import read_domain, ticket_key
from zkverify_client.adapters.calls import SubmittedBatch, SubmittedProof, SubmittedVk, read_call
from zkverify_client.adapters.chain import BlockFacts, BlockHead, Chain
from zkverify_client.adapters.domain_calls import DomainCall
from zkverify_client.adapters.errors import RpcRefused
from zkverify_client.adapters.event_list import Event
from zkverify_client.adapters.extrinsic import call_of
from zkverify_client.adapters.fees import full_aggregate_fee
from zkverify_client.adapters.outcome import Inclusion, find_domain, find_new_proof, judge
from zkverify_client.adapters.resign import is_valid_now
from zkverify_client.adapters.runtime import Runtime
from zkverify_client.ports.zkverify import ZkVerifyDetail


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Both heads, and the blocks in which the extrinsic can be."""

    best: BlockHead
    finalized: BlockHead
    first: int
    last: int  # the last block in which it is valid

    @property
    def over(self) -> bool:
        """Whether it can be in no block any more, unless it is in one."""
        return self.finalized.number >= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """The block that has an extrinsic, and its place in it."""

    block: BlockFacts
    index: int


class ExtrinsicTracker:
    """Follows extrinsics of one account through one endpoint's eyes per call.

    A block's extrinsic hashes are kept by block hash, so a repeated look costs two heads and the new blocks, and a
    fork is seen for what it is. Found means on the endpoint's best chain; lapsed is only said of finalized blocks
    that were all looked at.
    """

    def __init__(self, *, account: AccountId) -> None:
        self._account = account

    async def outcome(self, chain: Chain, intent: Intent) -> Outcome[ZkVerifyDetail]:
        """What became of it. Errors: those of Chain; StatePruned where a block's events or body are gone."""
        window = await window_of(chain, intent)
        # By hash in the window's blocks, not by a subscription, which ends with its connection and skips
        # blocks (ADR 0072).
        sighting, complete = await search(chain, intent, window)
        if sighting is not None:
            return await self._judge(chain, intent, sighting, window.finalized)
        # Only when every finalized block was looked at: one that was not may have it (ADR 0072).
        if complete and (lapsed := await self._lapsed(chain, intent, window)):
            return lapsed
        if await _in_pool(chain, intent.payload):
            return Pending()
        # After a runtime upgrade the bytes are worthless while their nonce is free: waiting for the era would
        # cost minutes (ADR 0073).
        return Unknown(resign=not await is_valid_now(chain, intent, window.finalized))

    async def _lapsed(self, chain: Chain, intent: Intent, window: Window) -> Lapsed | None:
        account = await read_account(chain, self._account, window.finalized.hash)
        # The nonce of the finalized state: at the best block a fork can still give it back.
        by_nonce = account.nonce > intent.nonce
        return Lapsed(by_nonce=by_nonce) if by_nonce or window.over else None

    async def _judge(
        self, chain: Chain, intent: Intent, sighting: Sighting, finalized: BlockHead
    ) -> Outcome[ZkVerifyDetail]:
        block = sighting.block
        runtime = await chain.executing_runtime(block)
        events = tuple(e for e in await chain.events(block) if e.extrinsic == sighting.index)
        inclusion = Inclusion(
            block_number=block.number,
            block_hash=block.hash,
            final=block.number <= finalized.number,
            submitted=read_call(runtime, call_of(runtime, intent.payload)),
            events=events,
        )
        # Holds emit no event: what a proof cost is the fee and this, by the state of its block (ADR 0072).
        held = await self._held(chain, runtime, inclusion)
        return judge(replace(inclusion, held=held), runtime)

    async def _held(self, chain: Chain, runtime: Runtime, inclusion: Inclusion) -> int:
        """What the chain holds for it, read from the block's own state; 0 where it is gone already."""
        match inclusion.submitted:
            case SubmittedVk(vk_hash=vk_hash, pallet=pallet, gives_up=False) if _has(
                inclusion.events, "ExtrinsicSuccess"
            ):
                key = ticket_key(runtime, pallet, self._account, vk_hash)
                raw = await chain.storage(key, inclusion.block_hash)
                return int.from_bytes(raw or b"", "little")
            case SubmittedBatch(proofs=proofs):
                return sum(
                    [
                        await self._held(chain, runtime, replace(inclusion, submitted=proof))
                        for proof in proofs
                    ]
                )
            case SubmittedProof(domain_id=int() as domain_id, statement=statement):
                if find_new_proof(inclusion.events, statement, domain_id) is None:
                    return 0
                domain = await read_domain(chain, runtime, domain_id, inclusion.block_hash)
                held = domain.held_for(self._account, statement) if domain else None
                if domain is None or held is not None:
                    return held.amount if held else 0
                # Published in this very block: what was held is gone, and was at most this.
                return domain.hold_estimate(await full_aggregate_fee(chain, runtime))
            case DomainCall(name="register_domain"):
                return await _domain_deposit(chain, runtime, inclusion)
            case _:
                return 0


async def _domain_deposit(chain: Chain, runtime: Runtime, inclusion: Inclusion) -> int:
    domain_id = find_domain(inclusion.events)
    if domain_id is None:
        return 0
    domain = await read_domain(chain, runtime, domain_id, inclusion.block_hash)
    return domain.deposit if domain else 0


async def window_of(chain: Chain, intent: Intent) -> Window:
    """The window as one endpoint sees it now."""
    # In this order: a finalized head that is read later could be above the best one.
    finalized = await chain.finalized()
    best = await chain.best()
    head = max(best.number, finalized.number)
    last = intent.expires - 1 if intent.expires else head
    return Window(best=best, finalized=finalized, first=intent.born_block + 1, last=last)


async def search(chain: Chain, intent: Intent, window: Window) -> tuple[Sighting | None, bool]:
    """The block that has it, and whether all finalized blocks of the window were looked at. Needs bodies, no state."""
    wanted = Hash32(intent.reference)
    head = max(window.best.number, window.finalized.number)
    for number in range(window.first, min(window.last, head) + 1):
        block_hash = await chain.canonical_hash(number, window.finalized)
        # Missing above the finalized head is a fork in the making; below it, this endpoint lags, and nothing
        # is complete.
        if block_hash is None:
            return None, number > window.finalized.number
        block = await chain.block(block_hash)
        if wanted in block.extrinsics:
            return Sighting(block=block, index=block.extrinsics.index(wanted)), True
    return None, True


async def _in_pool(chain: Chain, payload: bytes) -> bool:
    try:
        pending = await chain.call("author_pendingExtrinsics")
    except RpcRefused:
        # Some gateways hide the pool. Not knowing makes the caller send the same bytes again, which is harmless.
        return False
    return isinstance(pending, list) and hex0x(payload) in pending


def _has(events: tuple[Event, ...], name: str) -> bool:
    return any(e.pallet == "System" and e.name == name for e in events)
