"""Groth16 proofs judged in batches by the real host. Needs `make prover`."""

import json
import random
from dataclasses import replace
from functools import cache
from pathlib import Path

import anyio
import pytest
from tests.integration.prover.conftest import light_host

from zk_acts.domain.ids import Hash32
from zk_devnet.groth16_dev.encoding import gnark_vk_bytes
from zk_devnet.groth16_dev.key import RECURSION_ROOT
from zk_devnet.groth16_dev.prove import onchain_bytes, prove, public_inputs
from zk_devnet.groth16_dev.trapdoor import dev_verifying_key
from zk_operator.adapters.sp1.host.client import (
    MAX_CLAIMS,
    Groth16Claim,
    Groth16Verdict,
    ProverHost,
)
from zk_operator.adapters.sp1.host.errors import HostRefused
from zkverify_client.domain.statement import public_values_digest

pytestmark = [pytest.mark.devnet, pytest.mark.timeout(300)]

VECTORS = Path(__file__).parents[4] / "shared" / "vectors" / "sp1-groth16"
VKEY = Hash32(b"\x00" + b"\x21" * 31)
VALUES = b"public values"
DEV_ROOT = Hash32(RECURSION_ROOT)
ROOT_OF_6_0 = Hash32(
    bytes.fromhex("008cd56e10c2fe24795cff1e1d1f40d3a324528d315674da45d26afb376e8670")
)
HEAD, A, B, C, END = 4, 100, 164, 292, 356
SCALARS_ORDER = 0x30644E72E131A029B85045B68181585D2833E84879B9709143E1F593F0000001
FIELD = 0x30644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD47


@cache
def dev_vk() -> bytes:
    return gnark_vk_bytes(dev_verifying_key())


@cache
def claim(nonce: int, exit_code: int = 0) -> Groth16Claim:
    """One that holds under the devnet's key, unless its exit code is another one than 0."""
    inputs = public_inputs(
        program_vkey=VKEY, public_values=VALUES, exit_code=exit_code, nonce=nonce
    )
    return Groth16Claim(
        program_vkey=VKEY,
        values_digest=public_values_digest(VALUES),
        onchain=onchain_bytes(prove(inputs, random.Random(nonce).randrange), inputs),
    )


def with_bytes(at: int, raw: bytes) -> Groth16Claim:
    good = claim(1)
    return replace(good, onchain=good.onchain[:at] + raw + good.onchain[at + len(raw) :])


def word(value: int) -> bytes:
    return value.to_bytes(32)


def corrupted() -> list[tuple[str, Groth16Claim, Groth16Verdict]]:
    """One bad claim of every kind."""
    good, other = claim(1), claim(2)
    y_of_a = int.from_bytes(good.onchain[A + 32 : B])
    return [
        ("empty", replace(good, onchain=b""), Groth16Verdict.MALFORMED),
        ("circuit 5's size", replace(good, onchain=good.onchain[:260]), Groth16Verdict.MALFORMED),
        ("a byte more", replace(good, onchain=good.onchain + b"\0"), Groth16Verdict.MALFORMED),
        ("selector", with_bytes(0, b"\x43\x88\xa2\x1c"), Groth16Verdict.CIRCUIT),
        ("exit code", claim(1, exit_code=1), Groth16Verdict.EXIT_CODE),
        ("exit code hidden", _hidden_exit_code(), Groth16Verdict.PAIRING),
        ("root", with_bytes(HEAD + 32, word(7)), Groth16Verdict.ROOT),
        ("nonce", with_bytes(HEAD + 64, word(7)), Groth16Verdict.PAIRING),
        ("nonce too large", with_bytes(HEAD + 64, word(SCALARS_ORDER)), Groth16Verdict.MALFORMED),
        ("digest", replace(good, values_digest=7), Groth16Verdict.PAIRING),
        ("digest too large", replace(good, values_digest=2**256 - 1), Groth16Verdict.MALFORMED),
        ("vkey", replace(good, program_vkey=Hash32(word(7))), Groth16Verdict.PAIRING),
        ("A off the curve", with_bytes(A, word(7)), Groth16Verdict.MALFORMED),
        ("A at infinity", with_bytes(A, bytes(64)), Groth16Verdict.MALFORMED),
        ("A negated", with_bytes(A + 32, word(FIELD - y_of_a)), Groth16Verdict.PAIRING),
        ("A not canonical", with_bytes(A + 32, word(FIELD + y_of_a)), Groth16Verdict.MALFORMED),
        ("B off the twist", with_bytes(B, word(7)), Groth16Verdict.MALFORMED),
        ("B at infinity", with_bytes(B, bytes(128)), Groth16Verdict.MALFORMED),
        ("C of another proof", with_bytes(C, other.onchain[C:END]), Groth16Verdict.PAIRING),
        ("junk", with_bytes(A, b"\xff" * 256), Groth16Verdict.MALFORMED),
    ]


def _hidden_exit_code() -> Groth16Claim:
    failed = claim(1, exit_code=1)
    return replace(failed, onchain=failed.onchain[:HEAD] + bytes(32) + failed.onchain[HEAD + 32 :])


async def judged(host: ProverHost, claims: list[Groth16Claim]) -> list[Groth16Verdict]:
    return await host.verify_groth16(dev_vk(), DEV_ROOT, claims)


async def test_verify_groth16__devnet_proofs__are_valid(tmp_path: Path) -> None:
    async with light_host(tmp_path) as host:
        assert await judged(host, []) == []
        assert await judged(host, [claim(1)]) == [Groth16Verdict.VALID]
        many = [claim(nonce) for nonce in range(8)] * 20
        assert await judged(host, many) == [Groth16Verdict.VALID] * 160


async def test_verify_groth16__one_bad_claim_among_good_ones__is_the_only_one_refused(
    tmp_path: Path,
) -> None:
    async with light_host(tmp_path) as host:
        for name, bad, verdict in corrupted():
            found = await judged(host, [claim(1), claim(2), bad, claim(3)])
            assert found == [*["valid"] * 2, verdict, "valid"], name


async def test_verify_groth16__every_kind_in_one_batch__gives_each_its_verdict(
    tmp_path: Path,
) -> None:
    cases = corrupted()
    claims = [one for _, bad, _ in cases for one in (bad, claim(1))]
    async with light_host(tmp_path) as host:
        found = await judged(host, claims)
    assert found == [one for _, _, verdict in cases for one in (verdict, Groth16Verdict.VALID)]


async def test_verify_groth16__more_than_a_batch__keeps_the_order(tmp_path: Path) -> None:
    claims = [claim(1)] * (MAX_CLAIMS + 3)
    claims[MAX_CLAIMS + 1] = with_bytes(HEAD + 64, word(7))
    async with light_host(tmp_path) as host:
        found = await judged(host, claims)
    assert len(found) == len(claims)
    assert [at for at, one in enumerate(found) if one != "valid"] == [MAX_CLAIMS + 1]


async def test_verify_groth16__a_batch_of_nothing_but_bad_ones__ends_in_seconds(
    tmp_path: Path,
) -> None:
    bad = with_bytes(HEAD + 64, word(7))
    async with light_host(tmp_path) as host:
        with anyio.fail_after(60):
            found = await judged(host, [bad] * MAX_CLAIMS)
    assert found == [Groth16Verdict.PAIRING] * MAX_CLAIMS


async def test_verify_groth16__no_key_or_no_root__is_refused_and_the_host_lives(
    tmp_path: Path,
) -> None:
    async with light_host(tmp_path) as host:
        for key in (b"", dev_vk()[:-1], b"\xff" * len(dev_vk())):
            with pytest.raises(HostRefused):
                await host.verify_groth16(key, DEV_ROOT, [claim(1)])
        for root in (Hash32(b"\xff" * 32), Hash32(b"short")):
            with pytest.raises(HostRefused):
                await host.verify_groth16(dev_vk(), root, [claim(1)])
        assert await judged(host, [claim(1)]) == [Groth16Verdict.VALID]


async def test_verify_groth16__a_real_proof_under_its_release_key__is_valid_and_its_flips_are_not(
    tmp_path: Path,
) -> None:
    fixture, key = VECTORS / "v6.0.0-fixture.json", VECTORS / "v6.0.0-groth16_vk.bin"
    if not fixture.is_file():
        pytest.skip("the shared vectors are not there")
    real = _claim_of(json.loads(fixture.read_text()))
    flips = [
        replace(real, onchain=_flipped(real.onchain, at)) for at in (0, 35, 67, 99, 131, 200, 355)
    ]
    other_values = replace(real, values_digest=real.values_digest ^ 1)
    later_key = (VECTORS / "v6.1.0-groth16_vk.bin").read_bytes()
    async with light_host(tmp_path) as host:
        found = await host.verify_groth16(
            key.read_bytes(), ROOT_OF_6_0, [real, *flips, other_values, real]
        )
        under_another = await host.verify_groth16(later_key, ROOT_OF_6_0, [real])
        circuit_5 = (VECTORS / "v5.0.0-groth16_vk.bin").read_bytes()
        with pytest.raises(HostRefused):
            await host.verify_groth16(circuit_5, ROOT_OF_6_0, [real])
    expected = ["circuit", "exit_code", "root", "pairing", *["malformed"] * 3, "pairing"]
    assert found == ["valid", *expected, "valid"]
    assert under_another == [Groth16Verdict.CIRCUIT]


def _claim_of(fixture: dict[str, str]) -> Groth16Claim:
    vkey, values, proof = (
        bytes.fromhex(fixture[name].removeprefix("0x"))
        for name in ("vkey", "publicValues", "proof")
    )
    return Groth16Claim(
        program_vkey=Hash32(vkey), values_digest=public_values_digest(values), onchain=proof
    )


def _flipped(raw: bytes, at: int) -> bytes:
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
