"""Types for identity: what a value names, checked by the type system and not by convention."""

from typing import NewType

Address = NewType("Address", bytes)  # 20 bytes, EVM
AccountId = NewType("AccountId", bytes)  # 32 bytes, zkVerify (sr25519 public key)
OrderId = NewType("OrderId", bytes)  # 32 bytes, EIP-712 hash of the order
PoolId = NewType("PoolId", bytes)  # 32 bytes, keccak256 of the Uniswap v4 pool key
Hash32 = NewType("Hash32", bytes)  # 32 bytes, any other hash
Statement = NewType("Statement", bytes)  # 32 bytes, zkVerify statement (Merkle leaf value)
BatchId = NewType("BatchId", str)  # our own, sortable
IntentId = NewType("IntentId", str)  # our own, unique per paid act


def hex0x(value: bytes) -> str:
    """The value as 0x-prefixed lower-case hex, as logs and JSON show it."""
    return "0x" + value.hex()


def parse_hex(text: str, size: int) -> bytes:
    """Bytes of a hex text with or without 0x; ValueError unless it is exactly `size` bytes."""
    raw = bytes.fromhex(text.removeprefix("0x"))
    if len(raw) != size:
        raise ValueError(f"expected {size} bytes, got {len(raw)}")
    return raw
