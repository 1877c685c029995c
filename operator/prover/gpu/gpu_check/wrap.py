"""The last step to Groth16, under a set-up that the server makes itself.

In its development mode (`SP1_CIRCUIT_MODE=dev`; crate sp1-prover 6.10.0, build.rs) the server builds the circuit and a throw-away
set-up into its home when it is first asked, and proves under that. Whoever makes a set-up may know its trapdoor: such a
proof shows that the machinery works, and nothing else.
"""

import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import anyio

from gpu_check.machine import KIB, host_memory
from gpu_check.proving import Bench
from gpu_check.steps import Facts, StepFailed, StepSkipped
from zk_operator.adapters.sp1.gpu import GpuConfig, GpuEngine, open_gpu_engine
from zk_operator.adapters.sp1.gpu.process import start_process
from zk_operator.adapters.sp1.saved_proof import Mode

HOST_MEMORY_GIB = 64  # the set-up passed 24 GB on a smaller machine before it was stopped; the prover takes 16 beside it
LEAST_S = 60.0
ORDERS = 10
_POLL_S = 0.25


async def wrap(bench: Bench, facts: Facts, *, left_s: float, memory_gib: int, work: Path) -> None:
    """A Groth16 proof of ten orders. Errors: StepSkipped where this machine, or the time, cannot do it."""
    available = host_memory()[1] // KIB
    facts["host_memory_available_gib"] = available
    if available < memory_gib:
        raise StepSkipped(f"{available} GiB of host memory are available, {memory_gib} are wanted")
    if left_s < LEAST_S:
        raise StepSkipped(f"{left_s:.0f} s are left, {LEAST_S:.0f} are wanted")
    home = work / "home"
    home.mkdir(exist_ok=True)
    batch = bench.kit.input(ORDERS)
    async with _development_server(bench, facts, home=home, logs=work / "wrap") as engine:
        proof = await bench.prove(engine, batch, Mode.GROTH16, facts)
    keys = sorted(home.glob(".sp1/circuits/*-groth16-dev/groth16_vk.bin"))
    if len(keys) != 1:
        raise StepFailed(f"the server left {len(keys)} set-ups behind")
    await bench.verify(proof, batch, facts, circuit_key=keys[0])


@asynccontextmanager
async def _development_server(
    bench: Bench, facts: Facts, *, home: Path, logs: Path
) -> AsyncIterator[GpuEngine]:
    """A server that the engine takes for somebody else's: with one of its own it insists on the release's circuit files."""
    variables = {
        "HOME": str(home),
        "SP1_CIRCUIT_MODE": "dev",
        # It would look for its makers' set-up first, with the command aws, where there is one.
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_MAX_ATTEMPTS": "1",
    }
    with _environment(variables):
        process = await start_process(
            binary=bench.binary, device=bench.device, logs=logs, circuits=None
        )
    try:
        async with open_gpu_engine(GpuConfig(devices=(bench.device,))) as engine:
            while not await _listens(engine):
                if not process.is_running:
                    raise process.ended()
                await anyio.sleep(_POLL_S)
            yield engine
    finally:
        facts["server_says"] = process.says()  # how far it came
        await process.end()


async def _listens(engine: GpuEngine) -> bool:
    devices = (await engine.status())["devices"]
    return isinstance(devices, list) and devices[0]["listening"] is True


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """What a child is started with."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
