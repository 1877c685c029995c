"""What an extrinsic costs, by the chain's own word: its RPC, or the runtime call behind it where a gateway has none."""

from typing import Any

from zk_operator.adapters.zkverify.chain import Chain
from zk_operator.adapters.zkverify.errors import MalformedChainAnswer, RpcRefused
from zk_operator.adapters.zkverify.scale import Reader
from zk_operator.domain.ids import hex0x


async def quoted_fee(chain: Chain, raw: bytes) -> int:
    """The chain's estimate of an extrinsic's fee without its tip, in planck. Errors: those of Chain."""
    try:
        return _fee_in(await chain.call("payment_queryInfo", [hex0x(raw)]))
    except RpcRefused:
        arguments = hex0x(raw + len(raw).to_bytes(4, "little"))
        return _fee_in(
            await chain.call("state_call", ["TransactionPaymentApi_query_info", arguments])
        )


def _fee_in(info: Any) -> int:
    """The fee in a RuntimeDispatchInfo: an object of JSON, or SCALE in hex."""
    if isinstance(info, str):
        return _fee_in_scale(info)
    try:
        fee = int(info["partialFee"])
    except (LookupError, TypeError, ValueError) as error:
        raise MalformedChainAnswer("a fee estimate has no fee") from error
    if fee < 0:
        raise MalformedChainAnswer("a fee estimate is negative")
    return fee


def _fee_in_scale(text: str) -> int:
    try:
        reader = Reader(bytes.fromhex(text.removeprefix("0x")))
    except ValueError as error:
        raise MalformedChainAnswer("a fee estimate is no hex string") from error
    reader.compact()  # weight: time
    reader.compact()  # and size of proof
    reader.take(1)  # class
    fee = reader.uint(16)
    reader.finish()
    return fee
