"""What the outsides have on record of the operator's money: requests, extrinsics, transactions. Read by the oracle."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from zk_devnet.prover_network.artifacts import plain
from zk_devnet.prover_network.bincode import decode_stdin
from zk_devnet.prover_network.faults import Fault
from zk_devnet.prover_network.network import ProverNetwork
from zk_devnet.prover_network.request import Request
from zk_devnet.prover_network.states import Fulfillment
from zk_devnet.simulator.evm.block import Block, Receipt
from zk_devnet.simulator.evm.chain import EvmChain
from zk_devnet.simulator.evm.codec import Reverted
from zk_devnet.simulator.evm.contract import Execution, batch_hash_of, batch_orders_of, run_call
from zk_devnet.simulator.evm.deployment import Config
from zk_devnet.simulator.evm.state import NONE, REFUNDED, SETTLED, State
from zk_devnet.simulator.evm.transaction import Tx
from zk_operator.domain.batch_input import BatchInput
from zk_operator.domain.ids import Address, OrderId
from zk_operator.domain.public_values import public_values_of

BAD_PROOF = frozenset(
    {
        Fault.TRUNCATED_PROOF,
        Fault.WRONG_PUBLIC_VALUES,
        Fault.INVALID_PROOF,
        Fault.NO_PROOF_URI,
    }
)
LAG_BLOCKS = 6
LAG_S = 60.0  # how old an operator's view of the chain may be when it buys


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """A proof request that the network accepted. `absent`, `over`: orders that were not (any more) open then.

    `unsuited`: the contract had been paused, or had wanted the proof of another program, for a minute.
    """

    at_s: float
    request: Request
    batch: bytes  # keccak256 of its public values
    orders: tuple[OrderId, ...]
    absent: tuple[OrderId, ...]
    over: tuple[OrderId, ...]
    unsuited: bool

    @property
    def is_good(self) -> bool:
        """Whether a proof of it exists that can be fetched and is right."""
        fulfilled = self.request.fulfillment is Fulfillment.FULFILLED
        return fulfilled and not BAD_PROOF & self.request.faults


@dataclass(slots=True, kw_only=True)
class ProofBook:
    """Every request; what is wrong with one is noted when it is accepted."""

    network: ProverNetwork
    chain: EvmChain
    safe: int
    now_s: Any
    purchases: list[Purchase] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)

    def accepted(self, request: Request) -> None:
        """As the network's `on_accepted`."""
        content = self.network.artifacts.find_uri(request.terms.stdin_uri).content or b""
        batch_input = BatchInput.decode(decode_stdin(plain(content))[0])
        values = public_values_of(
            batch_input.sections,
            chain_id=batch_input.chain_id,
            manager=batch_input.manager,
            valid_until=batch_input.valid_until,
        )
        orders = tuple(each for section in batch_input.sections for each in section.order_ids)
        purchase = Purchase(
            at_s=self.now_s(),
            request=request,
            batch=values.hash(),
            orders=orders,
            absent=tuple(each for each in orders if self._state(0.0).status(each) == NONE),
            over=tuple(each for each in orders if self._is_over(each, batch_input.valid_until)),
            unsuited=not any(map(_suits, self._blocks_since(LAG_S))),
        )
        self._compare(purchase)
        self.purchases.append(purchase)

    def _is_over(self, order: OrderId, valid_until: int) -> bool:
        """Whether it had ended, or was cancelled before the batch closed: no settlement takes it."""
        entry = self._state(LAG_S).orders.get(order)
        if entry is None:
            return False
        return entry.status in (SETTLED, REFUNDED) or 0 < entry.cancel_at <= valid_until

    def _state(self, before_s: float) -> State:
        """At the depth of spending, as it was so long ago."""
        head = next(self._blocks_since(before_s))
        return self.chain.canonical[max(0, head.number - self.safe)].state

    def _blocks_since(self, before_s: float) -> Iterator[Block]:
        """The block that was the head so long ago, and those after it."""
        blocks, since_s = self.chain.canonical, int(self.now_s() - before_s)
        known = [block for block in blocks if block.timestamp - blocks[0].timestamp <= since_s]
        return iter(blocks[max(0, len(known) - 1) :])

    def _compare(self, purchase: Purchase) -> None:
        for earlier in self.purchases:
            if earlier.batch != purchase.batch:
                continue
            if not earlier.request.is_finished:
                self.twice.append(f"{purchase.batch.hex()[:8]}: an earlier request was under way")
            elif earlier.is_good:
                self.twice.append(f"{purchase.batch.hex()[:8]}: it was proved already")


def _suits(block: Block) -> bool:
    terms = block.state.config
    return not block.state.paused and terms.receipts == Config().receipts


@dataclass(frozen=True, slots=True)
class TakenIn:
    """Where a statement went."""

    block: bytes
    aggregation_id: int


@dataclass(slots=True)
class VerificationBook:
    """What finalized blocks of zkVerify say: fees of the operator, and where each statement went, each time."""

    account: bytes
    fees: int = 0
    statements: dict[bytes, list[TakenIn]] = field(default_factory=dict)

    def note(self, block_hash: bytes, records: Any) -> None:
        """The events of one finalized block."""
        for record in records:
            pallet, event = record["event"].name, record["event"].value
            if (pallet, event.name) == ("Aggregate", "NewProof"):
                statement = bytes(event.value["statement"])
                place = TakenIn(block_hash, event.value["aggregation_id"])
                self.statements.setdefault(statement, []).append(place)
            if event.name == "TransactionFeePaid" and bytes(event.value["who"]) == self.account:
                self.fees += event.value["actual_fee"]


@dataclass(slots=True, kw_only=True)
class PostBook:
    """Settlements that were sent although the chain had said for a while that they would settle nothing."""

    chain: EvmChain
    account: Address
    useless: list[str] = field(default_factory=list)

    def sent(self, tx: Tx) -> None:
        """As the chain's `on_sent`."""
        batch = batch_hash_of(tx.data)
        if tx.sender != self.account or batch is None:
            return
        looks = [
            self.chain.canonical[-1 - at] for at in range(LAG_BLOCKS) if at <= self.chain.tip.number
        ]
        if not any(_settles(tx, block) for block in looks):
            self.useless.append(f"{batch.hex()[:8]} in block {self.chain.tip.number}")


def _settles(tx: Tx, block: Block) -> bool:
    execution = Execution(
        state=block.state.copy(), sender=tx.sender, now_s=block.timestamp, logs=[]
    )
    try:
        return bool(int.from_bytes(run_call(execution, tx.to, tx.data)))
    except Reverted:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class GasEntry:
    """A transaction of the operator in the chain that stayed."""

    block: Block
    receipt: Receipt
    batch: bytes | None

    @property
    def paid(self) -> int:
        """In wei."""
        return self.receipt.gas_used * self.receipt.price

    @property
    def orders(self) -> frozenset[OrderId]:
        """The orders of the batch that it was to settle."""
        return batch_orders_of(self.receipt.tx.data)

    @property
    def ended(self) -> frozenset[OrderId]:
        """The orders that it settled or refunded."""
        return frozenset(
            OrderId(log.values[0])
            for log in self.receipt.logs
            if log.name in ("OrderSettled", "OrderRefunded")
        )


def gas_book(chain: EvmChain, account: Address) -> list[GasEntry]:
    """All of them, oldest first."""
    return [
        GasEntry(block=block, receipt=receipt, batch=batch_hash_of(receipt.tx.data))
        for block in chain.canonical
        for receipt in block.receipts
        if receipt.tx.sender == account
    ]
