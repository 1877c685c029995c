"""The calls that traders send, encoded with eth-abi. Pure.

Sources: the contracts' specification, section 2 (hook data); ERC-20; the router is any contract with
`swap(PoolKey key, bool zeroForOne, int256 amountSpecified, bytes hookData) returns (BalanceDelta)`.
"""

from typing import Final

from eth_abi.abi import encode

from zk_acts.domain.hashing import keccak
from zk_operator.adapters.evm.abi import contract_abi
from zk_operator.domain.ids import Address
from zk_operator.domain.order import Order
from zk_operator.ports.chain import Call
from zk_trader.terms import NATIVE, TradedPool

ORDER_MAGIC: Final = keccak(b"DarkCoW.order.v1")[:4]
SWAP_TYPES: Final = ("(address,address,uint24,int24,address)", "bool", "int256", "bytes")
SWAP_SELECTOR: Final = keccak(f"swap({','.join(SWAP_TYPES)})".encode())[:4]
_HALF: Final = 1 << 128


def hook_data(order: Order) -> bytes:
    """What makes a swap an order: the magic, then owner, minOut, deadline and salt; 132 bytes."""
    terms = (order.owner, order.min_out, order.deadline, order.salt)
    return ORDER_MAGIC + encode(["address", "uint128", "uint40", "uint256"], terms)


def order_delta(order: Order) -> bytes:
    """What a router's swap returns if the swap became the order: all input paid, no output.

    Uniswap's BalanceDelta: amount0 in the upper, amount1 in the lower 128 bits, each in two's complement.
    """
    paid = _HALF - order.amount_in
    return (paid * _HALF if order.zero_for_one else paid).to_bytes(32, "big")


class TraderCalls:
    """Calls to one manager, to tokens and to routers."""

    def __init__(self, *, manager: Address) -> None:
        self._manager = manager

    def post(self, order: Order, signature: bytes) -> Call:
        """postOrders with one order."""
        return self._to_manager("postOrders", [[order.as_abi()], [signature]])

    def cancel(self, order: Order) -> Call:
        """requestCancel; only the owner's counts."""
        return self._to_manager("requestCancel", [order.as_abi()])

    def refund(self, order: Order) -> Call:
        """refund of one order, by anyone."""
        return self._to_manager("refund", [[order.as_abi()]])

    def approve(self, token: Address, spender: Address, amount: int) -> Call:
        """ERC-20 approve."""
        entry = contract_abi("ERC20").functions["approve"]
        return Call(to=token, data=entry.encode_call([spender, amount]))

    def swap(self, router: Address, pool: TradedPool, order: Order) -> Call:
        """An exact-input swap that the hook turns into the order; native input goes along as value."""
        arguments = (pool.key, order.zero_for_one, -order.amount_in, hook_data(order))
        native = pool.sold(zero_for_one=order.zero_for_one) == NATIVE
        return Call(
            to=router,
            data=SWAP_SELECTOR + encode(SWAP_TYPES, arguments),
            value=order.amount_in if native else 0,
        )

    def _to_manager(self, function: str, arguments: list[object]) -> Call:
        entry = contract_abi("OrderServiceManager").functions[function]
        return Call(to=self._manager, data=entry.encode_call(arguments))
