"""Transactions: signed ones as the operator sends them, and plain ones of everybody else in the simulation."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from coincurve import PublicKey

from zk_acts.domain.hashing import keccak
from zk_acts.domain.ids import hex0x
from zk_devnet.simulator.evm import rlp
from zk_devnet.simulator.evm.deployment import CHAIN_ID
from zk_operator.adapters.signing.evm import address_of
from zk_operator.domain.ids import Address

if TYPE_CHECKING:
    from zk_devnet.simulator.evm.contract import Execution

Action = Callable[["Execution"], None]
_TYPE_2 = b"\x02"
_FIELDS = 12


class Unreadable(Exception):
    """Raised when bytes are no signed transaction of this chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tx:
    """One transaction. `action`: what it does, where that is not by its data."""

    hash: bytes
    sender: Address
    nonce: int
    to: Address
    data: bytes
    value: int
    gas: int
    fee_cap: int
    tip: int
    action: Action | None = field(default=None, compare=False, repr=False)
    label: str = ""

    def price_at(self, base_fee: int) -> int:
        """What it pays per gas in a block with that base fee."""
        return min(self.fee_cap, base_fee + self.tip)

    def json(self, block: Any = None, index: int = 0) -> dict[str, Any]:
        """As `eth_getTransactionByHash` shows it."""
        return {
            "hash": hex0x(self.hash),
            "from": hex0x(self.sender),
            "to": hex0x(self.to),
            "nonce": hex(self.nonce),
            "gas": hex(self.gas),
            "value": hex(self.value),
            "input": hex0x(self.data),
            "maxFeePerGas": hex(self.fee_cap),
            "maxPriorityFeePerGas": hex(self.tip),
            "gasPrice": hex(self.fee_cap),
            "type": "0x2",
            "chainId": hex(CHAIN_ID),
            "blockHash": None if block is None else hex0x(block.hash),
            "blockNumber": None if block is None else hex(block.number),
            "transactionIndex": None if block is None else hex(index),
        }


def decode_transaction(raw: bytes) -> Tx:
    """A signed type-2 transaction, its sender recovered. Raises Unreadable."""
    try:
        fields = rlp.decode_list(raw[1:])
        if raw[:1] != _TYPE_2 or len(fields) != _FIELDS:
            raise Unreadable("another kind of transaction")
        chain_id, nonce, tip, cap, gas, to, value, data, _, parity, r, s = fields
        digest = keccak(_TYPE_2 + rlp.encode([*fields[:8], []]))
        compact = r.rjust(32, b"\0") + s.rjust(32, b"\0") + bytes([int.from_bytes(parity)])
        key = PublicKey.from_signature_and_message(compact, digest, hasher=None)
    except (ValueError, IndexError) as error:
        raise Unreadable(str(error)) from error
    if int.from_bytes(chain_id) != CHAIN_ID:
        raise Unreadable("invalid chain id")
    return Tx(
        hash=keccak(raw),
        sender=address_of(key),
        nonce=int.from_bytes(nonce),
        to=Address(to),
        data=data,
        value=int.from_bytes(value),
        gas=int.from_bytes(gas),
        fee_cap=int.from_bytes(cap),
        tip=int.from_bytes(tip),
    )
