"""The devnet's accounts: anvil's published mnemonic, by role."""

from dataclasses import dataclass
from functools import cache

from eth_account import Account

from zk_devnet.evm.anvil import MNEMONIC
from zk_operator.domain.ids import Address

DEPLOYER = 0  # owns the contracts and the pools' liquidity
OPERATOR = 1  # the daemon's: signs certificates, posts batches
RELAYER = 2  # posts zkVerify's roots
ORDER_RELAYER = 3  # posts signed orders
FIRST_TRADER = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class DevAccount:
    """An account whose key everybody knows."""

    index: int
    address: Address
    private_key: bytes


@cache
def dev_account(index: int) -> DevAccount:
    """The account at this index of anvil's mnemonic; some milliseconds, then cached."""
    Account.enable_unaudited_hdwallet_features()
    made = Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
    return DevAccount(
        index=index, address=Address(bytes.fromhex(made.address[2:])), private_key=bytes(made.key)
    )
