"""Read-only calls of one contract."""

from typing import Any

from zk_operator.adapters.evm.abi import contract_abi
from zk_operator.adapters.evm.errors import RpcError
from zk_operator.adapters.evm.revert import revert_reason
from zk_operator.adapters.evm.rpc import Rpc
from zk_operator.adapters.evm.wire import data
from zk_operator.domain.chain_event import BlockTag
from zk_operator.domain.failures import CallReverted, MalformedAnswer, NoContractCode
from zk_operator.domain.ids import Address, hex0x


async def view(
    rpc: Rpc, contract: str, address: Address, function: str, *arguments: object
) -> tuple[Any, ...]:
    """The values that the function returns at the latest block.

    Errors: CallReverted with the decoded reason, NoContractCode, MalformedAnswer, and those of `Rpc`.
    """
    entry = contract_abi(contract).functions[function]
    call = {"to": hex0x(address), "data": hex0x(entry.encode_call(arguments))}
    try:
        answer = await rpc.request("eth_call", call, BlockTag.LATEST.value)
    except RpcError as error:
        reason = revert_reason(error)
        if reason is None:
            raise
        raise CallReverted(function=function, reason=reason) from error
    raw = data(answer, f"{function}'s result")
    if not raw and entry.outputs:
        await check_code(rpc, address)
        raise MalformedAnswer(f"{function} returned nothing", address=hex0x(address))
    return entry.decode_result(raw)


async def check_code(rpc: Rpc, address: Address) -> None:
    """Error: NoContractCode where the address has none at the latest block."""
    code = await rpc.request("eth_getCode", hex0x(address), BlockTag.LATEST.value)
    if not data(code, "code"):
        raise NoContractCode(address=hex0x(address))
