"""Calldata and signatures of traders and relayers, encoded here and nowhere else on the devnet.

Formats: avs-contracts/README.md, "Placing orders".
"""

from collections.abc import Sequence

from eth_abi.abi import encode
from eth_account import Account

from zk_devnet.evm.codec import POOL_KEY_ABI, encode_call
from zk_devnet.evm.deployment import Deployment, Pool
from zk_operator.domain.ids import OrderId
from zk_operator.domain.order import ORDER_ABI, Order

ORDER_MAGIC = bytes.fromhex("eb422606")


def hook_data(order: Order) -> bytes:
    """What makes a swap an order: 132 bytes."""
    terms = ["address", "uint128", "uint40", "uint256"]
    return ORDER_MAGIC + encode(terms, [order.owner, order.min_out, order.deadline, order.salt])


def swap_call(deployment: Deployment, pool: Pool, order: Order) -> bytes:
    """The swap that places the order, through the devnet's router."""
    key = (pool.currency0, pool.currency1, pool.fee, pool.tick_spacing, deployment.hook)
    return encode_call(
        f"swap({POOL_KEY_ABI},bool,int256,bytes)",
        key,
        order.zero_for_one,
        -order.amount_in,
        hook_data(order),
    )


def post_call(orders: Sequence[Order], signatures: Sequence[bytes]) -> bytes:
    """`postOrders` with these signed orders."""
    terms = [order.as_abi() for order in orders]
    return encode_call(f"postOrders({ORDER_ABI}[],bytes[])", terms, list(signatures))


def cancel_call(order: Order) -> bytes:
    """`requestCancel` of the order."""
    return encode_call(f"requestCancel({ORDER_ABI})", order.as_abi())


def sign(order_id: OrderId, private_key: bytes) -> bytes:
    """The 65-byte signature over an order's id, v as 27 or 28."""
    return bytes(Account.unsafe_sign_hash(order_id, private_key).signature)
