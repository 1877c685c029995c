"""Our codec against substrate-interface's, which reads nothing but the metadata: calls, events' fields, storage values."""

from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from scalecodec.base import RuntimeConfigurationObject, ScaleBytes
from scalecodec.type_registry import load_type_registry_preset

from zk_devnet.zkverify.metadata import metadata_v14
from zk_devnet.zkverify.scale import Case, decode, encode
from zk_devnet.zkverify.schema.runtime import RUNTIME_CALL, storage_item

HASH = st.binary(min_size=32, max_size=32)
U32, U64, U128 = (st.integers(0, 2**bits - 1) for bits in (32, 64, 128))
DOMAIN = st.none() | U32


@cache
def other() -> tuple[Any, Any]:
    """substrate-interface's codec, with our metadata loaded."""
    config = RuntimeConfigurationObject(implements_scale_info=True)
    config.update_type_registry(load_type_registry_preset("core"))
    metadata = config.create_scale_object("MetadataVersioned", ScaleBytes(metadata_v14()))
    metadata.decode()
    config.add_portable_registry(metadata)
    return config, metadata


def theirs(call: dict[str, Any]) -> bytes:
    """A call as substrate-interface encodes it."""
    config, metadata = other()
    return bytes(config.create_scale_object("Call", metadata=metadata).encode(call).data)


def hex0x(raw: bytes) -> str:
    return "0x" + raw.hex()


def same(pallet: str, name: str, ours: dict[str, Any], arguments: dict[str, Any]) -> None:
    """Both encode the call alike, and we read it back."""
    value = Case(pallet, Case(name, ours))
    raw = encode(RUNTIME_CALL, value)
    described = {"call_module": pallet, "call_function": name, "call_args": arguments}
    assert raw == theirs(described)
    assert decode(RUNTIME_CALL, raw) == value


@settings(deadline=None)
@given(vk=HASH, proof=st.binary(max_size=300), pubs=st.binary(max_size=80), domain=DOMAIN)
def test_submit_sp1__any_arguments__equals_scalecodecs(
    vk: bytes, proof: bytes, pubs: bytes, domain: int | None
) -> None:
    ours = {"vk_or_hash": Case("Vk", vk), "proof": proof, "pubs": pubs, "domain_id": domain}
    arguments = {
        "vk_or_hash": {"Vk": hex0x(vk)},
        "proof": hex0x(proof),
        "pubs": hex0x(pubs),
        "domain_id": domain,
    }
    same("SettlementSp1Pallet", "submit_proof", ours, arguments)


@settings(deadline=None)
@given(
    vk_hash=HASH,
    points=st.tuples(*(st.binary(max_size=130) for _ in range(3))),
    pubs=st.lists(st.binary(max_size=40), max_size=6),
    curve=st.sampled_from(["Bn254", "Bls12_381"]),
    domain=DOMAIN,
)
def test_submit_groth16__any_arguments__equals_scalecodecs(
    vk_hash: bytes, points: tuple[bytes, ...], pubs: list[bytes], curve: str, domain: int | None
) -> None:
    named = dict(zip("abc", points, strict=True))
    ours = {
        "vk_or_hash": Case("Hash", vk_hash),
        "proof": {"curve": Case(curve), "proof": named},
        "pubs": pubs,
        "domain_id": domain,
    }
    proof = {name: hex0x(point) for name, point in named.items()}
    arguments = {
        "vk_or_hash": {"Hash": hex0x(vk_hash)},
        "proof": {"curve": curve, "proof": proof},
        "pubs": [hex0x(scalar) for scalar in pubs],
        "domain_id": domain,
    }
    same("SettlementGroth16Pallet", "submit_proof", ours, arguments)


@settings(deadline=None)
@given(
    size=U32,
    queue=st.none() | U32,
    rules=st.sampled_from(["Untrusted", "OnlyOwner", "OnlyOwnerUncompleted"]),
    proofs=st.sampled_from(["Untrusted", "OnlyOwner", "OnlyAllowlisted"]),
    fees=st.tuples(U128, U128),
    owner=st.none() | HASH,
)
def test_register_domain__any_arguments__equals_scalecodecs(
    size: int,
    queue: int | None,
    rules: str,
    proofs: str,
    fees: tuple[int, int],
    owner: bytes | None,
) -> None:
    shared = {"aggregation_size": size, "queue_size": queue}
    delivery = {"fee": fees[0], "owner_tip": fees[1]}
    ours = {
        **shared,
        "aggregate_rules": Case(rules),
        "proof_rules": Case(proofs),
        "delivery": {"destination": Case("None"), **delivery},
        "delivery_owner": owner,
    }
    arguments = {
        **shared,
        "aggregate_rules": rules,
        "proof_rules": proofs,
        "delivery": {"destination": "None", **delivery},
        "delivery_owner": None if owner is None else hex0x(owner),
    }
    same("Aggregate", "register_domain", ours, arguments)


@settings(deadline=None)
@given(domain=U32, aggregation=U64, depth=st.integers(1, 4))
def test_batch__of_calls_in_calls__equals_scalecodecs(
    domain: int, aggregation: int, depth: int
) -> None:
    fields = {"domain_id": domain, "aggregation_id": aggregation}
    ours = Case("Aggregate", Case("aggregate", fields))
    described: dict[str, Any] = {
        "call_module": "Aggregate",
        "call_function": "aggregate",
        "call_args": fields,
    }
    for _ in range(depth):
        ours = Case("Utility", Case("batch_all", {"calls": [ours, ours]}))
        described = {
            "call_module": "Utility",
            "call_function": "batch_all",
            "call_args": {"calls": [described, described]},
        }
    assert encode(RUNTIME_CALL, ours) == theirs(described)


@settings(deadline=None)
@given(nonce=U32, free=U128, reserved=U128, frozen=U128)
def test_account__any_values__reads_the_same(
    nonce: int, free: int, reserved: int, frozen: int
) -> None:
    item = storage_item("System", "Account")
    data = {"free": free, "reserved": reserved, "frozen": frozen, "flags": 1 << 127}
    value = {"nonce": nonce, "consumers": 1, "providers": 2, "sufficients": 3, "data": data}
    raw = encode(item.value, value)
    config, metadata = other()
    entry = metadata.get_metadata_pallet("System").get_storage_function("Account")
    found = config.create_scale_object(
        entry.get_value_type_string(), ScaleBytes(raw), metadata=metadata
    ).decode()
    assert found == value
    assert item.decode(raw) == value


@settings(deadline=None)
@given(
    statement=HASH,
    domain=U32,
    cause=st.sampled_from(["NoAccount", "InsufficientFunds", "UnauthorizedUser"]),
    index=U32,
)
def test_events__any_values__read_the_same(
    statement: bytes, domain: int, cause: str, index: int
) -> None:
    item = storage_item("System", "Events")
    shared = {"phase": Case("ApplyExtrinsic", index), "topics": []}
    records = [
        {
            **shared,
            "event": Case(
                "Aggregate",
                Case("CannotAggregate", {"statement": statement, "cause": Case(cause)}),
            ),
        },
        {**shared, "event": Case("Aggregate", Case("DomainFull", {"domain_id": domain}))},
    ]
    raw = encode(item.value, records)
    config, metadata = other()
    entry = metadata.get_metadata_pallet("System").get_storage_function("Events")
    found = config.create_scale_object(
        entry.get_value_type_string(), ScaleBytes(raw), metadata=metadata
    ).decode()
    assert [event["event_id"] for event in found] == ["CannotAggregate", "DomainFull"]
    assert found[0]["attributes"] == {"statement": hex0x(statement), "cause": cause}
    assert found[1]["attributes"] == {"domain_id": domain}
    assert [event["extrinsic_idx"] for event in found] == [index, index]
