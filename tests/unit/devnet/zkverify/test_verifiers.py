"""Verifier pallets: keys and their deposits, what proofs are refused for, and a real pairing."""

from collections.abc import Callable
from typing import Any

import pytest

from zk_devnet.zkverify import bn254
from zk_devnet.zkverify.pallets.proofs import Groth16
from zk_devnet.zkverify.scale import Case, encode
from zk_devnet.zkverify.schema.runtime import RUNTIME_CALL, VFY, module_error

GROTH16 = "SettlementGroth16Pallet"
SP1 = "SettlementSp1Pallet"


def _error(pallet: str, name: str) -> Case:
    return Case("Module", module_error(pallet, name))


def _submission(groth16: dict[str, Any], **changes: Any) -> dict[str, Any]:
    args = {
        "vk_or_hash": Case("Vk", groth16["vk"]),
        "proof": groth16["proof"],
        "pubs": groth16["pubs"],
        "domain_id": None,
    }
    return {**args, **changes}


def test_submit__real_groth16_vector__is_verified_with_the_real_statement(
    lab: Any, groth16: dict[str, Any]
) -> None:
    events = dict(lab.act(lab.alice, GROTH16, "submit_proof", **_submission(groth16)))
    assert events[f"{GROTH16}.ProofVerified"]["statement"] == groth16["statement"]


def test_vk_hash__real_groth16_vector__is_the_real_one(groth16: dict[str, Any]) -> None:
    assert Groth16().vk_hash(groth16["vk"]) == groth16["vk_hash"]
    assert len(Groth16().encoded_vk(groth16["vk"])) == 590


def test_register__then_submit_by_hash__gives_the_same_statement(
    lab: Any, groth16: dict[str, Any]
) -> None:
    lab.act(lab.alice, GROTH16, "register_vk", vk=groth16["vk"])
    assert lab.account(lab.alice)["data"]["reserved"] == 4_718 * VFY // 1000
    args = _submission(groth16, vk_or_hash=Case("Hash", groth16["vk_hash"]))
    events = dict(lab.act(lab.bob, GROTH16, "submit_proof", **args))
    assert events[f"{GROTH16}.ProofVerified"]["statement"] == groth16["statement"]


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        (lambda a: a.update(pubs=[]), "InvalidInput"),
        (lambda a: a.update(pubs=a["pubs"] * 2), "InvalidInput"),
        (lambda a: a.update(pubs=[b"\xff" * 32]), "InvalidInput"),
        (lambda a: a.update(pubs=[b"\x01" + bytes(31)]), "VerifyError"),
        (lambda a: a.update(proof={**a["proof"], "curve": Case("Bls12_381")}), "InvalidProofData"),
        (lambda a: a["proof"]["proof"].update(a=bytes(64)), "InvalidProofData"),
        (
            lambda a: a["proof"]["proof"].update(b=a["proof"]["proof"]["b"][:100]),
            "InvalidProofData",
        ),
        (lambda a: a["proof"]["proof"].update(c=a["proof"]["proof"]["a"]), "VerifyError"),
        (lambda a: a["vk_or_hash"].value.update(alpha_g1=bytes(64)), "InvalidVerificationKey"),
        (lambda a: a.update(vk_or_hash=Case("Hash", bytes(32))), "VerificationKeyNotFound"),
    ],
)
def test_submit__damaged__fails_with_the_pallets_error_at_full_fee(
    lab: Any, groth16: dict[str, Any], damage: Callable[[Any], None], error: str
) -> None:
    args = _submission(groth16)
    damage(args)
    events = lab.act(lab.alice, GROTH16, "submit_proof", **args)
    assert [name for name, _ in events] == [
        *("Balances.Withdraw", "Balances.Deposit", "Balances.Deposit"),
        *("TransactionPayment.TransactionFeePaid", "System.ExtrinsicFailed"),
    ]
    assert events[-1][1]["dispatch_error"] == _error(GROTH16, error)
    fields = dict(events)
    assert fields["TransactionPayment.TransactionFeePaid"]["actual_fee"] == events[0][1]["amount"]


def test_module_error__sp1_verify_error__has_the_real_bytes() -> None:
    assert _error(SP1, "VerifyError") == Case(
        "Module", {"index": 167, "error": b"\x02\x00\x00\x00"}
    )


def test_register__twice_and_by_two__counts_holders_and_deposits(lab: Any) -> None:
    vk = bytes(31) + b"\x01"
    assert f"{SP1}.VkRegistered" in lab.names(lab.alice, SP1, "register_vk", vk=vk)
    assert lab.failure(lab.alice, SP1, "register_vk", vk=vk) == _error(
        SP1, "VerificationKeyAlreadyRegistered"
    )
    assert f"{SP1}.VkRegistered" in lab.names(lab.bob, SP1, "register_vk", vk=vk)
    assert lab.account(lab.bob)["data"]["reserved"] == 4_160 * VFY // 1000
    assert lab.get(SP1, "Vks", vk) == {"vk": vk, "ref_count": 2}


def test_unregister__by_each_holder__removes_the_key_with_the_last(lab: Any) -> None:
    vk = bytes(32)
    for key in (lab.alice, lab.bob):
        lab.act(key, SP1, "register_vk", vk=vk)
    assert lab.failure(lab.charlie, SP1, "unregister_vk", vk_hash=vk) == Case("BadOrigin")
    assert f"{SP1}.VkUnregistered" not in lab.names(lab.alice, SP1, "unregister_vk", vk_hash=vk)
    assert f"{SP1}.VkUnregistered" in lab.names(lab.bob, SP1, "unregister_vk", vk_hash=vk)
    assert lab.account(lab.bob)["data"]["reserved"] == 0
    assert lab.failure(lab.bob, SP1, "unregister_vk", vk_hash=vk) == _error(
        SP1, "VerificationKeyNotFound"
    )


def test_register__without_the_money__lacks_funds(lab: Any) -> None:
    lab.act(lab.alice, "Balances", "transfer_keep_alive", dest=Case("Id", bytes(32)), value=VFY)
    from zk_devnet.zkverify.signature import key_pair

    poor = key_pair("//Poor")
    lab.act(lab.alice, "Balances", "transfer_keep_alive", dest=Case("Id", poor.public), value=VFY)
    error = lab.failure(poor, SP1, "register_vk", vk=bytes(32))
    assert error == Case("Token", Case("FundsUnavailable"))


def test_disable__only_root__then_submissions_cost_little(lab: Any) -> None:
    assert lab.failure(lab.alice, SP1, "disable", disabled=True) == Case("BadOrigin")
    call = Case(SP1, Case("disable", {"disabled": True}))
    assert encode(RUNTIME_CALL, call).hex() == "a70201"
    from zk_devnet.zkverify.context import Origin

    lab.node.schedule_edit(
        lambda ctx: lab.node.executive.dispatcher.dispatch(ctx, Origin(None), call)
    )
    lab.block()
    events = lab.prove(lab.alice, None)
    assert events[-1][1]["dispatch_error"] == _error(SP1, "DisabledVerifier")
    assert dict(events)["TransactionPayment.TransactionFeePaid"]["actual_fee"] < 0.003 * VFY


def test_point__infinity_flag__is_the_zero_point() -> None:
    assert bn254.decode_g1(bytes(63) + b"\x40").evm == bytes(64)
    assert bn254.decode_g2(bytes(127) + b"\x40").evm == bytes(128)


@pytest.mark.parametrize(
    "raw",
    [
        bytes(63) + b"\xc0",
        bytes(60),
        b"\xff" * 64,
        (1).to_bytes(32, "little") + (3).to_bytes(32, "little"),
    ],
)
def test_point__malformed__is_refused(raw: bytes) -> None:
    with pytest.raises(bn254.PointError):
        bn254.decode_g1(raw)


def test_point__sign_flag__is_ignored_in_uncompressed_form() -> None:
    plain = (1).to_bytes(32, "little") + (2).to_bytes(32, "little")
    flagged = plain[:63] + b"\x80"
    assert bn254.decode_g1(flagged) == bn254.decode_g1(plain)


def test_submit__b_on_the_curve_but_outside_the_subgroup__is_invalid_proof_data(
    lab: Any, groth16: dict[str, Any]
) -> None:
    parts = groth16["proof"]["proof"]
    parts["b"] = parts["b"][:64] + (1).to_bytes(32, "little") + (2).to_bytes(32, "little")
    args = _submission(groth16)
    error = lab.failure(lab.alice, GROTH16, "submit_proof", **args)
    assert error == _error(GROTH16, "InvalidProofData")
