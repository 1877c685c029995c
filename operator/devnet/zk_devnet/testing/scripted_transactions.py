"""Transactions of one account on a ScriptedChain: the public fake of PaidChannel[Call, Mined].

It follows the same contract suite as the adapter (tests/ports/chain). Nothing is mined until `mine` is called.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from anyio.lowlevel import checkpoint
from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

from zk_acts.domain.acts import ActKind, Intent, Resource
from zk_acts.domain.details import Mined
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.failures import ActRefused, AmbiguousOutcome, OfferTooLow
from zk_acts.domain.ids import Hash32, IntentId, hex0x
from zk_acts.ports.act import Failed, Fees, Included, Lapsed, Outcome, Pending, Prepared, Unknown
from zk_devnet.testing.scripted_chain import EventDraft, ScriptedBlock, ScriptedChain
from zk_operator.adapters.evm.errors import FeeCapReached
from zk_operator.domain.chain_event import BlockTag
from zk_operator.domain.failures import CallReverted
from zk_operator.domain.ids import Address
from zk_operator.ports.chain import Call

GAS = 100_000
GWEI = 10**9
REVERTED_CODE = "ZKO-EVM-030"
_PAYLOAD = ["address", "uint256", "address", "bytes", "uint256", "uint256", "uint256"]


class ScriptedRevert(Exception):
    """Raised by a script's `execute` where the contract would revert."""


def call_of(payload: bytes) -> Call:
    """The call in a payload that `ScriptedTransactions.prepare` has made."""
    _, _, to, data, value, _, _ = decode(_PAYLOAD, payload)
    return Call(to=Address(bytes.fromhex(to[2:])), data=data, value=value)


def _bumped(fee: int) -> int:
    return -(-fee * 115 // 100)


Execute = Callable[[Call], Sequence[EventDraft]]


class SendFault(StrEnum):
    """What befalls one send."""

    LOST_REQUEST = "lost request"  # never arrives
    LOST_ANSWER = "lost answer"  # arrives, and the sender does not learn it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tx:
    hash: bytes
    nonce: int
    call: Call
    fees: Fees


@dataclass(frozen=True, slots=True, kw_only=True)
class _Receipt:
    tx: _Tx
    block_number: int
    block_hash: Hash32
    revert: str | None


class ScriptedTransactions:
    """PaidChannel[Call, Mined]. `execute` gives the events of a call, or raises ScriptedRevert."""

    def __init__(
        self,
        *,
        chain: ScriptedChain,
        address: Address,
        execute: Execute | None = None,
        wei: int = 10**18,
    ) -> None:
        self.chain = chain
        self.execute: Execute = execute or (lambda _: ())
        self.wei = wei
        self.base_fee = GWEI
        self.faults: list[SendFault | ActRefused] = []  # of the next sends
        self.sent: list[bytes] = []  # every payload that arrived
        self.asked: list[IntentId] = []  # the act of every query for an outcome
        self.unreadable: OperatorError | None = None  # what such queries raise
        self.least_fee_cap = 0  # what the node wants at least
        self.most_fee_cap: int | None = None  # what is offered at most
        self.behind = 0  # blocks that the node lags when it is asked for the next nonce
        self.denials = (
            0  # of the next queries for what is final: the node does not know the receipt
        )
        self._address = address
        self._mempool: dict[int, _Tx] = {}
        self._receipts: list[_Receipt] = []

    def __repr__(self) -> str:
        return f"ScriptedTransactions(account={self.account}, pending={sorted(self._mempool)})"

    # --- the script ---

    def mine(self) -> None:
        """One block with every pending transaction that is next in line."""
        nonce, drafts, mined = self._used(self.chain.tip.number), [], []
        while nonce in self._mempool:
            tx = self._mempool.pop(nonce)
            revert, events = self._run(tx.call)
            drafts += events
            mined.append((tx, revert))
            nonce += 1
        block = self.chain.mine(*drafts)
        self._receipts += [
            _Receipt(tx=tx, block_number=block.number, block_hash=block.hash, revert=revert)
            for tx, revert in mined
        ]

    def reorg(self, depth: int) -> tuple[ScriptedBlock, ...]:
        """Remove blocks; their transactions are pending again. What was removed."""
        blocks = self.chain.reorg(depth)
        removed = {block.ref.hash for block in blocks}
        back = [receipt for receipt in self._receipts if receipt.block_hash in removed]
        self._receipts = [each for each in self._receipts if each.block_hash not in removed]
        for receipt in back:
            self._mempool.setdefault(receipt.tx.nonce, receipt.tx)
        return blocks

    def drop_pending(self) -> None:
        """The node forgets what is not mined."""
        self._mempool.clear()

    # --- PaidChannel ---

    @property
    def kind(self) -> ActKind:
        """Transactions."""
        return ActKind.TRANSACTION

    @property
    def resource(self) -> Resource:
        """Gas."""
        return Resource.GAS

    @property
    def name(self) -> str:
        """As the adapter's."""
        return f"evm:{self.chain.contract.signing_domain.chain_id}"

    @property
    def account(self) -> str:
        """The sender."""
        return hex0x(self._address)

    async def next_nonce(self) -> int:
        """As `PaidChannel`."""
        nonce = await self.unused_nonce()
        while not self.behind and nonce in self._mempool:
            nonce += 1
        return nonce

    async def unused_nonce(self) -> int:
        """As `PaidChannel`."""
        await checkpoint()
        return self._used(self.chain.tip.number - self.behind)

    async def is_nonce_free(self, nonce: int) -> bool:
        """As `PaidChannel`."""
        await checkpoint()
        return self._used(self.chain.tip.number) <= nonce

    async def balance(self) -> int:
        """As `PaidChannel`."""
        await checkpoint()
        return self.wei - sum(self._paid(receipt) for receipt in self._receipts)

    async def prepare(self, request: Call, nonce: int, beat: Fees | None = None) -> Prepared:
        """As `PaidChannel`. Error: CallReverted, when `execute` reverts now."""
        await checkpoint()
        revert, _ = self._run(request)
        if revert is not None:
            raise CallReverted(reason=revert)
        fees = self._fees(beat)
        content = [
            self._address,
            nonce,
            request.to,
            request.data,
            request.value,
            fees.fee_cap,
            fees.tip,
        ]
        payload = encode(_PAYLOAD, content)
        return Prepared(
            nonce=nonce,
            payload=payload,
            reference=keccak(payload),
            quoted=GAS * fees.fee_cap + request.value,
            fees=fees,
        )

    def can_replace(self, fees: Fees) -> bool:
        """As the adapter's."""
        return self.most_fee_cap is None or _bumped(fees.fee_cap) <= self.most_fee_cap

    async def send(self, intent: Intent) -> None:
        """As `PaidChannel`, with the next of `faults`."""
        await checkpoint()
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, ActRefused):
            raise fault
        if fault is not SendFault.LOST_REQUEST:
            self._accept(intent.payload)
        if fault is not None:
            raise AmbiguousOutcome(fault=fault)

    async def outcome(self, intent: Intent) -> Outcome[Mined]:
        """As `PaidChannel`."""
        self.asked.append(intent.intent_id)
        if self.unreadable is not None:
            raise self.unreadable
        done = (await self.chain.head(BlockTag.FINALIZED)).number
        for receipt in self._receipts:
            if receipt.tx.hash == intent.reference:
                if self.denials and receipt.block_number <= done:
                    self.denials -= 1
                    return Lapsed(by_nonce=True)
                return self._ended(receipt, final=receipt.block_number <= done)
        if any(tx.hash == intent.reference for tx in self._mempool.values()):
            return Pending()
        if self._used(done) > intent.nonce:
            return Lapsed(by_nonce=True)
        return Pending() if self._used(self.chain.tip.number) > intent.nonce else Unknown()

    # --- inside ---

    def _used(self, upto_block: int) -> int:
        return sum(receipt.block_number <= upto_block for receipt in self._receipts)

    def _run(self, call: Call) -> tuple[str | None, list[EventDraft]]:
        try:
            return None, list(self.execute(call))
        except ScriptedRevert as revert:
            return str(revert), []

    def _fees(self, beat: Fees | None) -> Fees:
        if beat is None:
            return Fees(fee_cap=2 * self.base_fee, tip=GWEI // 10)
        if not self.can_replace(beat):
            raise FeeCapReached(replaces=True)
        return Fees(fee_cap=_bumped(beat.fee_cap), tip=_bumped(beat.tip))

    def _accept(self, payload: bytes) -> None:
        _, nonce, _, _, _, fee_cap, tip = decode(_PAYLOAD, payload)
        call = call_of(payload)
        fees = Fees(fee_cap=fee_cap, tip=tip)
        tx = _Tx(hash=keccak(payload), nonce=nonce, call=call, fees=fees)
        pending = self._mempool.get(nonce)
        if pending is not None and pending.hash == tx.hash:
            return
        if nonce < self._used(self.chain.tip.number):
            raise AmbiguousOutcome("nonce too low")
        if fee_cap < self.least_fee_cap:
            raise OfferTooLow("transaction underpriced")
        if pending is not None and fee_cap * 10 < pending.fees.fee_cap * 11:
            raise OfferTooLow("replacement transaction underpriced")
        self._mempool[nonce] = tx
        self.sent.append(payload)

    def _paid(self, receipt: _Receipt) -> int:
        fees = receipt.tx.fees
        return GAS * min(fees.fee_cap, self.base_fee + fees.tip)

    def _ended(self, receipt: _Receipt, *, final: bool) -> Included[Mined] | Failed:
        paid, number = self._paid(receipt), receipt.block_number
        if receipt.revert is not None:
            return Failed(
                code=REVERTED_CODE,
                detail=receipt.revert,
                final=final,
                paid=paid,
                block_number=number,
            )
        detail = Mined(block_number=number, block_hash=receipt.block_hash, gas_used=GAS)
        return Included(detail=detail, final=final, paid=paid, block_number=number)
