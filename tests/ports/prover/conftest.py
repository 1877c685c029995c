"""The provers that the one suite runs against: the public fake, and the adapters.

Those are the network's on a scripted network, and the local one on a scripted prover host: a process that speaks the host's
protocol, and answers with a proof under the devnet's key. Where `make prover` has built the real host, the local one runs
on that too, as far as it goes without making a proof.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import anyio
import pytest

from zk_acts.domain.acts import Intent, Purpose
from zk_acts.domain.ids import Hash32
from zk_acts.ports.act import Outcome, Pending, Prepared
from zk_devnet.groth16_dev import prove
from zk_devnet.groth16_dev.key import GNARK_VK_SHA256
from zk_devnet.prover_network.bincode import Groth16Blob
from zk_devnet.testing.act_rows import act_row
from zk_devnet.testing.scripted_host import HostScript, host_binary
from zk_devnet.testing.scripted_network import FULFILLED, UNFULFILLABLE, ScriptedNetwork
from zk_devnet.testing.scripted_prover import ScriptedProver
from zk_operator.adapters.signing.evm import EvmSigner
from zk_operator.adapters.sp1.host.process import HostConfig, HostProcesses
from zk_operator.adapters.sp1.local import LocalConfig, open_local_backend
from zk_operator.adapters.sp1.local.host_engine import HostEngine
from zk_operator.adapters.sp1.network import (
    Limits,
    NetworkBackend,
    NetworkConfig,
    NetworkTree,
    PricePolicy,
)
from zk_operator.adapters.sp1.saved_proof import Mode
from zk_operator.ports.prover import Groth16Proof, ProverBackend, ProverDetail, ProveRequest

VKEY = Hash32(b"\x00" + b"\x21" * 31)
NOW_S = 1_800_000_000
REAL_HOST = Path(__file__).parents[3] / "operator/prover/target/release/zk-operator-prover"


class Bench(Protocol):
    """A prover with what a test needs to move it on.

    `registers`: programs have to be made known to it first.
    """

    @property
    def registers(self) -> bool: ...

    @property
    def name(self) -> str: ...

    @property
    def failure_code(self) -> str: ...

    @property
    def prover(self) -> ProverBackend: ...

    def work(self, values: bytes = b"values") -> ProveRequest: ...

    def row(self, prepared: Prepared, purpose: Purpose = Purpose.PROVE) -> Intent: ...

    def advance(self, seconds: float) -> None: ...

    def fulfil(self, intent: Intent) -> None: ...

    def fail(self, intent: Intent) -> None: ...

    def requests(self) -> int: ...

    async def ended(self, intent: Intent) -> Outcome[ProverDetail]: ...


@dataclass(slots=True)
class SteppedClock:
    ms: int = NOW_S * 1000

    def now_ms(self) -> int:
        return self.ms


class _Bench:
    """What all have in common; networks are told at once what to say."""

    registers = True
    name = "network"
    failure_code = "ZKO-PRV-042"

    def __init__(self, prover: ProverBackend, clock: SteppedClock) -> None:
        self.prover = prover
        self._clock = clock

    def work(self, values: bytes = b"values") -> ProveRequest:
        return ProveRequest(
            program_vkey=VKEY, stdin=b"of " + values, public_values=values, deadline_s=NOW_S + 300
        )

    def row(self, prepared: Prepared, purpose: Purpose = Purpose.PROVE) -> Intent:
        return act_row(self.prover, prepared, purpose, created_at=self._clock.now_ms())

    def advance(self, seconds: float) -> None:
        self._clock.ms += int(seconds * 1000)

    async def ended(self, intent: Intent) -> Outcome[ProverDetail]:
        return await self.prover.outcome(intent)


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

    def requests(self) -> int:
        return len(self._fake.accepted)


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

    def requests(self) -> int:
        return len(self._network.requests)


class HostBench(_Bench):
    """The CPU prover, through a host's process: what it makes comes when it comes."""

    registers = False
    name = "cpu"
    failure_code = "ZKO-HST-012"

    def __init__(self, prover: ProverBackend, clock: SteppedClock, script: HostScript) -> None:
        super().__init__(prover, clock)
        self._script = script

    def fulfil(self, intent: Intent) -> None:
        self._script.answer(_devnet_proof(self.work()))

    def fail(self, intent: Intent) -> None:
        self._script.refuse("proving")

    def requests(self) -> int:
        return self._script.log.count("prover prove")

    async def ended(self, intent: Intent) -> Outcome[ProverDetail]:
        with anyio.fail_after(10):
            while True:
                outcome = await self.prover.outcome(intent)
                if outcome != Pending():
                    return outcome
                await anyio.sleep(0.005)


@asynccontextmanager
async def _on_host(tmp_path: Path, binary: Path, script: HostScript) -> AsyncIterator[Bench]:
    clock = SteppedClock()
    config = LocalConfig(
        name="cpu",
        program_vkey=VKEY,
        program_elf=b"\x7fELF",
        mode=Mode.GROTH16,
        spool=tmp_path / "spool",
    )
    host = HostConfig(binary=binary, cache=tmp_path / "cache", memory_gb=1)
    async with (
        HostProcesses(host) as processes,
        open_local_backend(config=config, engine=HostEngine(processes), clock=clock) as backend,
    ):
        yield HostBench(backend, clock, script)


def _scripted_host(tmp_path: Path) -> AbstractAsyncContextManager[Bench]:
    binary, script = host_binary(tmp_path / "host")
    return _on_host(tmp_path, binary, script)


def _devnet_proof(work: ProveRequest) -> bytes:
    """What a host answers: a saved file, under the devnet's key."""
    inputs = prove.public_inputs(
        program_vkey=VKEY, public_values=work.public_values, exit_code=0, nonce=9
    )
    proof = prove.prove(inputs, lambda _: 12_345)
    blob = Groth16Blob(
        public_inputs=inputs.as_tuple(),
        encoded_proof=prove.encoded_proof(proof, inputs),
        raw_proof=prove.raw_proof(proof),
        vkey_hash=GNARK_VK_SHA256,
        public_values=work.public_values,
        sp1_version="v6.1.0",
    )
    return blob.encode() + b"\x00"


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


@asynccontextmanager
async def _at_once(bench: Bench) -> AsyncIterator[Bench]:
    yield bench


def _real_host(tmp_path: Path) -> AbstractAsyncContextManager[Bench]:
    if not REAL_HOST.is_file():
        pytest.skip("no prover host has been built (make prover)")
    return _on_host(tmp_path, REAL_HOST, HostScript(tmp_path))


Opening = Callable[[], AbstractAsyncContextManager[Bench]]
ACCOUNTS: dict[str, Callable[[Path], AbstractAsyncContextManager[Bench]]] = {
    "fake": lambda _: _at_once(FakeBench()),
    "auction": lambda _: _at_once(NetworkBench(NetworkTree.AUCTION)),
    "reserved": lambda _: _at_once(NetworkBench(NetworkTree.RESERVED)),
}
MAKING = {**ACCOUNTS, "local": _scripted_host}
ALL = {**MAKING, "local, real host": _real_host}


# Entered inside the test: a backend's jobs belong to the task that opened it.
@pytest.fixture(params=sorted(ACCOUNTS))
def of_account(request: pytest.FixtureRequest, tmp_path: Path) -> Opening:
    """Backends whose requests carry an account's nonces."""
    return lambda: ACCOUNTS[request.param](tmp_path)


@pytest.fixture(params=sorted(MAKING))
def making(request: pytest.FixtureRequest, tmp_path: Path) -> Opening:
    """Backends that make proofs here."""
    return lambda: MAKING[request.param](tmp_path)


@pytest.fixture(params=sorted(ALL))
def opening(request: pytest.FixtureRequest, tmp_path: Path) -> Opening:
    """Every backend."""
    return lambda: ALL[request.param](tmp_path)
