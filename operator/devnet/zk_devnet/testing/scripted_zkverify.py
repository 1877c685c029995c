"""zkVerify in memory: the public fake of ExtrinsicChannel and VerificationReader.

It follows the same contract suite as the adapter (tests/ports/zkverify). No block comes until `mine` is called. It
checks nonces, eras, balances and that the key is registered, but no proof: `verdicts` says what becomes of one.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import anyio
from anyio.lowlevel import checkpoint

from zk_acts.domain.acts import ActKind, Intent, Resource
from zk_acts.domain.details import Aggregation, VkRegistered
from zk_acts.domain.failures import ActRefused, AmbiguousOutcome, BalanceTooLow
from zk_acts.domain.ids import Hash32, IntentId, Statement
from zk_acts.ports.act import (
    Answer,
    Failed,
    Fees,
    Included,
    Lapsed,
    Outcome,
    Pending,
    Prepared,
    Unknown,
)
from zk_devnet.testing.scripted_transactions import SendFault
from zkverify_client.adapters.errors import StatePruned
from zkverify_client.adapters.verdicts import VkNotRegistered
from zkverify_client.domain.merkle import merkle_path, merkle_root
from zkverify_client.domain.receipt import AggregationReceipt
from zkverify_client.domain.receipt_errors import ReceiptUnprovable
from zkverify_client.ports.zkverify import RegisterVk, SubmitProof, ZkVerifyDetail, ZkVerifyRequest

FEE = 17 * 10**15
HOLD = 13 * 10**15
DEPOSIT = 5 * 10**18
ERA = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class _Extrinsic:
    """A signed extrinsic; the payload stands for its bytes."""

    account: str
    nonce: int
    tip: int
    born: int
    expires: int
    request: ZkVerifyRequest

    @property
    def payload(self) -> bytes:
        return repr(self).encode()

    @property
    def reference(self) -> bytes:
        return hashlib.blake2b(self.payload, digest_size=32).digest()


@dataclass(slots=True)
class _State:
    """What blocks change; copied for each block."""

    nonces: dict[str, int] = field(default_factory=dict)
    balances: dict[str, int] = field(default_factory=dict)
    keys: set[Hash32] = field(default_factory=set)
    open_leaves: dict[int, tuple[Statement, ...]] = field(default_factory=dict)
    published: dict[tuple[int, int], tuple[Statement, ...]] = field(default_factory=dict)
    next_id: dict[int, int] = field(default_factory=dict)

    def copy(self) -> "_State":
        return _State(
            nonces=dict(self.nonces),
            balances=dict(self.balances),
            keys=set(self.keys),
            open_leaves=dict(self.open_leaves),
            published=dict(self.published),
            next_id=dict(self.next_id),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    number: int
    hash: Hash32
    state: _State
    included: dict[bytes, Included[ZkVerifyDetail] | Failed]


class ScriptedZkVerify:
    """The chain, its pool, and a reader of both. Amounts in planck.

    `verdicts` maps statements to the code with which they fail instead of being aggregated. Aggregations are published
    by the block after they got a leaf, unless `hold_publication`.
    """

    def __init__(self, *, lag: int = 2, balance: int = 1000 * 10**18) -> None:
        self.lag = lag
        self.verdicts: dict[Statement, str] = {}
        self.lost_receipts: set[tuple[int, int]] = set()  # that nobody can prove any more
        self.key_verdict: str | None = None  # the code with which registrations of keys fail
        self.systems = {"groth16", "sp1"}  # whose proofs it verifies
        self.bring_keys: set[str] = set()  # accounts whose proofs come with their key
        self.hold_publication = False
        self.faults: list[SendFault | ActRefused] = []  # of the next sends
        self.sent: list[bytes] = []  # every payload that arrived
        self.asked: list[IntentId] = []  # the act of every query for an outcome
        self.pruned_below = 0  # of blocks below that, nobody has the state
        self._balance = balance
        self._signed: dict[bytes, _Extrinsic] = {}
        self._pool: dict[tuple[str, int], _Extrinsic] = {}
        self._forks = 0
        genesis = _Block(number=0, hash=Hash32(bytes(32)), state=_State(), included={})
        self._blocks = [genesis]
        self._rung = anyio.Event()

    def __repr__(self) -> str:
        return f"ScriptedZkVerify(head={len(self._blocks) - 1}, pool={sorted(self._pool)})"

    # --- the script ---

    def channel(self, account: str = "scripted", name: str = "zkverify") -> "ScriptedExtrinsics":
        """The channel of one account."""
        return ScriptedExtrinsics(chain=self, account=account, name=name)

    def fund(self, account: str, planck: int) -> None:
        """Set the account's balance in the best block."""
        self._best.state.balances[account] = planck

    def mine(self, count: int = 1) -> None:
        """Blocks, the first with everything that is next in line."""
        for _ in range(count):
            self._mine_one()
        self._notify()

    def retract(self, depth: int) -> None:
        """Remove unfinalized blocks; their extrinsics are pending again."""
        if depth > self.lag:
            raise ValueError("finalized blocks stay")
        for block in self._blocks[-depth:]:
            for reference in block.included:
                extrinsic = self._signed[reference]
                self._pool.setdefault((extrinsic.account, extrinsic.nonce), extrinsic)
        del self._blocks[-depth:]
        self._forks += 1
        self._notify()

    def unregister(self, vk_hash: Hash32) -> None:
        """Whoever holds the key gives it up, in the best and all later blocks."""
        for block in self._blocks:
            block.state.keys.discard(vk_hash)

    def drop_pending(self) -> None:
        """The node forgets what is not in a block."""
        self._pool.clear()

    def published(self) -> dict[tuple[int, int], tuple[Statement, ...]]:
        """The leaves of every finalized aggregation, by domain and aggregation id: what a relayer sees."""
        return dict(self._finalized.state.published)

    # --- VerificationReader ---

    async def vk_registered(self, vk_hash: Hash32) -> bool:
        """By the finalized block."""
        await checkpoint()
        return vk_hash in self._finalized.state.keys

    async def proof_systems(self) -> frozenset[str]:
        """As scripted."""
        await checkpoint()
        return frozenset(self.systems)

    async def receipt(self, aggregation: Aggregation) -> AggregationReceipt | None:
        """By the finalized block."""
        await checkpoint()
        key = (aggregation.domain_id, aggregation.aggregation_id)
        if key in self.lost_receipts:
            raise ReceiptUnprovable(domain_id=key[0], aggregation_id=key[1])
        leaves = self._finalized.state.published.get(key)
        if leaves is None or aggregation.statement not in leaves:
            return None
        index = leaves.index(aggregation.statement)
        return AggregationReceipt(
            aggregation=aggregation,
            root=merkle_root(leaves),
            path=merkle_path(leaves, index),
            leaf_count=len(leaves),
            index=index,
        )

    async def finalized_head(self) -> int:
        """Its number."""
        await checkpoint()
        return self._finalized.number

    def placed(self, statement: Statement, first_block: int) -> Aggregation | None:
        """Where a finalized block from that one on put the statement, whoever submitted it."""
        for block in self._blocks[first_block : self._finalized.number + 1]:
            for found in block.included.values():
                detail = found.detail if isinstance(found, Included) else None
                if isinstance(detail, Aggregation) and detail.statement == statement:
                    return detail
        return None

    async def wait_for_head(self, at_most_s: float = math.inf) -> None:
        """Until `mine` or `retract`."""
        with anyio.move_on_after(at_most_s):
            await self._rung.wait()

    # --- blocks ---

    @property
    def _best(self) -> _Block:
        return self._blocks[-1]

    @property
    def _finalized(self) -> _Block:
        return self._blocks[max(len(self._blocks) - 1 - self.lag, 0)]

    def _notify(self) -> None:
        self._rung.set()
        self._rung = anyio.Event()

    def _mine_one(self) -> None:
        state, number = self._best.state.copy(), self._best.number + 1
        seed = b"%d/%d" % (self._forks, number)
        block = _Block(
            number=number,
            hash=Hash32(hashlib.sha256(seed).digest()),
            state=state,
            included={},
        )
        if not self.hold_publication:
            _publish(state)
        for key, extrinsic in sorted(self._pool.items()):
            if extrinsic.nonce == state.nonces.get(extrinsic.account, 0):
                del self._pool[key]
                if number < extrinsic.expires:
                    block.included[extrinsic.reference] = self._apply(block, extrinsic)
        self._blocks.append(block)

    def _apply(self, block: _Block, extrinsic: _Extrinsic) -> Included[ZkVerifyDetail] | Failed:
        state, account = block.state, extrinsic.account
        state.nonces[account] = extrinsic.nonce + 1
        paid = FEE + extrinsic.tip
        result: Included[ZkVerifyDetail] | Failed
        match extrinsic.request:
            case RegisterVk() if self.key_verdict:
                result = _failed(block, self.key_verdict, paid)
            case RegisterVk(vk_hash=vk_hash):
                paid += 0 if vk_hash in state.keys else DEPOSIT
                state.keys.add(vk_hash)
                result = _included(block, VkRegistered(vk_hash=vk_hash), paid)
            case SubmitProof(statement=statement) as request:
                has_key = state.keys or account in self.bring_keys
                unknown = None if has_key else VkNotRegistered.code
                code = self.verdicts.get(statement) or unknown
                paid += 0 if code else HOLD
                result = (
                    _failed(block, code, paid)
                    if code
                    else _included(block, _aggregate(block, request), paid)
                )
            case other:
                raise TypeError(f"not scripted: {type(other).__name__}")
        state.balances[account] = self.spendable(account, state) - paid
        return result

    # --- for the channels ---

    def spendable(self, account: str, state: _State | None = None) -> int:
        """The account's balance, by the best block unless another state is given."""
        return (state or self._best.state).balances.get(account, self._balance)

    def next_used(self, account: str) -> int:
        """The account's next nonce in the best block."""
        return self._best.state.nonces.get(account, 0)

    def next_nonce(self, account: str) -> int:
        """Contiguous pending ones counted."""
        nonce = self.next_used(account)
        while (account, nonce) in self._pool:
            nonce += 1
        return nonce

    def sign(self, account: str, nonce: int, tip: int, request: ZkVerifyRequest) -> _Extrinsic:
        """Born at the finalized head."""
        born = self._finalized.number
        extrinsic = _Extrinsic(
            account=account, nonce=nonce, tip=tip, born=born, expires=born + ERA, request=request
        )
        self._signed[extrinsic.reference] = extrinsic
        return extrinsic

    def arrive(self, reference: bytes) -> None:
        """The pool's answer to the bytes: returns, or raises as the adapter would."""
        extrinsic = self._signed[reference]
        key = (extrinsic.account, extrinsic.nonce)
        holder = self._pool.get(key)
        if extrinsic.nonce < self._best.state.nonces.get(extrinsic.account, 0):
            raise AmbiguousOutcome("the nonce is used already")
        if holder not in (None, extrinsic) and holder is not None and holder.tip >= extrinsic.tip:
            raise ActRefused("another extrinsic has this nonce and priority")
        if self._best.number + 1 >= extrinsic.expires:
            raise ActRefused("the era is over")
        self._pool[key] = extrinsic
        self.sent.append(extrinsic.payload)

    def outcome(self, intent: Intent) -> Outcome[ZkVerifyDetail]:
        """By the best chain; lapsed only by finalized blocks. StatePruned where it was included too long ago."""
        self.asked.append(intent.intent_id)
        for block in self._blocks[intent.born_block + 1 :]:
            if (found := block.included.get(intent.reference)) is not None:
                if block.number < self.pruned_below:
                    raise StatePruned(block=block.number)
                return replace(found, final=block.number <= self._finalized.number)
        used = self._finalized.state.nonces.get(intent.account, 0)
        if used > intent.nonce or self._finalized.number >= intent.expires - 1:
            return Lapsed(by_nonce=used > intent.nonce)
        pending = self._pool.get((intent.account, intent.nonce))
        return Pending() if pending and pending.reference == intent.reference else Unknown()


class ScriptedExtrinsics:
    """ExtrinsicChannel of one account of a ScriptedZkVerify."""

    def __init__(self, *, chain: ScriptedZkVerify, account: str, name: str) -> None:
        self.chain = chain
        self._account = account
        self._name = name

    @property
    def kind(self) -> ActKind:
        """Extrinsics."""
        return ActKind.EXTRINSIC

    @property
    def resource(self) -> Resource:
        """VFY."""
        return Resource.VFY

    @property
    def name(self) -> str:
        """As given."""
        return self._name

    @property
    def account(self) -> str:
        """As given."""
        return self._account

    async def next_nonce(self) -> int:
        """Pending ones counted."""
        await checkpoint()
        return self.chain.next_nonce(self._account)

    async def unused_nonce(self) -> int:
        """By the best block."""
        await checkpoint()
        return self.chain.next_used(self._account)

    async def is_nonce_free(self, nonce: int) -> bool:
        """By the best block."""
        return await self.unused_nonce() <= nonce

    async def balance(self) -> int:
        """By the best block."""
        await checkpoint()
        return self.chain.spendable(self._account)

    async def prepare(
        self, request: ZkVerifyRequest, nonce: int, beat: Fees | None = None
    ) -> Prepared:
        """Quotes what it will cost; BalanceTooLow as the adapter."""
        await checkpoint()
        tip = 0 if beat is None else beat.tip + max(1, -(-beat.tip // 10))
        extrinsic = self.chain.sign(self._account, nonce, tip, request)
        quoted = FEE + tip + (DEPOSIT if isinstance(request, RegisterVk) else HOLD)
        if quoted > (spendable := self.chain.spendable(self._account)):
            raise BalanceTooLow(account=self._account, needed=quoted, spendable=spendable)
        return Prepared(
            nonce=nonce,
            payload=extrinsic.payload,
            reference=extrinsic.reference,
            quoted=quoted,
            fees=Fees(tip=tip),
            born_block=extrinsic.born,
            expires=extrinsic.expires,
        )

    async def prepare_all(
        self, requests: Sequence[ZkVerifyRequest], nonces: Sequence[int]
    ) -> Sequence[Prepared]:
        """As `prepare`; BalanceTooLow also where the account cannot pay for all of them."""
        pairs = zip(requests, nonces, strict=True)
        found = [await self.prepare(request, nonce) for request, nonce in pairs]
        needed = sum(each.quoted for each in found)
        if needed > (spendable := self.chain.spendable(self._account)):
            raise BalanceTooLow(account=self._account, needed=needed, spendable=spendable)
        return found

    async def send_all(self, intents: Sequence[Intent]) -> Sequence[Answer]:
        """As `send`, with the next fault for each."""
        return [await self._said(intent) for intent in intents]

    async def _said(self, intent: Intent) -> Answer:
        try:
            await self.send(intent)
        except (ActRefused, AmbiguousOutcome) as error:
            definite = isinstance(error, ActRefused)
            return Answer(taken=False if definite else None, code=error.code, text=str(error))
        return Answer(taken=True)

    async def send(self, intent: Intent) -> None:
        """Suffers the next fault, if there is one."""
        await checkpoint()
        fault = self.chain.faults.pop(0) if self.chain.faults else None
        if isinstance(fault, ActRefused):
            raise fault
        if fault is not SendFault.LOST_REQUEST:
            self.chain.arrive(intent.reference)
        if fault is not None:
            raise AmbiguousOutcome(intent=intent.intent_id, cause=str(fault))

    async def outcome(self, intent: Intent) -> Outcome[ZkVerifyDetail]:
        """By the best chain."""
        await checkpoint()
        return self.chain.outcome(intent)


def _included(block: _Block, detail: ZkVerifyDetail, paid: int) -> Included[ZkVerifyDetail]:
    return Included(detail=detail, final=False, paid=paid, block_number=block.number)


def _failed(block: _Block, code: str, paid: int) -> Failed:
    return Failed(code=code, detail="scripted", final=False, paid=paid, block_number=block.number)


def _aggregate(block: _Block, request: SubmitProof) -> Aggregation:
    state, domain_id = block.state, request.domain_id
    aggregation_id = state.next_id.setdefault(domain_id, 1)
    state.open_leaves[domain_id] = (*state.open_leaves.get(domain_id, ()), request.statement)
    return Aggregation(
        statement=request.statement,
        domain_id=domain_id,
        aggregation_id=aggregation_id,
        block_number=block.number,
        block_hash=block.hash,
    )


def _publish(state: _State) -> None:
    for domain_id, leaves in state.open_leaves.items():
        state.published[(domain_id, state.next_id[domain_id])] = leaves
        state.next_id[domain_id] += 1
    state.open_leaves.clear()
