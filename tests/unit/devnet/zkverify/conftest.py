"""A dev node without its network side, and shorthand to act on it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zk_devnet.zkverify.client import signed_extrinsic
from zk_devnet.zkverify.config import PoolLimits, ZkVerifyNodeConfig
from zk_devnet.zkverify.extrinsic import Era, additional_signed
from zk_devnet.zkverify.node import DevNode
from zk_devnet.zkverify.pallets.proofs import Sp1Policy
from zk_devnet.zkverify.pool import Status
from zk_devnet.zkverify.scale import Case
from zk_devnet.zkverify.signature import KeyPair, key_pair
from zk_devnet.zkverify.state import reader

VECTORS = Path(__file__).parents[5] / "shared" / "vectors"
SP1_PROOF = bytes(120_000)
DELIVERY = {"destination": Case("None"), "fee": 0, "owner_tip": 0}


class Lab:
    """A node whose time stands still until told otherwise."""

    def __init__(self, **changes: Any) -> None:
        settings: dict[str, Any] = {
            "sp1_policy": Sp1Policy.SIZES_ONLY,
            "pool": PoolLimits(),
            **changes,
        }
        self.time = 1_000_000.0
        self.node = DevNode(
            config=ZkVerifyNodeConfig(**settings),
            now=lambda: self.time,
            monotonic=lambda: self.time,
        )
        self.alice, self.bob, self.charlie = (
            key_pair(f"//{name}") for name in ("Alice", "Bob", "Charlie")
        )
        self.statuses: dict[bytes, list[Status]] = {}

    def get(self, pallet: str, name: str, *parts: Any) -> Any:
        return reader(self.node.best_state())(pallet, name, *parts)

    def account(self, key: KeyPair) -> dict[str, Any]:
        found: dict[str, Any] = self.get("System", "Account", key.public)
        return found

    def sign(self, key: KeyPair, call: Case, **changes: Any) -> bytes:
        best = self.node.chain.best
        era = changes.get("era", Era())
        birth_hash = self.node.genesis_hash
        if era.period:
            birth = self.node.chain.hash_at(era.birth(best.number))
            assert birth is not None
            birth_hash = birth
        implicit = {
            "spec_version": changes.get("spec_version", self.node.spec_version()),
            "transaction_version": changes.get("transaction_version", 1),
            "genesis": changes.get("genesis", self.node.genesis_hash),
            "birth_hash": changes.get("birth_hash", birth_hash),
        }
        nonce = changes.get("nonce")
        if nonce is None:
            nonce = self.node.pool.next_index(key.public, self.account(key)["nonce"])
        return signed_extrinsic(
            key,
            call,
            era=era,
            nonce=nonce,
            tip=changes.get("tip", 0),
            additional=additional_signed(**implicit),
        )

    def submit(self, key: KeyPair, call: Case, **changes: Any) -> bytes:
        """Sign and submit; statuses are recorded under the hash."""
        return self.submit_raw(self.sign(key, call, **changes))

    def submit_raw(self, encoded: bytes) -> bytes:
        from zk_devnet.zkverify.hashing import blake2_256

        seen = self.statuses.setdefault(blake2_256(encoded), [])
        self.node.hub.watch(blake2_256(encoded), lambda status, _detail: seen.append(status))
        return self.node.submit(encoded)

    def block(self, count: int = 1) -> list[tuple[int | None, str, str, Any]]:
        """Author blocks; the last one's events as (extrinsic index, pallet, event, fields)."""
        for _ in range(count):
            self.node.author_block()
            self.node.finalize()
        return [
            (
                record["phase"].value,
                record["event"].name,
                record["event"].value.name,
                record["event"].value.value,
            )
            for record in self.get("System", "Events")
        ]

    def act(self, key: KeyPair, pallet: str, name: str, **args: Any) -> list[tuple[str, Any]]:
        """Send one call in a block of its own; its events as ("Pallet.Event", fields)."""
        self.submit(key, Case(pallet, Case(name, args or None)))
        return [
            (f"{pal}.{event}", fields) for index, pal, event, fields in self.block() if index == 1
        ]

    def names(self, key: KeyPair, pallet: str, name: str, **args: Any) -> list[str]:
        return [event for event, _ in self.act(key, pallet, name, **args)]

    def failure(self, key: KeyPair, pallet: str, name: str, **args: Any) -> Case:
        """The DispatchError of a call that must fail."""
        event, fields = self.act(key, pallet, name, **args)[-1]
        assert event == "System.ExtrinsicFailed", event
        error: Case = fields["dispatch_error"]
        return error

    def domain(
        self, key: KeyPair | None = None, size: int = 2, queue: int = 2, **changes: Any
    ) -> int:
        """Register a domain; its id."""
        args = {
            "aggregation_size": size,
            "queue_size": queue,
            "aggregate_rules": Case("Untrusted"),
            "proof_rules": Case("Untrusted"),
            "delivery": DELIVERY,
            "delivery_owner": None,
            **changes,
        }
        events = dict(self.act(key or self.alice, "Aggregate", "register_domain", **args))
        number: int = events["Aggregate.NewDomain"]["id"]
        return number

    def prove(
        self, key: KeyPair, domain_id: int | None, pubs: bytes = b"\x01"
    ) -> list[tuple[str, Any]]:
        """Submit an SP1 proof (taken unverified in these tests)."""
        return self.act(
            key,
            "SettlementSp1Pallet",
            "submit_proof",
            vk_or_hash=Case("Vk", bytes(32)),
            proof=SP1_PROOF,
            pubs=pubs,
            domain_id=domain_id,
        )


@pytest.fixture
def lab() -> Lab:
    return Lab()


@pytest.fixture
def make_lab() -> Callable[..., Lab]:
    return Lab


@pytest.fixture
def vectors() -> Path:
    if not VECTORS.is_dir():
        pytest.skip("the shared vectors are not here")
    return VECTORS


@pytest.fixture
def groth16(vectors: Path) -> dict[str, Any]:
    """The real BN254 vector as SCALE values."""
    raw = json.loads((vectors / "zkverify" / "groth16-bn254.json").read_text())
    key = raw["vk"]

    def data(text: str) -> bytes:
        return bytes.fromhex(text[2:])

    parts = raw["proof"]["proof"]
    return {
        "vk": {
            "curve": Case("Bn254"),
            "alpha_g1": data(key["alphaG1"]),
            "beta_g2": data(key["betaG2"]),
            "gamma_g2": data(key["gammaG2"]),
            "delta_g2": data(key["deltaG2"]),
            "gamma_abc_g1": [data(point) for point in key["gammaAbcG1"]],
        },
        "proof": {"curve": Case("Bn254"), "proof": {name: data(parts[name]) for name in "abc"}},
        "pubs": [data(scalar) for scalar in raw["pubs"]],
        "vk_hash": data(raw["vk_hash"]),
        "statement": data(raw["statement"]),
    }
