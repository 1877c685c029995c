"""The provers that the one suite runs against: the public fake, and the adapter on a scripted network."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import pytest

from zk_operator.adapters.signing.evm import EvmSigner
from zk_operator.adapters.sp1.network import (
    Limits,
    NetworkBackend,
    NetworkConfig,
    NetworkTree,
    PricePolicy,
)
from zk_operator.domain.ids import Hash32, IntentId
from zk_operator.domain.records import Intent
from zk_operator.ports.act import Prepared
from zk_operator.ports.prover import Groth16Proof, ProverBackend, ProveRequest
from zk_operator.testing.scripted_network import FULFILLED, UNFULFILLABLE, ScriptedNetwork
from zk_operator.testing.scripted_prover import ScriptedProver

VKEY = Hash32(b"\x00" + b"\x21" * 31)
NOW_S = 1_800_000_000


class Bench(Protocol):
    """A prover with what a test needs to move it on."""

    @property
    def prover(self) -> ProverBackend: ...

    def work(self, values: bytes = b"values") -> ProveRequest: ...

    def row(self, prepared: Prepared, purpose: str = "prove") -> Intent: ...

    def advance(self, seconds: float) -> None: ...

    def fulfil(self, intent: Intent) -> None: ...

    def fail(self, intent: Intent) -> None: ...


@dataclass(slots=True)
class SteppedClock:
    ms: int = NOW_S * 1000

    def now_ms(self) -> int:
        return self.ms


class _Bench:
    """What both have in common."""

    def __init__(self, prover: ProverBackend, clock: SteppedClock) -> None:
        self.prover = prover
        self._clock = clock

    def work(self, values: bytes = b"values") -> ProveRequest:
        return ProveRequest(
            program_vkey=VKEY, stdin=b"stdin", public_values=values, deadline_s=NOW_S + 300
        )

    def row(self, prepared: Prepared, purpose: str = "prove") -> Intent:
        return Intent(
            intent_id=IntentId(f"{purpose}/x/1"),
            kind=self.prover.kind,
            purpose=purpose,
            subject="x",
            backend=self.prover.name,
            account=self.prover.account,
            nonce=prepared.nonce,
            reference=prepared.reference,
            payload=prepared.payload,
            resource=self.prover.resource,
            quoted=prepared.quoted,
            expires=prepared.expires,
            created_at=self._clock.now_ms(),
        )

    def advance(self, seconds: float) -> None:
        self._clock.ms += int(seconds * 1000)


class FakeBench(_Bench):
    def __init__(self) -> None:
        clock = SteppedClock()
        self._fake = ScriptedProver(
            program_vkey=VKEY, make_proof=_proof, clock=clock, registered=False
        )
        super().__init__(self._fake, clock)

    def fulfil(self, intent: Intent) -> None:
        self._fake.fulfil(intent.reference)

    def fail(self, intent: Intent) -> None:
        self._fake.fail(intent.reference, code="ZKO-PRV-042")


class NetworkBench(_Bench):
    def __init__(self, tree: NetworkTree) -> None:
        clock = SteppedClock()
        self._network = ScriptedNetwork(auction=tree is NetworkTree.AUCTION)
        config = NetworkConfig(
            tree=tree,
            version="sp1-v6.1.0",
            program_vkey=VKEY,
            program_elf=b"\x7fELF",
            program_vk=b"vk",
            prices=PricePolicy(max_price_per_pgu=2_000_000_000, max_base_fee=10**18),
            limits=lambda _: Limits(cycles=1_000_000, gas=2_000_000),
        )
        backend = NetworkBackend(
            config=config,
            rpc=self._network,
            transfer=self._network,
            signer=EvmSigner(b"\x01" * 32),
            clock=clock,
        )
        super().__init__(backend, clock)

    def fulfil(self, intent: Intent) -> None:
        uri = f"http://artifacts.test/proof-{intent.nonce}"
        self._network.artifacts[uri] = _download(_proof(self.work()))
        request = self._network.requests[intent.reference]
        request.fulfillment, request.proof_uri = FULFILLED, uri

    def fail(self, intent: Intent) -> None:
        self._network.requests[intent.reference].fulfillment = UNFULFILLABLE


def _proof(work: ProveRequest) -> Groth16Proof:
    onchain = b"\x43\x88\xa2\x1c" + bytes(64) + (9).to_bytes(32, "big") + b"\x07" * 256
    return Groth16Proof(onchain=onchain, public_values=work.public_values, sp1_version="v6.1.0")


def _download(proof: Groth16Proof) -> bytes:
    """The bincode of a network proof, written down by hand."""

    def sized(raw: bytes) -> bytes:
        return len(raw).to_bytes(8, "little") + raw

    inputs = b"".join(sized(text) for text in (b"1", b"2", b"0", b"0", b"9"))
    texts = sized(proof.onchain[4:].hex().encode()) + sized(b"00")
    vk_hash = proof.onchain[:4] + bytes(28)
    tail = sized(proof.public_values) + sized(proof.sp1_version.encode())
    return (3).to_bytes(4, "little") + inputs + texts + vk_hash + tail


BENCHES: dict[str, Callable[[], Bench]] = {
    "fake": FakeBench,
    "auction": lambda: NetworkBench(NetworkTree.AUCTION),
    "reserved": lambda: NetworkBench(NetworkTree.RESERVED),
}


@pytest.fixture(params=sorted(BENCHES))
def bench(request: pytest.FixtureRequest) -> Bench:
    return BENCHES[request.param]()
