"""The declared metadata, read by scalecodec and held against the real runtime's."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from scalecodec.base import RuntimeConfigurationObject, ScaleBytes
from scalecodec.type_registry import load_type_registry_preset

from zk_devnet.zkverify.metadata import metadata_v14

UNCHANGED = (
    *("System", "Timestamp", "Balances", "TransactionPayment", "Utility"),
    *("CommonVerifiers", "SettlementGroth16Pallet", "SettlementSp1Pallet"),
)


class Described:
    """Metadata with type numbers resolved into texts that do not depend on numbering."""

    def __init__(self, data: bytes) -> None:
        config = RuntimeConfigurationObject(implements_scale_info=True)
        config.update_type_registry(load_type_registry_preset("core"))
        decoded = config.create_scale_object("MetadataVersioned", ScaleBytes(data))
        decoded.decode()
        self.body = decoded.value[1]["V14"]
        self.types = {entry["id"]: entry["type"] for entry in self.body["types"]["types"]}
        self.pallets = {pallet["name"]: pallet for pallet in self.body["pallets"]}

    def name(self, number: int) -> str:
        """A short name of a type."""
        entry = self.types[number]
        ((kind, body),) = entry["def"].items()
        if entry["path"]:
            return "::".join(entry["path"])
        if kind in ("sequence", "compact"):
            return f"{kind}<{self.name(body['type'])}>"
        if kind == "array":
            return f"[{self.name(body['type'])}; {body['len']}]"
        if kind == "tuple":
            return f"({', '.join(self.name(item) for item in body)})"
        return str(body)

    def fields(self, fields: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
        return [(field["name"], self.name(field["type"]), field["typeName"]) for field in fields]

    def enum(self, number: int) -> dict[str, Any]:
        """Variants of an enum: index and fields."""
        variants = self.types[number]["def"]["variant"]["variants"]
        return {
            variant["name"]: (variant["index"], self.fields(variant["fields"]))
            for variant in variants
        }

    def struct(self, path: str) -> list[tuple[Any, ...]]:
        for entry in self.types.values():
            if "::".join(entry["path"]) == path:
                return self.fields(entry["def"]["composite"]["fields"])
        raise KeyError(path)

    def kind(self, pallet: str, kind: str) -> dict[str, Any]:
        part = self.pallets[pallet][kind]
        return {} if part is None else self.enum(part["ty"])

    def texts(self, pallet: str) -> dict[str, list[str]]:
        """What each error of a pallet means."""
        part = self.pallets[pallet]["error"]
        variants = self.types[part["ty"]]["def"]["variant"]["variants"] if part else []
        return {variant["name"]: variant["docs"] for variant in variants}

    def storage(self, pallet: str) -> dict[str, Any]:
        part = self.pallets[pallet]["storage"]
        entries = part["entries"] if part else []
        return {entry["name"]: self._entry(entry) for entry in entries}

    def constants(self, pallet: str) -> dict[str, Any]:
        return {
            c["name"]: (self.name(c["type"]), c["value"]) for c in self.pallets[pallet]["constants"]
        }

    def _entry(self, entry: dict[str, Any]) -> tuple[Any, ...]:
        kind = entry["type"]
        if "Plain" in kind:
            return (entry["modifier"], self.name(kind["Plain"]), entry["default"])
        body = kind["Map"]
        names = self.name(body["key"]), self.name(body["value"])
        return (entry["modifier"], body["hashers"], *names, entry["default"])


@cache
def ours() -> Described:
    return Described(metadata_v14())


@cache
def mainnet(path: Path) -> Described:
    return Described(path.read_bytes())


def test_metadata__pallets__have_the_indices_of_the_real_runtime() -> None:
    indices = {name: pallet["index"] for name, pallet in ours().pallets.items()}
    assert indices == {
        "System": 0,
        "Timestamp": 3,
        "Balances": 4,
        "TransactionPayment": 5,
        "Utility": 30,
        "Aggregate": 81,
        "CommonVerifiers": 160,
        "SettlementGroth16Pallet": 161,
        "SettlementSp1Pallet": 167,
    }


def test_metadata__signed_extensions__are_in_the_order_of_the_real_runtime() -> None:
    assert [entry["identifier"] for entry in ours().body["extrinsic"]["signed_extensions"]] == [
        *(
            "CheckNonZeroSender",
            "CheckSpecVersion",
            "CheckTxVersion",
            "CheckGenesis",
            "CheckMortality",
        ),
        *("CheckNonce", "CheckWeight", "ChargeTransactionPayment", "CheckMetadataHash"),
    ]


@pytest.mark.parametrize("pallet", UNCHANGED)
@pytest.mark.parametrize("kind", ["calls", "event", "error"])
def test_metadata__unchanged_pallet__equals_mainnet(pallet: str, kind: str, vectors: Path) -> None:
    real = mainnet(vectors / "zkverify" / "metadata-v14-mainnet-genesis.scale")
    assert ours().kind(pallet, kind) == real.kind(pallet, kind)


@pytest.mark.parametrize("pallet", [*UNCHANGED, "Aggregate"])
def test_metadata__errors__say_what_mainnet_says(pallet: str, vectors: Path) -> None:
    real = mainnet(vectors / "zkverify" / "metadata-v14-mainnet-genesis.scale")
    assert ours().texts(pallet) == real.texts(pallet)


@pytest.mark.parametrize("pallet", UNCHANGED)
def test_metadata__unchanged_pallet__has_mainnets_storage(pallet: str, vectors: Path) -> None:
    real = mainnet(vectors / "zkverify" / "metadata-v14-mainnet-genesis.scale")
    assert ours().storage(pallet) == real.storage(pallet)


@pytest.mark.parametrize("pallet", UNCHANGED)
def test_metadata__unchanged_pallet__has_mainnets_constants(pallet: str, vectors: Path) -> None:
    real = mainnet(vectors / "zkverify" / "metadata-v14-mainnet-genesis.scale").constants(pallet)
    mine = ours().constants(pallet)
    real.pop("Version", None)
    mine.pop("Version", None)
    assert mine == real


def test_metadata__signed_extensions__have_mainnets_types(vectors: Path) -> None:
    real = mainnet(vectors / "zkverify" / "metadata-v14-mainnet-genesis.scale")

    def described(metadata: Described) -> list[tuple[str, ...]]:
        return [
            (e["identifier"], metadata.name(e["ty"]), metadata.name(e["additional_signed"]))
            for e in metadata.body["extrinsic"]["signed_extensions"]
        ]

    assert described(ours()) == described(real)


def test_metadata__aggregate__differs_from_mainnets_genesis_only_where_it_changed_since(
    vectors: Path,
) -> None:
    real = mainnet(vectors / "zkverify" / "metadata-v14-mainnet-genesis.scale")
    calls, old = ours().kind("Aggregate", "calls"), real.kind("Aggregate", "calls")
    index, fields = calls["register_domain"]
    rules = ("proof_rules", "pallet_aggregate::data::ProofSecurityRules", "ProofSecurityRules")
    assert fields[3] == rules
    assert (index, [field for field in fields if field != rules]) == old["register_domain"]
    assert set(calls) - set(old) == {"allowlist_proof_submitters", "remove_proof_submitters"}
    assert ours().kind("Aggregate", "event") == real.kind("Aggregate", "event")
    assert ours().kind("Aggregate", "error") == real.kind("Aggregate", "error")
    assert ours().constants("Aggregate") == real.constants("Aggregate")
    assert ours().struct("pallet_aggregate::data::AggregationEntry") == real.struct(
        "pallet_aggregate::data::AggregationEntry"
    )


def test_metadata__domain_entry__has_the_fields_of_runtime_1_6() -> None:
    assert [name for name, *_ in ours().struct("pallet_aggregate::data::DomainEntry")] == [
        *("id", "owner", "state", "next", "max_aggregation_size", "should_publish"),
        *(
            "publish_queue_size",
            "ticket_domain",
            "ticket_allowlist",
            "aggregate_rules",
            "proof_rules",
        ),
        "delivery",
    ]


def test_metadata__another_spec_version__is_in_the_version_constant() -> None:
    upgraded = Described(metadata_v14(1_007_000))
    value = upgraded.constants("System")["Version"][1]
    assert (1_007_000).to_bytes(4, "little").hex() in value
