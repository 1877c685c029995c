"""What makes an extrinsic invalid, and that the rest of it is bound by the signature."""

from collections.abc import Callable
from typing import Any

import ed25519_zebra
import pytest
from coincurve import PrivateKey

from zk_devnet.zkverify.context import InvalidTransaction
from zk_devnet.zkverify.extrinsic import (
    Era,
    additional_signed,
    decode_extrinsic,
    encode_extrinsic,
    extension_bytes,
    signed_payload,
    unsigned_extrinsic,
)
from zk_devnet.zkverify.hashing import blake2_256
from zk_devnet.zkverify.scale import Case, Reader, ScaleError, encode
from zk_devnet.zkverify.schema.primitives import MULTI_ADDRESS, MULTI_SIGNATURE
from zk_devnet.zkverify.schema.runtime import RUNTIME_CALL, VFY
from zk_devnet.zkverify.signature import account_of, key_pair, ss58

REMARK = Case("System", Case("remark", {"remark": b"hello"}))
LONG_REMARK = Case("System", Case("remark", {"remark": bytes(300)}))


def _refusal(lab: Any, encoded: bytes) -> str:
    with pytest.raises(InvalidTransaction) as caught:
        lab.submit_raw(encoded)
    name: str = caught.value.case.name
    return name


@pytest.mark.parametrize("call", [REMARK, LONG_REMARK])
@pytest.mark.parametrize("period", [0, 4, 64, 4096, 65536])
def test_submit__well_signed__enters_a_block(lab: Any, call: Case, period: int) -> None:
    lab.block(8)
    era = Era(period, 0) if period else Era()
    lab.submit(lab.alice, call, era=era)
    assert ("System.ExtrinsicSuccess") in [f"{p}.{e}" for i, p, e, _ in lab.block() if i == 1]


@pytest.mark.parametrize(
    "changes",
    [
        {"genesis": bytes(32)},
        {"spec_version": 1_006_001},
        {"transaction_version": 2},
        {"era": Era(64, 0), "birth_hash": bytes(32)},
    ],
)
def test_submit__signed_for_something_else__is_bad_proof(lab: Any, changes: dict[str, Any]) -> None:
    assert _refusal(lab, lab.sign(lab.alice, REMARK, **changes)) == "BadProof"


def test_submit__changed_after_signing__is_bad_proof(lab: Any) -> None:
    encoded = bytearray(lab.sign(lab.alice, REMARK))
    encoded[-1] ^= 1
    assert _refusal(lab, bytes(encoded)) == "BadProof"


def test_submit__signed_by_another__is_bad_proof(lab: Any) -> None:
    other = lab.sign(lab.bob, REMARK, nonce=0)
    forged = other.replace(lab.bob.public, lab.alice.public)
    assert _refusal(lab, forged) == "BadProof"


def test_submit__old_nonce__is_stale(lab: Any) -> None:
    lab.submit(lab.alice, REMARK)
    lab.block()
    assert _refusal(lab, lab.sign(lab.alice, LONG_REMARK, nonce=0)) == "Stale"


def test_submit__birth_block_unknown__is_ancient(lab: Any) -> None:
    lab.block(3)
    best = lab.node.chain.best.number
    era = Era(4, (best + 2) % 4)
    birth = era.birth(best + 1)
    lab.node.schedule_edit(lambda ctx: ctx.storage.remove("System", "BlockHash", birth))
    lab.block()
    assert _refusal(lab, lab.sign(lab.alice, REMARK, era=era)) == "AncientBirthBlock"


def test_submit__account_without_balance__cannot_pay(lab: Any) -> None:
    assert _refusal(lab, lab.sign(key_pair("//Nobody"), REMARK)) == "Payment"


def test_submit__tip_above_the_balance__cannot_pay(lab: Any) -> None:
    assert _refusal(lab, lab.sign(lab.alice, REMARK, tip=10**7 * VFY)) == "Payment"


def test_submit__unsigned__is_no_transaction(lab: Any) -> None:
    stamp = Case("Timestamp", Case("set", {"now": 1}))
    assert _refusal(lab, unsigned_extrinsic(stamp)) == "Call"


@pytest.mark.parametrize("raw", [b"", b"\x04", b"\x08\x84", b"\x0c\x84\x00\x00"])
def test_submit__undecodable__is_refused(lab: Any, raw: bytes) -> None:
    with pytest.raises(ScaleError):
        lab.submit_raw(raw)


def test_submit__bytes_after_the_call__are_refused(lab: Any) -> None:
    body = lab.sign(lab.alice, REMARK)[2:]
    with pytest.raises(ScaleError):
        lab.submit_raw(encode_extrinsic(body + b"\x00"))


def _submit_with(lab: Any, account: bytes, sign: Callable[[bytes], Case]) -> None:
    transfer = {"dest": Case("Id", account), "value": 10 * VFY}
    lab.act(lab.alice, "Balances", "transfer_keep_alive", **transfer)
    call, extra = encode(RUNTIME_CALL, REMARK), extension_bytes(Era(), 0, 0)
    additional = additional_signed(
        spec_version=lab.node.spec_version(),
        transaction_version=1,
        genesis=lab.node.genesis_hash,
        birth_hash=lab.node.genesis_hash,
    )
    signature = encode(MULTI_SIGNATURE, sign(signed_payload(call, extra, additional)))
    body = b"\x84" + encode(MULTI_ADDRESS, Case("Id", account)) + signature + extra + call
    lab.submit_raw(encode_extrinsic(body))
    assert [event for i, _, event, _ in lab.block() if i == 1][-1] == "ExtrinsicSuccess"


def test_submit__ed25519_signature__is_accepted(lab: Any) -> None:
    secret, public = ed25519_zebra.ed_from_seed(bytes(32))
    _submit_with(
        lab,
        public,
        lambda payload: Case("Ed25519", ed25519_zebra.ed_sign(secret, payload)),
    )


def test_submit__ecdsa_signature__is_accepted(lab: Any) -> None:
    key = PrivateKey(bytes(31) + b"\x07")
    account = blake2_256(key.public_key.format())
    _submit_with(
        lab,
        account,
        lambda payload: Case("Ecdsa", key.sign_recoverable(blake2_256(payload), hasher=None)),
    )


def test_submit__garbage_ecdsa_signature__is_bad_proof(lab: Any) -> None:
    with pytest.raises(InvalidTransaction) as caught:
        _submit_with(lab, lab.bob.public, lambda _: Case("Ecdsa", bytes(65)))
    assert caught.value.case.name == "BadProof"


def test_decode__metadata_hash_mode__is_part_of_what_is_checked(lab: Any) -> None:
    encoded = lab.sign(lab.alice, REMARK)
    call = encode(RUNTIME_CALL, REMARK)
    position = encoded.index(call) - 1
    assert encoded[position] == 0
    enabled = encoded[:position] + b"\x01" + encoded[position + 1 :]
    assert decode_extrinsic(enabled).signed is not None
    assert _refusal(lab, enabled) == "BadProof"


@pytest.mark.parametrize(
    ("period", "phase", "raw"),
    [(0, 0, "00"), (64, 42, "a502"), (32768, 20000, "4e9c"), (4, 3, "3100")],
)
def test_era__known_encodings__round_trip(period: int, phase: int, raw: str) -> None:
    assert Era(period, phase).encode().hex() == raw
    assert Era.read(Reader(bytes.fromhex(raw))) == Era(period, phase)


def test_era__birth_and_death__enclose_the_current_block() -> None:
    era = Era(64, 10)
    assert [era.birth(n) for n in (10, 73, 74, 5)] == [10, 10, 74, 10]
    assert era.death(73) == 74


def test_ss58__alice_on_volta__round_trips() -> None:
    address = ss58(key_pair("//Alice").public, 251)
    assert address == "xpjztNMwdaEqGLJ6sH6p7WTnuyHHroUAw9HELRxdPNzKr2Efi"
    assert account_of(address) == key_pair("//Alice").public == account_of("//Alice")


@pytest.mark.parametrize(
    "text", ["0x1234", "xpjztNMwdaEqGLJ6sH6p7WTnuyHHroUAw9HELRxdPNzKr2Efj", "abc"]
)
def test_account_of__no_address__is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        account_of(text)
