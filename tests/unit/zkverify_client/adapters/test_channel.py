"""The channel over a scripted node: what is signed, what it costs, and what a send is answered."""

from dataclasses import replace

import pytest

from zk_acts.domain.acts import ActKind, Intent, Resource
from zk_acts.domain.failures import AmbiguousOutcome, BalanceTooLow
from zk_acts.domain.ids import Hash32
from zk_acts.ports.act import Fees, Pending
from zk_devnet.testing import scripted_zkverify_node as script
from zk_devnet.testing.scripted_zkverify_node import ScriptedNode
from zkverify_client.adapters.account import account_key
from zkverify_client.adapters.channel import SubmissionPolicy, ZkVerifyChannel
from zkverify_client.adapters.client import ZkVerifyClient
from zkverify_client.adapters.errors import (
    DomainNotUsable,
    MalformedChainAnswer,
    NonceStale,
    PoolFull,
    PriorityTooLow,
    StatementMismatch,
    TemporarilyBanned,
    TipCapReached,
)
from zkverify_client.adapters.rpc import ConnectionLost, RpcError
from zkverify_client.adapters.runtime import AGGREGATE, Runtime
from zkverify_client.domain.failures import ZkVerifyUnreachable
from zkverify_client.domain.groth16 import Groth16Vk
from zkverify_client.domain.statement import (
    groth16_vk_hash,
    scalar_to_le,
    scale_groth16_vk,
)
from zkverify_client.ports.zkverify import RegisterVk, SubmitProof
from zkverify_client.signing.signer import ZkVerifySigner

from .conftest import VFY


def test_channel__as_seen_by_rows__names_its_account(
    channel: ZkVerifyChannel, signer: ZkVerifySigner
) -> None:
    assert (channel.kind, channel.resource) == (ActKind.EXTRINSIC, Resource.VFY)
    assert (channel.name, channel.account) == ("zkverify", signer.ss58_address)
    assert signer.ss58_address in repr(channel)


async def test_prepare__a_proof__is_mortal_from_the_finalized_head_and_quotes_everything(
    channel: ZkVerifyChannel, node: ScriptedNode, request_: SubmitProof
) -> None:
    prepared = await channel.prepare(request_, 3)
    hold = script_hold(8)
    assert prepared.nonce == 3
    assert prepared.born_block == node.finalized.number == 3
    assert prepared.expires == 3 + 64
    assert prepared.quoted == node.fee * 120 // 100 + hold
    assert len(prepared.reference) == 32
    assert "author_submitExtrinsic" not in node.calls


def script_hold(size: int) -> int:
    reward = (2 * VFY // 1000 + 3 * VFY // 10_000 * size) * 11 // 10 + VFY // 10
    return -(-reward // size)


@pytest.mark.parametrize(
    ("size", "measured"),
    [
        (1, 102_290 * 10**12),
        (3, 34_297 * 10**12),
        (8, 13_050 * 10**12),
        (32, 3_488 * 10**12),
    ],
)
async def test_prepare__a_proof__quotes_at_least_the_hold_measured_on_the_real_runtime(
    size: int,
    measured: int,
    channel: ZkVerifyChannel,
    node: ScriptedNode,
    request_: SubmitProof,
    runtime: Runtime,
) -> None:
    key = runtime.storage_key(AGGREGATE, "Domains", bytes(4))
    node.storage[key] = script.domain_entry(size=size)
    node.mine()
    node.fee = 0
    quoted = (await channel.prepare(request_, 0)).quoted
    assert measured <= quoted <= measured * 102 // 100


async def test_prepare__a_key__quotes_the_deposit(
    channel: ZkVerifyChannel, node: ScriptedNode, vk: Groth16Vk
) -> None:
    prepared = await channel.prepare(RegisterVk(vk_hash=groth16_vk_hash(vk)), 0)
    deposit = 4_128 * VFY // 1000 + len(scale_groth16_vk(vk)) * VFY // 1000
    assert prepared.quoted == node.fee * 120 // 100 + deposit


@pytest.mark.parametrize("prefix", [251, 8741])
async def test_prepare__on_each_network__names_who_pays_as_the_chain_writes_it(
    prefix: int,
    channel: ZkVerifyChannel,
    request_: SubmitProof,
    signer: ZkVerifySigner,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Runtime, "ss58_prefix", prefix)
    prepared = await channel.prepare(request_, 3)
    assert prepared.payer == signer.address(prefix)


async def test_prepare__to_beat_a_sibling__raises_the_tip_by_a_tenth(
    channel: ZkVerifyChannel, request_: SubmitProof
) -> None:
    assert (await channel.prepare(request_, 0, Fees(tip=0))).fees.tip == 1
    assert (await channel.prepare(request_, 0, Fees(tip=1001))).fees.tip == 1102


async def test_prepare__beyond_the_tip_cap__is_refused(
    channel: ZkVerifyChannel, request_: SubmitProof
) -> None:
    with pytest.raises(TipCapReached):
        await channel.prepare(request_, 0, Fees(tip=SubmissionPolicy().max_tip))


async def test_prepare__more_than_the_account_has__is_refused_before_signing(
    channel: ZkVerifyChannel, node: ScriptedNode, signer: ZkVerifySigner, request_: SubmitProof
) -> None:
    node.storage[account_key(signer.public_key)] = script.account_info(0, VFY // 100)
    node.mine()
    with pytest.raises(BalanceTooLow):
        await channel.prepare(request_, 0)


@pytest.mark.parametrize("entry", [None, script.domain_entry(size=8, state=1)])
async def test_prepare__domain_that_takes_nothing__is_refused(
    entry: bytes | None,
    channel: ZkVerifyChannel,
    node: ScriptedNode,
    request_: SubmitProof,
    runtime: Runtime,
) -> None:
    key = runtime.storage_key(AGGREGATE, "Domains", bytes(4))
    node.storage.pop(key)
    if entry is not None:
        node.storage[key] = entry
    node.mine()
    with pytest.raises(DomainNotUsable):
        await channel.prepare(request_, 0)


async def test_prepare__statement_of_another_key__is_refused(
    channel: ZkVerifyChannel, request_: SubmitProof
) -> None:
    first = scalar_to_le(9)
    wrong = replace(request_, public_inputs=(first, *request_.public_inputs[1:]))
    with pytest.raises(StatementMismatch):
        await channel.prepare(wrong, 0)
    with pytest.raises(StatementMismatch):
        await channel.prepare(RegisterVk(vk_hash=Hash32(bytes(32))), 0)


async def test_next_nonce__pool_and_state__takes_the_higher(
    channel: ZkVerifyChannel, node: ScriptedNode, signer: ZkVerifySigner
) -> None:
    node.next_index = 4
    assert await channel.next_nonce() == 4
    node.storage[account_key(signer.public_key)] = script.account_info(9, VFY)
    node.mine()
    assert await channel.next_nonce() == 9


async def test_balance__holds_and_existential_deposit__are_not_spendable(
    channel: ZkVerifyChannel, node: ScriptedNode, signer: ZkVerifySigner
) -> None:
    node.storage[account_key(signer.public_key)] = script.account_info(0, VFY, reserved=5 * VFY)
    node.mine()
    assert await channel.balance() == VFY - VFY // 100


async def test_balance__unknown_account__is_nothing(
    channel: ZkVerifyChannel, node: ScriptedNode, signer: ZkVerifySigner
) -> None:
    del node.storage[account_key(signer.public_key)]
    node.mine()
    assert await channel.balance() == 0


@pytest.mark.parametrize(
    ("code", "data", "expected"),
    [
        (1010, "Transaction is outdated", NonceStale),
        (1012, "", TemporarilyBanned),
        (1014, "", PriorityTooLow),
        (1016, "", PoolFull),
        (1010, "Inability to pay some fees (e.g. account balance too low)", BalanceTooLow),
    ],
)
async def test_send__refused__raises_the_errors_class(
    code: int,
    data: str,
    expected: type[Exception],
    channel: ZkVerifyChannel,
    node: ScriptedNode,
    intent: Intent,
) -> None:
    node.refusals.append(RpcError(code=code, message="Invalid Transaction", data=data))
    with pytest.raises(expected):
        await channel.send(intent)


async def test_send__connection_lost_after_the_request__is_ambiguous(
    channel: ZkVerifyChannel, node: ScriptedNode, intent: Intent
) -> None:

    def vanish(target: ScriptedNode, raw: str) -> None:
        target.pool.append(bytes.fromhex(raw[2:]))
        raise ConnectionLost("gone", written=True)

    node.overrides["author_submitExtrinsic"] = vanish
    with pytest.raises(AmbiguousOutcome):
        await channel.send(intent)
    assert await channel.outcome(intent) == Pending()


async def test_send__no_endpoint_at_all__is_transient_and_nothing_left(
    channel: ZkVerifyChannel, node: ScriptedNode, intent: Intent
) -> None:

    def vanish(*_: object) -> None:
        raise ConnectionLost("gone", written=True)

    node.overrides["system_health"] = vanish
    with pytest.raises(ZkVerifyUnreachable):
        await channel.send(intent)
    assert node.pool == []


async def test_prepare__runtime_upgraded__signs_for_the_new_version(
    channel: ZkVerifyChannel, node: ScriptedNode, request_: SubmitProof
) -> None:
    await channel.prepare(request_, 0)
    assert node.calls.count("state_getMetadata") == 0
    node.spec_version += 1
    await channel.prepare(request_, 0)
    await channel.prepare(request_, 0)
    assert node.calls.count("state_getMetadata") == 1


@pytest.mark.parametrize(
    "answer",
    [
        *(None, {}, {"partialFee": "x"}, {"partialFee": None}, [], "text", {"partialFee": "-1"}),
        *({"partialFee": 1e18}, {"partialFee": True}, {"partialFee": "9" * 5_000}),
        {"partialFee": "0x01"},
    ],
)
async def test_prepare__fee_estimate_that_is_none__is_a_malformed_answer(
    answer: object, channel: ZkVerifyChannel, node: ScriptedNode, request_: SubmitProof
) -> None:
    node.overrides["payment_queryInfo"] = lambda *_: answer
    with pytest.raises(MalformedChainAnswer):
        await channel.prepare(request_, 0)


def _scale_fee(fee: int) -> str:
    """A RuntimeDispatchInfo: weight (1, 2), class normal, fee."""
    return "0x" + (b"\x04\x08\x00" + fee.to_bytes(16, "little")).hex()


async def test_prepare__fee_estimate_in_scale__is_read_as_well(
    channel: ZkVerifyChannel, node: ScriptedNode, request_: SubmitProof
) -> None:
    node.overrides["payment_queryInfo"] = lambda *_: _scale_fee(node.fee)
    assert (await channel.prepare(request_, 0)).quoted == node.fee * 120 // 100 + script_hold(8)


async def test_prepare__node_without_the_fee_rpc__asks_the_runtime(
    channel: ZkVerifyChannel, node: ScriptedNode, request_: SubmitProof
) -> None:
    asked: list[str] = []

    def forbidden(*_: object) -> None:
        raise RpcError(code=-32601, message="Method not found", data="")

    def state_call(_: ScriptedNode, name: str, arguments: str) -> str:
        asked.append(name)
        raw = bytes.fromhex(arguments[2:])
        assert int.from_bytes(raw[-4:], "little") == len(raw) - 4
        return _scale_fee(node.fee)

    node.overrides["payment_queryInfo"] = forbidden
    node.overrides["state_call"] = state_call
    assert (await channel.prepare(request_, 0)).quoted == node.fee * 120 // 100 + script_hold(8)
    assert set(asked) == {"TransactionPaymentApi_query_info"}


async def test_prepare__trial_where_the_best_block_is_final__is_born_before_it(
    client: ZkVerifyClient, node: ScriptedNode, request_: SubmitProof, channel: ZkVerifyChannel
) -> None:
    node.lag = 0
    node.overrides["state_call"] = lambda *_: "0x0000"
    tried = ZkVerifyChannel(
        pool=client.pool,
        access=channel._access,
        signer=channel._signer,
        genesis_hash=node.genesis_hash,
        vk_hash=channel._vk_hash,
        keys={},
        policy=SubmissionPolicy(dry_run=True),
    )
    assert (await channel.prepare(request_, 0)).born_block == 5
    assert (await tried.prepare(request_, 0)).born_block == 4


async def test_prepare__publishing_is_dearer_than_measured__the_hold_is_quoted_with_that(
    channel: ZkVerifyChannel, node: ScriptedNode, request_: SubmitProof, runtime: Runtime
) -> None:
    prefix, dearer = runtime.call_prefix(AGGREGATE, "aggregate"), 2 * 10**16

    def fee(_: ScriptedNode, raw: str) -> dict[str, str]:
        publishing = prefix + bytes(12)
        full = 2 * VFY // 1000 + 3 * VFY // 10_000 * 128 + dearer
        return {"partialFee": str(full if publishing.hex() in raw else 0)}

    node.overrides["payment_queryInfo"] = fee
    quoted = (await channel.prepare(request_, 0)).quoted
    assert quoted == script_hold(8) + dearer * 11 // 10 // 8
