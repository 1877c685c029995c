"""EVM addresses as people write them: the checksum in the case of the letters (EIP-55)."""

from zk_acts.domain.hashing import keccak
from zk_acts.domain.ids import parse_hex
from zk_operator.domain.ids import Address

ADDRESS_BYTES = 20


def parse_address(text: str) -> Address:
    """The address of a hex text with or without 0x.

    ValueError for anything else, and for mixed case that is not the checksum's: a digit was changed on the way. All
    lower and all upper case carry no checksum and pass.
    """
    raw = parse_hex(text, ADDRESS_BYTES)
    digits = text.removeprefix("0x")
    right = checksummed(raw)
    if digits not in {digits.lower(), digits.upper()} and digits != right[2:]:
        raise ValueError(
            f"wrong checksum: is there a typing error in it? With these digits it is {right}"
        )
    return Address(raw)


def checksummed(address: bytes) -> str:
    """The address with 0x, each letter in upper case where the hash of the digits has its highest bit set."""
    digits = address.hex()
    marks = keccak(digits.encode()).hex()
    cased = (
        digit.upper() if int(mark, 16) > 7 else digit
        for digit, mark in zip(digits, marks, strict=False)
    )
    return "0x" + "".join(cased)
