"""Who asks for proofs in the benchmark of clients: the operator's network backend, and SP1's SDK in its own process."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Any, Protocol

import anyio

from loadtest.bench.dev_network import NetworkProcess
from zk_acts.domain.acts import Intent
from zk_acts.domain.details import Fulfilled
from zk_acts.domain.ids import Hash32
from zk_acts.ports.act import Included, Prepared
from zk_acts.runtime.clock import SystemClock
from zk_devnet.prover_network.states import NetworkMode
from zk_devnet.testing.act_rows import act_row
from zk_operator.adapters.signing.evm import EvmSigner
from zk_operator.adapters.sp1.network import (
    Limits,
    NetworkBackend,
    NetworkConfig,
    NetworkTree,
    PricePolicy,
    open_network_backend,
)
from zk_operator.ports.prover import ProveRequest, RegisterProgram
from zk_operator.program import batch_program

CLIENT = Path(__file__).parents[2] / "operator/prover/target/client-6.10/release/sp1-client"
START_S, STEP_S = 300.0, 60.0
TREES = {NetworkMode.MAINNET: NetworkTree.AUCTION, NetworkMode.RESERVED: NetworkTree.RESERVED}
LIMITS = Limits(cycles=10_000_000, gas=20_000_000)  # as the SDK's client states them


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: wall time and processor time of the client's process (seconds)."""

    wall_s: float
    cpu_s: float


class Requester(Protocol):
    """Asks for one proof at a time."""

    async def request(self) -> tuple[Step, bytes]:
        """Everything up to the accepted request; its id."""
        ...

    async def collect(self) -> Step:
        """Everything from the first question about the finished request to the decoded proof."""
        ...


class Ours:
    """The network backend through its port, as the daemon uses it; the database is left out."""

    def __init__(self, backend: NetworkBackend, work: ProveRequest) -> None:
        self._backend = backend
        self._work = work
        self._intent: Intent | None = None

    async def register(self) -> None:
        """Make the program known."""
        await self._issue(RegisterProgram(program_vkey=self._work.program_vkey), "register-program")

    async def request(self) -> tuple[Step, bytes]:
        """Nonce, upload, signature, sending."""
        started = _Started()
        self._intent = await self._issue(self._work, "prove")
        return started.step(), self._intent.reference

    async def collect(self) -> Step:
        """Status, cost, download, decoding."""
        assert self._intent is not None
        started = _Started()
        outcome = await self._backend.outcome(self._intent)
        assert isinstance(outcome, Included), outcome
        assert isinstance(outcome.detail, Fulfilled), outcome
        proof = await self._backend.fetch(outcome.detail)
        step = started.step()
        if proof.public_values != self._work.public_values:
            raise RuntimeError("other public values")
        return step

    async def _issue(self, work: ProveRequest | RegisterProgram, purpose: str) -> Intent:
        prepared = await self._backend.prepare(work, await self._backend.next_nonce())
        intent = _row(self._backend, prepared, purpose)
        return replace(intent, known_as=await self._backend.send(intent))


class Sdk:
    """The SDK's client, told step by step."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def request(self) -> tuple[Step, bytes]:
        """One step of it."""
        step, said = await self._step("request")
        return step, bytes.fromhex(said["request_id"])

    async def collect(self) -> Step:
        """One step of it."""
        return (await self._step("collect"))[0]

    async def _step(self, name: str) -> tuple[Step, dict[str, Any]]:
        assert self._process.stdin is not None
        before = self._cpu_s()
        self._process.stdin.write(f"{name}\n".encode())
        said = await self.said(STEP_S)
        return Step(wall_s=said["seconds"], cpu_s=self._cpu_s() - before), said

    async def said(self, timeout_s: float) -> dict[str, Any]:
        """Its next line."""
        assert self._process.stdout is not None
        with anyio.fail_after(timeout_s):
            line = await self._process.stdout.readline()
        found: dict[str, Any] = json.loads(line)
        return found

    def _cpu_s(self) -> float:
        threads = Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


@asynccontextmanager
async def ours(network: NetworkProcess, key: bytes, work: ProveRequest) -> AsyncIterator[Ours]:
    """Our client with its program registered; asks whom the network lists as provers, as the SDK does."""
    config = NetworkConfig(
        tree=TREES[network.mode],
        version="sp1-v6.1.0",
        program_vkey=Hash32(batch_program().vkey),
        program_elf=batch_program().elf,
        program_vk=batch_program().vk,
        prices=PricePolicy(max_price_per_pgu=2_000_000_000, max_base_fee=10**18),
        limits=lambda _: LIMITS,
        whitelist=None,
        min_auction_period_s=0,
    )
    async with open_network_backend(
        endpoint=network.grpc_url, config=config, signer=EvmSigner(key), clock=SystemClock()
    ) as backend:
        requester = Ours(backend, work)
        await requester.register()
        yield requester


@asynccontextmanager
async def sdk(
    network: NetworkProcess, key: bytes, work: ProveRequest, folder: Path
) -> AsyncIterator[Sdk]:
    """SP1's SDK, once it has made the program's key."""
    elf, stdin = folder / "batch.elf", folder / "batch.stdin"
    elf.write_bytes(batch_program().elf)
    stdin.write_bytes(work.stdin)
    process = await asyncio.create_subprocess_exec(
        *(str(CLIENT), network.grpc_url, network.mode.value, str(elf), str(stdin), "bench"),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        env={"NETWORK_PRIVATE_KEY": "0x" + key.hex(), "PATH": os.environ["PATH"]},
    )
    try:
        client = Sdk(process)
        await client.said(START_S)
        yield client
    finally:
        process.kill()
        await process.wait()


class _Started:
    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def step(self) -> Step:
        return Step(wall_s=time.perf_counter() - self._wall, cpu_s=time.process_time() - self._cpu)


def _row(backend: NetworkBackend, prepared: Prepared, purpose: str) -> Intent:
    return act_row(
        backend,
        prepared,
        purpose,
        subject="bench",
        attempt=prepared.nonce,
        created_at=SystemClock().now_ms(),
    )
