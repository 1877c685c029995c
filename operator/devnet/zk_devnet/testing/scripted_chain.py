"""An EVM chain in memory with the settlement contract's view on it: the public fake of BlockSource and SettlementReader.

It follows the same contract suite as the adapters (tests/ports/chain). Tests write its script: which events a block
holds, when the chain reorganizes, which queries fail.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import anyio
from anyio.lowlevel import checkpoint
from eth_utils.crypto import keccak

from zk_acts.domain.errors import OperatorError
from zk_acts.domain.ids import Hash32
from zk_operator.domain.chain_event import (
    BlockRef,
    BlockTag,
    CancelRequested,
    ChainEvent,
    LogRef,
    OrderPlaced,
    OrderRefunded,
    OrderSettled,
    TermsChanged,
    TermsEvent,
)
from zk_operator.domain.failures import CallReverted, DepthUnknown, EvmUnreachable
from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.order import Order, SigningDomain, order_id
from zk_operator.domain.records import OnchainStatus
from zk_operator.ports.chain import Call, ContractTerms, OnchainOrder, PoolTerms, Reading

EventDraft = Callable[[LogRef], ChainEvent]
Quote = Callable[[PoolId, bool, int], int]

SCRIPTED_CHAIN_ID = 31337
SCRIPTED_MANAGER = Address(b"\x11" * 20)


def scripted_terms(**changes: object) -> ContractTerms:
    """Plausible terms of a contract, with the given fields instead."""
    fields: dict[str, object] = {
        "signing_domain": SigningDomain(chain_id=SCRIPTED_CHAIN_ID, manager=SCRIPTED_MANAGER),
        "hook": Address(b"\x22" * 20),
        "zkverify": Address(b"\x33" * 20),
        "zk_domain_id": 0,
        "groth16_program_vkey": Hash32(bytes(32)),
        "groth16_vk_hash": Hash32(bytes(32)),
        "groth16_recursion_root": Hash32(bytes(32)),
        "fee_bps": 5,
        "cancel_delay_s": 3_600,
        "max_order_span_s": 86_400,
        "paused": False,
        "allowed_signer": True,
    }
    return ContractTerms(**(fields | changes))  # type: ignore[arg-type]  # fields by name


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedBlock:
    """One block: its header, and what to put into it again after a reorg."""

    ref: BlockRef
    drafts: tuple[EventDraft, ...]
    events: tuple[ChainEvent, ...]


class ScriptedChain:
    """BlockSource and SettlementReader over a list of blocks.

    `safe_depth` and `final_depth`: how far the tags are behind the head.
    """

    def __init__(
        self,
        *,
        terms: ContractTerms | None = None,
        safe_depth: int = 1,
        final_depth: int = 2,
        genesis_time_s: int = 1_700_000_000,
    ) -> None:
        self.contract = terms or scripted_terms()
        self.pools: dict[PoolId, PoolTerms] = {}
        self.prices: dict[PoolId, int] = {}  # Q128
        self.roots: dict[tuple[int, int], Hash32] = {}
        self.quote: Quote = self._quote_at_price
        self.quoted_at: list[tuple[bool, int]] = []  # zero_for_one, price of the section
        self.settles: Callable[[Call], int] = lambda _: 1  # sections, by a call's simulation
        self.is_useful: Callable[[Call], bool] = lambda _: True
        self._depths = {
            BlockTag.LATEST: 0,
            BlockTag.SAFE: safe_depth,
            BlockTag.FINALIZED: final_depth,
        }
        self.unknown_tags: set[BlockTag] = set()  # that no endpoint can name a block for
        self.logs_refused: OperatorError | None = None  # while it is there, no events are given
        self._lost: list[Callable[[ChainEvent], bool]] = []
        self._failures: list[OperatorError] = []
        self._forks = 0
        self._announced = anyio.Event()
        self._blocks: list[ScriptedBlock] = []
        self._append((), genesis_time_s)

    def __repr__(self) -> str:
        return f"ScriptedChain(head={self.tip.number}, forks={self._forks})"

    # --- the script ---

    @property
    def tip(self) -> BlockRef:
        """The newest block."""
        return self._blocks[-1].ref

    def mine(self, *drafts: EventDraft, seconds: int = 1) -> BlockRef:
        """Append a block with these events, so many seconds after its parent, and announce it."""
        self._append(drafts, self.tip.timestamp + seconds)
        announced, self._announced = self._announced, anyio.Event()
        announced.set()
        return self.tip

    def mine_empty(self, count: int) -> BlockRef:
        """Append empty blocks."""
        for _ in range(count):
            self.mine()
        return self.tip

    def reorg(self, depth: int) -> tuple[ScriptedBlock, ...]:
        """Take the newest blocks away; the blocks mined from now on have other hashes. What was removed."""
        if not 0 < depth < len(self._blocks):
            raise ValueError(f"cannot remove {depth} of {len(self._blocks)} blocks")
        removed = tuple(self._blocks[-depth:])
        del self._blocks[-depth:]
        self._forks += 1
        return removed

    def place(self, order: Order) -> EventDraft:
        """The event of placing the order; the block that it is mined in gives it its task index."""
        identity = order_id(order, self.contract.signing_domain)
        return lambda at: OrderPlaced(at=at, task_index=0, order_id=identity, order=order)

    def fail_next(self, *errors: OperatorError) -> None:
        """The next queries raise these, one each."""
        self._failures.extend(errors)

    def lose(self, what: Callable[[ChainEvent], bool], answers: int = 1) -> None:
        """The next so many answers with such events leave them out, as a node does that has not got there yet."""
        self._lost += [what] * answers

    def change_terms(self, kind: TermsEvent, **changes: object) -> BlockRef:
        """The contract's owner changes its terms, in a block that says so."""
        self.contract = replace(self.contract, **changes)  # type: ignore[arg-type]  # fields by name
        return self.mine(lambda at: TermsChanged(at=at, kind=kind))

    def _append(self, drafts: Sequence[EventDraft], timestamp: int) -> None:
        number = len(self._blocks)
        parent = self._blocks[-1].ref.hash if self._blocks else Hash32(bytes(32))
        content = number.to_bytes(8) + timestamp.to_bytes(8) + self._forks.to_bytes(8)
        block_hash = Hash32(keccak(parent + content))
        ref = BlockRef(number=number, hash=block_hash, parent_hash=parent, timestamp=timestamp)
        places = (
            LogRef(
                block_number=number,
                block_hash=block_hash,
                tx_hash=Hash32(keccak(block_hash + index.to_bytes(8))),
                log_index=index,
            )
            for index in range(len(drafts))
        )
        events = self._numbered([draft(at) for draft, at in zip(drafts, places, strict=True)])
        self._blocks.append(ScriptedBlock(ref=ref, drafts=tuple(drafts), events=events))

    def _numbered(self, events: Sequence[ChainEvent]) -> tuple[ChainEvent, ...]:
        """The placements under the contract's next task indices."""
        task = _placed(self.events_until(len(self._blocks)))
        numbered = []
        for event in events:
            if isinstance(event, OrderPlaced):
                event, task = replace(event, task_index=task), task + 1
            numbered.append(event)
        return tuple(numbered)

    # --- BlockSource ---

    async def head(self, tag: BlockTag) -> BlockRef:
        """As `BlockSource`."""
        await self.query()
        if tag in self.unknown_tags:
            raise DepthUnknown(tag=tag)
        return self._blocks[max(0, self.tip.number - self._depths[tag])].ref

    async def block(self, number: int) -> BlockRef | None:
        """As `BlockSource`."""
        await self.query()
        return self._blocks[number].ref if 0 <= number < len(self._blocks) else None

    async def read(self, first: int, last: int) -> Reading:
        """As `BlockSource`, with the last header alone."""
        await self.query()
        if self.logs_refused is not None:
            raise self.logs_refused
        found = [event for block in self._blocks[first : last + 1] for event in block.events]
        if self._lost and any(map(self._lost[0], found)):
            lost = self._lost.pop(0)
            found = [event for event in found if not lost(event)]
        view = tuple(block.ref for block in self._blocks[last : last + 1])
        return Reading(blocks=view, events=tuple(found))

    async def wait_for_head(self) -> None:
        """As `BlockSource`."""
        await self._announced.wait()

    # --- SettlementReader ---

    def at(self, block: BlockRef) -> "ScriptedView":
        """As `SettlementReader`."""
        return ScriptedView(chain=self, block=block)

    # --- inside ---

    async def query(self) -> None:
        """One question to the chain; raises the next scripted failure."""
        await checkpoint()
        if self._failures:
            raise self._failures.pop(0)

    def _quote_at_price(self, pool_id: PoolId, zero_for_one: bool, amount_in: int) -> int:
        """An endlessly deep pool without a fee."""
        price = self.prices.get(pool_id, 0)
        if not price:
            return 0
        return amount_in * price >> 128 if zero_for_one else (amount_in << 128) // price

    def has(self, block: BlockRef) -> bool:
        """Whether that block is canonical now."""
        return block.number < len(self._blocks) and self._blocks[block.number].ref == block

    def events_until(self, number: int) -> list[ChainEvent]:
        """The events of the canonical blocks up to that one."""
        return [event for block in self._blocks[: number + 1] for event in block.events]

    def state_of(self, identity: OrderId, until: int | None = None) -> OnchainOrder:
        """The contract's slot of the order, now or as of that block, from the events of the canonical blocks."""
        status, cancel_at = OnchainStatus.NONE, 0
        for event in self.events_until(self.tip.number if until is None else until):
            match event:
                case OrderPlaced(order_id=known) if known == identity:
                    status = OnchainStatus.OPEN
                case CancelRequested(order_id=known) if known == identity:
                    cancel_at = event.cancel_at
                case OrderSettled(order_id=known) if known == identity:
                    status = OnchainStatus.SETTLED
                case OrderRefunded(order_id=known) if known == identity:
                    status = OnchainStatus.REFUNDED
        return OnchainOrder(order_id=identity, status=status, cancel_at_s=cancel_at)


class ScriptedView:
    """ContractView: order states and the task count as of the block; pools, prices and roots as scripted now."""

    def __init__(self, *, chain: ScriptedChain, block: BlockRef) -> None:
        self._chain = chain
        self._block = block

    async def terms(self) -> ContractTerms:
        """As `ContractView`."""
        await self._query()
        return self._chain.contract

    async def task_count(self) -> int:
        """As `ContractView`."""
        await self._query()
        return _placed(self._chain.events_until(self._block.number))

    async def pool(self, pool_id: PoolId) -> PoolTerms | None:
        """As `ContractView`."""
        await self._query()
        return self._chain.pools.get(pool_id)

    async def pool_price(self, pool_id: PoolId) -> int:
        """As `ContractView`."""
        await self._query()
        if pool_id not in self._chain.prices:
            raise CallReverted(function="poolPriceX128", reason="UnknownPool")
        return self._chain.prices[pool_id]

    async def quote_remainder(
        self, pool_id: PoolId, *, price_x128: int, zero_for_one: bool, amount_in: int
    ) -> int:
        """As `ContractView`, by `quote`, which goes by the pool's own price."""
        await self._query()
        self._chain.quoted_at.append((zero_for_one, price_x128))
        return self._chain.quote(pool_id, zero_for_one, amount_in)

    async def order_states(self, order_ids: Sequence[OrderId]) -> Sequence[OnchainOrder]:
        """As `ContractView`, from the events of the canonical blocks."""
        await self._query()
        return [self._chain.state_of(identity, self._block.number) for identity in order_ids]

    async def aggregation_root(self, domain_id: int, aggregation_id: int) -> Hash32 | None:
        """As `ContractView`, from `roots`."""
        await self._query()
        return self._chain.roots.get((domain_id, aggregation_id))

    async def sections_settled(self, call: Call) -> int:
        """As `ContractView`, by whoever executes calls on this chain."""
        await self._query()
        return self._chain.settles(call)

    async def is_useful(self, call: Call) -> bool:
        """As `ContractView`."""
        await self._query()
        return self._chain.is_useful(call)

    async def _query(self) -> None:
        await self._chain.query()
        if not self._chain.has(self._block):
            raise EvmUnreachable("header not found", block=self._block.number)


def _placed(events: Sequence[ChainEvent]) -> int:
    return sum(isinstance(event, OrderPlaced) for event in events)
