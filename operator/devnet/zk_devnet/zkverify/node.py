"""The node without its network side: takes extrinsics, authors and finalizes blocks, tells listeners."""

import secrets
import time
from collections.abc import Callable

import structlog

from zk_devnet.zkverify.block import Block
from zk_devnet.zkverify.builder import Plan, build, genesis_block
from zk_devnet.zkverify.chain import Chain, NewBest
from zk_devnet.zkverify.config import ZkVerifyNodeConfig
from zk_devnet.zkverify.context import Context, InvalidTransaction
from zk_devnet.zkverify.executive import BlockExecution, Executive, Validity
from zk_devnet.zkverify.extrinsic import Extrinsic, decode_extrinsic
from zk_devnet.zkverify.faults import Fate, Faults
from zk_devnet.zkverify.hub import Hub, Topic
from zk_devnet.zkverify.pallets.dispatch import Dispatcher
from zk_devnet.zkverify.pallets.proofs import Groth16, Sp1, Verifier
from zk_devnet.zkverify.pool import Pool, PoolRefused, Status
from zk_devnet.zkverify.runtime_code import spec_version_of
from zk_devnet.zkverify.schema.runtime import schema_of
from zk_devnet.zkverify.state import State

log = structlog.get_logger(__name__)
PROPOSAL_SHARE = 0.5  # of the block time, after which an author takes no further extrinsics


class DevNode:
    """The chain and its pool. Everything is synchronous; `hub` tells what happened."""

    def __init__(
        self,
        *,
        config: ZkVerifyNodeConfig,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.config = config
        self.faults = Faults()
        self.hub = Hub()
        self.chain = Chain(genesis_block(config))
        self.pool = Pool(limits=config.pool, clock=monotonic, report=self._report)
        groth16, sp1 = Groth16(), Sp1(policy=config.sp1_policy)
        systems: dict[str, Verifier] = {groth16.pallet: groth16, sp1.pallet: sp1}
        self.executive = Executive(
            dispatcher=Dispatcher(verifiers_by_pallet=systems),
            genesis_hash=self.chain.genesis.hash,
            author=config.author,
        )
        self._now, self._monotonic = now, monotonic
        self._included: dict[bytes, list[bytes]] = {}
        self._upgrade_to: int | None = None
        self._edits: list[Callable[[Context], None]] = []

    @property
    def genesis_hash(self) -> bytes:
        """The chain's identity."""
        return self.chain.genesis.hash

    def spec_version(self, block: Block | None = None) -> int:
        """The runtime's version after a block (default: the best one)."""
        return spec_version_of((block or self.chain.best).state)

    def submit(self, encoded: bytes) -> bytes:
        """Put an extrinsic into the pool; its hash.

        Raises ScaleError (undecodable), InvalidTransaction, PoolRefused.
        """
        self.pool.refuse_all = self.faults.pool_full
        extrinsic = decode_extrinsic(encoded, self.spec_version())
        known = self.pool.submit(extrinsic, self.validate, self.chain.best.number)
        self._meet_fate(known)
        return known

    def validate(self, extrinsic: Extrinsic) -> Validity:
        """Whether the extrinsic could go into the next block; InvalidTransaction otherwise."""
        execution = self.begin_block()
        return self.executive.validate(execution.ctx, extrinsic, execution.number)

    def begin_block(self, parent: Block | None = None) -> BlockExecution:
        """An execution on top of a block (default: the best one) that nobody keeps unless asked to."""
        parent = parent or self.chain.best
        return self.executive.begin(
            parent.state, number=parent.number + 1, parent_hash=parent.hash, digest=[]
        )

    def author_block(self) -> Block:
        """Build the next best block from the pool."""
        deadline = self._monotonic() + self.config.block_time_s * PROPOSAL_SHARE
        plan = Plan(
            now_ms=int(self._now() * 1000), upgrade_to=self._upgrade_to, edits=tuple(self._edits)
        )
        self._upgrade_to, self._edits = None, []
        built = build(
            self.executive,
            self.chain.best,
            plan,
            list(self.pool.ready()),
            lambda: self._monotonic() > deadline,
        )
        self._adopt(built.block, resubmit=True)
        for known in built.invalid:
            self.pool.remove(known, Status.INVALID)
        if plan.upgrade_to is not None:
            self.hub.publish(Topic.VERSION, plan.upgrade_to)
        return built.block

    def finalize(self) -> None:
        """Let finality follow the best block, unless it is stalled."""
        if not self.faults.finality_stalled:
            self.finalize_to(self.chain.best.number - self.config.finality_lag)
        self._time_out()

    def finalize_to(self, number: int) -> None:
        """Finalize the best chain up to a height; listeners hear of the last block only, as on a real node."""
        fresh = self.chain.finalize(number)
        for block in fresh:
            for known in self._included.pop(block.hash, []):
                self._report(known, Status.FINALIZED, block.hash)
        if fresh:
            self.chain.prune(self.config.state_pruning)
            self.hub.publish(Topic.FINALIZED, fresh[-1])

    def retract(self, depth: int, *, lose: bool = False) -> Block:
        """Replace the last `depth` best blocks by a longer branch without transactions.

        Their transactions go back to the pool, or with `lose` nowhere. ValueError when the depth reaches below the
        finalized block.
        """
        base_number = self.chain.best.number - depth
        if depth < 1 or base_number < self.chain.finalized.number:
            raise ValueError(f"cannot retract {depth} blocks above the finalized one")
        parent = self.chain.ancestor(self.chain.best, base_number)
        for step in range(depth + 1):
            plan = Plan(now_ms=int(self._now() * 1000) + step + 1)
            block = build(self.executive, parent, plan, (), lambda: True).block
            if step < depth:
                self.chain.add_side(block)
                self.hub.publish(Topic.ANY, block)
            parent = block
        self._adopt(parent, resubmit=not lose)
        return parent

    def schedule_upgrade(self, spec_version: int) -> None:
        """Let the next block bring another runtime version. ValueError where it would lay its state out otherwise."""
        if schema_of(spec_version) is not schema_of(self.spec_version()):
            raise ValueError("this node has no migration of domains to that version")
        self._upgrade_to = spec_version

    def schedule_edit(self, edit: Callable[[Context], None]) -> None:
        """Let the next block start with a change of its state that no extrinsic made."""
        self._edits.append(edit)

    def best_state(self) -> State:
        """The state after the best block."""
        return self.chain.best.state

    def _adopt(self, block: Block, *, resubmit: bool) -> None:
        change = self.chain.import_best(block)
        self._note_inclusions(change)
        self.hub.publish(Topic.ANY, block)
        self.hub.publish(Topic.BEST, block)
        if resubmit:
            self._resubmit(change)
        self.pool.refresh(self.validate, block.number)
        if len(block.extrinsics) > 1:
            log.info("block.authored", number=block.number, extrinsics=len(block.extrinsics) - 1)

    def _note_inclusions(self, change: NewBest) -> None:
        for block in change.retracted:
            for known in self._included.pop(block.hash, []):
                self._report(known, Status.RETRACTED, block.hash)
        for block in change.enacted:
            hashes = block.transaction_hashes()[1:]
            self.pool.included(hashes)
            if hashes:
                self._included[block.hash] = hashes
            for known in hashes:
                self._report(known, Status.IN_BLOCK, block.hash)

    def _resubmit(self, change: NewBest) -> None:
        kept = {known for block in change.enacted for known in block.transaction_hashes()}
        for block in change.retracted:
            for encoded in block.extrinsics[1:]:
                extrinsic = decode_extrinsic(encoded, self.spec_version())
                if extrinsic.hash in kept:
                    continue
                try:
                    self.pool.submit(
                        extrinsic, self.validate, self.chain.best.number, ignore_ban=True
                    )
                except (InvalidTransaction, PoolRefused):
                    self._report(extrinsic.hash, Status.INVALID, None)

    def _time_out(self) -> None:
        oldest = self.chain.best.number - self.config.finality_timeout
        for block_hash in list(self._included):
            if self.chain.block(block_hash).number <= oldest:
                for known in self._included.pop(block_hash):
                    self._report(known, Status.FINALITY_TIMEOUT, block_hash)

    def _meet_fate(self, known: bytes) -> None:
        if not self.faults.fates:
            return
        fate = self.faults.fates.popleft()
        if fate is Fate.LOST:
            self.pool.included([known])
            return
        detail = secrets.token_bytes(32) if fate is Fate.USURPED else None
        self.pool.remove(known, Status(fate.value), detail)

    def _report(self, known: bytes, status: Status, detail: bytes | None) -> None:
        self.hub.report(known, status, detail)
        if status is Status.READY:
            self.hub.report(known, Status.BROADCAST, None)
