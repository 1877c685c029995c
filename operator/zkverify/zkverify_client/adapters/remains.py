"""What can still be told of an extrinsic when its block's events are gone.

Nodes drop the state of a block after 256 further ones, but keep its body: whether the extrinsic was included can be told
for ever, whether it succeeded only by its own row, if that was seen in time. Where even bodies are gone the account's nonce tells whether it can have been.
"""

from typing import cast

import structlog
from cachetools import LRUCache

from zk_acts.domain.acts import Intent
from zk_acts.domain.details import Aggregation, FailureReason, VkRegistered, VkUnregistered
from zk_acts.domain.ids import AccountId
from zk_acts.ports.act import Failed, Included, Lapsed, Outcome, Pending
from zkverify_client.adapters.account import read_account
from zkverify_client.adapters.aggregation_domain import read_domain, ticket_key
from zkverify_client.adapters.calls import SubmittedProof, SubmittedVk, read_call
from zkverify_client.adapters.chain import BlockFacts, BlockHead, Chain, ChainAccess
from zkverify_client.adapters.errors import ArchiveUnreachable, MalformedChainAnswer, StatePruned
from zkverify_client.adapters.extrinsic import call_of
from zkverify_client.adapters.tracker import ExtrinsicTracker, search, window_of
from zkverify_client.adapters.verdicts import OutcomeUnreadable
from zkverify_client.ports.zkverify import ZkVerifyDetail

_log = structlog.get_logger(__name__)
_LOOKS = 3  # behind one address there may be several nodes, of which one keeps more


class OutcomeReader:
    """What became of stored extrinsics of one account, as well as the endpoints together can tell."""

    def __init__(self, *, access: ChainAccess, account: AccountId) -> None:
        self._access = access
        self._account = account
        self._tracker = ExtrinsicTracker(account=account)
        self._looks: LRUCache[bytes, int] = LRUCache(1024)

    async def outcome(self, intent: Intent) -> Outcome[ZkVerifyDetail]:
        """What the chain says. What no endpoint can tell any more is Failed with OutcomeUnreadable's code, in the end.

        Errors: ZkVerifyUnreachable, MalformedChainAnswer, BlockUnknown, RpcRefused.
        """
        try:
            return await self._access.read(lambda chain: self._tracker.outcome(chain, intent))
        except ArchiveUnreachable as error:
            return await self._by_body(intent, error, for_good=False)
        except StatePruned as error:
            return await self._by_body(intent, error, for_good=self._is_for_good(intent))

    def _is_for_good(self, intent: Intent) -> bool:
        looks = self._looks[intent.reference] = self._looks.get(intent.reference, 0) + 1
        return looks >= _LOOKS

    async def _by_body(
        self, intent: Intent, lost: StatePruned, *, for_good: bool
    ) -> Outcome[ZkVerifyDetail]:
        try:
            included = await self._access.read(lambda chain: _included_in(chain, intent))
        except StatePruned:  # bodies as well
            return await self._by_nonce(intent, lost, for_good=for_good)
        if included is None:
            raise lost  # another endpoint sees another chain than the one that had lost the block
        return await self._unreadable(intent, included, for_good=for_good)

    async def _by_nonce(
        self, intent: Intent, lost: StatePruned, *, for_good: bool
    ) -> Outcome[ZkVerifyDetail]:
        async def look(chain: Chain) -> tuple[int, bool]:
            window = await window_of(chain, intent)
            account = await read_account(chain, self._account, window.finalized.hash)
            return account.nonce, window.over

        nonce, over = await self._access.read(look)
        if nonce > intent.nonce:
            return await self._unreadable(intent, None, for_good=for_good)
        if over:
            return Lapsed()
        raise lost

    async def _unreadable(
        self, intent: Intent, block: BlockFacts | None, *, for_good: bool
    ) -> Outcome[ZkVerifyDetail]:
        """It used its nonce; what it did is read from the present state, where that tells, or not at all."""
        number = None if block is None else block.number
        if (seen := _told_by_row(intent, block)) is not None:
            return seen
        if block is not None:
            detail = await self._access.read(lambda chain: self._effect(chain, intent, block))
            if detail is not None:
                return Included(detail=detail, final=True, paid=intent.quoted, block_number=number)
        if not for_good:
            _log.warning("extrinsic.unreadable", intent_id=intent.intent_id, block=number)
            return Pending()
        _log.error(
            "extrinsic.given_up",
            intent_id=intent.intent_id,
            block=number,
            code=OutcomeUnreadable.code,
            paid=str(intent.quoted),
        )
        return Failed(
            code=OutcomeUnreadable.code,
            detail="no endpoint keeps the events of its block",
            final=True,
            paid=intent.quoted,
            block_number=number,
        )

    async def _effect(
        self, chain: Chain, intent: Intent, block: BlockFacts
    ) -> ZkVerifyDetail | None:
        """What of it is still to be seen in the finalized state."""
        finalized = await chain.finalized()
        runtime = await chain.runtime(finalized.hash)
        try:
            submitted = read_call(runtime, call_of(runtime, intent.payload))
        except MalformedChainAnswer:
            return None  # of a runtime that is gone, too
        match submitted:
            case SubmittedVk():
                return await self._key_effect(chain, submitted, finalized)
            case SubmittedProof(domain_id=int()):
                return await self._proof_effect(chain, submitted, finalized, block)
            case _:
                return None

    async def _key_effect(
        self, chain: Chain, key: SubmittedVk, finalized: BlockHead
    ) -> ZkVerifyDetail | None:
        runtime = await chain.runtime(finalized.hash)
        at = ticket_key(runtime, key.pallet, self._account, key.vk_hash)
        held = await chain.storage(at, finalized.hash) is not None
        if held is key.gives_up:
            return None
        if key.gives_up:
            return VkUnregistered(vk_hash=key.vk_hash)
        return VkRegistered(vk_hash=key.vk_hash)

    async def _proof_effect(
        self, chain: Chain, proof: SubmittedProof, finalized: BlockHead, block: BlockFacts
    ) -> ZkVerifyDetail | None:
        """Its aggregation, while that is not published."""
        assert proof.domain_id is not None
        runtime = await chain.runtime(finalized.hash)
        domain = await read_domain(chain, runtime, proof.domain_id, finalized.hash)
        hold = domain.held_for(self._account, proof.statement) if domain else None
        if hold is None:
            return None
        return Aggregation(
            statement=proof.statement,
            domain_id=proof.domain_id,
            aggregation_id=hold.aggregation_id,
            block_number=block.number,
            block_hash=block.hash,
        )


def _told_by_row(intent: Intent, block: BlockFacts | None) -> Outcome[ZkVerifyDetail] | None:
    """What was written down when its events could still be read, if that was of this very block."""
    detail = intent.detail
    if detail is None or intent.paid is None:
        return None
    if block is not None and block.number != intent.included_block:
        return None
    if isinstance(detail, FailureReason):
        return Failed(
            code=intent.error_code or OutcomeUnreadable.code,
            detail=detail.reason,
            final=True,
            paid=intent.paid,
            block_number=intent.included_block,
        )
    seen_in = getattr(detail, "block_hash", None)
    if block is not None and seen_in not in (None, block.hash):
        return None
    return Included(
        detail=cast("ZkVerifyDetail", detail),
        final=True,
        paid=intent.paid,
        block_number=intent.included_block,
    )


async def _included_in(chain: Chain, intent: Intent) -> BlockFacts | None:
    """The finalized block whose body has it; None where none of this endpoint's has."""
    window = await window_of(chain, intent)
    sighting, _ = await search(chain, intent, window)
    return None if sighting is None else sighting.block
