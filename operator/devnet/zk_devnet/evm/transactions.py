"""Sends transactions from anvil's unlocked accounts: many at once, with nonces counted here."""

from dataclasses import dataclass
from typing import Any

import anyio

from zk_devnet.errors import DeploymentFailed
from zk_devnet.evm.codec import create_address
from zk_devnet.evm.rpc import EvmRpc

CREATE_GAS = 8_000_000
CALL_GAS = 1_500_000
_RECEIPT_TIMEOUT_S = 30.0
_POLL_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One transaction to send; `to` None creates a contract. `value` in wei; `label` for errors."""

    label: str
    sender: bytes
    nonce: int
    to: bytes | None
    data: bytes
    value: int = 0
    gas: int = CALL_GAS

    def as_params(self) -> dict[str, str]:
        """The parameters of eth_sendTransaction."""
        params = {
            "from": "0x" + self.sender.hex(),
            "nonce": hex(self.nonce),
            "data": "0x" + self.data.hex(),
            "value": hex(self.value),
            "gas": hex(self.gas),
        }
        return params if self.to is None else params | {"to": "0x" + self.to.hex()}


class TransactionPlan:
    """Transactions in the order in which they must run, and the addresses that they will create."""

    def __init__(self, nonces: dict[bytes, int]) -> None:
        self._nonces = dict(nonces)
        self.transactions: list[Transaction] = []

    def create(self, sender: bytes, label: str, init_code: bytes) -> bytes:
        """Plan a contract creation; the address that it will have."""
        nonce = self._next_nonce(sender)
        self.transactions.append(
            Transaction(
                label=label, sender=sender, nonce=nonce, to=None, data=init_code, gas=CREATE_GAS
            )
        )
        return create_address(sender, nonce)

    def call(
        self,
        sender: bytes,
        label: str,
        to: bytes,
        data: bytes,
        *,
        value: int = 0,
        gas: int = CALL_GAS,
    ) -> None:
        """Plan a call."""
        self.transactions.append(
            Transaction(
                label=label,
                sender=sender,
                nonce=self._next_nonce(sender),
                to=to,
                data=data,
                value=value,
                gas=gas,
            )
        )

    def _next_nonce(self, sender: bytes) -> int:
        nonce = self._nonces[sender]
        self._nonces[sender] = nonce + 1
        return nonce


async def nonces_of(rpc: EvmRpc, senders: list[bytes]) -> dict[bytes, int]:
    """The next nonce of each sender, pending transactions included."""
    counts = await rpc.batch(
        [("eth_getTransactionCount", ["0x" + sender.hex(), "pending"]) for sender in senders]
    )
    return {sender: int(count, 16) for sender, count in zip(senders, counts, strict=True)}


async def send_all(rpc: EvmRpc, transactions: list[Transaction]) -> list[dict[str, Any]]:
    """Send, mine and await them all; their receipts in order.

    Raises EvmCallFailed if one is refused, DeploymentFailed if one reverts or is not mined in time.
    """
    hashes = await rpc.batch([("eth_sendTransaction", [tx.as_params()]) for tx in transactions])
    await rpc.call("evm_mine")
    receipts = await _receipts(rpc, hashes)
    for transaction, receipt in zip(transactions, receipts, strict=True):
        if int(receipt["status"], 16) != 1:
            raise DeploymentFailed(step=transaction.label, tx_hash=receipt["transactionHash"])
    return receipts


async def _receipts(rpc: EvmRpc, hashes: list[str]) -> list[dict[str, Any]]:
    with anyio.move_on_after(_RECEIPT_TIMEOUT_S):
        while True:
            found = await rpc.batch([("eth_getTransactionReceipt", [one]) for one in hashes])
            if all(found):
                return found
            await anyio.sleep(_POLL_S)
    raise DeploymentFailed("transactions were not mined in time", timeout_s=_RECEIPT_TIMEOUT_S)
