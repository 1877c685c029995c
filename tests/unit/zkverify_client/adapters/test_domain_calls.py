"""Calls to the Aggregate pallet, by the metadata of both runtimes that matter."""

import pytest

from zk_acts.domain.ids import AccountId, Hash32
from zkverify_client.adapters.aggregation_domain import decode_domain
from zkverify_client.adapters.calls import (
    SubmittedProof,
    SubmittedVk,
    read_call,
    register_shrink_vk_call,
    submit_shrink_call,
    unregister_vk_call,
)
from zkverify_client.adapters.domain_calls import DomainCall, domain_call
from zkverify_client.adapters.errors import RuntimeUnsupported
from zkverify_client.adapters.runtime import AGGREGATE, SP1, Runtime
from zkverify_client.domain.aggregation_rules import ProofRules
from zkverify_client.domain.statement import sp1_statement
from zkverify_client.ports.zkverify import (
    AllowSubmitters,
    DisallowSubmitters,
    DomainRequest,
    HoldDomain,
    Publish,
    RegisterDomain,
    SetDeliveryFees,
    UnregisterDomain,
)

from .conftest import genesis_runtime

ACCOUNT = AccountId(b"\x07" * 32)
SIZES = "0800000001" + "04000000"  # size 8, queue Some(4)
EMPTY_DELIVERY = "00" + "00" * 32  # no destination, no fee, no tip


def _has_rules(runtime: Runtime) -> bool:
    return "proof_rules" in runtime.call_arguments(AGGREGATE, "register_domain")


def test_register_domain__either_runtime__has_its_arguments(any_runtime: Runtime) -> None:
    rules = "0000" if _has_rules(any_runtime) else "00"
    call = domain_call(any_runtime, RegisterDomain(size=8, queue=4))
    assert call.hex() == "5101" + SIZES + rules + EMPTY_DELIVERY + "00"


def test_register_domain__all_given__is_in_the_call(runtime: Runtime) -> None:
    request = RegisterDomain(
        size=8,
        queue=4,
        proof_rules=ProofRules.ONLY_ALLOWLISTED,
        delivery_fee=5,
        owner_tip=6,
        delivery_owner=ACCOUNT,
    )
    fees = (5).to_bytes(16, "little").hex() + (6).to_bytes(16, "little").hex()
    owner = "01" + ACCOUNT.hex()
    assert domain_call(runtime, request).hex() == "5101" + SIZES + "0002" + "00" + fees + owner


def test_register_domain__proof_rules_on_the_old_runtime__are_refused(any_runtime: Runtime) -> None:
    request = RegisterDomain(size=1, proof_rules=ProofRules.ONLY_OWNER)
    if _has_rules(any_runtime):
        assert domain_call(any_runtime, request)
        return
    with pytest.raises(RuntimeUnsupported):
        domain_call(any_runtime, request)


def test_allow_list__old_runtime__is_refused(any_runtime: Runtime) -> None:
    request = AllowSubmitters(domain_id=3, accounts=(ACCOUNT,))
    if _has_rules(any_runtime):
        assert domain_call(any_runtime, request).hex() == "510503000000" + "04" + ACCOUNT.hex()
        return
    with pytest.raises(RuntimeUnsupported):
        domain_call(any_runtime, request)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (Publish(domain_id=2, aggregation_id=9), "510002000000" + "0900000000000000"),
        (HoldDomain(domain_id=2), "510202000000"),
        (UnregisterDomain(domain_id=2), "510302000000"),
        (
            SetDeliveryFees(domain_id=2, fee=1, owner_tip=2),
            "510402000000" + "01" + "00" * 15 + "02" + "00" * 15,
        ),
    ],
)
def test_calls__either_runtime__are_the_same(
    any_runtime: Runtime, request_: DomainRequest, expected: str
) -> None:
    assert domain_call(any_runtime, request_).hex() == expected


@pytest.mark.parametrize(
    "request_",
    [
        RegisterDomain(size=1),
        Publish(domain_id=2, aggregation_id=9),
        SetDeliveryFees(domain_id=2, fee=1),
        DisallowSubmitters(domain_id=2, accounts=(ACCOUNT,)),
    ],
)
def test_read_call__our_domain_calls__names_what_they_change(
    runtime: Runtime, request_: DomainRequest
) -> None:
    found = read_call(runtime, domain_call(runtime, request_))
    assert isinstance(found, DomainCall)
    assert found.domain_id == getattr(request_, "domain_id", None)
    assert found.aggregation_id == getattr(request_, "aggregation_id", None)


def test_shrink_calls__either_runtime__are_read_back(any_runtime: Runtime) -> None:
    vk = Hash32(b"\x05" * 32)
    call = submit_shrink_call(
        any_runtime, vk=vk, proof=b"\x01\x02", public_values=b"\x03", domain_id=4
    )
    assert call.hex() == "a70001" + vk.hex() + "080102" + "0403" + "0104000000"
    statement = sp1_statement(vk, b"\x03")
    assert read_call(any_runtime, call) == SubmittedProof(
        statement=statement, domain_id=4, pallet=SP1
    )
    registered = read_call(any_runtime, register_shrink_vk_call(any_runtime, vk))
    assert registered == SubmittedVk(vk_hash=vk, pallet=SP1)
    given_up = read_call(any_runtime, unregister_vk_call(any_runtime, SP1, vk))
    assert given_up == SubmittedVk(vk_hash=vk, pallet=SP1, gives_up=True)


def test_decode_call__any_of_ours__is_encoded_to_the_same_bytes(any_runtime: Runtime) -> None:
    vk = Hash32(b"\x05" * 32)
    calls = [
        submit_shrink_call(
            any_runtime, vk=vk, proof=bytes(range(256)), public_values=b"", domain_id=None
        ),
        domain_call(any_runtime, RegisterDomain(size=2, delivery_fee=10**18)),
    ]
    for call in calls:
        assert any_runtime.encode_call(*any_runtime.decode_call(call)) == call


def _entry_before_allowlists(deposit: int) -> bytes:
    """Aggregate.Domains' value as runtimes before 1.3 lay it out: one ticket, no proof rules."""
    following = bytes(8) + (4).to_bytes(4, "little") + b"\x00"
    sizes = (4).to_bytes(4, "little") + b"\x00" + (16).to_bytes(4, "little")
    ticket = b"\x01" + deposit.to_bytes(16, "little")
    delivery = bytes(32) + b"\x00" + bytes(32)
    return bytes(4) + b"\x01\x00" + following + sizes + ticket + b"\x00" + delivery


def test_decode_domain__runtime_before_allow_lists__has_the_owners_deposit() -> None:
    domain = decode_domain(genesis_runtime(), _entry_before_allowlists(4_422 * 10**15))
    assert domain.deposit == 4_422 * 10**15
    assert domain.size == 4
