"""Proof files, altered at random: each gets a report or a clear error, in bounded time and memory, and none becomes true.

`make fuzz` has more of them; here every byte of memory is counted, which takes its time. `FUZZ_S` says for how many
seconds, `FUZZ_SEED` which alterations. A failure names the input's file.
"""

import os
import random
import time
import tracemalloc
from collections.abc import Mapping
from pathlib import Path

import pytest
import zstandard

from zk_devnet.groth16_dev.encoding import gnark_vk_bytes
from zk_devnet.groth16_dev.trapdoor import dev_verifying_key
from zk_devnet.testing.fuzz.byte_mutation import mutate_bytes
from zk_devnet.testing.fuzz.made_here import PROGRAM, VALUES, proof_files
from zk_operator.adapters.sp1.inspection import Expectation, inspect_proof
from zk_operator.adapters.sp1.inspection.errors import ProofFileMalformed, ProofFileUnknown
from zk_operator.adapters.sp1.saved_proof import decode_saved_proof
from zk_operator.adapters.sp1.shrink_container import decode_shrink
from zk_operator.domain.failures import ProofMalformed

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "vectors"
REAL = (
    "sp1-groth16/v5.0.0-fibonacci-proof.bin",
    "sp1-groth16/v6.0.0-fixture.json",
    "sp1-v6/fibonacci-compressed.bin",
    "zkverify/sp1-shrink-proof.bin",
    "zkverify/groth16-bn254.json",
)
SECONDS = float(os.environ.get("FUZZ_S", "4"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
SMALL = 10_000
MOST_CPU_S, MOST_BYTES_PER_BYTE, MOST_BYTES = 3.0, 40, 24 << 20
KEY = gnark_vk_bytes(dev_verifying_key())
Seeds = Mapping[str, bytes]


@pytest.fixture(scope="module")
def seeds() -> Seeds:
    found = {name: VECTORS / name for name in REAL if (VECTORS / name).is_file()}
    return proof_files() | {name: path.read_bytes() for name, path in found.items()}


def altered(name: str, dice: random.Random, seeds: Seeds) -> bytes:
    raw = mutate_bytes(
        dice, [seeds[name], *seeds.values()] if dice.random() < 0.2 else [seeds[name]]
    )
    return zstandard.ZstdCompressor(level=1).compress(raw) if dice.random() < 0.1 else raw


def look(raw: bytes) -> bool | None:
    """`verified`, or None where the file is refused."""
    try:
        return inspect_proof(raw, Expectation(circuit_key=KEY)).verified
    except (ProofFileMalformed, ProofFileUnknown):
        return None


def says_the_same(raw: bytes) -> bool:
    """Whether a proof that is true is one of ours: of the same program and values."""
    claims = inspect_proof(raw, Expectation(circuit_key=KEY)).claims
    return (claims.vkey, claims.public_values) == (PROGRAM, VALUES)


def comes_back(raw: bytes) -> bool:
    """Whether each codec that takes these bytes gives them back."""
    for decode in (decode_saved_proof, decode_shrink):
        try:
            if decode(raw).encode() != raw:
                return False
        except ProofMalformed:
            continue
    return True


def check(raw: bytes) -> str | None:
    """What is wrong with how this input was treated."""
    started = time.process_time()
    if look(raw) and not says_the_same(raw):
        return "it became true"
    if not comes_back(raw):
        return "it did not come back"
    if time.process_time() - started > MOST_CPU_S:
        return "it took too long"
    return None


def check_memory(raw: bytes) -> str | None:
    """As `check`; not of small inputs, which cannot hold much and take long when watched."""
    if len(raw) < SMALL:
        return None
    tracemalloc.start()
    try:
        look(raw)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return f"it took {peak} bytes" if peak > MOST_BYTES + MOST_BYTES_PER_BYTE * len(raw) else None


def test_fuzz__proof_files_altered_at_random__are_told_or_refused(
    seeds: Seeds, tmp_path: Path
) -> None:
    dice, ends, count = random.Random(SEED), time.monotonic() + SECONDS, 0
    while time.monotonic() < ends:
        raw = altered(dice.choice(sorted(seeds)), dice, seeds)
        (tmp_path / "input").write_bytes(raw)  # what is left there after a failure of any kind
        wrong = check(raw) or (check_memory(raw) if count % 5 == 0 else None)
        assert wrong is None, f"input {count} of seed {SEED}: {tmp_path / 'input'}"
        count += 1
    print(f"\nfuzz: {count} inputs in {SECONDS:.0f} s, seed {SEED}")
    assert count > 10


@pytest.mark.parametrize("name", [*proof_files(), *REAL])
def test_fuzz__every_seed__is_read_within_the_bounds(name: str, seeds: Seeds) -> None:
    if name not in seeds:
        pytest.skip(f"the vectors folder is absent: {name}")
    assert check(seeds[name]) is None
    assert check_memory(seeds[name]) is None
