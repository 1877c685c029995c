"""Addresses of zkVerify accounts as people write them."""

from typing import Final

from scalecodec.utils.ss58 import ss58_decode, ss58_encode

from zk_acts.domain.ids import AccountId, Hash32

VOLTA_PREFIX: Final = 251  # and the devnet's
MAINNET_PREFIX: Final = 8741
MAINNET_GENESIS: Final = Hash32(
    bytes.fromhex("060e3dd3fa2904d031206bb913c954687a2bcc350e5a83d33d9e273ad21460f1")
)
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


def address_of(account: AccountId, prefix: int) -> str:
    """The account as a chain with that prefix writes it."""
    return str(ss58_encode(account, ss58_format=prefix))


def prefix_of(genesis_hash: Hash32) -> int:
    """With which a chain's addresses begin, where it cannot be asked (yet): by what is known of the public networks."""
    return MAINNET_PREFIX if genesis_hash == MAINNET_GENESIS else VOLTA_PREFIX
