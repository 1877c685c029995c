"""Endpoints that are odd with transactions."""

from dataclasses import dataclass, field
from typing import Any

from eth_account import Account
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils.crypto import keccak
from hexbytes import HexBytes

from zk_devnet.rpc_proxy.fault import PerCall
from zk_devnet.rpc_proxy.message import Ask, Call, Reply, ask_one, look_up, refused, result
from zk_devnet.rpc_proxy.view import number
from zk_devnet.rpc_proxy.words import UNDERPRICED, UnderpricedWords

_SEND = "eth_sendRawTransaction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a transaction pays at most per gas, and who sent it under which nonce."""

    place: tuple[str, int]
    tx_hash: bytes
    fee_cap: int
    tip: int

    def beats(self, held: "Offer", percent: int) -> bool:
        """Whether both fees are so much higher."""
        return all(
            ours * 100 >= theirs * (100 + percent)
            for ours, theirs in ((self.fee_cap, held.fee_cap), (self.tip, held.tip))
        )


@dataclass(slots=True, kw_only=True)
class SwallowSends(PerCall):
    """A transaction is taken, shown as pending and never mined: the first `offers` under each nonce; 0: all."""

    offers: int = 0
    _held: dict[str, Offer] = field(default_factory=dict, init=False)  # by hash

    async def answer(self, call: Call, ask: Ask) -> Reply:
        """As `PerCall`."""
        if call.method == "eth_getTransactionByHash" and call.param(0) in self._held:
            return await self._pending(call, self._held[call.param(0)], ask)
        raw = _raw(call)
        offer = read_offer(raw) if raw is not None else None
        if offer is None or not self._holds(offer):
            return await ask_one(ask, call)
        tx_hash = "0x" + offer.tx_hash.hex()
        self._held[tx_hash] = offer
        return result(call, tx_hash)

    def _holds(self, offer: Offer) -> bool:
        siblings = [held for held in self._held.values() if held.place == offer.place]
        return not self.offers or len(siblings) < self.offers or offer in siblings

    async def _pending(self, call: Call, offer: Offer, ask: Ask) -> Reply:
        """Until its nonce is used by another."""
        sender, nonce = offer.place
        used = number(await look_up(ask, "eth_getTransactionCount", sender, "latest"))
        if used is None or used > nonce:
            return result(call, None)
        nowhere = dict.fromkeys(("blockHash", "blockNumber", "transactionIndex"))
        return result(call, {**nowhere, "hash": call.param(0), "from": sender, "nonce": hex(nonce)})


@dataclass(slots=True, kw_only=True)
class Underpriced(PerCall):
    """A transaction is refused unless both fees are so many percent above the last one taken under its nonce."""

    percent: int = 40
    text: UnderpricedWords = UnderpricedWords.GETH
    _held: dict[tuple[str, int], Offer] = field(default_factory=dict, init=False)

    async def answer(self, call: Call, ask: Ask) -> Reply:
        """As `PerCall`."""
        raw = _raw(call)
        offer = read_offer(raw) if raw is not None else None
        if offer is None:
            return await ask_one(ask, call)
        held = self._held.get(offer.place)
        is_new = held is not None and held.tx_hash != offer.tx_hash
        if held is not None and is_new and not offer.beats(held, self.percent):
            return refused(call, UNDERPRICED[self.text])
        self._held[offer.place] = offer
        return await ask_one(ask, call)


def read_offer(raw: bytes) -> Offer | None:
    """The offer of an EIP-1559 transaction; None for one of another type."""
    if raw[:1] != b"\x02":
        return None
    fields: dict[str, Any] = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
    return Offer(
        place=(Account.recover_transaction(raw), int(fields["nonce"])),
        tx_hash=keccak(raw),
        fee_cap=int(fields["maxFeePerGas"]),
        tip=int(fields["maxPriorityFeePerGas"]),
    )


def _raw(call: Call) -> bytes | None:
    """The signed bytes that a call sends; None for any other call."""
    sent = call.param(0)
    if call.method != _SEND or not isinstance(sent, str):
        return None
    try:
        return bytes.fromhex(sent.removeprefix("0x"))
    except ValueError:
        return None
