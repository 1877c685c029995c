"""`zk-operator proof verify` of a real compressed proof, through the prover host where it has been built."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.devnet
ROOT = Path(__file__).resolve().parents[3]
HOST = ROOT / "operator" / "prover" / "target" / "release" / "zk-operator-prover"
VECTORS = ROOT.parent / "shared" / "vectors" / "sp1-v6"


@pytest.fixture(scope="module", autouse=True)
def present() -> None:
    if not HOST.is_file():
        pytest.skip("the prover host has not been built (make prover)")
    if not VECTORS.is_dir():
        pytest.skip("the vectors folder is absent")


def verify(proof: Path, tmp_path: Path) -> tuple[int, dict[str, object]]:
    main = [sys.executable, "-m", "zk_operator.cli.main", "proof", "verify", str(proof)]
    more = ["--vk", str(VECTORS / "fibonacci.elf"), "--host", str(HOST), "--json"]
    environment = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run(
        [*main, *more], capture_output=True, text=True, timeout=120, check=False, env=environment
    )
    return done.returncode, json.loads(done.stdout)


def test_verify__the_real_proof__is_true(tmp_path: Path) -> None:
    code, answer = verify(VECTORS / "fibonacci-compressed.bin", tmp_path)
    assert (code, answer["verified"]) == (0, True)


def test_verify__with_a_flipped_bit_inside__is_false(tmp_path: Path) -> None:
    raw = bytearray((VECTORS / "fibonacci-compressed.bin").read_bytes())
    raw[900_000] ^= 1
    flipped = tmp_path / "flipped.bin"
    flipped.write_bytes(raw)
    code, answer = verify(flipped, tmp_path)
    assert (code, answer["verified"]) == (6, False)
