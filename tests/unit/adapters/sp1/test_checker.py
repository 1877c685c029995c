"""The full check of a returned proof, on devnet proofs and on a real one."""

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zk_acts.domain.ids import Hash32
from zk_devnet.groth16_dev.encoding import gnark_vk_bytes
from zk_devnet.groth16_dev.key import RECURSION_ROOT
from zk_devnet.groth16_dev.prove import onchain_bytes, prove, public_inputs
from zk_devnet.groth16_dev.trapdoor import dev_verifying_key
from zk_operator.adapters.sp1.checker import Groth16Checker
from zk_operator.domain.failures import ProofMismatch
from zk_operator.ports.prover import ExpectedProof, Groth16Proof
from zkverify_client.domain.failures import ProofInvalid
from zkverify_client.domain.proof_errors import VerifyingKeyError

VECTORS = Path(__file__).parents[5] / "shared" / "vectors" / "sp1-groth16"
VKEY = Hash32(b"\x00" + b"\x21" * 31)
VALUES = b"public values"
EXPECTED = ExpectedProof(
    program_vkey=VKEY, public_values=VALUES, recursion_root=Hash32(RECURSION_ROOT)
)
DEV_VK = gnark_vk_bytes(dev_verifying_key())


def made(*, nonce: int = 5, exit_code: int = 0, values: bytes = VALUES) -> Groth16Proof:
    inputs = public_inputs(
        program_vkey=VKEY, public_values=values, exit_code=exit_code, nonce=nonce
    )
    onchain = onchain_bytes(prove(inputs, random.Random(nonce).randrange), inputs)
    return Groth16Proof(onchain=onchain, public_values=values, sp1_version="v6.1.0")


PROOF = made()


@pytest.fixture
def checker() -> Groth16Checker:
    return Groth16Checker(circuit_vk=DEV_VK, sp1_version="v6.1.0")


@pytest.mark.parametrize("nonce", [0, 5, 2**200])
async def test_check__a_good_proof__gives_its_nonce(checker: Groth16Checker, nonce: int) -> None:
    assert await checker.check(made(nonce=nonce), EXPECTED) == nonce


@pytest.mark.parametrize(
    ("proof", "expected"),
    [
        (replace(PROOF, public_values=b"other values!"), EXPECTED),
        (replace(PROOF, sp1_version="v6.0.0"), EXPECTED),
        (replace(PROOF, onchain=b"\x43\x88\xa2\x1c" + PROOF.onchain[4:]), EXPECTED),
        (replace(PROOF, onchain=PROOF.onchain[:4] + PROOF.onchain[-256:]), EXPECTED),
        (made(exit_code=1), EXPECTED),
        (PROOF, replace(EXPECTED, recursion_root=Hash32(bytes(32)))),
        (PROOF, replace(EXPECTED, public_values=b"what we asked for")),
    ],
    ids=["values", "version", "selector", "v5", "exit code", "root", "expected values"],
)
async def test_check__a_proof_of_something_else__is_a_mismatch(
    checker: Groth16Checker, proof: Groth16Proof, expected: ExpectedProof
) -> None:
    with pytest.raises(ProofMismatch):
        await checker.check(proof, expected)


@pytest.mark.parametrize(
    ("proof", "expected"),
    [
        (PROOF, replace(EXPECTED, program_vkey=Hash32(bytes(32)))),
        (PROOF, replace(EXPECTED, program_vkey=Hash32(b"\xff" * 32))),
        (replace(PROOF, onchain=PROOF.onchain[:-1]), EXPECTED),
        (replace(PROOF, onchain=b""), EXPECTED),
        (replace(PROOF, onchain=PROOF.onchain[:100] + made(nonce=6).onchain[100:]), EXPECTED),
        (replace(PROOF, onchain=PROOF.onchain[:100] + bytes(256)), EXPECTED),
    ],
    ids=["vkey", "vkey not a scalar", "short", "empty", "another's points", "infinity"],
)
async def test_check__a_proof_that_does_not_hold__is_invalid(
    checker: Groth16Checker, proof: Groth16Proof, expected: ExpectedProof
) -> None:
    with pytest.raises(ProofInvalid):
        await checker.check(proof, expected)


@settings(max_examples=40, deadline=None)
@given(bit=st.integers(0, 356 * 8 - 1))
async def test_check__any_bit_flipped__is_refused(bit: int) -> None:
    checker = Groth16Checker(circuit_vk=DEV_VK, sp1_version="v6.1.0")
    flipped = bytearray(PROOF.onchain)
    flipped[bit // 8] ^= 1 << bit % 8
    with pytest.raises((ProofMismatch, ProofInvalid)):
        await checker.check(replace(PROOF, onchain=bytes(flipped)), EXPECTED)


def test_checker__a_broken_key_file__is_refused_at_once() -> None:
    with pytest.raises(VerifyingKeyError):
        Groth16Checker(circuit_vk=DEV_VK[:-1], sp1_version="v6.1.0")


async def test_check__a_real_v6_proof__holds_and_its_flips_do_not() -> None:
    fixture, key = VECTORS / "v6.0.0-fixture.json", VECTORS / "v6.0.0-groth16_vk.bin"
    if not fixture.is_file():
        pytest.skip("the vectors folder is absent")
    data = json.loads(fixture.read_text())
    onchain, values = _bytes(data, "proof"), _bytes(data, "publicValues")
    root = "008cd56e10c2fe24795cff1e1d1f40d3a324528d315674da45d26afb376e8670"
    expected = ExpectedProof(
        program_vkey=Hash32(_bytes(data, "vkey")),
        public_values=values,
        recursion_root=Hash32(bytes.fromhex(root)),
    )
    checker = Groth16Checker(circuit_vk=key.read_bytes(), sp1_version="v6.0.0")
    proof = Groth16Proof(onchain=onchain, public_values=values, sp1_version="v6.0.0")
    assert await checker.check(proof, expected) == 0
    for at in (0, 40, 99, 120, 355):
        flipped = onchain[:at] + bytes([onchain[at] ^ 1]) + onchain[at + 1 :]
        with pytest.raises((ProofMismatch, ProofInvalid)):
            await checker.check(replace(proof, onchain=flipped), expected)


def _bytes(data: dict[str, str], name: str) -> bytes:
    key = next(key for key in data if key.lower().startswith(name.lower()))
    return bytes.fromhex(data[key].removeprefix("0x"))
