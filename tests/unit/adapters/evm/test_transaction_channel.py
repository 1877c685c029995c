"""The transaction channel's decisions on what a node answers; the flows are in tests/ports/chain."""

from typing import Any

import pytest
from eth_account import Account
from eth_utils.crypto import keccak
from tests.unit.adapters.evm.conftest import ScriptedTransport, pool_of

from zk_acts.domain.acts import ActKind, Intent, Purpose, Resource
from zk_acts.domain.failures import AmbiguousOutcome
from zk_acts.domain.ids import IntentId
from zk_acts.ports.act import Failed, Fees, Included, Lapsed, Pending, Unknown
from zk_operator.adapters.evm.errors import (
    EndpointFailed,
    FeeCapReached,
    GasCapReached,
    InsufficientFunds,
    RpcError,
    TransactionUnderpriced,
)
from zk_operator.adapters.evm.fees import FeePolicy
from zk_operator.adapters.evm.transaction_channel import TransactionChannel
from zk_operator.adapters.signing.evm import EvmSigner
from zk_operator.domain.chain_event import BlockTag
from zk_operator.domain.failures import CallReverted, EvmUnreachable, MalformedAnswer
from zk_operator.domain.ids import Address
from zk_operator.ports.chain import Call

GWEI = 10**9
CALL = Call(to=Address(b"\x22" * 20), data=b"\x01")
REFERENCE = b"r" * 32
SIGNER = EvmSigner(b"\x01" * 32)
MARKET = {"baseFeePerGas": [hex(GWEI), hex(GWEI)], "reward": [[hex(GWEI)]]}


def channel_of(
    *transports: ScriptedTransport, done_at: BlockTag | int = BlockTag.FINALIZED
) -> TransactionChannel:
    policy = FeePolicy(max_fee_wei=100 * GWEI, max_gas=1_000_000)
    return TransactionChannel(
        pool=pool_of(*transports), signer=SIGNER, policy=policy, done_at=done_at
    )


def intent(nonce: int = 4, payload: bytes = b"signed") -> Intent:
    return Intent(
        intent_id=IntentId("batch/b1/1"),
        kind=ActKind.TRANSACTION,
        purpose=Purpose.SETTLE,
        subject="b1",
        backend="evm:31337",
        account="0x",
        nonce=nonce,
        reference=REFERENCE,
        payload=payload,
        resource=Resource.GAS,
        quoted=1,
    )


def block_hash(number: int) -> str:
    return "0x" + number.to_bytes(32).hex()


def node(*, head: int = 20, final: int = 18, **answers: object) -> ScriptedTransport:
    def block(wanted: str, _full: bool) -> dict[str, str]:
        number = {"latest": head, "finalized": final}.get(wanted)
        number = int(wanted, 16) if number is None else number
        return {
            "number": hex(number),
            "hash": block_hash(number),
            "parentHash": block_hash(number - 1),
            "timestamp": "0x1",
        }

    defaults: dict[str, object] = {
        "eth_getBlockByNumber": block,
        "eth_getTransactionReceipt": None,
        "eth_getTransactionByHash": None,
        "eth_getTransactionCount": "0x4",
        "eth_estimateGas": hex(100_000),
        "eth_feeHistory": MARKET,
    }
    # A None answer is an answer: ScriptedTransport gives it as it stands.
    return ScriptedTransport("one", **(defaults | answers))


def receipt(number: int = 17, **changes: object) -> dict[str, Any]:
    return {
        "transactionHash": "0x" + REFERENCE.hex(),
        "blockNumber": hex(number),
        "blockHash": block_hash(number),
        "status": "0x1",
        "gasUsed": hex(50_000),
        "effectiveGasPrice": hex(2 * GWEI),
    } | changes


async def test_prepare__estimate_and_market__are_signed_with_headroom() -> None:
    prepared = await channel_of(node()).prepare(CALL, 4)
    assert prepared.fees == Fees(fee_cap=3 * GWEI, tip=GWEI)
    assert prepared.quoted == 120_000 * 3 * GWEI
    assert prepared.reference == keccak(prepared.payload)
    sender = Account.recover_transaction(prepared.payload)
    assert sender.lower() == "0x" + SIGNER.address.hex()


async def test_prepare__value__is_part_of_the_quote() -> None:
    call = Call(to=CALL.to, data=b"", value=7)
    assert (await channel_of(node()).prepare(call, 4)).quoted == 120_000 * 3 * GWEI + 7


async def test_prepare__estimate_near_the_cap__is_cut_to_it() -> None:
    prepared = await channel_of(node(eth_estimateGas=hex(900_000))).prepare(CALL, 4)
    assert prepared.quoted == 1_000_000 * 3 * GWEI


async def test_prepare__estimate_above_the_cap__is_refused() -> None:
    with pytest.raises(GasCapReached):
        await channel_of(node(eth_estimateGas=hex(1_000_001))).prepare(CALL, 4)


async def test_prepare__no_fee_history__takes_the_gas_price() -> None:
    missing = RpcError(method="eth_feeHistory", number=-32601, text="method not found")
    prepared = await channel_of(node(eth_feeHistory=missing, eth_gasPrice=hex(5 * GWEI))).prepare(
        CALL, 4
    )
    assert prepared.fees == Fees(fee_cap=10 * GWEI + 10**7, tip=10**7)


async def test_prepare__replacement_beyond_the_cap__is_refused() -> None:
    with pytest.raises(FeeCapReached):
        await channel_of(node()).prepare(CALL, 4, Fees(fee_cap=90 * GWEI, tip=1))


def not_refundable() -> RpcError:
    data = keccak(text="NotRefundable(bytes32)")[:4] + b"\x07" * 32
    return RpcError(
        method="eth_estimateGas", number=3, text="execution reverted", data="0x" + data.hex()
    )


async def test_prepare__revert_of_our_contract__is_named() -> None:
    with pytest.raises(CallReverted, match=r"NotRefundable\(orderId=0x0707"):
        await channel_of(node(eth_estimateGas=not_refundable())).prepare(CALL, 4)


async def test_prepare__poor_account__is_insufficient_funds() -> None:
    poor = RpcError(method="eth_estimateGas", number=-32000, text="insufficient funds for transfer")
    with pytest.raises(InsufficientFunds):
        await channel_of(node(eth_estimateGas=poor)).prepare(CALL, 4)


async def test_prepare__estimates__at_the_head_and_not_after_the_sibling() -> None:
    transport = node()
    await channel_of(transport).prepare(CALL, 4)
    (params,) = [params for method, params in transport.asked if method == "eth_estimateGas"]
    assert params[1] == hex(20)


async def test_send__accepted__returns() -> None:
    transport = node(eth_sendRawTransaction="0x" + REFERENCE.hex())
    await channel_of(transport).send(intent(payload=b"\xab"))
    assert transport.asked[-1] == ("eth_sendRawTransaction", ("0xab",))


async def test_send__already_known__returns() -> None:
    known = RpcError(method="m", number=-32000, text="already known")
    await channel_of(node(eth_sendRawTransaction=known)).send(intent())


async def test_send__underpriced__is_refused() -> None:
    low = RpcError(method="m", number=-32000, text="transaction underpriced")
    with pytest.raises(TransactionUnderpriced):
        await channel_of(node(eth_sendRawTransaction=low)).send(intent())


@pytest.mark.parametrize(
    "answer",
    [
        RpcError(method="m", number=-32000, text="nonce too low"),
        RpcError(method="m", number=-32603, text="internal error"),
        EndpointFailed("slow", may_have_arrived=True, slow=True),
        "0x" + b"other".hex(),
        None,
    ],
)
async def test_send__may_have_arrived__is_ambiguous(answer: object) -> None:
    with pytest.raises(AmbiguousOutcome):
        await channel_of(node(eth_sendRawTransaction=answer)).send(intent())


async def test_send__no_connection__is_unreachable_and_not_ambiguous() -> None:
    down = EndpointFailed("no connection", may_have_arrived=False)
    with pytest.raises(EvmUnreachable):
        await channel_of(node(eth_sendRawTransaction=down)).send(intent())


@pytest.mark.parametrize(("number", "final"), [(17, True), (18, True), (19, False)])
async def test_outcome__mined__is_final_at_the_finalized_block(number: int, final: bool) -> None:
    transport = node(eth_getTransactionReceipt=receipt(number))
    outcome = await channel_of(transport).outcome(intent())
    assert isinstance(outcome, Included)
    assert outcome.final is final
    assert outcome.paid == 50_000 * 2 * GWEI
    assert outcome.detail.gas_used == 50_000


@pytest.mark.parametrize(("number", "final"), [(15, True), (16, False)])
async def test_outcome__confirmations__count_from_the_head(number: int, final: bool) -> None:
    transport = node(eth_getTransactionReceipt=receipt(number))
    outcome = await channel_of(transport, done_at=5).outcome(intent())
    assert isinstance(outcome, Included)
    assert outcome.final is final


async def test_outcome__rollup__pays_the_data_fee_too() -> None:
    transport = node(eth_getTransactionReceipt=receipt(l1Fee="0x7"))
    outcome = await channel_of(transport).outcome(intent())
    assert isinstance(outcome, Included)
    assert outcome.paid == 50_000 * 2 * GWEI + 7


async def test_outcome__receipt_of_a_replaced_block__is_pending() -> None:
    stale = receipt(17, blockHash="0x" + "ee" * 32)
    assert await channel_of(node(eth_getTransactionReceipt=stale)).outcome(intent()) == Pending()


async def test_outcome__reverted__is_failed_with_its_reason() -> None:
    transport = node(
        eth_getTransactionReceipt=receipt(status="0x0"),
        eth_getTransactionByHash={"gas": hex(60_000), "from": "0x", "to": "0x", "input": "0x"},
        eth_call=not_refundable(),
    )
    outcome = await channel_of(transport).outcome(intent())
    assert isinstance(outcome, Failed)
    assert outcome.code == "ZKO-EVM-030"
    assert outcome.detail.startswith("NotRefundable")
    assert outcome.paid == 50_000 * 2 * GWEI


async def test_outcome__all_gas_used__says_so() -> None:
    transport = node(
        eth_getTransactionReceipt=receipt(status="0x0"),
        eth_getTransactionByHash={"gas": hex(50_000)},
    )
    outcome = await channel_of(transport).outcome(intent())
    assert isinstance(outcome, Failed)
    assert outcome.detail == "out of gas"


async def test_outcome__in_the_pool__is_pending() -> None:
    transport = node(eth_getTransactionByHash={"blockHash": None})
    assert await channel_of(transport).outcome(intent()) == Pending()


def used_at(*, head: int, final: int) -> Any:
    return lambda _address, block: hex(head if block == "latest" else final)


@pytest.mark.parametrize(
    ("head", "final", "expected"),
    [
        (4, 4, Unknown()),
        (5, 4, Pending()),  # a sibling was mined, and a reorg could undo that
        (5, 5, Lapsed(by_nonce=True)),
        (9, 5, Lapsed(by_nonce=True)),
    ],
)
async def test_outcome__nobody_knows_it__the_nonce_decides(
    head: int, final: int, expected: object
) -> None:
    transport = node(eth_getTransactionCount=used_at(head=head, final=final))
    assert await channel_of(transport).outcome(intent(nonce=4)) == expected


def used_in(number: int) -> Any:
    """The account's fifth transaction, nonce 4, is in that block."""
    return lambda _address, block: hex(4 + (block == "latest" or int(block, 16) >= number))


def with_transactions(plain: Any, number: int, *hashes: str) -> Any:
    def block(wanted: str, full: bool) -> dict[str, Any]:
        found: dict[str, Any] = plain(wanted, full)
        ours = {"from": "0x" + SIGNER.address.hex(), "nonce": "0x4"}
        held = [{"hash": each} | ours for each in hashes] if found["number"] == hex(number) else []
        return found | ({"transactions": held} if full else {})

    return block


async def test_outcome__receipt_missing_at_a_node_that_lags__is_not_lapsed() -> None:
    answers: list[object] = [None, None, receipt(18)]
    transport = node(
        eth_getTransactionReceipt=lambda _hash: answers.pop(0),
        eth_getTransactionCount=used_in(18),
    )
    plain = transport.answers["eth_getBlockByNumber"]
    ours = "0x" + REFERENCE.hex()
    transport.answers["eth_getBlockByNumber"] = with_transactions(plain, 18, "0x12", ours)
    assert isinstance(await channel_of(transport).outcome(intent()), Included)


async def test_outcome__mined_but_no_node_has_the_receipt__is_no_end_of_it() -> None:
    transport = node(eth_getTransactionCount=used_in(12))
    plain = transport.answers["eth_getBlockByNumber"]
    ours = "0x" + REFERENCE.hex()
    transport.answers["eth_getBlockByNumber"] = with_transactions(plain, 12, ours)
    with pytest.raises(EvmUnreachable):
        await channel_of(transport).outcome(intent())


async def test_outcome__another_transaction_in_the_nonces_block__has_lapsed() -> None:
    transport = node(eth_getTransactionCount=used_in(12))
    plain = transport.answers["eth_getBlockByNumber"]
    transport.answers["eth_getBlockByNumber"] = with_transactions(plain, 12, "0x" + "ab" * 32)
    assert await channel_of(transport).outcome(intent()) == Lapsed(by_nonce=True)


async def test_outcome__old_state_is_gone__a_missing_receipt_counts_when_said_repeatedly() -> None:
    def count(_address: str, block: str) -> object:
        if block in ("latest", hex(18)):
            return "0x5"
        return RpcError(method="m", number=-32000, text="missing trie node")

    channel = channel_of(node(eth_getTransactionCount=count))
    outcomes = [await channel.outcome(intent()) for _ in range(5)]
    assert outcomes == [Pending()] * 4 + [Lapsed(by_nonce=True)]


async def test_outcome__no_endpoint_knows_finalized__mined_is_included_and_nothing_lapses() -> None:
    def without_finalized(transport: ScriptedTransport) -> ScriptedTransport:
        plain: Any = transport.answers["eth_getBlockByNumber"]
        unknown = RpcError(method="m", number=-39001, text="Unknown block")
        transport.answers["eth_getBlockByNumber"] = lambda wanted, full: (
            unknown if wanted == "finalized" else plain(wanted, full)
        )
        return transport

    mined = without_finalized(node(eth_getTransactionReceipt=receipt(17)))
    outcome = await channel_of(mined).outcome(intent())
    assert isinstance(outcome, Included)
    assert not outcome.final
    used = without_finalized(node(eth_getTransactionCount="0x5"))
    assert await channel_of(used).outcome(intent()) == Pending()


async def test_outcome__receipt_of_another_transaction__is_malformed() -> None:
    other = receipt(17, transactionHash="0x" + "ab" * 32)
    with pytest.raises(MalformedAnswer):
        await channel_of(node(eth_getTransactionReceipt=other)).outcome(intent())


async def test_outcome__second_endpoint_lags__is_never_asked_for_a_part() -> None:
    one = node(eth_getTransactionCount=EndpointFailed("slow", may_have_arrived=True, slow=True))
    two = node(eth_getTransactionReceipt=receipt(17))
    assert isinstance(await channel_of(one, two).outcome(intent()), Included)


async def test_identity__names_chain_and_account() -> None:
    channel = channel_of(node())
    assert channel.name == "evm:31337"
    assert channel.account == "0x" + SIGNER.address.hex()
    assert channel.kind is ActKind.TRANSACTION
    assert channel.resource is Resource.GAS
