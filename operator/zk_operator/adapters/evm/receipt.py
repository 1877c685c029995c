"""Receipts of mined transactions. Format: the Ethereum execution API; `l1Fee` is the OP stack's."""

from collections.abc import Mapping
from dataclasses import dataclass

from zk_acts.domain.ids import Hash32, hex0x
from zk_operator.adapters.evm.errors import RpcError
from zk_operator.adapters.evm.revert import revert_reason
from zk_operator.adapters.evm.rpc import Rpc
from zk_operator.adapters.evm.wire import as_hex, hash32, members, place, quantity
from zk_operator.domain.failures import MalformedAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class TxReceipt:
    """What a mined transaction did and cost. `paid` in wei."""

    block_number: int
    block_hash: Hash32
    succeeded: bool
    gas_used: int
    paid: int


def parse_receipt(answer: object, tx_hash: bytes) -> TxReceipt:
    """Error: MalformedAnswer, also for the receipt of another transaction."""
    receipt = members(answer, "receipt")
    if hash32(receipt.get("transactionHash"), "receipt's transaction hash") != tx_hash:
        raise MalformedAnswer("the receipt of another transaction", wanted=hex0x(tx_hash))
    gas_used = quantity(receipt.get("gasUsed"), "gas used")
    price = quantity(receipt.get("effectiveGasPrice"), "effective gas price")
    rollup_fee = quantity(receipt.get("l1Fee") or "0x0", "L1 fee")
    return TxReceipt(
        block_number=place(receipt.get("blockNumber"), "receipt's block number"),
        block_hash=hash32(receipt.get("blockHash"), "receipt's block hash"),
        succeeded=quantity(receipt.get("status"), "status") == 1,
        gas_used=gas_used,
        paid=gas_used * price + rollup_fee,
    )


async def replay(rpc: Rpc, tx_hash: bytes, receipt: TxReceipt) -> str:
    """Why a transaction reverted, found by calling it again on its parent block; a hint for people, and no more."""
    transaction = await rpc.request("eth_getTransactionByHash", hex0x(tx_hash))
    if not isinstance(transaction, Mapping):
        return "reverted; the endpoint does not have the transaction"
    if str(transaction.get("gas")).lower() == as_hex(receipt.gas_used):
        return "out of gas"
    call = {key: transaction.get(key) for key in ("from", "to", "value", "gas")}
    call["data"] = transaction.get("input")
    try:
        await rpc.request("eth_call", call, as_hex(max(0, receipt.block_number - 1)))
    except RpcError as error:
        return revert_reason(error) or error.text
    return "reverted by something in its own block"
