"""SP1's verifier as a static binary, where `make gpu-verifier` has built it: real proofs, and what is wrong with others."""

import json
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from zk_operator.adapters.sp1.saved_proof import decode_saved_proof

ROOT = Path(__file__).resolve().parents[3]
BINARY = (
    ROOT / "operator/prover/target/verifier/x86_64-unknown-linux-gnu/verifier/zk-operator-verifier"
)
VECTOR = ROOT.parent / "shared" / "vectors" / "sp1-v6" / "fibonacci-compressed.bin"
VKEY = "00256800bc27abe0ad8b2c7b8362771c8752ea0d6589a23a1e63d9f3c39cf13c"
pytestmark = [
    pytest.mark.devnet,
    pytest.mark.skipif(not BINARY.is_file(), reason="make gpu-verifier has not been run"),
    pytest.mark.skipif(not VECTOR.is_file(), reason="the shared vectors are not there"),
]


@pytest.fixture(scope="module")
def values() -> bytes:
    return decode_saved_proof(VECTOR.read_bytes()).public_values


@pytest.fixture(scope="module")
def parts() -> ModuleType:
    spec = spec_from_file_location("gpu_kit_parts", Path(__file__).with_name("gpu_kit_parts.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["gpu_kit_parts"] = module
    spec.loader.exec_module(module)
    return module


def verified(
    proof: Path, values: bytes, *options: str, vkey: str = VKEY
) -> tuple[int, dict[str, object]]:
    """Exit code and answer."""
    ended = subprocess.run(
        [BINARY, "--vkey", vkey, "--public-values", values.hex(), *options, proof],
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, json.loads(ended.stdout) if ended.stdout else {}


def test_verifier__a_real_compressed_proof__holds(values: bytes) -> None:
    code, answer = verified(VECTOR, values)
    assert (code, answer["valid"], answer["reason"]) == (0, True, None)
    assert (answer["mode"], answer["sp1_version"]) == ("compressed", "v6.1.0")


def test_verifier__the_file_that_the_sdk_saves__holds(values: bytes, tmp_path: Path) -> None:
    """One byte more, for an absent TEE proof; another one is none."""
    plain = VECTOR.read_bytes().removesuffix(b"\0")
    (tmp_path / "saved").write_bytes(plain + b"\0")
    (tmp_path / "network").write_bytes(plain)
    (tmp_path / "longer").write_bytes(plain + b"\1")
    codes = [verified(tmp_path / name, values)[0] for name in ("saved", "network", "longer")]
    assert codes == [0, 0, 65]


def test_verifier__another_program_or_other_values__is_refused(values: bytes) -> None:
    code, answer = verified(VECTOR, values, vkey="00" * 32)
    assert (code, answer["valid"]) == (1, False)
    assert "vk hash mismatch" in str(answer["reason"])
    code, answer = verified(VECTOR, b"other")
    assert (code, answer["reason"]) == (1, "the file names other public values")


@pytest.mark.parametrize("at", [5_000, 100_000, 600_000, 1_200_000])
def test_verifier__an_altered_byte__is_refused(values: bytes, tmp_path: Path, at: int) -> None:
    altered = bytearray(VECTOR.read_bytes())
    altered[at] ^= 1
    (tmp_path / "proof").write_bytes(altered)
    code, answer = verified(tmp_path / "proof", values)
    assert (code, answer["valid"]) == (1, False)


def test_verifier__values_that_the_proof_does_not_commit_to__are_refused(
    values: bytes, tmp_path: Path
) -> None:
    """The file names the ones that are asked for; the proof inside does not."""
    raw = VECTOR.read_bytes()
    other = bytes(len(values))
    assert raw.count(values) == 1
    (tmp_path / "proof").write_bytes(raw.replace(values, other))
    code, answer = verified(tmp_path / "proof", other)
    assert code == 1
    assert "do not match the commitment" in str(answer["reason"])


def test_verifier__a_groth16_proof__holds_under_its_own_key_alone(
    values: bytes, parts: ModuleType, tmp_path: Path
) -> None:
    folder = parts.stub_proofs(tmp_path / "proofs", VECTOR.read_bytes())
    key = ["--circuit-key", str(folder / "groth16_vk.bin")]
    assert verified(folder / "4", values, *key)[0] == 0
    code, answer = verified(folder / "4", values)
    assert (code, answer["mode"], answer["valid"]) == (1, "groth16", False)


def test_verifier__a_core_proof__is_not_judged(
    values: bytes, parts: ModuleType, tmp_path: Path
) -> None:
    folder = parts.stub_proofs(tmp_path / "proofs", VECTOR.read_bytes())
    code, answer = verified(folder / "1", values)
    assert (code, answer["reason"]) == (1, "core proofs are not verified here")


def test_verifier__no_proof_or_no_such_file__ends_with_65(values: bytes, tmp_path: Path) -> None:
    (tmp_path / "proof").write_bytes(VECTOR.read_bytes()[:5_000])
    assert verified(tmp_path / "proof", values)[0] == 65
    assert verified(tmp_path / "none", values)[0] == 65
