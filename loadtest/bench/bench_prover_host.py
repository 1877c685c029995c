"""SP1 behind the prover host: cycles of real runs of the batch program, and Groth16 proofs judged in batches.

Cycles do not depend on the machine, so they have limits. The host is optional; where it is not built, this says so.
"""

import random
import tempfile
import time
from pathlib import Path

from loadtest.bench.measure import Entry, Measure, Skipped
from zk_acts.domain.ids import Hash32
from zk_devnet.groth16_dev import prove
from zk_devnet.groth16_dev.encoding import gnark_vk_bytes
from zk_devnet.groth16_dev.key import RECURSION_ROOT
from zk_devnet.groth16_dev.trapdoor import dev_verifying_key
from zk_devnet.testing.batches import batch_over_pools, pythons_values
from zk_operator.adapters.sp1.host.client import (
    MAX_CLAIMS,
    Groth16Claim,
    Groth16Verdict,
    ProverHost,
)
from zk_operator.adapters.sp1.host.process import HostConfig, HostKind, HostProcesses
from zk_operator.program import batch_program
from zkverify_client.domain.statement import public_values_digest

BINARY = Path(__file__).parents[2] / "operator/prover/target/release/zk-operator-prover"
ORDERS = (1, 10, 100)
CYCLE_LIMIT = 100_000_000
MOST_CYCLES = 10_000  # each order, beyond what every batch costs
MOST_FIXED_CYCLES = 40_000
MOST_MEMORY_MB = 100.0  # of a host that executes and verifies
DISTINCT = 64  # proofs; making one takes longer than judging a hundred
ROUNDS, MOST_ROUNDS = 5, 30  # the best counts, since other work on the machine is not the host's
LEAST_PER_S = 1_000.0
VKEY, VALUES = Hash32(b"\x00" + b"\x21" * 31), b"\x07" * 192


async def run() -> list[Entry]:
    """Cycles, the host's memory, proofs per second."""
    if not BINARY.is_file():
        reason = "the prover host is not built: run `make prover` (needs Rust)"
        return [Skipped(name=name, reason=reason) for name in ("cycles", "groth16_batches")]
    with tempfile.TemporaryDirectory(prefix="zko-bench-") as folder:
        async with HostProcesses(HostConfig(binary=BINARY, cache=Path(folder))) as processes:
            host = await processes.host(HostKind.LIGHT)
            cycles = await _cycles(host)
            memory_mb = (await host.resources()).memory_peak / 2**20
            memory = Measure(
                name="light_host_peak", value=memory_mb, unit="MB", at_most=MOST_MEMORY_MB
            )
            return [*cycles, memory, *await _groth16(host)]


async def _cycles(host: ProverHost) -> list[Measure]:
    """Of batches of several sizes, and what one more order costs."""
    found: list[Measure] = []
    cycles: dict[int, int] = {}
    for count in ORDERS:
        batch = batch_over_pools(count)
        ran = await host.execute(batch_program().elf, batch.stdin(), cycle_limit=CYCLE_LIMIT)
        if ran.public_values != pythons_values(batch):
            raise RuntimeError(f"the program does not agree with the rule on {count} orders")
        cycles[count] = ran.cycles
        found.append(Measure(name=f"cycles_{count}_orders", value=ran.cycles, unit="cycles"))
        found.append(Measure(name=f"gas_{count}_orders", value=ran.gas, unit="PGU"))
    first, last = ORDERS[0], ORDERS[-1]
    per_order = (cycles[last] - cycles[first]) / (last - first)
    return [
        *found,
        Measure(
            name="cycles_per_batch",
            value=cycles[first] - per_order * first,
            unit="cycles",
            at_most=MOST_FIXED_CYCLES,
        ),
        Measure(name="cycles_per_order", value=per_order, unit="cycles", at_most=MOST_CYCLES),
    ]


async def _groth16(host: ProverHost) -> list[Measure]:
    """The best of some rounds: full batches of proofs that hold, and the same with one that does not."""
    distinct = [_claim(nonce) for nonce in range(DISTINCT)]
    good = distinct * (MAX_CLAIMS // DISTINCT)
    bad = Groth16Claim(program_vkey=VKEY, values_digest=0, onchain=good[0].onchain)
    await _per_second(host, distinct, [Groth16Verdict.VALID] * DISTINCT)  # warms it up
    verdicts = [Groth16Verdict.VALID] * len(good)
    rates: list[float] = []
    while len(rates) < ROUNDS or (max(rates) < LEAST_PER_S and len(rates) < MOST_ROUNDS):
        rates.append(await _per_second(host, good, verdicts))
    mixed = await _per_second(host, [*good[:-1], bad], [*verdicts[:-1], Groth16Verdict.PAIRING])
    return [
        Measure(
            name="groth16_in_batches", value=max(rates), unit="per second", at_least=LEAST_PER_S
        ),
        Measure(name="groth16_in_batches_with_a_bad_one", value=mixed, unit="per second"),
    ]


async def _per_second(
    host: ProverHost, claims: list[Groth16Claim], expected: list[Groth16Verdict]
) -> float:
    """The whole way, with the client's coding and the socket."""
    started = time.perf_counter()
    found = await host.verify_groth16(
        gnark_vk_bytes(dev_verifying_key()), Hash32(RECURSION_ROOT), claims
    )
    took = time.perf_counter() - started
    if found != expected:
        raise RuntimeError("the host misjudges a proof")
    return len(claims) / took


def _claim(nonce: int) -> Groth16Claim:
    inputs = prove.public_inputs(
        program_vkey=VKEY, public_values=VALUES, exit_code=0, nonce=(nonce + 1) << 96
    )
    proof = prove.prove(inputs, random.Random(nonce).randrange)
    return Groth16Claim(
        program_vkey=VKEY,
        values_digest=public_values_digest(VALUES),
        onchain=prove.onchain_bytes(proof, inputs),
    )
