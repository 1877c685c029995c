"""What is said of proof files: real ones, the devnet's, altered ones, and files of another kind."""

import contextlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zk_acts.domain.ids import Hash32
from zk_devnet.groth16_dev import prove
from zk_devnet.groth16_dev.encoding import gnark_vk_bytes
from zk_devnet.groth16_dev.key import GNARK_VK_SHA256
from zk_devnet.groth16_dev.trapdoor import dev_verifying_key
from zk_devnet.prover_network.bincode import Groth16Blob
from zk_operator.adapters.sp1.bn254_container import Bn254Body
from zk_operator.adapters.sp1.inspection import Expectation, ProofReport, inspect_proof
from zk_operator.adapters.sp1.inspection.errors import (
    KeyFileUnusable,
    ProofFileMalformed,
    ProofFileUnknown,
)
from zk_operator.adapters.sp1.inspection.report import Format
from zk_operator.adapters.sp1.opaque_container import OpaqueBody
from zk_operator.adapters.sp1.saved_proof import Mode, SavedProof, decode_saved_proof
from zk_operator.adapters.sp1.value_digest import Hasher, value_digest
from zk_operator.domain.circuit import CIRCUITS, released_key
from zkverify_client.domain.groth16 import g1_to_le, g2_to_le
from zkverify_client.domain.sp1_proof import decode_gnark_vk, decode_sp1_proof

VECTORS = Path(__file__).resolve().parents[5] / "shared" / "vectors"
VKEY = Hash32(b"\x00" + b"\x21" * 31)
VALUES = b"public values"
GNARK_VK = gnark_vk_bytes(dev_verifying_key())
V5_VKEY = "00bb9e57314d7ee4f65a4b9fb46fbeae0495f2015c5a8a737333680ce6bb424e"


def vector(name: str) -> bytes:
    path = VECTORS / name
    if not path.is_file():
        pytest.skip(f"the vectors folder is absent: {name}")
    return path.read_bytes()


def dev_download(**changes: object) -> bytes:
    """A real proof under the devnet's key, as its prover network serves it."""
    inputs = prove.public_inputs(program_vkey=VKEY, public_values=VALUES, exit_code=0, nonce=7)
    proof = prove.prove(inputs, lambda _: 12_345)
    fields: dict[str, object] = {
        "public_inputs": inputs.as_tuple(),
        "encoded_proof": prove.encoded_proof(proof, inputs),
        "raw_proof": prove.raw_proof(proof),
        "vkey_hash": GNARK_VK_SHA256,
        "public_values": VALUES,
        "sp1_version": "v6.1.0",
    }
    return Groth16Blob(**(fields | changes)).encode()  # type: ignore[arg-type]  # built from a table


DEV = dev_download()
DEV_KEY = Expectation(circuit_key=GNARK_VK)


def made(inputs: prove.PublicInputs, public_values: bytes = VALUES) -> bytes:
    """A download with these inputs, whose pairing holds."""
    proof = prove.prove(inputs, lambda _: 999)
    return dev_download(
        public_inputs=inputs.as_tuple(),
        encoded_proof=prove.encoded_proof(proof, inputs),
        raw_proof=prove.raw_proof(proof),
        public_values=public_values,
    )


def failed(report: ProofReport) -> set[str]:
    return {name for name, holds in report.checks.items() if holds is False}


def test_inspect__the_real_v5_proof__is_verified_with_its_statement() -> None:
    report = inspect_proof(vector("sp1-groth16/v5.0.0-fibonacci-proof.bin"))
    assert report.verified is True
    assert (report.format, report.mode, report.circuit) == (Format.BINCODE, Mode.GROTH16, "v5.0.0")
    assert report.claims.vkey is not None
    assert report.claims.vkey.hex() == V5_VKEY
    statement = report.statements["groth16"]
    assert statement is not None
    assert statement.hex() == "c9a85ded8f28601c01b54cbe0f788ad7242e76e02805d05a87eafdd2411afad0"


def test_inspect__the_real_v6_fixture__is_verified_with_its_statement() -> None:
    report = inspect_proof(vector("sp1-groth16/v6.0.0-fixture.json"))
    assert report.verified is True
    assert (report.format, report.sdk_version) == (Format.ONCHAIN, "v6.0.0")
    statement = report.statements["groth16"]
    assert statement is not None
    assert statement.hex() == "d3316beac8c459c4b47b7ab5b44b1bcb18fae045ec7f57e82faa83f9e3d3db2c"


def test_inspect__the_on_chain_bytes_alone__need_program_and_values() -> None:
    fixture = json.loads(vector("sp1-groth16/v6.0.0-fixture.json"))
    raw = bytes.fromhex(fixture["proof"][2:])
    assert inspect_proof(raw).verified is None
    wanted = Expectation(
        vkey=Hash32(bytes.fromhex(fixture["vkey"][2:])),
        public_values=bytes.fromhex(fixture["publicValues"][2:]),
    )
    assert inspect_proof(raw, wanted).verified is True
    assert inspect_proof(fixture["proof"].encode() + b"\n", wanted).verified is True
    other = Expectation(vkey=VKEY, public_values=wanted.public_values)
    assert inspect_proof(raw, other).verified is False


def test_inspect__the_real_compressed_proof__has_its_claims_and_no_verdict() -> None:
    raw = vector("sp1-v6/fibonacci-compressed.bin")
    report = inspect_proof(raw)
    assert (report.verified, report.mode, report.sdk_version) == (None, Mode.COMPRESSED, "v6.1.0")
    assert failed(report) == set()
    assert failed(inspect_proof(raw, Expectation(vkey=VKEY))) == {"vkey"}
    altered = raw.replace(b"\xe8\x03\x00\x00\x4d", b"\xe9\x03\x00\x00\x4d")
    assert failed(inspect_proof(altered)) == {"public_values"}


def test_inspect__the_real_shrink_proof__has_zkverifys_statement() -> None:
    facts = json.loads(vector("zkverify/sp1-shrink.json"))
    raw = vector("zkverify/sp1-shrink-proof.bin")
    report = inspect_proof(raw)
    assert (report.verified, report.format, report.sdk_version) == (None, Format.SHRINK, "v5.0.0")
    statement = report.statements["shrink"]
    assert statement is not None
    assert "0x" + statement.hex() == facts["statement"]
    assert failed(report) == set()
    bare = inspect_proof(raw[:-40])
    assert bare.statements["shrink"] is None
    told = inspect_proof(raw[:-40], Expectation(public_values=bytes.fromhex(facts["pubs"][2:])))
    assert told.statements["shrink"] == statement


def test_inspect__a_devnet_proof__is_true_only_where_its_key_is_named() -> None:
    assert inspect_proof(DEV).verified is None
    report = inspect_proof(DEV, DEV_KEY)
    assert (report.verified, report.circuit) == (True, "devnet")
    assert report.claims.vkey == VKEY
    assert report.claims.nonce == 7


@pytest.mark.parametrize(
    ("changes", "checks"),
    [
        ({"public_values": b"others"}, {"public_values"}),
        ({"sp1_version": "v6.0.0"}, {"circuit"}),
        ({"vkey_hash": GNARK_VK_SHA256[:31] + b"\0"}, {"circuit"}),
        ({"raw_proof": b"\x07" * 324}, {"encodings"}),
    ],
)
def test_inspect__a_container_that_lies__fails_the_check_of_that(
    changes: dict[str, object], checks: set[str]
) -> None:
    report = inspect_proof(dev_download(**changes), DEV_KEY)
    assert (report.verified, failed(report)) == (False, checks)


def test_inspect__another_program_or_other_values_wanted__is_false() -> None:
    other = Hash32(b"\x00" * 31 + b"\x01")
    program = inspect_proof(DEV, Expectation(vkey=other, circuit_key=GNARK_VK))
    assert failed(program) == {"vkey"}
    values = inspect_proof(DEV, Expectation(public_values=b"x", circuit_key=GNARK_VK))
    assert failed(values) == {"expected_public_values"}


def test_inspect__under_a_released_key__a_devnet_proof_is_false() -> None:
    report = inspect_proof(DEV, Expectation(circuit_key=released_key("v6.1.0")))
    assert failed(report) >= {"circuit", "pairing", "vk_root"}


def test_inspect__a_failed_run_with_a_valid_pairing__is_false() -> None:
    inputs = prove.public_inputs(program_vkey=VKEY, public_values=VALUES, exit_code=3, nonce=7)
    report = inspect_proof(made(inputs), DEV_KEY)
    assert (report.checks["pairing"], failed(report)) == (True, {"exit_code"})


def test_inspect__a_key_file_that_is_none__is_refused() -> None:
    with pytest.raises(KeyFileUnusable):
        inspect_proof(DEV, Expectation(circuit_key=b"\x7fELF"))


def test_inspect__a_key_file_of_thousands_of_points__is_refused_at_once() -> None:
    point, count = GNARK_VK[292:324], 1_000
    huge = GNARK_VK[:288] + count.to_bytes(4) + point * count + bytes(8)
    with pytest.raises(KeyFileUnusable):
        inspect_proof(DEV, Expectation(circuit_key=huge))


@pytest.mark.parametrize(
    "raw",
    [b"", b"\x7fELF" + bytes(20_000), b"hello", b"{}", b'{"proof": "0x"}', b"\xff" * 12_800],
    ids=["empty", "elf", "text", "json", "fixture", "noise"],
)
def test_inspect__files_of_another_kind__are_unknown(raw: bytes) -> None:
    with pytest.raises(ProofFileUnknown) as caught:
        inspect_proof(raw)
    assert caught.value.exit_code == 65


@pytest.mark.parametrize(
    "raw",
    [
        b"\x03\x00\x00\x00",
        b"\x28\xb5\x2f\xfd" + b"\0" * 9,
        b"{not json",
        b'{"vkey": 1, "publicValues": 2, "proof": 3}',
        b"\x11" * 356,
        DEV[:-1],
        DEV + b"x",
    ],
    ids=["tag", "zstd", "json", "fixture", "points", "cut", "longer"],
)
def test_inspect__damaged_files__are_malformed(raw: bytes) -> None:
    with pytest.raises(ProofFileMalformed):
        inspect_proof(raw)


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, len(DEV) - 1), bit=st.integers(0, 7))
def test_inspect__a_flipped_bit__is_never_true(at: int, bit: int) -> None:
    """But for gnark's commitment part behind the points, which no verifier reads."""
    raw = bytearray(DEV)
    raw[at] ^= 1 << bit
    with contextlib.suppress(ProofFileMalformed, ProofFileUnknown):
        report = inspect_proof(bytes(raw), DEV_KEY)
        tail = DEV.find(bytes(68).hex().encode())
        assert report.verified is not True or tail <= at < tail + 136


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=700))
def test_inspect__random_bytes__get_a_clear_error(raw: bytes) -> None:
    with pytest.raises((ProofFileMalformed, ProofFileUnknown)):
        inspect_proof(raw)


@pytest.mark.parametrize("name", ["v5.0.0", "v6.0.0", "v6.1.0"])
def test_released_keys__against_the_vectors__are_the_same_bytes(name: str) -> None:
    assert released_key(name) == vector(f"sp1-groth16/{name}-groth16_vk.bin")
    assert CIRCUITS[name].selector == CIRCUITS[name].vk_sha256[:4]


# --- the hash of the public values --------------------------------------------------------------------


def blake3_inputs() -> prove.PublicInputs:
    inputs = prove.public_inputs(program_vkey=VKEY, public_values=VALUES, exit_code=0, nonce=7)
    digest = int.from_bytes(value_digest(VALUES, Hasher.BLAKE3, masked=True))
    return replace(inputs, values_digest=digest)


def test_inspect__values_hashed_with_blake3__are_recognised_in_the_container() -> None:
    report = inspect_proof(made(blake3_inputs()), DEV_KEY)
    assert (report.verified, report.claims.hasher) == (True, Hasher.BLAKE3)
    assert any("contracts do not" in note for note in report.notes)


def test_inspect__values_hashed_with_blake3__are_recognised_on_chain() -> None:
    inputs = blake3_inputs()
    raw = prove.onchain_bytes(prove.prove(inputs, lambda _: 5), inputs)
    wanted = replace(DEV_KEY, vkey=VKEY, public_values=VALUES)
    report = inspect_proof(raw, wanted)
    assert (report.verified, report.claims.hasher) == (True, Hasher.BLAKE3)
    assert report.claims.digest == value_digest(VALUES, Hasher.BLAKE3, masked=True)
    assert failed(inspect_proof(raw, replace(wanted, public_values=b"x"))) == {"pairing"}


# --- statements ---------------------------------------------------------------------------------------


def test_inspect__a_false_pairing__has_no_statement() -> None:
    true, false = inspect_proof(DEV, DEV_KEY), inspect_proof(DEV.replace(b"1", b"2", 1), DEV_KEY)
    assert true.statements["groth16"] is not None
    assert false.checks["pairing"] is False
    assert false.statements == {"groth16": None, "shrink": None}


# --- Plonk --------------------------------------------------------------------------------------------

ROOT = CIRCUITS["v6.1.0"].recursion_root
PLONK_V6 = bytes.fromhex("5a093a2fcb46394f5cadfe55c44d4d572fad9cec7aeb38026b0278322ef07fac")


def plonk(**changes: object) -> bytes:
    digest = value_digest(VALUES, Hasher.SHA256, masked=True)
    inputs = tuple(int.from_bytes(word) for word in (VKEY, digest, bytes(32), ROOT, bytes(32)))
    fields: dict[str, object] = {
        "mode": Mode.PLONK,
        "body": Bn254Body(
            inputs=inputs,
            encoded_proof=bytes(32) + ROOT + bytes(32) + b"\x07" * 864,
            raw_proof=b"\x08" * 900,
            vk_sha256=PLONK_V6,
        ),
        "public_values": VALUES,
        "sp1_version": "v6.1.0",
        "is_saved": True,
    }
    return SavedProof(**(fields | changes)).encode()  # type: ignore[arg-type]  # built from a table


def test_inspect__a_plonk_proof__has_its_claims_and_waits_for_sp1s_verifier() -> None:
    report = inspect_proof(plonk())
    assert (report.mode, report.verified, report.open_check) == (Mode.PLONK, None, "plonk")
    assert failed(report) == set()
    assert (report.claims.vkey, report.claims.vk_root) == (VKEY, ROOT)
    assert failed(inspect_proof(plonk(public_values=b"x"))) == {"public_values"}
    assert failed(inspect_proof(plonk(sp1_version="v6.0.0"))) == {"circuit", "vk_root"}
    assert failed(inspect_proof(plonk(), Expectation(vkey=Hash32(bytes(32))))) == {"vkey"}


def test_inspect__an_on_chain_plonk_proof__is_told_by_its_selector_or_its_fixture() -> None:
    raw = PLONK_V6[:4] + bytes(32) + ROOT + bytes(31) + b"\x05" + b"\x07" * 864
    report = inspect_proof(raw, Expectation(vkey=VKEY, public_values=VALUES))
    assert (report.format, report.mode, report.verified) == (Format.ONCHAIN, Mode.PLONK, None)
    assert (report.sdk_version, report.claims.nonce, failed(report)) == ("v6.1.0", 5, set())
    fixture = {"vkey": VKEY.hex(), "publicValues": "0x" + VALUES.hex(), "proof": raw.hex()}
    told = inspect_proof(json.dumps(fixture).encode())
    assert (told.claims.vkey, told.claims.public_values) == (VKEY, VALUES)
    v5 = inspect_proof(bytes.fromhex("d4e8ecd2") + b"\x07" * 864)
    assert (v5.sdk_version, v5.claims.vk_root) == ("v5.0.0", None)
    with pytest.raises(ProofFileUnknown):
        inspect_proof(b"\xff" * 868)


# --- other forms and notes ----------------------------------------------------------------------------


def test_inspect__a_trusted_environments_signature__is_named_as_unchecked() -> None:
    tee = DEV + b"\x01" + (3).to_bytes(8, "little") + b"tee"
    assert any("trusted environment" in note for note in inspect_proof(tee, DEV_KEY).notes)


def test_inspect__a_proof_of_sp1_5__is_nothing_for_the_host() -> None:
    old = SavedProof(
        mode=Mode.CORE,
        body=OpaqueBody(raw=b"\x09" * 100, values=None),
        public_values=VALUES,
        sp1_version="v5.0.0",
        is_saved=True,
    )
    report = inspect_proof(old.encode(), DEV_KEY)
    assert (report.verified, report.open_check) == (None, None)
    assert any("--vk has no use" in note for note in report.notes)


def test_inspect__a_compressed_proof_of_an_unknown_version__leaves_the_root_open() -> None:
    raw = vector("sp1-v6/fibonacci-compressed.bin")
    newer = inspect_proof(raw.replace(b"v6.1.0", b"v6.9.0"))
    assert (newer.checks["vk_root"], newer.open_check) == (None, None)
    older = inspect_proof(raw.replace(b"v6.1.0", b"v6.0.0"))
    assert failed(older) == {"vk_root"}


def test_inspect__zkverifys_json__has_the_chains_statement_but_no_program() -> None:
    raw = vector("zkverify/groth16-bn254.json")
    facts = json.loads(raw)
    report = inspect_proof(raw)
    assert (report.checks["pairing"], report.verified) == (True, None)
    statement = report.statements["groth16"]
    assert statement is not None
    assert "0x" + statement.hex() == facts["statement"]
    facts["pubs"] = ["0x" + "01" + "00" * 31]
    altered = inspect_proof(json.dumps(facts).encode())
    assert (altered.verified, altered.statements["groth16"]) == (False, None)
    del facts["vk"]
    assert inspect_proof(json.dumps(facts).encode()).checks["pairing"] is None


def test_inspect__zkverifys_json_under_a_released_key__is_verified() -> None:
    raw = vector("sp1-groth16/v5.0.0-fibonacci-proof.bin")
    values = decode_saved_proof(raw).public_values
    report = inspect_proof(zkverify_json(raw, "v5.0.0"), Expectation(public_values=values))
    assert (report.verified, report.circuit) == (True, "v5.0.0")
    assert report.statements == inspect_proof(raw).statements
    assert report.claims.vkey == Hash32(bytes.fromhex(V5_VKEY))


@pytest.mark.parametrize("part", ["pubs", "gammaAbcG1"])
def test_inspect__zkverifys_json_with_thousands_of_inputs__is_refused_at_once(part: str) -> None:
    """Each one is multiplied with a point: 4 MiB of them took minutes."""
    document = json.loads(zkverify_json(vector("sp1-groth16/v5.0.0-fibonacci-proof.bin"), "v5.0.0"))
    place = document if part == "pubs" else document["vk"]
    place[part] = place[part] * 100
    with pytest.raises(ProofFileMalformed, match="inputs"):
        inspect_proof(json.dumps(document).encode())


def zkverify_json(raw: bytes, version: str) -> bytes:
    """What one would send to zkVerify for this proof."""
    body = decode_saved_proof(raw).body
    assert isinstance(body, Bn254Body)
    proof = decode_sp1_proof(CIRCUITS[version].selector + body.encoded_proof).proof
    vk = decode_gnark_vk(released_key(version) or b"")
    document = {
        "vk": {
            "curve": "Bn254",
            "alphaG1": g1_to_le(vk.alpha).hex(),
            "betaG2": g2_to_le(vk.beta).hex(),
            "gammaG2": g2_to_le(vk.gamma).hex(),
            "deltaG2": g2_to_le(vk.delta).hex(),
            "gammaAbcG1": [g1_to_le(point).hex() for point in vk.k],
        },
        "proof": {
            "curve": "Bn254",
            "proof": {
                "a": g1_to_le(proof.a).hex(),
                "b": g2_to_le(proof.b).hex(),
                "c": g1_to_le(proof.c).hex(),
            },
        },
        "pubs": [value.to_bytes(32, "little").hex() for value in body.inputs],
    }
    return json.dumps(document).encode()


def test_inspect__a_shrink_proof_in_zkverifyjs_form__brings_its_key_and_values() -> None:
    facts = json.loads(vector("zkverify/sp1-shrink.json"))
    proof = "0x" + vector("zkverify/sp1-shrink-proof.bin")[:-40].hex()
    document = {"proof": proof, "vk": facts["vk"], "publicSignals": facts["pubs"]}
    report = inspect_proof(json.dumps(document).encode())
    statement = report.statements["shrink"]
    assert statement is not None
    assert ("0x" + statement.hex(), failed(report)) == (facts["statement"], set())
    other = document | {"vk": "0x" + "11" * 32, "publicSignals": "0x22"}
    altered = inspect_proof(json.dumps(other).encode())
    assert failed(altered) == {"named_key", "public_values"}
    assert altered.statements["shrink"] is None


def test_inspect__a_shrink_proof_that_begins_with_a_brace__is_no_json() -> None:
    raw = bytearray(vector("zkverify/sp1-shrink-proof.bin"))
    raw[:2] = b'{"'
    assert inspect_proof(bytes(raw)).format is Format.SHRINK
