"""An account's nonce and what it can spend."""

import hashlib
from dataclasses import dataclass

from zk_acts.domain.ids import AccountId, Hash32
from zkverify_client.adapters.chain import Chain
from zkverify_client.adapters.scale import Reader

_PREFIX = "0x26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """System.Account. Amounts in planck; holds are in `reserved`."""

    nonce: int = 0
    free: int = 0
    reserved: int = 0
    frozen: int = 0

    def spendable(self, existential_deposit: int) -> int:
        """What fees and holds can take without ending the account."""
        locked = max(self.frozen - self.reserved, existential_deposit)
        return max(self.free - locked, 0)


def account_key(account: AccountId) -> str:
    """Storage key of System.Account: blake2_128 concatenated with the account."""
    return _PREFIX + (hashlib.blake2b(account, digest_size=16).digest() + account).hex()


def decode_account(raw: bytes | None) -> AccountState:
    """frame_system's AccountInfo with pallet-balances' data; an absent account has nothing."""
    if raw is None:
        return AccountState()
    reader = Reader(raw)
    nonce = reader.uint(4)
    reader.take(12)  # consumers, providers, sufficients
    free, reserved, frozen = (reader.uint(16) for _ in range(3))
    reader.take(16)  # flags
    reader.finish()
    return AccountState(nonce=nonce, free=free, reserved=reserved, frozen=frozen)


async def read_account(chain: Chain, account: AccountId, at: Hash32 | None = None) -> AccountState:
    """The account at a block (default: the best)."""
    return decode_account(await chain.storage(account_key(account), at))
