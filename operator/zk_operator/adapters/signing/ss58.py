"""Addresses of zkVerify accounts as people write them."""

from scalecodec.utils.ss58 import ss58_decode

from zk_operator.domain.ids import AccountId

_MOST_CHARACTERS = 64  # an address has 47 to 50; decoding takes the square of it
_ACCOUNT_BYTES = 32


def account_of_address(address: str) -> AccountId:
    """The account of an ss58 address with any prefix. Error: ValueError."""
    if len(address) > _MOST_CHARACTERS:
        raise ValueError("longer than an address")
    try:
        account = bytes.fromhex(ss58_decode(address))
    except IndexError:
        raise ValueError("shorter than an address") from None
    if len(account) != _ACCOUNT_BYTES:
        raise ValueError(f"an account has {_ACCOUNT_BYTES} bytes, got {len(account)}")
    return AccountId(account)
