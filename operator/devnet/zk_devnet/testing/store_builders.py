"""Rows and blocks with defaults, to fill a store with: name only what a test is about."""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from zk_acts.domain.acts import ActDetail, ActKind, Intent, Purpose, Resource
from zk_acts.domain.details import (
    Aggregation,
    BatchedProof,
    DomainChanged,
    DomainRegistered,
    FailureReason,
    Fulfilled,
    Mined,
    ProgramRegistered,
    Published,
    Verified,
    VerifiedBatch,
    VkRegistered,
    VkUnregistered,
)
from zk_acts.domain.ids import Hash32, IntentId, Statement
from zk_operator.domain.chain_event import (
    BlockRef,
    CancelRequested,
    ChainEvent,
    LogRef,
    OrderPlaced,
    OrderRefunded,
    OrderSettled,
)
from zk_operator.domain.ids import Address, BatchId, OrderId, PoolId
from zk_operator.domain.order import Order
from zk_operator.domain.records import Batch, BatchState, CloseReason, StoredProof
from zk_operator.domain.section import Section
from zk_operator.ports.store import ScannedBlock
from zkverify_client.domain.receipt import AggregationReceipt

GENESIS_S = 1_700_000_000
BLOCK_TIME_S = 12


def a_hash(*parts: object) -> Hash32:
    """32 bytes that differ with the parts."""
    return Hash32(sha256(repr(parts).encode()).digest())


def an_order_id(name: object) -> OrderId:
    """An order id that differs with the name."""
    return OrderId(a_hash("order", name))


def a_block(number: int, fork: str = "a") -> BlockRef:
    """The block of that height on that fork; timestamps follow the height."""
    return BlockRef(
        number=number,
        hash=a_hash("block", number, fork),
        parent_hash=a_hash("block", number - 1, fork),
        timestamp=GENESIS_S + number * BLOCK_TIME_S,
    )


def a_log(number: int, log_index: int = 0, fork: str = "a") -> LogRef:
    """A log position in `a_block(number, fork)`."""
    return LogRef(
        block_number=number,
        block_hash=a_block(number, fork).hash,
        tx_hash=a_hash("tx", number, log_index, fork),
        log_index=log_index,
    )


def terms(**fields: Any) -> Order:
    """An order's terms; amounts beyond 64 bits, so that nothing narrower goes unnoticed."""
    order = Order(
        owner=Address(b"\xaa" * 20),
        pool_id=PoolId(a_hash("pool")),
        zero_for_one=True,
        amount_in=2**127,
        min_out=2**128 - 1,
        deadline=GENESIS_S + 1_000_000,
        salt=2**256 - 1,
    )
    return replace(order, **fields)


def placed(name: object, at: LogRef, **fields: Any) -> OrderPlaced:
    """The placement of that order; the fields are those of its terms."""
    return OrderPlaced(
        at=at, task_index=at.log_index, order_id=an_order_id(name), order=terms(**fields)
    )


def settled(name: object, at: LogRef, payout: int = 2**100) -> OrderSettled:
    """That order's settlement."""
    return OrderSettled(at=at, order_id=an_order_id(name), payout=payout)


def refunded(name: object, at: LogRef, amount: int = 2**127) -> OrderRefunded:
    """That order's refund."""
    return OrderRefunded(at=at, order_id=an_order_id(name), amount=amount)


def cancelled(name: object, at: LogRef, cancel_at: int = GENESIS_S + 5_000) -> CancelRequested:
    """That order's request to be cancelled."""
    return CancelRequested(at=at, order_id=an_order_id(name), cancel_at=cancel_at)


def scanned(
    number: int, *events: ChainEvent, fork: str = "a", refusals: dict[OrderId, str] | None = None
) -> ScannedBlock:
    """`a_block(number, fork)` with these events."""
    return ScannedBlock(block=a_block(number, fork), events=events, refusals=refusals or {})


def a_batch(name: str, *orders: object, **fields: Any) -> Batch:
    """A closed batch of these orders (by name) in one section."""
    order_ids = tuple(sorted(an_order_id(order) for order in orders))
    section = Section(
        pool_id=PoolId(a_hash("pool")),
        price_x128=2**200,
        remainder_zero_for_one=False,
        remainder_in=2**127,
        min_out=2**126,
        fee_bps=5,
        order_ids=order_ids,
    )
    batch = Batch(
        batch_id=BatchId(name),
        state=BatchState.CLOSED,
        sections=(section,),
        order_ids=order_ids,
        public_values=a_hash("values", name) * 6,
        valid_until_s=GENESIS_S + 600,
        close_reason=CloseReason.SIZE,
        closed_at=1,
    )
    return replace(batch, **fields)


def an_aggregation(aggregation_id: int = 7) -> Aggregation:
    """A place in an aggregation."""
    return Aggregation(
        statement=Statement(a_hash("statement")),
        domain_id=3,
        aggregation_id=aggregation_id,
        block_number=99,
        block_hash=a_hash("zkverify block"),
    )


def a_receipt(*path: Hash32) -> AggregationReceipt:
    """A published aggregation with that Merkle path."""
    return AggregationReceipt(
        aggregation=an_aggregation(),
        root=a_hash("root"),
        path=path,
        leaf_count=2 ** len(path),
        index=0,
    )


def an_intent(name: str, **fields: Any) -> Intent:
    """A transaction that can cost 100 at most, under nonce 0."""
    intent = Intent(
        intent_id=IntentId(name),
        kind=ActKind.TRANSACTION,
        purpose=Purpose.SETTLE,
        subject="b1",
        backend="evm:31337",
        account="0xabc",
        nonce=0,
        reference=a_hash("reference", name),
        payload=b"signed " + name.encode(),
        resource=Resource.GAS,
        quoted=100,
    )
    return replace(intent, **fields)


def a_proof(**fields: Any) -> StoredProof:
    """A checked proof; its nonce is wider than 64 bits."""
    proof = StoredProof(
        program_vkey=a_hash("vkey"),
        public_values=a_hash("values") * 6,
        proof=b"proof",
        nonce=2**250,
        backend="network",
        created_at=5,
    )
    return replace(proof, **fields)


DETAILS: Mapping[str, ActDetail] = {
    "mined": Mined(block_number=2**62, block_hash=a_hash("mined"), gas_used=21_000),
    "fulfilled": Fulfilled(proof_uri="https://proofs.example/ü?X-Expires=1"),
    "program registered": ProgramRegistered(program_vkey=a_hash("program")),
    "aggregation": Aggregation(
        statement=Statement(a_hash("statement")),
        domain_id=0,
        aggregation_id=7,
        block_number=9,
        block_hash=a_hash("zkverify"),
    ),
    "verified": Verified(
        statement=Statement(a_hash("statement")), block_number=9, block_hash=a_hash("zkverify")
    ),
    "batch verified": VerifiedBatch(
        block_number=9,
        block_hash=a_hash("zkverify"),
        proofs=(
            BatchedProof(
                statement=Statement(a_hash("placed")),
                aggregation=Aggregation(
                    statement=Statement(a_hash("placed")),
                    domain_id=0,
                    aggregation_id=2**60,
                    block_number=9,
                    block_hash=a_hash("zkverify"),
                ),
            ),
            BatchedProof(statement=Statement(a_hash("refused")), code="ZKO-ZKV-023"),
            BatchedProof(statement=Statement(a_hash("for no domain"))),
        ),
    ),
    "vk registered": VkRegistered(vk_hash=a_hash("vk")),
    "vk unregistered": VkUnregistered(vk_hash=a_hash("vk")),
    "domain registered": DomainRegistered(domain_id=4),
    "domain changed": DomainChanged(domain_id=4, state="Hold"),
    "domain changed, not its state": DomainChanged(domain_id=4),
    "published": Published(
        domain_id=4, aggregation_id=7, root=a_hash("root"), block_hash=a_hash("zkverify")
    ),
    "failure": FailureReason(reason=""),
}
"""What each kind of act can bring, by a name for people."""
