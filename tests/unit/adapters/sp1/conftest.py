"""The network backend on a scripted network, with a clock that stands still."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from zk_acts.domain.acts import ActKind, Intent, Purpose, Resource
from zk_acts.domain.ids import Hash32, IntentId
from zk_acts.ports.act import Prepared
from zk_acts.ports.clock import Clock
from zk_devnet.testing.scripted_network import ScriptedNetwork
from zk_operator.adapters.signing.evm import EvmSigner
from zk_operator.adapters.sp1.network import (
    Limits,
    NetworkBackend,
    NetworkConfig,
    NetworkTree,
    PricePolicy,
)
from zk_operator.ports.prover import ProveRequest

VKEY = Hash32(b"\x00" + b"\x21" * 31)
NOW_S = 1_800_000_000


@dataclass(slots=True)
class StoppedClock:
    """Moves only when a test says so."""

    ms: int = NOW_S * 1000

    def now_ms(self) -> int:
        return self.ms

    def advance(self, seconds: float) -> None:
        self.ms += int(seconds * 1000)


CONFIG = NetworkConfig(
    tree=NetworkTree.AUCTION,
    version="sp1-v6.1.0",
    program_vkey=VKEY,
    program_elf=b"\x7fELF",
    program_vk=b"vk",
    prices=PricePolicy(max_price_per_pgu=2_000_000_000, max_base_fee=10**18),
    limits=lambda request: Limits(cycles=1_000_000, gas=2_000_000 + len(request.stdin)),
)


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def network() -> ScriptedNetwork:
    return ScriptedNetwork()


def assembled(
    network: ScriptedNetwork,
    clock: StoppedClock,
    config: NetworkConfig = CONFIG,
    deadlines: Clock | None = None,
) -> NetworkBackend:
    network.auction = config.tree is NetworkTree.AUCTION
    return NetworkBackend(
        config=config,
        rpc=network,
        transfer=network,
        signer=EvmSigner(b"\x01" * 32),
        clock=clock,
        deadlines=deadlines,
    )


@pytest.fixture
def connect(network: ScriptedNetwork, clock: StoppedClock) -> Callable[..., NetworkBackend]:
    def build(**changes: object) -> NetworkBackend:
        config = replace(CONFIG, **changes)  # type: ignore[arg-type]  # names come from the test
        return assembled(network, clock, config)

    return build


@pytest.fixture
def fresh() -> Callable[[], tuple[NetworkBackend, ScriptedNetwork, Callable[[float], None]]]:
    """A backend with a network and a clock of its own at every call."""

    def build() -> tuple[NetworkBackend, ScriptedNetwork, Callable[[float], None]]:
        network, clock = ScriptedNetwork(), StoppedClock()
        return assembled(network, clock), network, clock.advance

    return build


@pytest.fixture
def backend(connect: Callable[..., NetworkBackend]) -> NetworkBackend:
    return connect()


@pytest.fixture
def ahead(network: ScriptedNetwork, clock: StoppedClock) -> NetworkBackend:
    """On a machine whose clock is a minute ahead of the network's."""
    deadlines = StoppedClock()
    clock.advance(60)
    return assembled(network, clock, deadlines=deadlines)


@pytest.fixture
def work() -> ProveRequest:
    return ProveRequest(
        program_vkey=VKEY, stdin=b"stdin", public_values=b"values", deadline_s=NOW_S + 300
    )


@pytest.fixture
def row(clock: StoppedClock) -> Callable[..., Intent]:
    def make(prepared: Prepared, purpose: Purpose = Purpose.PROVE) -> Intent:
        return Intent(
            intent_id=IntentId(f"{purpose}/x/1"),
            kind=ActKind.PROVE,
            purpose=purpose,
            subject="x",
            backend="network",
            account="",
            nonce=prepared.nonce,
            reference=prepared.reference,
            payload=prepared.payload,
            resource=Resource.PROVE,
            quoted=prepared.quoted,
            expires=prepared.expires,
            created_at=clock.now_ms(),
        )

    return make


@pytest.fixture
def advance(clock: StoppedClock) -> Callable[[float], None]:
    return clock.advance
