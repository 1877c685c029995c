"""`zk-operator proof verify` with SP1's own verifier, through the prover host where it has been built."""

import json
import os
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from zk_operator.adapters.sp1.bn254_container import Bn254Body
from zk_operator.adapters.sp1.host.errors import HostRefused
from zk_operator.adapters.sp1.host.process import HostKind
from zk_operator.adapters.sp1.saved_proof import Mode, SavedProof, decode_saved_proof
from zk_operator.app.prover_tool import LocalPlace, open_host
from zk_operator.domain.circuit import CIRCUITS
from zk_operator.domain.failures import ProofMalformed
from zkverify_client.domain.statement import public_values_digest

pytestmark = [pytest.mark.devnet, pytest.mark.timeout(900)]  # a program's key takes its time
ROOT = Path(__file__).resolve().parents[3]
HOST = ROOT / "operator" / "prover" / "target" / "release" / "zk-operator-prover"
VECTORS = ROOT.parent / "shared" / "vectors" / "sp1-v6"
ELF = VECTORS / "fibonacci.elf"
VKEY = 0x00256800BC27ABE0AD8B2C7B8362771C8752EA0D6589A23A1E63D9F3C39CF13C
ALTERATIONS = 40


@pytest.fixture(scope="module", autouse=True)
def present() -> None:
    if not HOST.is_file():
        pytest.skip("the prover host has not been built (make prover)")
    if not VECTORS.is_dir():
        pytest.skip("the vectors folder is absent")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the host keeps keys, so that only the first call has to compute one."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def real() -> bytes:
    return (VECTORS / "fibonacci-compressed.bin").read_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How the command ended."""

    code: int
    answer: dict[str, object]
    errors: str


def verify(proof: Path, home: Path, *, vk: Path = ELF, host: Path = HOST) -> Told:
    main = [sys.executable, "-m", "zk_operator.cli.main", "proof", "verify", str(proof)]
    more = ["--vk", str(vk), "--host", str(host), "--json"]
    done = subprocess.run(
        [*main, *more],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env={**os.environ, "HOME": str(home)},
    )
    answer = json.loads(done.stdout) if done.stdout else {}
    return Told(code=done.returncode, answer=answer, errors=done.stderr)


def test_verify__the_real_proof__is_true(home: Path) -> None:
    told = verify(VECTORS / "fibonacci-compressed.bin", home)
    assert (told.code, told.answer["verified"]) == (0, True)


def test_verify__with_a_flipped_bit_inside__is_false(
    home: Path, real: bytes, tmp_path: Path
) -> None:
    raw = bytearray(real)
    raw[900_000] ^= 1
    flipped = tmp_path / "flipped.bin"
    flipped.write_bytes(raw)
    told = verify(flipped, home)
    assert (told.code, told.answer["verified"]) == (6, False)


def test_verify__a_plonk_proof_that_is_none__is_false_by_sp1s_verdict(
    home: Path, tmp_path: Path
) -> None:
    """Its claims are right, so that only SP1's verifier can tell."""
    values, root = b"values", CIRCUITS["v6.1.0"].recursion_root
    body = Bn254Body(
        inputs=(VKEY, public_values_digest(values), 0, int.from_bytes(root), 0),
        encoded_proof=bytes(32) + root + bytes(32) + b"\x07" * 864,
        raw_proof=b"\x08" * 900,
        vk_sha256=bytes.fromhex("5a093a2fcb46394f5cadfe55c44d4d572fad9cec7aeb38026b0278322ef07fac"),
    )
    path = tmp_path / "plonk.bin"
    proof = SavedProof(
        mode=Mode.PLONK, body=body, public_values=values, sp1_version="v6.1.0", is_saved=True
    )
    path.write_bytes(proof.encode())
    told = verify(path, home)
    assert (told.code, told.answer["checks"]) == (
        6,
        {
            "public_values": True,
            "exit_code": True,
            "circuit": True,
            "vk_root": True,
            "plonk": False,
        },
    )


@pytest.mark.parametrize("content", [b"\x00" * 104, b"\x7fELF" + bytes(100), b"key"])
def test_verify__a_key_that_is_none__ends_with_65_or_6(
    content: bytes, home: Path, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_bytes(content)
    told = verify(VECTORS / "fibonacci-compressed.bin", home, vk=key)
    is_a_key = len(content) == 104 and not content.startswith(b"\x7fELF")
    assert told.code == (6 if is_a_key else 65)
    assert is_a_key or "ZKO-PRF-013" in told.errors


def test_verify__without_a_host__says_how_to_get_one(home: Path) -> None:
    told = verify(VECTORS / "fibonacci-compressed.bin", home, host=home / "absent")
    assert (told.code, told.answer) == (69, {})
    assert "ZKO-HST-001" in told.errors


async def test_decode__altered_proofs__what_sp1_does_not_decode_we_do_not(
    home: Path, real: bytes
) -> None:
    """And none of them is valid. We are stricter: field elements must be canonical."""
    dice = random.Random(11)
    async with open_host(
        LocalPlace(binary=HOST, cache=home / ".cache" / "zk-operator" / "prover")
    ) as processes:
        host = await processes.host(HostKind.LIGHT)
        key = (await host.setup(ELF.read_bytes())).vk
        assert (await host.verify(real, key)).valid
        for _ in range(ALTERATIONS):
            raw = bytearray(real)
            at = dice.randrange(4, len(raw) - 8)
            raw[at : at + 8] = dice.choice((0, 2, 2**32, 2**63)).to_bytes(8, "little")
            try:
                assert bytes(raw) == real or not (await host.verify(bytes(raw), key)).valid
            except HostRefused:
                with pytest.raises(ProofMalformed):
                    decode_saved_proof(bytes(raw))
