"""Proof files, altered at random: each gets a report or a clear error, in bounded time and memory, and none becomes true.

`FUZZ_S` says for how many seconds (`make fuzz`), `FUZZ_SEED` which alterations. A failure names the input's file.
"""

import json
import os
import random
import time
import tracemalloc
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import zstandard

from zk_operator.adapters.sp1.inspection import Expectation, inspect_proof
from zk_operator.adapters.sp1.inspection.errors import ProofFileMalformed, ProofFileUnknown
from zk_operator.adapters.sp1.saved_proof import decode_saved_proof
from zk_operator.adapters.sp1.shrink_container import decode_shrink
from zk_operator.devnet.groth16_dev import prove
from zk_operator.devnet.groth16_dev.encoding import gnark_vk_bytes
from zk_operator.devnet.groth16_dev.key import GNARK_VK_SHA256
from zk_operator.devnet.groth16_dev.trapdoor import dev_verifying_key
from zk_operator.devnet.prover_network.bincode import Groth16Blob
from zk_operator.domain.failures import ProofMalformed
from zk_operator.domain.ids import Hash32

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "vectors"
REAL = (
    "sp1-groth16/v5.0.0-fibonacci-proof.bin",
    "sp1-groth16/v6.0.0-fixture.json",
    "sp1-v6/fibonacci-compressed.bin",
    "zkverify/sp1-shrink-proof.bin",
    "zkverify/groth16-bn254.json",
)
VKEY, VALUES = Hash32(b"\x00" + b"\x21" * 31), b"public values"
SECONDS = float(os.environ.get("FUZZ_S", "4"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
SMALL = 10_000
MOST_CPU_S, MOST_BYTES_PER_BYTE, MOST_BYTES = 3.0, 40, 24 << 20
KEY = gnark_vk_bytes(dev_verifying_key())
Seeds = Mapping[str, bytes]


def made_here() -> dict[str, bytes]:
    """One of each form, under the devnet's key; no other form can be made without SP1."""
    inputs = prove.public_inputs(program_vkey=VKEY, public_values=VALUES, exit_code=0, nonce=7)
    proof = prove.prove(inputs, lambda _: 12_345)
    onchain = prove.onchain_bytes(proof, inputs)
    network = Groth16Blob(
        public_inputs=inputs.as_tuple(),
        encoded_proof=prove.encoded_proof(proof, inputs),
        raw_proof=prove.raw_proof(proof),
        vkey_hash=GNARK_VK_SHA256,
        public_values=VALUES,
        sp1_version="v6.1.0",
    ).encode()
    fixture = {
        "vkey": "0x" + VKEY.hex(),
        "publicValues": VALUES.hex(),
        "proof": onchain.hex(),
    }
    return {
        "network": network,
        "saved": network + b"\x00",
        "tee": network + b"\x01" + (3).to_bytes(8, "little") + b"tee",
        "onchain": onchain,
        "hex": b"0x" + onchain.hex().encode(),
        "fixture": json.dumps(fixture).encode(),
        "zstd": zstandard.ZstdCompressor().compress(network),
        "v5": b"\x01\x00\x00\x00" + bytes(300) + (4).to_bytes(8, "little") + b"four"
        b"\x06\x00\x00\x00\x00\x00\x00\x00v5.0.0\x00",
    }


@pytest.fixture(scope="module")
def seeds() -> Seeds:
    found = {name: VECTORS / name for name in REAL if (VECTORS / name).is_file()}
    return made_here() | {name: path.read_bytes() for name, path in found.items()}


def flip(raw: bytearray, dice: random.Random, _: Seeds) -> None:
    if raw:
        raw[dice.randrange(len(raw))] ^= 1 << dice.randrange(8)


def cut(raw: bytearray, dice: random.Random, _: Seeds) -> None:
    del raw[dice.randrange(len(raw) + 1) :]


def remove(raw: bytearray, dice: random.Random, _: Seeds) -> None:
    at = dice.randrange(len(raw) + 1)
    del raw[at : at + dice.choice((1, 4, 8, 32, 1000))]


def repeat(raw: bytearray, dice: random.Random, _: Seeds) -> None:
    at = dice.randrange(len(raw) + 1)
    raw[at:at] = raw[at : at + dice.choice((1, 8, 100, 4000))]


def bomb(raw: bytearray, dice: random.Random, _: Seeds) -> None:
    at, left = dice.randrange(len(raw) + 1), len(raw)
    length = dice.choice((0, 1, left, left // 8, 2**20, 2**31, 2**32 - 1, 2**63, 2**64 - 1))
    raw[at : at + 8] = length.to_bytes(8, "little")


def splice(raw: bytearray, dice: random.Random, seeds: Seeds) -> None:
    other = seeds[dice.choice(sorted(seeds))]
    raw[dice.randrange(len(raw) + 1) :] = other[dice.randrange(len(other)) :]


def blank(raw: bytearray, dice: random.Random, _: Seeds) -> None:
    at = dice.randrange(len(raw) + 1)
    end = min(at + dice.choice((4, 8, 64, 100_000)), len(raw))
    raw[at:end] = dice.choice((b"\x00", b"\xff", b" ", b"[")) * (end - at)


def extend(raw: bytearray, dice: random.Random, _: Seeds) -> None:
    raw += dice.randbytes(dice.choice((1, 8, 500)))


def pack(raw: bytearray, dice: random.Random, _: Seeds) -> None:
    raw[:] = zstandard.ZstdCompressor(level=1).compress(bytes(raw))


ALTERATIONS: tuple[Callable[[bytearray, random.Random, Seeds], None], ...] = (
    *(flip, flip, cut, remove, repeat, bomb, bomb, splice, blank, extend, pack),
)


def altered(name: str, dice: random.Random, seeds: Seeds) -> bytes:
    raw = bytearray(seeds[name])
    for _ in range(dice.choice((1, 1, 1, 2, 4))):
        dice.choice(ALTERATIONS)(raw, dice, seeds)
    return bytes(raw)


def look(raw: bytes) -> bool | None:
    """`verified`, or None where the file is refused."""
    try:
        return inspect_proof(raw, Expectation(circuit_key=KEY)).verified
    except (ProofFileMalformed, ProofFileUnknown):
        return None


def says_the_same(raw: bytes) -> bool:
    """Whether a proof that is true is one of ours: of the same program and values."""
    claims = inspect_proof(raw, Expectation(circuit_key=KEY)).claims
    return (claims.vkey, claims.public_values) == (VKEY, VALUES)


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


@pytest.mark.parametrize("name", [*made_here(), *REAL])
def test_fuzz__every_seed__is_read_within_the_bounds(name: str, seeds: Seeds) -> None:
    if name not in seeds:
        pytest.skip(f"the vectors folder is absent: {name}")
    assert check(seeds[name]) is None
    assert check_memory(seeds[name]) is None
