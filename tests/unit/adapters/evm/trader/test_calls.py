"""Calldata of a trader's calls, compared with encodings made by hand."""

from dataclasses import replace

from eth_abi.abi import decode
from eth_utils.crypto import keccak
from tests.unit.adapters.evm.trader.conftest import MANAGER, OWNER, POOL, ROUTER, order_of

from zk_operator.domain.order import ORDER_ABI
from zk_trader.calls import TraderCalls, hook_data, order_delta
from zk_trader.terms import NATIVE

CALLS = TraderCalls(manager=MANAGER)


def word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def test_hook_data__of_an_order__is_magic_and_four_words() -> None:
    order = order_of(min_out=5, deadline=6, salt=2**256 - 1)
    owner = int.from_bytes(OWNER, "big")
    expected = bytes.fromhex("eb422606") + word(owner) + word(5) + word(6) + b"\xff" * 32
    assert hook_data(order) == expected
    assert len(expected) == 132


def test_order_delta__by_side__is_input_paid_and_nothing_got() -> None:
    negative = (-1000).to_bytes(16, "big", signed=True)
    assert order_delta(order_of()) == negative + bytes(16)
    assert order_delta(order_of(zero_for_one=False)) == bytes(16) + negative


def test_post__one_order__is_post_orders() -> None:
    order, signature = order_of(), b"\x05" * 65
    call = CALLS.post(order, signature)
    assert (call.to, call.value) == (MANAGER, 0)
    assert call.data[:4] == keccak(text=f"postOrders({ORDER_ABI}[],bytes[])")[:4]
    orders, signatures = decode([f"{ORDER_ABI}[]", "bytes[]"], call.data[4:])
    assert signatures == (signature,)
    assert orders[0][1:] == order.as_abi()[1:]
    assert orders[0][0] == "0x" + OWNER.hex()


def test_cancel_and_refund__one_order__are_the_managers() -> None:
    assert CALLS.cancel(order_of()).data[:4] == keccak(text=f"requestCancel({ORDER_ABI})")[:4]
    assert CALLS.refund(order_of()).data[:4] == keccak(text=f"refund({ORDER_ABI}[])")[:4]


def test_approve__a_spender__is_erc20() -> None:
    call = CALLS.approve(POOL.currency0, ROUTER, 9)
    spender = bytes(12) + ROUTER
    assert call.data == keccak(text="approve(address,uint256)")[:4] + spender + word(9)
    assert call.to == POOL.currency0


def test_swap__of_an_order__is_exact_input_with_hook_data() -> None:
    order = order_of()
    call = CALLS.swap(ROUTER, POOL, order)
    types = ["(address,address,uint24,int24,address)", "bool", "int256", "bytes"]
    assert call.data[:4] == keccak(text=f"swap({','.join(types)})")[:4]
    key, zero_for_one, amount, data = decode(types, call.data[4:])
    assert (zero_for_one, amount, data) == (True, -1000, hook_data(order))
    assert key[2:4] == (3000, 60)
    assert (call.to, call.value) == (ROUTER, 0)


def test_swap__of_native_currency__carries_the_amount() -> None:
    pool = replace(POOL, currency0=NATIVE)
    assert CALLS.swap(ROUTER, pool, order_of()).value == 1000
    assert CALLS.swap(ROUTER, pool, order_of(zero_for_one=False)).value == 0
