"""Orders: the terms a trader signs, and the identity that follows from them.

Format: the contracts' specification, section 2. The id is the EIP-712 hash, so the terms need no storage on chain.
"""

from dataclasses import dataclass
from functools import lru_cache

from zk_acts.domain.hashing import keccak
from zk_acts.domain.ids import Hash32
from zk_operator.domain.ids import Address, OrderId, PoolId

ORDER_TYPE = (
    "Order(address owner,bytes32 poolId,bool zeroForOne,uint128 amountIn,"
    "uint128 minOut,uint40 deadline,uint256 salt)"
)
ORDER_ABI = "(address,bytes32,bool,uint128,uint128,uint40,uint256)"
ORDER_TYPEHASH = keccak(ORDER_TYPE.encode())
DOMAIN_TYPEHASH = keccak(
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)

_ADDRESS_PAD, _UINT128_PAD, _UINT40_PAD = bytes(12), bytes(16), bytes(27)
MAX_UINT40 = 2**40 - 1
MAX_UINT128 = 2**128 - 1
MAX_UINT256 = 2**256 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningDomain:
    """The EIP-712 domain of one deployment: name DarkCoW, version 1, chain id, the manager."""

    chain_id: int
    manager: Address

    @property
    def separator(self) -> Hash32:
        """The 32-byte domain separator."""
        return _separator(self.chain_id, self.manager)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The terms of one exact-input, whole-fill order. Amounts in the currencies' smallest units."""

    owner: Address
    pool_id: PoolId
    zero_for_one: bool
    amount_in: int
    min_out: int
    deadline: int  # unix seconds
    salt: int

    def as_abi(self) -> tuple[bytes, bytes, bool, int, int, int, int]:
        """The fields in ABI order, for `ORDER_ABI`."""
        return (
            self.owner,
            self.pool_id,
            self.zero_for_one,
            self.amount_in,
            self.min_out,
            self.deadline,
            self.salt,
        )


def order_struct_hash(order: Order) -> Hash32:
    """EIP-712 hashStruct of the order. OverflowError for a field that its type does not hold."""
    # Packed by hand: it is done for every order that is read, and eth-abi takes ten times as long.
    words = (
        ORDER_TYPEHASH,
        _ADDRESS_PAD,
        order.owner,
        order.pool_id,
        int(order.zero_for_one).to_bytes(32),
        _UINT128_PAD,
        order.amount_in.to_bytes(16),
        _UINT128_PAD,
        order.min_out.to_bytes(16),
        _UINT40_PAD,
        order.deadline.to_bytes(5),
        order.salt.to_bytes(32),
    )
    return Hash32(keccak(b"".join(words)))


def order_id(order: Order, domain: SigningDomain) -> OrderId:
    """The order's id: the EIP-712 digest that its owner signs."""
    return OrderId(keccak(b"\x19\x01" + domain.separator + order_struct_hash(order)))


@lru_cache(maxsize=8)
def _separator(chain_id: int, manager: Address) -> Hash32:
    """Once per deployment, not once per order."""
    names = (DOMAIN_TYPEHASH, keccak(b"DarkCoW"), keccak(b"1"))
    return Hash32(keccak(b"".join((*names, chain_id.to_bytes(32), _ADDRESS_PAD, manager))))
