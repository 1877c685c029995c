"""The auditor's judgement over histories that are written by hand."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from zk_acts.domain.ids import Hash32
from zk_devnet.auditor.audit import examine
from zk_devnet.auditor.event import MANAGER_EVENTS, Event, EventTable, order_of
from zk_devnet.auditor.history import CurrencyState, History, NativeReceipt
from zk_devnet.evm.deployment import Deployment, Pool, Token
from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.order import ORDER_ABI, Order, SigningDomain, order_id

NATIVE = Address(bytes(20))
COIN = Address(b"\xc0" * 20)
MANAGER, HOOK, POOL_MANAGER = (Address(bytes([n]) * 20) for n in (0xA1, 0xA2, 0xA3))
SELLER, BUYER = Address(b"\x51" * 20), Address(b"\x52" * 20)
POOL = Pool(
    pool_id=PoolId(b"\x77" * 32),
    label="ETH/COIN",
    currency0=NATIVE,
    currency1=COIN,
    fee=3000,
    tick_spacing=60,
)
DOMAIN = SigningDomain(chain_id=31337, manager=MANAGER)


def deployment() -> Deployment:
    nobody, zero = Address(b"\x01" * 20), Hash32(bytes(32))
    return Deployment(
        chain_id=31337,
        deploy_block=1,
        pool_manager=POOL_MANAGER,
        hook=HOOK,
        manager=MANAGER,
        zkverify=nobody,
        receipt_verifier=nobody,
        response_verifier=nobody,
        quoter=nobody,
        swap_router=nobody,
        liquidity_router=nobody,
        owner=nobody,
        operator=nobody,
        relayer=nobody,
        tokens=(
            Token(address=NATIVE, symbol="ETH", decimals=18),
            Token(address=COIN, symbol="COIN", decimals=6),
        ),
        pools=(POOL,),
        traders=(SELLER, BUYER),
        domain_id=0,
        fee_bps=10,
        cancel_delay_s=10,
        max_order_span_s=1000,
        groth16_vk_hash=zero,
        program_vkey=zero,
        recursion_root=zero,
    )


def order(owner: Address, *, zero_for_one: bool, amount_in: int, min_out: int) -> Order:
    return Order(
        owner=owner,
        pool_id=POOL.pool_id,
        zero_for_one=zero_for_one,
        amount_in=amount_in,
        min_out=min_out,
        deadline=1_050,
        salt=amount_in,
    )


# The seller gives 1000 wei for 500 units, the buyer 400 units for 800 wei; 200 wei go into the pool for 101 units.
SELL = order(SELLER, zero_for_one=True, amount_in=1_000, min_out=499)
BUY = order(BUYER, zero_for_one=False, amount_in=400, min_out=798)
SELL_ID, BUY_ID = order_id(SELL, DOMAIN), order_id(BUY, DOMAIN)
PAID_SELLER, PAID_BUYER, FEE_0, FEE_1 = 500, 799, 1, 1
TX_PLACE, TX_SETTLE = Hash32(b"\x0a" * 32), Hash32(b"\x0b" * 32)


def event(
    name: str, emitter: Address, block: int, tx_hash: Hash32, index: int, **args: Any
) -> Event:
    return Event(
        name=name, emitter=emitter, block=block, tx_hash=tx_hash, log_index=index, args=args
    )


def placed(terms: Order, order_id: OrderId, index: int) -> Event:
    values = (
        "0x" + terms.owner.hex(),
        terms.pool_id,
        terms.zero_for_one,
        terms.amount_in,
        terms.min_out,
        terms.deadline,
        terms.salt,
    )
    return event(
        "NewTaskCreated",
        MANAGER,
        10,
        TX_PLACE,
        index,
        taskIndex=index,
        orderId=order_id,
        order=values,
    )


def claim(
    block: int, index: int, source: Address, to: Address, currency: Address, amount: int
) -> Event:
    return event(
        "Transfer",
        POOL_MANAGER,
        block,
        TX_SETTLE,
        index,
        caller=HOOK,
        **{"from": source, "to": to, "id": int.from_bytes(currency, "big"), "amount": amount},
    )


def coin(block: int, index: int, source: Address, to: Address, value: int) -> Event:
    return event(
        "Transfer", COIN, block, TX_SETTLE, index, **{"from": source, "to": to, "value": value}
    )


def settled_history() -> History:
    """One batch, one section, a swap; everything in order."""
    zero = NATIVE
    events = (
        coin(2, 0, zero, BUYER, 400),
        coin(2, 1, zero, POOL_MANAGER, 10_000),
        placed(SELL, SELL_ID, 0),
        claim(10, 1, zero, HOOK, NATIVE, 1_000),
        placed(BUY, BUY_ID, 2),
        coin(10, 3, BUYER, POOL_MANAGER, 400),
        claim(10, 4, zero, HOOK, COIN, 400),
        event(
            "Swap",
            POOL_MANAGER,
            12,
            TX_SETTLE,
            0,
            poolId=POOL.pool_id,
            sender=HOOK,
            amount0=-200,
            amount1=101,
        ),
        claim(12, 1, HOOK, zero, NATIVE, 200),
        claim(12, 2, zero, HOOK, COIN, 101),
        event("OrderSettled", MANAGER, 12, TX_SETTLE, 3, orderId=SELL_ID, payout=PAID_SELLER),
        event("OrderSettled", MANAGER, 12, TX_SETTLE, 4, orderId=BUY_ID, payout=PAID_BUYER),
        claim(12, 5, HOOK, zero, NATIVE, PAID_BUYER),
        claim(12, 6, HOOK, zero, COIN, PAID_SELLER),
        coin(12, 7, POOL_MANAGER, MANAGER, PAID_SELLER),
        event(
            "SectionSettled",
            MANAGER,
            12,
            TX_SETTLE,
            8,
            batch=b"\x0c" * 32,
            poolId=POOL.pool_id,
            swapIn=200,
            swapOut=101,
            ledger0=FEE_0,
            ledger1=FEE_1,
        ),
        event("BatchSettled", MANAGER, 12, TX_SETTLE, 9, batch=b"\x0c" * 32, orders=2),
        coin(12, 10, MANAGER, SELLER, PAID_SELLER),
        event(
            "PayoutSent",
            MANAGER,
            12,
            TX_SETTLE,
            11,
            recipient=SELLER,
            currency=COIN,
            amount=PAID_SELLER,
        ),
        event(
            "PayoutSent",
            MANAGER,
            12,
            TX_SETTLE,
            12,
            recipient=BUYER,
            currency=NATIVE,
            amount=PAID_BUYER,
        ),
    )
    return History(
        deployment=deployment(),
        block=20,
        events=events,
        times={2: 990, 10: 1_000, 12: 1_020},
        states={SELL_ID: 2, BUY_ID: 2},
        currencies={
            NATIVE: CurrencyState(
                claims=FEE_0,
                fees_accrued=FEE_0,
                total_credits=0,
                manager_balance=0,
                pool_manager_balance=5_000 + 200 + FEE_0,
                supply=None,
                holdings={},
            ),
            COIN: CurrencyState(
                claims=FEE_1,
                fees_accrued=FEE_1,
                total_credits=0,
                manager_balance=0,
                pool_manager_balance=10_000 - 101 + FEE_1,
                supply=10_400,
                holdings={
                    BUYER: 0,
                    POOL_MANAGER: 10_000 - 101 + FEE_1,
                    MANAGER: 0,
                    SELLER: PAID_SELLER,
                },
            ),
        },
        baseline_block=9,
        baseline_reserves={NATIVE: 5_000, COIN: 10_000},
        native_receipts=(
            NativeReceipt(recipient=BUYER, block=12, grew_by=PAID_BUYER - 30, spent=30),
        ),
    )


def test_examine__a_settled_batch__is_conserved() -> None:
    report = examine(settled_history())
    assert report.problems == ()
    assert report.conserved
    assert (report.double_settled, report.batches, len(report.orders)) == (0, 1, 2)


Spoil = Callable[[History], History]


def currency(name: str, change: int, which: Address = COIN) -> Spoil:
    def spoil(history: History) -> History:
        state = history.currencies[which]
        changed = replace(state, **{name: getattr(state, name) + change})
        return replace(history, currencies={**history.currencies, which: changed})

    return spoil


def arguments(name: str, emitter: Address, change: Callable[[Event], bool], **new: Any) -> Spoil:
    def spoil(history: History) -> History:
        events = tuple(
            replace(one, args={**one.args, **new})
            if one.name == name and one.emitter == emitter and change(one)
            else one
            for one in history.events
        )
        return replace(history, events=events)

    return spoil


def extra(added: Event) -> Spoil:
    return lambda history: replace(history, events=(*history.events, added))


def without(name: str) -> Spoil:
    return lambda history: replace(
        history, events=tuple(one for one in history.events if one.name != name)
    )


def states(**_: int) -> Spoil:
    return lambda history: replace(history, states={SELL_ID: 1, BUY_ID: 2})


OF_SELLER = SELL_ID


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (currency("claims", -1), "claims against open escrow"),
        (currency("claims", +1, NATIVE), "claims against open escrow"),
        (currency("fees_accrued", -1), "accrued fees"),
        (currency("total_credits", +1), "credits"),
        (currency("manager_balance", +1), "manager's balance"),
        (currency("pool_manager_balance", -1), "PoolManager's balance"),
        (currency("pool_manager_balance", -1, NATIVE), "PoolManager's balance"),
        (currency("supply", +1), "supply is"),
        (states(), "the contract's state is 1"),
        (
            arguments(
                "OrderSettled", MANAGER, lambda e: e.args["orderId"] == OF_SELLER, payout=498
            ),
            "paid 498, its limit is 499",
        ),
        (
            extra(event("OrderSettled", MANAGER, 12, TX_SETTLE, 20, orderId=SELL_ID, payout=500)),
            "settled 2 times",
        ),
        (
            extra(
                event("OrderRefunded", MANAGER, 12, TX_SETTLE, 20, orderId=SELL_ID, amount=1_000)
            ),
            "before its deadline",
        ),
        (
            extra(event("OrderSettled", MANAGER, 12, TX_SETTLE, 20, orderId=b"?" * 32, payout=1)),
            "never placed",
        ),
        (
            extra(
                event("CancelRequested", MANAGER, 10, TX_PLACE, 20, orderId=SELL_ID, cancelAt=1_010)
            ),
            "cancelled from 1010",
        ),
        (without("PayoutSent"), "delivered 0"),
        (
            lambda history: replace(
                history,
                events=tuple(
                    one
                    for one in history.events
                    if not (one.emitter == COIN and one.args["to"] == SELLER)
                ),
            ),
            "announced 500",
        ),
        (
            lambda history: replace(
                history,
                native_receipts=(
                    NativeReceipt(recipient=BUYER, block=12, grew_by=PAID_BUYER - 31, spent=30),
                ),
            ),
            "announced 799 wei",
        ),
        (
            extra(event("ModifyLiquidity", POOL_MANAGER, 15, TX_SETTLE, 0, poolId=POOL.pool_id)),
            "liquidity was changed",
        ),
        (
            lambda history: replace(history, times={**history.times, 12: 1_051}),
            "its deadline was 1050",
        ),
    ],
)
def test_examine__one_thing_is_wrong__it_is_found(spoil: Spoil, found: str) -> None:
    report = examine(spoil(settled_history()))
    assert not report.conserved
    assert any(found in problem for problem in report.problems), report.problems


def test_examine__paid_twice__is_counted() -> None:
    again = event("OrderSettled", MANAGER, 12, TX_SETTLE, 20, orderId=SELL_ID, payout=500)
    assert examine(extra(again)(settled_history())).double_settled == 1


def test_examine__no_orders__is_conserved() -> None:
    history = settled_history()
    empty = CurrencyState(
        claims=0,
        fees_accrued=0,
        total_credits=0,
        manager_balance=0,
        pool_manager_balance=5,
        supply=None,
        holdings={},
    )
    blank = replace(
        history,
        events=(),
        states={},
        currencies={NATIVE: empty, COIN: empty},
        baseline_reserves={NATIVE: 5, COIN: 5},
        native_receipts=(),
    )
    assert examine(blank).problems == ()


def test_event_table__new_task_created__decodes_to_its_order() -> None:
    topic = keccak(text=f"NewTaskCreated(uint32,bytes32,{ORDER_ABI})")
    log = {
        "address": "0x" + MANAGER.hex(),
        "blockNumber": "0x5",
        "transactionHash": "0x" + TX_PLACE.hex(),
        "logIndex": "0x1",
        "topics": ["0x" + topic.hex(), "0x" + (7).to_bytes(32, "big").hex(), "0x" + SELL_ID.hex()],
        "data": "0x" + encode([ORDER_ABI], [SELL.as_abi()]).hex(),
    }
    found = EventTable(MANAGER_EVENTS).decode(log)
    assert found is not None
    assert order_of(found) == SELL
    assert (found.block, found.log_index, found.args["taskIndex"]) == (5, 1, 7)


def test_event_table__an_unknown_topic__is_none() -> None:
    log = {"topics": ["0x" + "ff" * 32], "data": "0x"}
    assert EventTable(MANAGER_EVENTS).decode(log) is None
