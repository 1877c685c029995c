"""Event logs, decoded by the auditor's own tables.

Formats: the interfaces under avs-contracts/src, Uniswap v4's IPoolManager and ERC6909, ERC-20.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode
from eth_utils.crypto import keccak

from zk_acts.domain.ids import Hash32
from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.order import ORDER_ABI, Order

MANAGER_EVENTS = (
    f"NewTaskCreated(uint32 indexed taskIndex, bytes32 indexed orderId, {ORDER_ABI} order)",
    "OrderRejected(bytes32 indexed orderId, uint8 code)",
    "CancelRequested(bytes32 indexed orderId, uint40 cancelAt)",
    "OrderRefunded(bytes32 indexed orderId, uint256 amount)",
    "OrderSettled(bytes32 indexed orderId, uint256 payout)",
    "SectionSettled(bytes32 indexed batch, bytes32 indexed poolId, uint256 swapIn, uint256 swapOut, uint256 ledger0, uint256 ledger1)",
    "SectionSkipped(bytes32 indexed key, bytes32 indexed poolId, bytes reason)",
    "BatchSettled(bytes32 indexed batch, bytes32 ordersRoot, uint256 sections, uint256 orders)",
    "PayoutSent(address indexed recipient, address indexed currency, uint256 amount)",
    "CreditAdded(address indexed owner, address indexed currency, uint256 amount)",
    "CreditWithdrawn(address indexed owner, address indexed currency, address to, uint256 amount)",
    "ClaimsSent(address indexed owner, address indexed currency, address to, uint256 amount)",
    "FeeAccrued(address indexed currency, uint256 amount)",
    "FeesCollected(address indexed currency, address indexed to, uint256 amount)",
)
POOL_MANAGER_EVENTS = (
    "Swap(bytes32 indexed poolId, address indexed sender, int128 amount0, int128 amount1, uint160 sqrtPriceX96, uint128 liquidity, int24 tick, uint24 fee)",
    "Transfer(address caller, address indexed from, address indexed to, uint256 indexed id, uint256 amount)",
    "ModifyLiquidity(bytes32 indexed poolId, address indexed sender, int24 tickLower, int24 tickUpper, int256 liquidityDelta, bytes32 salt)",
)
TOKEN_EVENTS = ("Transfer(address indexed from, address indexed to, uint256 value)",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A decoded log; `args` by the event's own argument names, addresses and hashes as bytes."""

    name: str
    emitter: Address
    block: int
    tx_hash: Hash32
    log_index: int
    args: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    name: str
    indexed: tuple[tuple[str, str], ...]  # type, name
    data: tuple[tuple[str, str], ...]


class EventTable:
    """Decodes the logs of one kind of contract."""

    def __init__(self, declarations: Iterable[str]) -> None:
        self._shapes = dict(_parse(one) for one in declarations)

    def decode(self, log: dict[str, Any]) -> Event | None:
        """The event, or None for one that the table does not know."""
        topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
        shape = self._shapes.get(topics[0]) if topics else None
        if shape is None:
            return None
        indexed = (
            decode([kind], topic)[0]
            for (kind, _), topic in zip(shape.indexed, topics[1:], strict=True)
        )
        data = decode([kind for kind, _ in shape.data], bytes.fromhex(log["data"][2:]))
        names = [name for _, name in (*shape.indexed, *shape.data)]
        kinds = [kind for kind, _ in (*shape.indexed, *shape.data)]
        values = (_plain(kind, value) for kind, value in zip(kinds, (*indexed, *data), strict=True))
        return Event(
            name=shape.name,
            emitter=Address(bytes.fromhex(log["address"][2:])),
            block=int(log["blockNumber"], 16),
            tx_hash=Hash32(bytes.fromhex(log["transactionHash"][2:])),
            log_index=int(log["logIndex"], 16),
            args=dict(zip(names, values, strict=True)),
        )


def order_of(event: Event) -> Order:
    """The order of a NewTaskCreated event."""
    owner, pool_id, zero_for_one, amount_in, min_out, deadline, salt = event.args["order"]
    return Order(
        owner=Address(_address(owner)),
        pool_id=PoolId(pool_id),
        zero_for_one=zero_for_one,
        amount_in=amount_in,
        min_out=min_out,
        deadline=deadline,
        salt=salt,
    )


def id_of(event: Event) -> OrderId:
    """The `orderId` argument."""
    return OrderId(event.args["orderId"])


def _parse(declaration: str) -> tuple[bytes, _Shape]:
    name, _, rest = declaration.partition("(")
    words = [part.split(" ") for part in rest.removesuffix(")").split(", ")]
    shape = _Shape(
        name=name,
        indexed=tuple((word[0], word[-1]) for word in words if "indexed" in word),
        data=tuple((word[0], word[-1]) for word in words if "indexed" not in word),
    )
    return keccak(text=f"{name}({','.join(word[0] for word in words)})"), shape


def _plain(kind: str, value: Any) -> Any:
    return _address(value) if kind == "address" else value


def _address(text: str) -> bytes:
    return bytes.fromhex(text[2:])
