"""The proving side: how fast the router decides, and what it takes to decode a Groth16 proof and check it in full."""

import random
import time
from collections.abc import Sequence

from loadtest.bench.measure import Measure, percentile
from zk_acts.domain.ids import Hash32
from zk_devnet.groth16_dev import prove
from zk_devnet.groth16_dev.encoding import gnark_vk_bytes
from zk_devnet.groth16_dev.key import GNARK_VK_SHA256, RECURSION_ROOT
from zk_devnet.groth16_dev.trapdoor import dev_verifying_key
from zk_devnet.prover_network.bincode import Groth16Blob
from zk_operator.adapters.sp1.bincode import decode_network_proof
from zk_operator.adapters.sp1.checker import Groth16Checker
from zk_operator.domain.routing import Candidate, Job, LiveAttempt, choose
from zk_operator.ports.prover import ExpectedProof

DECISIONS = 20_000
PROOFS = 100
WARM_UP = 3
MOST_MS = 100.0  # p99 of one proof
VKEY, VALUES = Hash32(b"\x00" + b"\x21" * 31), b"\x07" * 192


async def run() -> list[Measure]:
    """Decisions per second; milliseconds per proof."""
    decode_ms, verify_ms = await _proofs()
    both = [sum(pair) for pair in zip(decode_ms, verify_ms, strict=True)]
    return [
        Measure(name="router_decisions", value=_decisions(), unit="per second", at_least=1_000),
        Measure(name="groth16_decode_median", value=percentile(decode_ms, 50), unit="ms"),
        Measure(name="groth16_verify_median", value=percentile(verify_ms, 50), unit="ms"),
        Measure(
            name="groth16_decode_verify_p99", value=percentile(both, 99), unit="ms", at_most=MOST_MS
        ),
    ]


def _decisions() -> float:
    """On situations of every kind, with four backends."""
    situations = _situations(random.Random(1))
    started = time.perf_counter()
    for job, candidates, now_ms in situations:
        choose(job, candidates, now_ms)
    return len(situations) / (time.perf_counter() - started)


def _situations(chance: random.Random) -> list[tuple[Job, list[Candidate], int]]:
    names = ("network", "cluster", "cpu", "gpu")
    made = []
    for _ in range(DECISIONS):
        candidates = [
            Candidate(
                name=name,
                p50_ms=chance.randrange(1, 600_000),
                p95_ms=chance.randrange(1, 900_000),
                cost=chance.randrange(3),
                is_measured=chance.random() < 0.5,
                is_healthy=chance.random() < 0.8,
                free=chance.randrange(3),
                attempts=chance.randrange(4),
            )
            for name in names
        ]
        live = (LiveAttempt(backend="network", asked_at_ms=0),) if chance.random() < 0.5 else ()
        job = Job(deadline_ms=chance.randrange(2_000_000), reserve_ms=120_000, live=live)
        made.append((job, candidates, chance.randrange(1_000_000)))
    return made


async def _proofs() -> tuple[Sequence[float], Sequence[float]]:
    """Each proof is another one: nothing is remembered between them."""
    checker = Groth16Checker(circuit_vk=gnark_vk_bytes(dev_verifying_key()), sp1_version="v6.1.0")
    expected = ExpectedProof(
        program_vkey=VKEY, public_values=VALUES, recursion_root=Hash32(RECURSION_ROOT)
    )
    downloads = [_download(nonce) for nonce in range(PROOFS + WARM_UP)]
    decode_ms, verify_ms = [], []
    for download in downloads:
        started = time.perf_counter()
        proof = decode_network_proof(download).to_port()
        decoded = time.perf_counter()
        await checker.check(proof, expected)
        verify_ms.append((time.perf_counter() - decoded) * 1_000)
        decode_ms.append((decoded - started) * 1_000)
    return decode_ms[WARM_UP:], verify_ms[WARM_UP:]


def _download(nonce: int) -> bytes:
    inputs = prove.public_inputs(
        program_vkey=VKEY, public_values=VALUES, exit_code=0, nonce=(nonce + 1) << 96
    )
    proof = prove.prove(inputs, random.Random(nonce).randrange)
    return Groth16Blob(
        public_inputs=inputs.as_tuple(),
        encoded_proof=prove.encoded_proof(proof, inputs),
        raw_proof=prove.raw_proof(proof),
        vkey_hash=GNARK_VK_SHA256,
        public_values=VALUES,
        sp1_version="v6.1.0",
    ).encode()
