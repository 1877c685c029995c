"""Reorgs on anvil: the last blocks are replaced by others, with some of their transactions or none."""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from zk_acts.domain.ids import Hash32
from zk_devnet.evm import accounts
from zk_devnet.evm.accounts import dev_account
from zk_devnet.evm.rpc import EvmRpc
from zk_devnet.traffic.post import Posted
from zk_operator.domain.ids import Address

Keep = Callable[[Address], bool]
BLOCK_TIME_S = 1
_WITH_TRANSACTIONS = True
OPERATOR = dev_account(accounts.OPERATOR).address
ROOT_RELAYER = dev_account(accounts.RELAYER).address


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """A transaction that a reorg removed: who sent it, and its bytes, which can be sent again."""

    tx_hash: Hash32
    sender: Address
    raw: str


def everything(_sender: Address) -> bool:
    """Mine every transaction again."""
    return True


def but_operators(sender: Address) -> bool:
    """Mine all again but the operator's own."""
    return sender != OPERATOR


def roots_only(sender: Address) -> bool:
    """Mine only zkVerify's roots again."""
    return sender == ROOT_RELAYER


@asynccontextmanager
async def still(rpc: EvmRpc) -> AsyncIterator[None]:
    """No block is mined inside."""
    await rpc.call("evm_setIntervalMining", 0)
    try:
        yield
    finally:
        await rpc.call("evm_setIntervalMining", BLOCK_TIME_S)


async def reorg_from(rpc: EvmRpc, first: int, keep: Keep) -> Sequence[Removed]:
    """Replace every block from `first` on; what `keep` says is mined again, in the same block. Returns the rest."""
    async with still(rpc):
        last = int(await rpc.call("eth_blockNumber"), 16)
        pairs: list[tuple[str, int]] = []
        removed: list[Removed] = []
        for number in range(first, last + 1):
            block = await rpc.call("eth_getBlockByNumber", hex(number), _WITH_TRANSACTIONS)
            for sent in block["transactions"]:
                sender = Address(bytes.fromhex(sent["from"][2:]))
                raw = await rpc.call("eth_getRawTransactionByHash", sent["hash"])
                if keep(sender):
                    pairs.append((raw, number - first))
                else:
                    tx_hash = Hash32(bytes.fromhex(sent["hash"][2:]))
                    removed.append(Removed(tx_hash=tx_hash, sender=sender, raw=raw))
        await rpc.call("anvil_reorg", last - first + 1, pairs)
        # anvil goes on from the time of the oldest removed block: later blocks would be old at birth.
        await rpc.call("evm_setTime", int(time.time()))
    return removed


async def send_again(rpc: EvmRpc, removed: Sequence[Removed], posted: Sequence[Posted]) -> None:
    """Send what placed these orders again, so that they are mined in another block."""
    wanted = {one.tx_hash for one in posted}
    for transaction in removed:
        if transaction.tx_hash in wanted:
            await rpc.call("eth_sendRawTransaction", transaction.raw)
