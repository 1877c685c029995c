"""What an extrinsic costs, by the chain's own word: its RPC, or the runtime call behind it where a gateway has none."""

from typing import Any

from zk_acts.domain.ids import AccountId, Hash32, hex0x
from zkverify_client.adapters.chain import Chain
from zkverify_client.adapters.errors import MalformedChainAnswer, RpcRefused
from zkverify_client.adapters.extrinsic import SignedExtrinsic, Terms, assemble
from zkverify_client.adapters.runtime import AGGREGATE, Runtime
from zkverify_client.adapters.scale import Reader

_PERIOD = 64


async def quoted_fee(chain: Chain, raw: bytes) -> int:
    """The chain's estimate of an extrinsic's fee without its tip, in planck. Errors: those of Chain."""
    try:
        return _fee_in(await chain.call("payment_queryInfo", [hex0x(raw)]))
    except RpcRefused:
        arguments = hex0x(raw + len(raw).to_bytes(4, "little"))
        return _fee_in(
            await chain.call("state_call", ["TransactionPaymentApi_query_info", arguments])
        )


async def full_aggregate_fee(chain: Chain, runtime: Runtime) -> int:
    """What the chain asks in advance for publishing an aggregation of the largest size, in planck.

    Its weight is declared for that size, whatever the aggregation named: so the ids need not exist.
    """
    call = runtime.encode_call(AGGREGATE, "aggregate", {"domain_id": 0, "aggregation_id": 0})
    return await quoted_fee(chain, priced(runtime, call).raw)


def priced(runtime: Runtime, call: bytes, account: AccountId | None = None) -> SignedExtrinsic:
    """An extrinsic of the right length with an empty signature: for asking what it would cost."""
    nothing = Hash32(bytes(32))
    terms = Terms(
        genesis_hash=nothing, nonce=0, tip=0, birth_block=0, birth_hash=nothing, period=_PERIOD
    )
    return assemble(
        runtime, call, terms, account=account or AccountId(bytes(32)), signature=bytes(64)
    )


def _fee_in(info: Any) -> int:
    """The fee in a RuntimeDispatchInfo: an object of JSON, or SCALE in hex."""
    if isinstance(info, str):
        return _fee_in_scale(info)
    try:
        fee = _whole(info["partialFee"])
    except (LookupError, TypeError, ValueError) as error:
        raise MalformedChainAnswer("a fee estimate has no fee") from error
    if not 0 <= fee < 1 << 128:
        raise MalformedChainAnswer("a fee estimate is no balance")
    return fee


def _whole(value: Any) -> int:
    """Decimal digits, as nodes write a balance, or a number of JSON. TypeError, ValueError for anything else."""
    if type(value) not in (int, str):
        raise TypeError("neither digits nor a whole number")
    return int(value)


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
