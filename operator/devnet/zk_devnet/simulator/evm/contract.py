"""The settlement contract in Python: what a call does to the state, and what it emits.

The batch rule, order ids, statements and Merkle paths are the domain's, which are tested against the Solidity; payouts
that fail, native currency, fees' collection and gas are not simulated.
"""

from dataclasses import dataclass, replace
from typing import Any

from coincurve import PublicKey
from eth_abi.exceptions import DecodingError

from zk_acts.domain.hashing import keccak
from zk_acts.domain.ids import Hash32
from zk_devnet.simulator.evm.codec import (
    Log,
    Reverted,
    event,
    functions_at,
    require,
    reverted,
)
from zk_devnet.simulator.evm.deployment import (
    CHAIN_ID,
    MANAGER,
    PROVING,
    SIGNING_DOMAIN,
    ZKVERIFY,
)
from zk_devnet.simulator.evm.price import require_in_reach, require_price
from zk_devnet.simulator.evm.state import NONE, OPEN, REFUNDED, SETTLED, OrderEntry, State
from zk_operator.adapters.signing.evm import address_of, response_digest
from zk_operator.domain.abi_coding import decode, encode
from zk_operator.domain.batch_rule import check_section
from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.order import Order, order_id
from zk_operator.domain.public_values import (
    PublicValues,
    PublicValuesError,
    orders_root,
    settlement_hash,
)
from zk_operator.domain.rule_errors import RuleViolation
from zk_operator.domain.section import Section
from zkverify_client.domain.merkle import verify_path
from zkverify_client.domain.statement import sp1_groth16_statement, sp1_public_inputs


@dataclass(slots=True, kw_only=True)
class Execution:
    """One call on a state: who calls, when, and what it emitted."""

    state: State
    sender: Address
    now_s: int
    logs: list[Log]

    def emit(self, name: str, *values: Any) -> None:
        """One event of the manager."""
        self.logs.append(event(name, *values))


def run_call(execution: Execution, to: Address, data: bytes) -> bytes:
    """A call by its bytes; what it returns. Raises Reverted, and then the state is not to be kept."""
    if to not in (MANAGER, ZKVERIFY):
        return b""
    entry = functions_at(to).get(data[:4])
    if entry is None:
        raise Reverted(b"", "no such function")
    try:
        arguments = decode(entry.types, data[4:])
    except (DecodingError, OverflowError) as error:
        raise Reverted(b"", "malformed calldata") from error
    match entry.name:
        case "respondToBatch":
            return encode(["uint256"], [respond(execution, *arguments)])
        case "refund":
            orders = [order_of(fields) for fields in arguments[0]]
            return encode(["uint256"], [refund(execution, orders)])
        case "submitAggregation":
            execution.state.roots[arguments[0], arguments[1]] = Hash32(arguments[2])
        case _:
            raise Reverted(b"", "not simulated")
    return b""


def order_of(fields: Any) -> Order:
    """An order from its decoded tuple."""
    owner, pool_id, zero_for_one, amount_in, min_out, deadline, salt = fields
    return Order(
        owner=Address(bytes.fromhex(owner[2:])),
        pool_id=PoolId(pool_id),
        zero_for_one=zero_for_one,
        amount_in=amount_in,
        min_out=min_out,
        deadline=deadline,
        salt=salt,
    )


def section_of(fields: Any) -> Section:
    """A section from its decoded tuple."""
    pool_id, price, zero_for_one, remainder, min_out, fee_bps, ids = fields
    return Section(
        pool_id=PoolId(pool_id),
        price_x128=price,
        remainder_zero_for_one=zero_for_one,
        remainder_in=remainder,
        min_out=min_out,
        fee_bps=fee_bps,
        order_ids=tuple(OrderId(each) for each in ids),
    )


# --- placing, cancelling, leaving -----------------------------------------------------------------


def place(execution: Execution, order: Order) -> None:
    """One order of `postOrders`: taken in, or refused with a code."""
    state, identity = execution.state, order_id(order, SIGNING_DOMAIN)
    require(not state.paused, "EnforcedPause")
    if state.status(identity) != NONE:
        return
    code = _refusal(execution, order)
    if code:
        execution.emit("OrderRejected", identity, code)
        return
    state.orders[identity] = OrderEntry(OPEN, 0, order)
    execution.emit("NewTaskCreated", state.tasks, identity, order.as_abi())
    state.tasks += 1


def _refusal(execution: Execution, order: Order) -> int:
    state = execution.state
    if order.deadline < execution.now_s:
        return 3
    if order.deadline > execution.now_s + state.config.max_order_span_s:
        return 4
    return 5 if order.amount_in < state.min_size else 0


def request_cancel(execution: Execution, identity: OrderId) -> None:
    """The owner wants it back."""
    state = execution.state
    entry = state.orders.get(identity)
    require(entry is not None and entry.status == OPEN, "NotOpen", identity)
    assert entry is not None
    require(entry.cancel_at == 0, "AlreadyCancelling", identity)
    cancel_at = execution.now_s + state.config.cancel_delay_s
    state.orders[identity] = replace(entry, cancel_at=cancel_at)
    execution.emit("CancelRequested", identity, cancel_at)


def refund(execution: Execution, orders: list[Order]) -> int:
    """Those of them that are over."""
    refunded = 0
    for order in orders:
        identity = order_id(order, SIGNING_DOMAIN)
        entry = execution.state.orders.get(identity)
        if entry is None or not _is_refundable(entry, execution.now_s):
            continue
        execution.state.orders[identity] = replace(entry, status=REFUNDED)
        execution.emit("OrderRefunded", identity, order.amount_in)
        refunded += 1
    require(bool(refunded), "NothingRefundable")
    return refunded


def _is_refundable(entry: OrderEntry, now_s: int) -> bool:
    is_cancelled = entry.cancel_at != 0 and now_s >= entry.cancel_at
    return entry.status == OPEN and (now_s > entry.order.deadline or is_cancelled)


# --- settling -------------------------------------------------------------------------------------


def respond(
    execution: Execution,
    public_values: bytes,
    raw_sections: Any,
    raw_orders: Any,
    receipt: Any,
    certificate: bytes,
) -> int:
    """`respondToBatch`: what a batch must show, then section by section; how many were settled."""
    require(not execution.state.paused, "EnforcedPause")
    values = _decoded(public_values, execution.now_s)
    sections = [section_of(fields) for fields in raw_sections]
    orders = [order_of(fields) for fields in raw_orders]
    _require_committed(values, sections, orders)
    _require_receipt(execution.state, public_values, receipt)
    _require_certificate(execution.state, public_values, certificate)
    batch, settled, paid, offset = values.hash(), 0, 0, 0
    for section in sections:
        part = orders[offset : offset + len(section.order_ids)]
        offset += len(part)
        if _try_section(execution, batch, values, section, part):
            settled, paid = settled + 1, paid + len(part)
    if settled:
        execution.emit("BatchSettled", batch, values.orders_root, settled, paid)
    return settled


def _decoded(raw: bytes, now_s: int) -> PublicValues:
    try:
        values = PublicValues.decode(raw)
    except PublicValuesError as error:
        raise reverted("MalformedPublicValues") from error
    require(values.chain_id == CHAIN_ID, "WrongChain", values.chain_id)
    require(values.manager == MANAGER, "WrongManager", values.manager)
    require(now_s <= values.valid_until, "BatchExpired", values.valid_until)
    return values


def _require_committed(values: PublicValues, sections: list[Section], orders: list[Order]) -> None:
    require(bool(sections), "NoSections")
    require(settlement_hash(sections) == values.settlement_hash, "WrongSettlementHash")
    ids = [each for section in sections for each in section.order_ids]
    require(len(ids) == len(orders), "LengthMismatch")
    require(orders_root(ids) == values.orders_root, "WrongOrdersRoot")


def _require_receipt(state: State, public_values: bytes, receipt: Any) -> None:
    route, nonce, aggregation_id, path, leaf_count, index = receipt
    require(route == 0, "RouteDisabled", route)
    proving = PROVING[state.config.receipts]
    statement = sp1_groth16_statement(
        proving.vk_hash,
        sp1_public_inputs(
            program_vkey=proving.program_vkey,
            public_values=public_values,
            recursion_root=proving.recursion_root,
            nonce=nonce,
        ),
    )
    root = state.roots.get((proving.domain_id, aggregation_id))
    found = root is not None and verify_path(root, path, leaf_count, index, statement)
    require(found, "ReceiptNotVerified")


def _require_certificate(state: State, public_values: bytes, certificate: bytes) -> None:
    digest = response_digest(public_values, SIGNING_DOMAIN)
    try:
        signers, signatures = decode(["address[]", "bytes[]"], certificate)
        found = [_recovered(digest, signature) for signature in signatures]
    except (DecodingError, ValueError, OverflowError) as error:
        raise reverted("CertificateNotVerified") from error
    named = [Address(bytes.fromhex(each[2:])) for each in signers]
    good = named == found and any(each in state.allowed for each in named)
    require(good, "CertificateNotVerified")


def _recovered(digest: bytes, signature: bytes) -> Address:
    compact = signature[:64] + bytes([signature[64] - 27])
    return address_of(PublicKey.from_signature_and_message(compact, digest, hasher=None))


def _try_section(
    execution: Execution, batch: Hash32, values: PublicValues, section: Section, orders: list[Order]
) -> bool:
    attempt = replace(execution, state=execution.state.copy(), logs=[])
    try:
        _settle_section(attempt, batch, values, section, orders)
    except Reverted as failure:
        execution.emit("SectionSkipped", batch, section.pool_id, failure.data[:256])
        return False
    execution.state.become(attempt.state)
    execution.logs.extend(attempt.logs)
    return True


def _settle_section(
    execution: Execution, batch: Hash32, values: PublicValues, section: Section, orders: list[Order]
) -> None:
    state, pool_id = execution.state, section.pool_id
    require((batch, pool_id) not in state.settled_sections, "SectionAlreadySettled")
    state.settled_sections[batch, pool_id] = execution.now_s
    require(section.fee_bps == state.config.fee_bps, "WrongFee", section.fee_bps)
    for at, (identity, order) in enumerate(zip(section.order_ids, orders, strict=True)):
        _close(execution, at, identity, order, values.valid_until)
        require(order.deadline >= values.valid_until, "DeadlineTooEarly", at)
    require_price(state, pool_id, section.price_x128)
    output = 0
    if section.remainder_in:
        zero_for_one = section.remainder_zero_for_one
        output = state.swap(pool_id, zero_for_one=zero_for_one, amount_in=section.remainder_in)
        require_in_reach(state, pool_id, section.price_x128, section.remainder_in)
        require(output >= section.min_out, "SwapBelowMinimum", output, section.min_out)
    try:
        outcome = check_section(section, orders, swap_output=output)
    except RuleViolation as error:
        raise reverted("LimitNotMet", 0, 0) from error
    for payout in outcome.payouts:
        execution.emit("OrderSettled", payout.order_id, payout.net)


def _close(
    execution: Execution, at: int, identity: OrderId, order: Order, valid_until: int
) -> None:
    require(order_id(order, SIGNING_DOMAIN) == identity, "OrderIdMismatch", at)
    entry = execution.state.orders.get(identity)
    require(entry is not None and entry.status == OPEN, "NotOpen", identity)
    assert entry is not None
    in_time = entry.cancel_at == 0 or valid_until < entry.cancel_at
    require(in_time, "OrderCancelled", identity)
    execution.state.orders[identity] = replace(entry, status=SETTLED)


def gas_of(data: bytes) -> int:
    """What a call takes: a model, by its size."""
    return 21_000 + (30_000 + 250 * len(data) if data else 0)


def batch_hash_of(data: bytes) -> bytes | None:
    """keccak256 of the public values in the calldata of `respondToBatch`; None for any other call."""
    entry = functions_at(MANAGER).get(data[:4])
    if entry is None or entry.name != "respondToBatch":
        return None
    try:
        return keccak(decode(entry.types, data[4:])[0])
    except (DecodingError, OverflowError):
        return None


def batch_orders_of(data: bytes) -> frozenset[OrderId]:
    """The orders in the calldata of `respondToBatch`."""
    entry = functions_at(MANAGER)[data[:4]]
    sections = [section_of(fields) for fields in decode(entry.types, data[4:])[1]]
    return frozenset(each for section in sections for each in section.order_ids)
