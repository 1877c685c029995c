"""The plan: which steps, in which order, within which limits."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from gpu_check.machine import MIB, nvidia_smi
from gpu_check.materials import Kit
from gpu_check.proving import Bench
from gpu_check.steps import Facts, Run, Step, StepFailed
from gpu_check.wrap import HOST_MEMORY_GIB, wrap
from zk_operator.adapters.sp1.gpu import GpuConfig, GpuEngine, open_gpu_engine
from zk_operator.adapters.sp1.gpu.device import device_facts
from zk_operator.adapters.sp1.saved_proof import Mode

LIMIT_S = 450.0  # "under eight minutes", with what it takes to begin and to end
DEVICE_MEMORY_MIB = 22 * 1024  # what a card of "24 GB" has at least

# Nothing but the unpacked server is needed by the rest: a step that fails as the one before it did costs a second, and one
# that would have been well is not left out.
UNPACK = Step(name="unpack", limit_s=30)
DRIVER = Step(name="driver", limit_s=20)
SERVER = Step(name="server", limit_s=120, needs=("unpack",))
PROOFS = (
    (Step(name="core-10", limit_s=60, needs=("unpack",)), 10, Mode.CORE),
    (Step(name="compressed-10", limit_s=90, needs=("unpack",)), 10, Mode.COMPRESSED),
    (Step(name="compressed-100", limit_s=90, needs=("unpack",)), 100, Mode.COMPRESSED),
    (Step(name="compressed-100-warm", limit_s=60, needs=("unpack",)), 100, Mode.COMPRESSED),
)
WRAP = Step(name="groth16-10", limit_s=LIMIT_S, needs=("unpack",), is_optional=True)
NAMES = tuple(step.name for step in (UNPACK, DRIVER, SERVER, *(each[0] for each in PROOFS), WRAP))


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`device`: nvidia-smi's number. `step_limits_s`: other limits, by the names of steps."""

    device: int = 0
    wrap_memory_gib: int = HOST_MEMORY_GIB
    step_limits_s: Mapping[str, float] = field(default_factory=dict)

    def limited(self, step: Step) -> Step:
        """The step with the limit that was asked for."""
        return replace(step, limit_s=self.step_limits_s.get(step.name, step.limit_s))


async def check(run: Run, kit: Kit, options: Options, *, work: Path, out: Path) -> None:
    """Every step, with its results in the report, proofs and logs in `out`; `work` is for what can go afterwards."""
    bench: Bench | None = None
    device = options.device

    async def take(step: Step, action: Callable[[Facts], Awaitable[None]]) -> None:
        await run.take(options.limited(step), action)
        _keep_logs(work, out)

    async def unpack(_facts: Facts) -> None:
        nonlocal bench
        binary = kit.unpack_server(work / "server")
        verifier = kit.place_verifier(work)
        bench = Bench(
            kit=kit, device=device, binary=binary, verifier=verifier, proofs=out / "proofs"
        )

    await take(UNPACK, unpack)
    await take(DRIVER, partial(_driver, device=device, oldest=kit.driver))
    binary = bench.binary if bench else None
    config = GpuConfig(devices=(device,), binary=binary, logs=work / "logs")
    async with open_gpu_engine(config) as engine:
        await take(SERVER, partial(_proof, bench, engine, 1, Mode.CORE))
        for step, orders, mode in PROOFS:
            await take(step, partial(_proof, bench, engine, orders, mode))
    # After the other server's end: both would not fit into the device's memory.
    await take(WRAP, partial(_wrap, bench, run, options.wrap_memory_gib, work))


async def _driver(facts: Facts, *, device: int, oldest: int) -> None:
    """A failure here stops nothing: the server is tried anyhow, and says what it misses."""
    said = await nvidia_smi()
    if said is None:
        raise StepFailed("there is no nvidia-smi that answers")
    facts["nvidia_smi"] = said.splitlines()
    found = await device_facts(device)
    facts |= {f"device_{name}": value for name, value in found.items()}
    driver, memory = str(found.get("driver", "")), found.get("memory_total_mib")
    if not driver:
        raise StepFailed(f"nvidia-smi knows no device {device}")
    if not driver.partition(".")[0].isdecimal() or int(driver.partition(".")[0]) < oldest:
        raise StepFailed(f"driver {driver} is too old, {oldest} or newer is needed")
    if not isinstance(memory, int) or memory < DEVICE_MEMORY_MIB:
        raise StepFailed(f"the device has {memory} MiB, {DEVICE_MEMORY_MIB} are needed")


async def _proof(
    bench: Bench | None, engine: GpuEngine, orders: int, mode: Mode, facts: Facts
) -> None:
    """Made and checked. A core proof is not verified here: it is kept for the prover host, which can."""
    assert bench is not None  # the step needs it
    batch = bench.kit.input(orders)
    proof = await bench.prove(engine, batch, mode, facts)
    if mode is Mode.COMPRESSED:
        await bench.verify(proof, batch, facts)


async def _wrap(bench: Bench | None, run: Run, memory_gib: int, work: Path, facts: Facts) -> None:
    assert bench is not None  # the step needs it
    await wrap(bench, facts, left_s=run.left_s, memory_gib=memory_gib, work=work)


def _keep_logs(work: Path, out: Path) -> None:
    """What the servers wrote, one file for those of the proofs and one for the last step's; the end of it, where that is much."""
    for folder in ("logs", "wrap"):
        newest_last = sorted((work / folder).glob("gpu-*.log*"), reverse=True)
        written = b"".join(path.read_bytes() for path in newest_last)
        if written:
            (out / f"server-{folder}.txt").write_bytes(written[-MIB:])
