"""ABI calls, contract addresses and pool identities, as the devnet computes them."""

from math import isqrt
from typing import Any

from eth_abi.abi import encode
from eth_abi.grammar import parse
from eth_utils.crypto import keccak

from zk_devnet.toolchain import Artifact

CREATE2_FACTORY = bytes.fromhex("4e59b44847b379578588920ca78fbf26c0b4956c")
HOOK_FLAGS_MASK, HOOK_FLAGS = 0x3FFF, 0x2088
POOL_KEY_ABI = "(address,address,uint24,int24,address)"
PoolKeyAbi = tuple[bytes, bytes, int, int, bytes]


def encode_call(signature: str, *arguments: Any) -> bytes:
    """Calldata of a function given as `name(types)`."""
    inputs = signature[signature.index("(") :]
    types = [] if inputs == "()" else [part.to_type_str() for part in parse(inputs).components]
    return keccak(text=signature)[:4] + encode(types, arguments)


def creation_code(artifact: Artifact, *arguments: Any) -> bytes:
    """Init code: the artifact's bytecode and its constructor's arguments."""
    return artifact.bytecode + encode(artifact.constructor_types(), arguments)


def create_address(sender: bytes, nonce: int) -> bytes:
    """Where a contract goes that `sender` creates with this nonce."""
    payload = b"\x94" + sender + _rlp_number(nonce)
    return keccak(bytes([0xC0 + len(payload)]) + payload)[12:]


def mine_hook_salt(init_code: bytes) -> tuple[bytes, bytes]:
    """The first salt, counting from 0, whose CREATE2 address carries the hook's flags; salt and address.

    About 16,000 tries on average.
    """
    prefix, code_hash = b"\xff" + CREATE2_FACTORY, keccak(init_code)
    number = 0
    while True:
        salt = number.to_bytes(32, "big")
        digest = keccak(prefix + salt + code_hash)
        if int.from_bytes(digest[-2:], "big") & HOOK_FLAGS_MASK == HOOK_FLAGS:
            return salt, digest[12:]
        number += 1


def pool_id(key: PoolKeyAbi) -> bytes:
    """Uniswap v4's id of a pool key."""
    return keccak(encode([POOL_KEY_ABI], [key]))


def sqrt_price_x96(amount1: int, amount0: int) -> int:
    """The pool price at which `amount0` is worth `amount1`: floor(sqrt(amount1 / amount0) * 2^96)."""
    return isqrt((amount1 << 192) // amount0)


def full_range_liquidity(amount1: int, amount0: int) -> int:
    """Liquidity that these amounts make over the full range, at their own price; rounded down."""
    return isqrt(amount0 * amount1)


def _rlp_number(value: int) -> bytes:
    raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return raw if len(raw) == 1 and raw[0] < 0x80 else bytes([0x80 + len(raw)]) + raw
