"""The reference's vectors, one test each: files of real proofs, signed bodies, bincode layouts, digests, statements."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from coincurve import PublicKey
from eth_utils.crypto import keccak

from zk_operator.adapters.signing.evm import EvmSigner
from zk_operator.adapters.sp1.bincode import encode_program, encode_stdin
from zk_operator.adapters.sp1.bn254_container import Bn254Body
from zk_operator.adapters.sp1.inspection import inspect_proof
from zk_operator.adapters.sp1.inspection.errors import ProofFileMalformed, ProofFileUnknown
from zk_operator.adapters.sp1.network.account import CREATE_ARTIFACT
from zk_operator.adapters.sp1.reader import BincodeReader
from zk_operator.adapters.sp1.saved_proof import decode_saved_proof
from zk_operator.adapters.sp1.shrink_container import decode_shrink
from zk_operator.adapters.sp1.stark_container import RECURSION_KEY as PROGRAM_KEY
from zk_operator.adapters.sp1.value_digest import Hasher, hasher_of, value_digest
from zk_operator.domain.circuit import CIRCUITS
from zk_operator.program import batch_program
from zk_operator.proto import auction_pb2 as auction
from zkverify_client.domain.sp1_proof import decode_gnark_vk, decode_sp1_proof
from zkverify_client.domain.statement import groth16_vk_hash, scale_groth16_proof, scale_groth16_vk

VECTORS = Path(__file__).resolve().parents[5] / "shared" / "vectors"


def vector(name: str) -> bytes:
    path = VECTORS / name
    if not path.is_file():
        pytest.skip(f"the vectors folder is absent: {name}")
    return path.read_bytes()


# --- files -------------------------------------------------------------------------------------------


def onchain(raw: bytes) -> bytes:
    return decode_sp1_proof(raw).encode()


PROOFS: dict[str, tuple[Callable[[bytes], bytes], tuple[str, str, bool | None]]] = {
    "sp1-groth16/v5.0.0-fibonacci-proof.bin": (
        lambda raw: decode_saved_proof(raw).encode(),
        ("bincode", "groth16", True),
    ),
    "sp1-groth16/v6.0.0-fixture.json": (onchain, ("onchain", "groth16", True)),
    "sp1-v6/fibonacci-compressed.bin": (
        lambda raw: decode_saved_proof(raw).encode(),
        ("bincode", "compressed", None),
    ),
    "zkverify/sp1-shrink-proof.bin": (
        lambda raw: decode_shrink(raw).encode(),
        ("shrink", "shrink", None),
    ),
    "zkverify/groth16-bn254.json": (lambda raw: raw, ("zkverify", "groth16", None)),
}
OTHERS = {
    "README.md",
    "eigenlayer/ecdsa-certificate-verifier.json",  # certificates, not proofs
    "sp1-groth16/v5.0.0-groth16_vk.bin",
    "sp1-groth16/v6.0.0-groth16_vk.bin",
    "sp1-groth16/v6.1.0-groth16_vk.bin",
    "sp1-v6/fibonacci.elf",
    "zkverify/metadata-v14-mainnet-genesis.scale",
    "zkverify/sp1-shrink.json",
}


def proof_bytes(name: str) -> bytes:
    raw = vector(name)
    return bytes.fromhex(json.loads(raw)["proof"][2:]) if "fixture" in name else raw


def test_vectors__the_folder__holds_nothing_that_is_not_tested_here() -> None:
    vector("README.md")
    found = {str(path.relative_to(VECTORS)) for path in VECTORS.rglob("*") if path.is_file()}
    assert found == PROOFS.keys() | OTHERS


@pytest.mark.parametrize("name", PROOFS)
def test_vectors__every_proof__comes_back_byte_for_byte(name: str) -> None:
    raw = proof_bytes(name)
    assert PROOFS[name][0](raw) == raw


@pytest.mark.parametrize("name", PROOFS)
def test_vectors__every_proof__is_inspected_alike_under_zstd(name: str) -> None:
    raw = vector(name)
    report = inspect_proof(raw)
    assert (report.format, report.mode, report.verified) == PROOFS[name][1]
    packed = zstandard.ZstdCompressor(level=3).compress(raw)
    assert inspect_proof(packed) == report
    assert zstandard.ZstdDecompressor().decompress(packed) == raw


COMMITMENT_PART = bytes(68).hex().encode()  # behind gnark's points; no verifier reads it
PLACES = 24


def outcome(raw: bytes) -> bool | None:
    """`verified`; False for a file that is refused."""
    try:
        return inspect_proof(raw).verified
    except (ProofFileMalformed, ProofFileUnknown):
        return False


@pytest.mark.parametrize("name", PROOFS)
def test_vectors__every_proof_flipped_at_places_all_over__is_never_true(name: str) -> None:
    raw = vector(name)
    hole = raw.find(COMMITMENT_PART)
    ignored = range(hole, hole + len(COMMITMENT_PART)) if hole >= 0 else range(0)
    for at in range(len(raw) // (2 * PLACES), len(raw), len(raw) // PLACES):
        altered = bytearray(raw)
        altered[at] ^= 1
        assert at in ignored or outcome(bytes(altered)) is not True


@pytest.mark.parametrize("name", PROOFS)
def test_vectors__every_proof_cut_at_places_all_over__is_refused(name: str) -> None:
    raw = vector(name)
    for end in range(0, len(raw) - 41, len(raw) // PLACES):  # 41: values behind a shrink proof
        with pytest.raises((ProofFileMalformed, ProofFileUnknown)):
            inspect_proof(raw[:end])


STATEMENTS = {
    "sp1-groth16/v5.0.0-fibonacci-proof.bin": (
        "groth16",
        "c9a85ded8f28601c01b54cbe0f788ad7242e76e02805d05a87eafdd2411afad0",
    ),
    "sp1-groth16/v6.0.0-fixture.json": (
        "groth16",
        "d3316beac8c459c4b47b7ab5b44b1bcb18fae045ec7f57e82faa83f9e3d3db2c",
    ),
    "zkverify/sp1-shrink-proof.bin": (
        "shrink",
        "1d9630f3df6630acc16075d05174a648d2c962bf2d34cabcd8a8e18be96775df",
    ),
    "zkverify/groth16-bn254.json": (
        "groth16",
        "63119b9c316fdbfb55676fd6fc5de671e40db049cab16b5b0e43b693d581e66e",
    ),
}


@pytest.mark.parametrize("name", PROOFS)
def test_vectors__every_proof__has_the_statement_of_its_route(name: str) -> None:
    statements = inspect_proof(vector(name)).statements
    route, value = STATEMENTS.get(name, ("groth16", None))
    shown = {one: None if found is None else found.hex() for one, found in statements.items()}
    assert shown == {"groth16": None, "shrink": None} | {route: value}


@pytest.mark.parametrize(("version", "size"), [("v5.0.0", 656), ("v6.0.0", 854), ("v6.1.0", 854)])
def test_vectors__the_circuits_keys__have_zkverifys_form(version: str, size: int) -> None:
    vk = decode_gnark_vk(vector(f"sp1-groth16/{version}-groth16_vk.bin"))
    assert len(scale_groth16_vk(vk)) == size
    assert groth16_vk_hash(vk) == CIRCUITS[version].zkverify_vk_hash


def test_vectors__the_v5_proof__has_zkverifys_scale_form() -> None:
    saved = decode_saved_proof(vector("sp1-groth16/v5.0.0-fibonacci-proof.bin"))
    assert isinstance(saved.body, Bn254Body)
    raw = CIRCUITS["v5.0.0"].selector + saved.body.encoded_proof
    scale = scale_groth16_proof(decode_sp1_proof(raw).proof)
    assert len(scale) == 263
    assert hashlib.sha256(scale).hexdigest() == (
        "2872ded95a5456c2dcf9c6037791dcd78815d0a1e5bdbe50a3311285c7a17360"
    )


# --- signatures --------------------------------------------------------------------------------------

ANVIL = EvmSigner(bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"))
A_BODY = (
    "0801122000000000000000000000000000000000000000000000000000000000000000001a0a7370312d76332e302e30"
    "20022803324973333a2f2f73706e2d6172746966616374732d70726f64756374696f6e332f737464696e732f61727469"
    "666163745f30316a716367746a72376573383833616d6b78333073716b673938e80740e80748904e"
)
A_SIGNATURE = (
    "0861fc247bbb6ab7aa9fd9b8e199bca8fea2e448103d8995ce2f4c3bd1bbe9035b17c7655f8d1b8e6256f12a4e9f4528"
    "9d8ffc55b66d0c5982489502801cb8611c"
)
A_SIGNER = "31f8dc299e8e473f6562be20c047efbb93b8f3b3"
A_ID = "edda72e7071dce796e91cc12522774b91d33730b698686f8ebeec92e251b42cd"
B_BODY = "1220a3ac34d4d49db9984ec3e96578503591eb414edcd9c4f6fb865a8f6f8d81937a"
B_SIGNATURE = (
    "87c923b7a44f7768fa2ab1b8ed821be5fd2339fed6694ea788d335a4968719db3bd5334d74d15861364a947dd11642bc"
    "0550774f063fed3a59cc331ddf95531e1b"
)
B_SIGNER = "d7cfc5088b9ad010bffa295ff89bc472a7e8ddee"
E_R_S = (
    "53bdc4005c15f103cba321d6202b25825b635216be736ee7fbc431b3f44e4b4a"
    "2a992d7f4ad12e3caf55595ae99e826524957e08506285d9d83c9e1e51bbb846"
)


def eip191(message: bytes) -> bytes:
    return keccak(b"\x19Ethereum Signed Message:\n%d" % len(message) + message)


def signer_of(message: bytes, signature: bytes) -> str:
    recoverable = signature[:64] + bytes([signature[64] - 27])
    key = PublicKey.from_signature_and_message(recoverable, eip191(message), hasher=None)
    return keccak(key.format(compressed=False)[1:])[12:].hex()


@pytest.mark.parametrize(
    ("body", "signature", "signer"),
    [(A_BODY, A_SIGNATURE, A_SIGNER), (B_BODY, B_SIGNATURE, B_SIGNER)],
    ids=["a", "b"],
)
def test_signed_body__of_the_network__is_by_its_signer(
    body: str, signature: str, signer: str
) -> None:
    assert signer_of(bytes.fromhex(body), bytes.fromhex(signature)) == signer


def test_signed_body__a__is_encoded_by_our_messages_and_has_its_request_id() -> None:
    message = auction.RequestProofRequestBody.FromString(bytes.fromhex(A_BODY))
    assert (message.nonce, message.version, message.mode) == (1, "sp1-v3.0.0", 2)
    assert message.SerializeToString(deterministic=True).hex() == A_BODY
    assert keccak(bytes.fromhex(A_SIGNER) + bytes.fromhex(A_BODY)).hex() == A_ID


def test_create_artifact__e__has_the_digest_and_one_form_of_v() -> None:
    assert eip191(CREATE_ARTIFACT).hex() == (
        "70f518d3034cb94ffbe469de194d4382d4055de854126ef9aad036d5032c6c2c"
    )
    assert ANVIL.sign_message(CREATE_ARTIFACT).hex() == E_R_S + "1c"


# --- bincode and digests -----------------------------------------------------------------------------


def test_stdin__the_clusters_fibonacci_input__is_36_bytes() -> None:
    buffer = (1000).to_bytes(4, "little")
    assert encode_stdin([buffer]).hex() == (
        "0100000000000000" + "0400000000000000" + "e8030000" + "00" * 16
    )


def test_program__an_elf__has_its_length_before_it() -> None:
    elf = vector("sp1-v6/fibonacci.elf")
    assert encode_program(elf) == (63_184).to_bytes(8, "little") + elf


def test_program_key__of_the_batch_program__is_104_bytes_of_the_references_layout() -> None:
    program = batch_program()
    reader = BincodeReader(program.vk)
    key = PROGRAM_KEY.read(reader)
    assert (reader.left, PROGRAM_KEY.write(key)) == (0, program.vk)
    entry = int.from_bytes(program.elf[24:32], "little")
    low, middle, high = key["pc_start"]
    assert low + (middle << 16) + (high << 32) == entry
    assert key["enable_untrusted_programs"] == (0,)


VALUES = bytes.fromhex("1234567890abcdef" * 8)  # sp1-primitives hashes them in its own tests


def test_digest__the_references_values__by_both_hashes() -> None:
    sha256 = value_digest(VALUES, Hasher.SHA256, masked=True)
    assert sha256.hex() == "1ce987d0a7fcc2636fe87e69295ba12b1cc46c256b369ae7401c51b805ee91bd"
    blake3 = value_digest(VALUES, Hasher.BLAKE3, masked=True)
    assert blake3.hex() == "1639647ab9e42519f0cbdcf343033482b018c0c1ed48f8367f32381c60913447"


def test_digest__of_blake3s_own_vector__is_the_same() -> None:
    """The empty input, from BLAKE3's paper."""
    assert value_digest(b"", Hasher.BLAKE3, masked=False).hex() == (
        "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
    )


@pytest.mark.parametrize("masked", [True, False])
def test_hasher__of_either_digest__is_told(masked: bool) -> None:
    for hasher in Hasher:
        assert (
            hasher_of(VALUES, value_digest(VALUES, hasher, masked=masked), masked=masked) is hasher
        )
    assert hasher_of(VALUES, bytes(32), masked=masked) is None
