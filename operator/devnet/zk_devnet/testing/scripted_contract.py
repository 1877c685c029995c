"""The settlement contract over a ScriptedChain: what a call does, by the rules that decide about money.

Calls are kept as values; their data is only a name for them. Amounts are those of the batch rule with the quoted swap.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from eth_utils.crypto import keccak

from zk_acts.domain.ids import Hash32
from zk_devnet.testing.scripted_chain import EventDraft, ScriptedChain
from zk_devnet.testing.scripted_transactions import ScriptedRevert, call_of
from zk_operator.domain.batch_rule import check_section
from zk_operator.domain.chain_event import (
    BatchSettled,
    ChainEvent,
    LogRef,
    OrderRefunded,
    OrderSettled,
    SectionSkipped,
)
from zk_operator.domain.failures import CallReverted
from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.order import Order, order_id
from zk_operator.domain.public_values import PublicValues
from zk_operator.domain.records import OnchainStatus
from zk_operator.domain.section import Section
from zk_operator.ports.chain import Call
from zkverify_client.domain.merkle import verify_path
from zkverify_client.domain.receipt import AggregationReceipt
from zkverify_client.domain.statement import sp1_groth16_statement, sp1_public_inputs

_NOWHERE = LogRef(
    block_number=0, block_hash=Hash32(bytes(32)), tx_hash=Hash32(bytes(32)), log_index=0
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Respond:
    """The arguments of respondToBatch."""

    public_values: bytes
    sections: tuple[Section, ...]
    orders: tuple[Order, ...]
    receipt: AggregationReceipt
    proof_nonce: int
    certificate: bytes


@dataclass(slots=True, kw_only=True)
class ScriptedContract:
    """SettlementCalls, and the execution of what they build.

    `skip`: how many more times a pool's section is rolled back. `stubborn`: orders whose token cannot be moved.
    Between `begin_block` and `end_block` a call sees what earlier calls of the block did.
    """

    chain: ScriptedChain
    skip: dict[PoolId, int] = field(default_factory=dict)
    stubborn: set[OrderId] = field(default_factory=set)
    _calls: dict[bytes, Respond | tuple[Order, ...]] = field(default_factory=dict)
    _ended: set[OrderId] | None = None

    def __post_init__(self) -> None:
        self.chain.settles = self._sections_settled
        self.chain.is_useful = self._is_useful

    def respond(
        self,
        *,
        public_values: bytes,
        sections: Sequence[Section],
        orders: Sequence[Order],
        receipt: AggregationReceipt,
        proof_nonce: int,
        certificate: bytes,
    ) -> Call:
        """As `SettlementCalls`."""
        return self._named(
            Respond(
                public_values=public_values,
                sections=tuple(sections),
                orders=tuple(orders),
                receipt=receipt,
                proof_nonce=proof_nonce,
                certificate=certificate,
            )
        )

    def refund(self, orders: Sequence[Order]) -> Call:
        """As `SettlementCalls`."""
        return self._named(tuple(orders))

    def nothing(self, to: Address) -> Call:
        """As `SettlementCalls`."""
        return Call(to=to, data=b"")

    def of(self, payload: bytes) -> Call:
        """As `SettlementCalls`, of a transaction of `ScriptedTransactions`."""
        return call_of(payload)

    def begin_block(self) -> None:
        """Calls from now on take effect in one block."""
        self._ended = set()

    def end_block(self) -> None:
        """Calls from now on are simulations."""
        self._ended = None

    def run(self, call: Call) -> Sequence[EventDraft]:
        """The events of a call. Raises ScriptedRevert."""
        if not call.data:
            return ()
        match self._calls[call.data]:
            case Respond() as respond:
                return self._respond(respond)
            case orders:
                return self._refund(orders)

    def _sections_settled(self, call: Call) -> int:
        """Error: CallReverted."""
        events = self._simulated(call)
        return sum(event.sections for event in events if isinstance(event, BatchSettled))

    def _is_useful(self, call: Call) -> bool:
        try:
            events = self._simulated(call)
        except CallReverted:
            return False
        return any(isinstance(event, OrderSettled | OrderRefunded) for event in events)

    def _simulated(self, call: Call) -> list[ChainEvent]:
        """It does not see the skips that a test has planned coming. Error: CallReverted."""
        planned, self.skip = self.skip, {}
        try:
            return [draft(_NOWHERE) for draft in self.run(call)]
        except ScriptedRevert as error:
            raise CallReverted(reason=str(error)) from error
        finally:
            self.skip = planned

    def _named(self, call: Respond | tuple[Order, ...]) -> Call:
        name = keccak(repr(call).encode())
        self._calls[name] = call
        return Call(to=self.chain.contract.signing_domain.manager, data=name)

    def _now(self) -> int:
        return self.chain.tip.timestamp + 1

    def _is_open(self, identity: OrderId) -> bool:
        state = self.chain.state_of(identity)
        return state.status is OnchainStatus.OPEN and identity not in (self._ended or ())

    def _is_cancelled(self, identity: OrderId, at_s: int) -> bool:
        cancel_at = self.chain.state_of(identity).cancel_at_s
        return cancel_at != 0 and at_s >= cancel_at

    def _end(self, identities: Sequence[OrderId]) -> None:
        if self._ended is not None:
            self._ended.update(identities)

    def _respond(self, call: Respond) -> list[EventDraft]:
        values = PublicValues.decode(call.public_values)
        if self.chain.contract.paused:
            raise ScriptedRevert("EnforcedPause")
        if self._now() > values.valid_until:
            raise ScriptedRevert("BatchExpired")
        self._require_receipt(call)
        drafts: list[EventDraft] = []
        settled = offset = 0
        for section in call.sections:
            orders = call.orders[offset : offset + len(section.order_ids)]
            offset += len(orders)
            events = self._section(section, orders, values.valid_until)
            settled += bool(events)
            drafts += events or [_skipped(values.hash(), section.pool_id)]
        if settled:
            drafts.append(_settled(values.hash(), settled, len(call.orders)))
        return drafts

    def _require_receipt(self, call: Respond) -> None:
        terms, receipt = self.chain.contract, call.receipt
        inputs = sp1_public_inputs(
            program_vkey=terms.groth16_program_vkey,
            public_values=call.public_values,
            recursion_root=terms.groth16_recursion_root,
            nonce=call.proof_nonce,
        )
        statement = sp1_groth16_statement(terms.groth16_vk_hash, inputs)
        root = self.chain.roots.get((terms.zk_domain_id, receipt.aggregation.aggregation_id))
        if root is None or not verify_path(
            root, receipt.path, receipt.leaf_count, receipt.index, statement
        ):
            raise ScriptedRevert("InvalidReceipt")
        if not call.certificate:
            raise ScriptedRevert("InvalidCertificate")

    def _section(
        self, section: Section, orders: Sequence[Order], valid_until: int
    ) -> list[EventDraft]:
        if self.skip.get(section.pool_id, 0) > 0:
            if self._ended is not None:
                self.skip[section.pool_id] -= 1
            return []
        if section.fee_bps != self.chain.contract.fee_bps:
            return []
        domain = self.chain.contract.signing_domain
        identities = [order_id(order, domain) for order in orders]
        alive = all(
            self._is_open(each) and not self._is_cancelled(each, valid_until) for each in identities
        )
        if not alive or tuple(identities) != section.order_ids:
            return []
        self._end(identities)
        payouts = check_section(section, orders).payouts
        return [_paid(payout.order_id, payout.net) for payout in payouts]

    def _refund(self, orders: Sequence[Order]) -> list[EventDraft]:
        domain, now_s = self.chain.contract.signing_domain, self._now()
        over = {
            identity: order.amount_in
            for order in orders
            if (identity := order_id(order, domain)) not in self.stubborn
            and self._is_open(identity)
            and (now_s > order.deadline or self._is_cancelled(identity, now_s))
        }
        if not over:
            raise ScriptedRevert("NothingRefundable")
        self._end(tuple(over))
        return [_returned(identity, amount) for identity, amount in over.items()]


def _paid(identity: OrderId, payout: int) -> EventDraft:
    return lambda at: OrderSettled(at=at, order_id=identity, payout=payout)


def _returned(identity: OrderId, amount: int) -> EventDraft:
    return lambda at: OrderRefunded(at=at, order_id=identity, amount=amount)


def _skipped(key: Hash32, pool_id: PoolId) -> EventDraft:
    return lambda at: SectionSkipped(at=at, key=key, pool_id=pool_id, reason=b"\x12\x34\x56\x78")


def _settled(key: Hash32, sections: int, orders: int) -> EventDraft:
    return lambda at: BatchSettled(at=at, public_values_hash=key, sections=sections, orders=orders)
