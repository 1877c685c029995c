"""Types for identity: what a value names, checked by the type system and not by convention."""

from typing import NewType

AccountId = NewType("AccountId", bytes)  # 32 bytes, zkVerify (sr25519 public key)
Hash32 = NewType("Hash32", bytes)  # 32 bytes, any other hash
Statement = NewType("Statement", bytes)  # 32 bytes, zkVerify statement (Merkle leaf value)
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
