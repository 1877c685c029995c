"""Accounts of the prover network: nonces, and balances with what is reserved for open requests."""

from collections.abc import Mapping
from dataclasses import dataclass

import grpc

from zk_devnet.prover_network.errors import CallRefused


@dataclass(slots=True, kw_only=True)
class Account:
    """One account. Amounts in PROVE wei; `reserved` is part of `balance`."""

    balance: int
    reserved: int = 0
    nonce: int = 0


class Ledger:
    """All accounts; one that nobody has named starts with the default balance."""

    def __init__(self, *, balances: Mapping[bytes, int], default_balance: int) -> None:
        self._default = default_balance
        self._accounts = {address: Account(balance=value) for address, value in balances.items()}

    def account(self, address: bytes) -> Account:
        """The account of an address, opened on first sight."""
        return self._accounts.setdefault(address, Account(balance=self._default))

    def forget_nonces(self) -> None:
        """Every account's next nonce is 0, as where they are counted in memory."""
        for account in self._accounts.values():
            account.nonce = 0

    def use_nonce(self, address: bytes, nonce: int) -> None:
        """Consume the account's nonce; CallRefused (Unavailable, as the network does) for any other."""
        account = self.account(address)
        if nonce != account.nonce:
            raise CallRefused(
                grpc.StatusCode.UNAVAILABLE,
                "failed nonce verification: invalid nonce for sender "
                f"0x{address.hex()} expected {account.nonce}, got {nonce}",
            )
        account.nonce += 1

    def require(self, address: bytes, amount: int) -> None:
        """CallRefused (FailedPrecondition) unless the account can still reserve `amount`."""
        account = self.account(address)
        if account.balance - account.reserved < amount:
            raise CallRefused(
                grpc.StatusCode.FAILED_PRECONDITION,
                f"insufficient balance: {account.balance - account.reserved} available, {amount} needed",
            )

    def reserve(self, address: bytes, amount: int) -> None:
        """Set `amount` aside for a request."""
        self.require(address, amount)
        self.account(address).reserved += amount

    def settle(self, address: bytes, *, reserved: int, cost: int) -> None:
        """Charge `cost` of what was reserved, and free the rest."""
        account = self.account(address)
        account.reserved -= reserved
        account.balance -= cost

    def set_balance(self, address: bytes, amount: int) -> None:
        """Give the account exactly this balance."""
        self.account(address).balance = amount

    def as_dict(self) -> dict[str, dict[str, str | int]]:
        """The accounts, for the status page."""
        return {
            "0x" + address.hex(): {
                "balance": str(account.balance),
                "reserved": str(account.reserved),
                "nonce": account.nonce,
            }
            for address, account in self._accounts.items()
        }
