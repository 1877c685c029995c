"""Blocks and receipts, and how a node shows them. The header's hash is the keccak of its RLP, as on Ethereum."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from zk_acts.domain.hashing import keccak
from zk_acts.domain.ids import hex0x
from zk_devnet.simulator.evm import rlp
from zk_devnet.simulator.evm.codec import Log
from zk_devnet.simulator.evm.state import State
from zk_devnet.simulator.evm.transaction import Tx
from zk_devnet.simulator.evm.views import run_view
from zk_operator.domain.ids import Address

GAS_LIMIT: Final = 36_000_000
_EMPTY_UNCLES: Final = keccak(rlp.encode([]))
_BLOOM_BITS: Final = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a transaction did in its block."""

    tx: Tx
    index: int
    succeeded: bool
    gas_used: int
    price: int
    logs: tuple[Log, ...]
    first_log: int
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Block:
    """One block with everything in it and the state after it."""

    number: int
    parent_hash: bytes
    timestamp: int
    base_fee: int
    receipts: tuple[Receipt, ...]
    state: State = field(repr=False, compare=False)
    extra: bytes = b""
    _views: dict[tuple[Address, bytes], bytes | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @cached_property
    def bloom(self) -> int:
        """The filter of addresses and topics in the block's logs."""
        found = 0
        for receipt in self.receipts:
            for log in receipt.logs:
                for value in (log.address, *log.topics):
                    found |= bloom_of(value)
        return found

    @cached_property
    def hash(self) -> bytes:
        """keccak256 of the header."""
        return keccak(rlp.encode(self._header()))

    @cached_property
    def gas_used(self) -> int:
        """By all its transactions."""
        return sum(receipt.gas_used for receipt in self.receipts)

    @cached_property
    def json(self) -> dict[str, Any]:
        """As `eth_getBlockByNumber` shows it, with hashes of transactions."""
        header = self._header()
        names = [
            "parentHash",
            "sha3Uncles",
            "miner",
            "stateRoot",
            "transactionsRoot",
            "receiptsRoot",
            "logsBloom",
            "difficulty",
            "number",
            "gasLimit",
            "gasUsed",
            "timestamp",
            "extraData",
            "mixHash",
            "nonce",
            "baseFeePerGas",
            "withdrawalsRoot",
        ]
        quantities = {"difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas"}
        shown = {
            name: hex(int.from_bytes(value)) if name in quantities else hex0x(value)
            for name, value in zip(names, header, strict=True)
        }
        hashes = [hex0x(receipt.tx.hash) for receipt in self.receipts]
        return {
            **shown,
            "hash": hex0x(self.hash),
            "size": "0x220",
            "totalDifficulty": "0x0",
            "transactions": hashes,
            "uncles": [],
            "withdrawals": [],
        }

    def view(self, to: Address, data: bytes) -> bytes | None:
        """As `run_view`, on the state after this block; asked again and again, and always the same."""
        if (to, data) not in self._views:
            self._views[to, data] = run_view(self.state, to, data)
        return self._views[to, data]

    def _header(self) -> list[bytes]:
        hashes = [receipt.tx.hash for receipt in self.receipts]
        return [
            self.parent_hash,
            _EMPTY_UNCLES,
            bytes(20),
            keccak(self.parent_hash + self.extra + b"".join(hashes)),
            keccak(rlp.encode(hashes)),
            keccak(rlp.encode([[_whole(r.gas_used), bytes([r.succeeded])] for r in self.receipts])),
            self.bloom.to_bytes(_BLOOM_BITS // 8),
            b"",
            _whole(self.number),
            _whole(GAS_LIMIT),
            _whole(self.gas_used),
            _whole(self.timestamp),
            self.extra,
            bytes(32),
            bytes(8),
            _whole(self.base_fee),
            bytes(32),
        ]

    def logs_json(self, addresses: Sequence[Address] | None = None) -> list[dict[str, Any]]:
        """All logs of these contracts, as `eth_getLogs` shows them."""
        return [
            shown
            for receipt in self.receipts
            for shown in self.receipt_logs(receipt)
            if addresses is None or bytes.fromhex(shown["address"][2:]) in addresses
        ]

    def receipt_logs(self, receipt: Receipt) -> list[dict[str, Any]]:
        """The logs of one transaction."""
        return [
            {
                "address": hex0x(log.address),
                "topics": [hex0x(topic) for topic in log.topics],
                "data": hex0x(log.data),
                "blockNumber": hex(self.number),
                "blockHash": hex0x(self.hash),
                "transactionHash": hex0x(receipt.tx.hash),
                "transactionIndex": hex(receipt.index),
                "logIndex": hex(receipt.first_log + at),
                "removed": False,
            }
            for at, log in enumerate(receipt.logs)
        ]

    def receipt_json(self, receipt: Receipt) -> dict[str, Any]:
        """As `eth_getTransactionReceipt` shows it."""
        bloom = 0
        for log in receipt.logs:
            for value in (log.address, *log.topics):
                bloom |= bloom_of(value)
        return {
            "transactionHash": hex0x(receipt.tx.hash),
            "transactionIndex": hex(receipt.index),
            "blockHash": hex0x(self.hash),
            "blockNumber": hex(self.number),
            "from": hex0x(receipt.tx.sender),
            "to": hex0x(receipt.tx.to),
            "gasUsed": hex(receipt.gas_used),
            "cumulativeGasUsed": hex(
                sum(each.gas_used for each in self.receipts[: receipt.index + 1])
            ),
            "effectiveGasPrice": hex(receipt.price),
            "status": hex(int(receipt.succeeded)),
            "type": "0x2",
            "contractAddress": None,
            "logs": self.receipt_logs(receipt),
            "logsBloom": hex0x(bloom.to_bytes(_BLOOM_BITS // 8)),
        }


def bloom_of(value: bytes) -> int:
    """The three bits of a value in a block's filter."""
    digest = keccak(value)
    bits = 0
    for at in (0, 2, 4):
        bits |= 1 << (int.from_bytes(digest[at : at + 2]) & (_BLOOM_BITS - 1))
    return bits


def _whole(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8)
