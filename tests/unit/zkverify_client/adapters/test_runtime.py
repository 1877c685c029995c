import tracemalloc
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zk_acts.domain.ids import Statement, hex0x
from zk_devnet.testing import scripted_zkverify_node as script
from zk_devnet.zkverify.metadata import metadata_v14
from zkverify_client.adapters.errors import MalformedChainAnswer, RuntimeUnsupported
from zkverify_client.adapters.event_list import Event
from zkverify_client.adapters.runtime import AGGREGATE, GROTH16, Runtime
from zkverify_client.adapters.scale import compact
from zkverify_client.adapters.type_sizes import require_finite

STATEMENT = Statement(b"\x11" * 32)
ACCOUNT = b"\x22" * 32
FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def _events(*records: bytes) -> bytes:
    return bytes([len(records) << 2]) + b"".join(records)


def test_decode_events__a_proof_and_its_fee__gives_names_and_fields(any_runtime: Runtime) -> None:
    raw = _events(
        script.proof_verified(2, STATEMENT),
        script.new_proof(2, STATEMENT, 0, 7),
        script.fee_paid(2, ACCOUNT, 10**17, 5),
        script.succeeded(2),
    )
    assert any_runtime.decode_events(raw)[:3] == (
        Event(
            extrinsic=2,
            pallet=GROTH16,
            name="ProofVerified",
            fields={"statement": hex0x(STATEMENT)},
        ),
        Event(
            extrinsic=2,
            pallet=AGGREGATE,
            name="NewProof",
            fields={"statement": hex0x(STATEMENT), "domain_id": 0, "aggregation_id": 7},
        ),
        Event(
            extrinsic=2,
            pallet="TransactionPayment",
            name="TransactionFeePaid",
            fields={"who": hex0x(ACCOUNT), "actual_fee": 10**17, "tip": 5},
        ),
    )


def test_decode_events__outside_an_extrinsic__has_no_index(runtime: Runtime) -> None:
    record = b"\x01" + script.proof_verified(0, STATEMENT)[5:]
    assert runtime.decode_events(_events(record))[0].extrinsic is None


@pytest.mark.parametrize(
    "raw", [b"", b"\x04", b"\xfe\xff\xff\xff", b"\x04\x00\x02\x00\x00\x00\xff\xff\x00", b"\x00\x00"]
)
def test_decode_events__bytes_that_are_none__raises_our_error(raw: bytes, runtime: Runtime) -> None:
    with pytest.raises(MalformedChainAnswer):
        runtime.decode_events(raw)


@FUZZ
@given(position=st.integers(min_value=0, max_value=400), value=st.integers(0, 255))
def test_decode_events__any_byte_changed__ends_in_events_or_our_error(
    position: int, value: int, runtime: Runtime
) -> None:
    raw = bytearray(
        _events(
            script.cannot_aggregate(1, STATEMENT, b"\x01\x09\x00\x00\x00"),
            script.failed(1, b"\x03\xa1\x02\x00\x00\x00"),
            script.fee_paid(1, ACCOUNT, 1),
        )
    )
    raw[position % len(raw)] = value
    try:
        events = runtime.decode_events(bytes(raw))
    except MalformedChainAnswer:
        return
    assert all(isinstance(found, Event) for found in events)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_runtime__metadata_cut_off__raises_our_error(share: float, runtime: Runtime) -> None:
    metadata = metadata_v14()
    with pytest.raises(MalformedChainAnswer):
        Runtime(version=runtime.version, metadata=metadata[: int(len(metadata) * share)])


def test_storage_key__known_items__matches_the_reference(any_runtime: Runtime) -> None:
    vks = any_runtime.storage_key(GROTH16, "Vks", ACCOUNT)
    assert vks == "0x980254451fcde7ca15c5004f71dee4a87dfd942a26e435764bd9b62851ef012b" + "22" * 32
    domains = any_runtime.storage_key(AGGREGATE, "Domains", bytes(4))
    assert domains.startswith("0x068ceb4f485f928483c1fba1e871b5ff0b41d0c7f7b4485bd7be1d66066b00ad")
    assert domains.endswith("00000000")
    assert any_runtime.storage_key("System", "Events") == script.EVENTS_KEY


def test_prefixes__of_calls__are_the_reference_indices(any_runtime: Runtime) -> None:
    assert any_runtime.call_prefix(GROTH16, "submit_proof") == b"\xa1\x00"
    assert any_runtime.call_prefix(GROTH16, "register_vk") == b"\xa1\x01"


def test_error_name__known_and_unknown__is_named_or_numbered(any_runtime: Runtime) -> None:
    assert any_runtime.error_name(161, 2) == (GROTH16, "VerifyError")
    assert any_runtime.error_name(161, 200) == ("161", "200")


def test_constant__existential_deposit__is_the_chains(any_runtime: Runtime) -> None:
    assert any_runtime.constant("Balances", "ExistentialDeposit") == 10**16


@pytest.mark.parametrize(
    "ask",
    [
        lambda r: r.call_prefix("Nothing", "x"),
        lambda r: r.call_prefix(GROTH16, "nothing"),
        lambda r: r.storage_key(AGGREGATE, "Nothing", b""),
        lambda r: r.constant("Balances", "Nothing"),
    ],
)
def test_runtime__what_the_chain_lacks__is_unsupported(ask: Any, runtime: Runtime) -> None:
    with pytest.raises(RuntimeUnsupported):
        ask(runtime)


def test_encode_call__argument_of_a_wrong_shape__raises_our_error(runtime: Runtime) -> None:
    with pytest.raises(MalformedChainAnswer):
        runtime.encode_call(GROTH16, "submit_proof", {"vk_or_hash": 1})


def test_decode_events__by_a_metadata_that_makes_them_pairs__raises_our_error(
    runtime: Runtime,
) -> None:
    definitions = _definitions(runtime)
    pairs = next(
        number
        for number, definition in definitions.items()
        if number < 64
        and definitions.get(definition.get("sequence", {}).get("type"), {}).get("tuple")
    )
    metadata = metadata_v14()
    at = metadata.index(b"\x18Events") + len(b"\x18Events\x01\x00")
    other = metadata[:at] + bytes([pairs << 2]) + metadata[at + 1 :]
    with pytest.raises(MalformedChainAnswer):
        Runtime(version=runtime.version, metadata=other).decode_events(b"\x04" + bytes(12))


def _definitions(runtime: Runtime) -> dict[int, dict[str, Any]]:
    types = runtime._metadata.portable_registry.value["types"]
    return {entry["id"]: entry["type"]["def"] for entry in types}


def test_storage_key__keys_for_a_value_that_is_no_map__raises_our_error(runtime: Runtime) -> None:
    with pytest.raises(MalformedChainAnswer):
        runtime.storage_key("System", "Events", b"key")


def test_decode_storage__more_than_a_block_can_hold__is_not_decoded(runtime: Runtime) -> None:
    with pytest.raises(MalformedChainAnswer, match="too large"):
        runtime.decode_events(b"\x02\x00\x00\x01" + bytes(3 << 20))


def test_decode_events__as_many_as_fit_in_the_bytes__take_less_than_fifty_bytes_for_each(
    runtime: Runtime,
) -> None:
    code_updated = b"\x01\x00\x02\x00"  # the smallest of all
    count = 20_000
    raw = compact(count) + code_updated * count
    tracemalloc.start()
    try:
        assert len(runtime.decode_events(raw)) == count
        assert tracemalloc.get_traced_memory()[1] < 50 * len(raw)
    finally:
        tracemalloc.stop()


def test_decode_events__a_count_beyond_the_bytes__raises_our_error(runtime: Runtime) -> None:
    with pytest.raises(MalformedChainAnswer, match="more events than bytes"):
        runtime.decode_events(compact(1 << 400))


def test_decode_storage__a_domain_larger_than_any__is_not_decoded(runtime: Runtime) -> None:
    with pytest.raises(MalformedChainAnswer, match="too large"):
        runtime.decode_storage(AGGREGATE, "Domains", bytes(300 << 10))


@pytest.mark.parametrize(
    "inner",
    [
        {"tuple": []},
        {"composite": {"fields": []}},
        {"array": {"len": 0, "type": 0}},
        {"array": {"len": 9, "type": 2}},
        {"composite": {"fields": [{"type": 2}, {"type": 2}]}},
    ],
)
@pytest.mark.parametrize(
    "outer", [{"sequence": {"type": 1}}, {"array": {"len": 2**32 - 1, "type": 1}}]
)
def test_require_finite__a_list_of_what_takes_no_bytes__is_refused(
    inner: dict[str, Any], outer: dict[str, Any]
) -> None:
    definitions = [{"primitive": "u8"}, inner, {"tuple": []}, outer]
    with pytest.raises(ValueError, match="no bytes"):
        require_finite([{"id": n, "type": {"def": d}} for n, d in enumerate(definitions)])


def test_require_finite__real_runtimes__are_taken(any_runtime: Runtime) -> None:
    require_finite(any_runtime._metadata.portable_registry.value["types"])
