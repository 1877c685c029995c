"""Read-only calls of one contract."""

from collections.abc import Mapping
from typing import Any

from zk_acts.domain.ids import hex0x
from zk_operator.adapters.evm.abi import contract_abi
from zk_operator.adapters.evm.errors import RpcError
from zk_operator.adapters.evm.revert import revert_reason
from zk_operator.adapters.evm.rpc import Rpc
from zk_operator.adapters.evm.wire import data
from zk_operator.domain.chain_event import BlockRef, BlockTag
from zk_operator.domain.failures import CallReverted, MalformedAnswer, NoContractCode
from zk_operator.domain.ids import Address, OrderId
from zk_operator.domain.records import OnchainStatus
from zk_operator.ports.chain import OnchainOrder


def at_block(block: BlockRef | None) -> object:
    """The block parameter of a state query: that very block, by EIP-1898, or whatever the endpoint calls its latest.

    A node that does not have the block answers with an error, never with the state of another one.
    """
    if block is None:
        return BlockTag.LATEST.value
    return {"blockHash": hex0x(block.hash), "requireCanonical": True}


async def view(
    rpc: Rpc,
    contract: str,
    address: Address,
    function: str,
    *arguments: object,
    at: BlockRef | None = None,
) -> tuple[Any, ...]:
    """The values that the function returns at the block; without one, at the endpoint's latest.

    Errors: CallReverted with the decoded reason, NoContractCode, MalformedAnswer, and those of `Rpc`.
    """
    calldata = contract_abi(contract).functions[function].encode_call(arguments)
    call = {"to": hex0x(address), "data": hex0x(calldata)}
    return await dry_run(rpc, contract, function, call, at)


async def dry_run(
    rpc: Rpc, contract: str, function: str, call: Mapping[str, str], at: BlockRef | None
) -> tuple[Any, ...]:
    """What a call of the function, as `eth_call` takes it, would return. Errors as `view`."""
    entry = contract_abi(contract).functions[function]
    try:
        answer = await rpc.request("eth_call", call, at_block(at))
    except RpcError as error:
        reason = revert_reason(error)
        if reason is None:
            raise
        raise CallReverted(function=function, reason=reason) from error
    raw = data(answer, f"{function}'s result")
    if not raw and entry.outputs:
        await check_code(rpc, Address(bytes.fromhex(call["to"][2:])), at)
        raise MalformedAnswer(f"{function} returned nothing", address=call["to"])
    return entry.decode_result(raw)


async def check_code(rpc: Rpc, address: Address, at: BlockRef | None = None) -> None:
    """Error: NoContractCode where the address has none at that block (without one: the latest)."""
    code = await rpc.request("eth_getCode", hex0x(address), at_block(at))
    if not data(code, "code"):
        raise NoContractCode(address=hex0x(address))


def onchain_order(order_id: OrderId, status: int, cancel_at_s: int) -> OnchainOrder:
    """The order's slot as the manager returns it. Error: MalformedAnswer for a status that there is not."""
    try:
        known = OnchainStatus(status)
    except ValueError as error:
        raise MalformedAnswer(
            "no such order status", status=status, order_id=hex0x(order_id)
        ) from error
    return OnchainOrder(order_id=order_id, status=known, cancel_at_s=cancel_at_s)
