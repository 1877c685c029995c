"""What traders look at before they place an order: pool prices, least sizes, the chain's clock."""

from dataclasses import dataclass

from zk_devnet.evm.codec import encode_call
from zk_devnet.evm.deployment import Deployment
from zk_devnet.evm.rpc import Call, EvmRpc
from zk_devnet.traffic.plan import Item, PoolSide
from zk_operator.domain.ids import Address
from zk_operator.domain.order import Order

NATIVE = bytes(20)
_BPS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """The pools at one moment, in the deployment's order. Prices: currency1 per currency0 times 2^128."""

    timestamp: int
    prices: tuple[int, ...]
    least_sizes: tuple[tuple[int, int], ...]  # selling currency0, selling currency1

    def worth(self, side: PoolSide, amount_in: int) -> int:
        """What the input is worth at the pool's price, before fees."""
        price = self.prices[side.pool]
        return amount_in * price >> 128 if side.zero_for_one else (amount_in << 128) // price


def pool_sides(deployment: Deployment) -> tuple[PoolSide, ...]:
    """Both directions of every pool."""
    return tuple(
        PoolSide(
            pool=number,
            zero_for_one=zero_for_one,
            native_in=(pool.currency0 if zero_for_one else pool.currency1) == NATIVE,
            native_out=(pool.currency1 if zero_for_one else pool.currency0) == NATIVE,
        )
        for number, pool in enumerate(deployment.pools)
        for zero_for_one in (True, False)
    )


async def read_market(rpc: EvmRpc, deployment: Deployment) -> Market:
    """The market now, in one request. Raises EvmCallFailed."""
    calls: list[Call] = [("eth_getBlockByNumber", ["latest", False])]
    for pool in deployment.pools:
        price = encode_call("poolPriceX128(bytes32)", pool.pool_id)
        calls.append(_read(deployment.hook, price))
        settings = encode_call("poolSettings(bytes32)", pool.pool_id)
        calls.append(_read(deployment.manager, settings))
    block, *answers = await rpc.batch(calls)
    return Market(
        timestamp=int(block["timestamp"], 16),
        prices=tuple(int(price, 16) for price in answers[0::2]),
        least_sizes=tuple(_least_sizes(settings) for settings in answers[1::2]),
    )


def _least_sizes(settings: str) -> tuple[int, int]:
    """The first two words of `PoolSettings`."""
    raw = bytes.fromhex(settings[2:])
    return int.from_bytes(raw[:32]), int.from_bytes(raw[32:64])


def terms_of(item: Item, owner: Address, deployment: Deployment, market: Market) -> Order:
    """The order that the item becomes in this market."""
    least = market.least_sizes[item.side.pool][0 if item.side.zero_for_one else 1]
    amount_in = least * item.multiple + item.extra
    return Order(
        owner=owner,
        pool_id=deployment.pools[item.side.pool].pool_id,
        zero_for_one=item.side.zero_for_one,
        amount_in=amount_in,
        min_out=market.worth(item.side, amount_in) * (_BPS - item.limit_bps) // _BPS,
        deadline=market.timestamp + item.lifetime_s,
        salt=item.salt,
    )


def _read(to: Address, data: bytes) -> Call:
    return ("eth_call", [{"to": "0x" + to.hex(), "data": "0x" + data.hex()}, "latest"])
