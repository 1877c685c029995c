"""Bytes: signed bodies and request ids against the reference's vectors, bincode, vkey forms."""

from dataclasses import replace
from pathlib import Path

import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from zk_acts.domain.ids import Hash32
from zk_devnet.prover_network.bincode import Groth16Blob
from zk_devnet.prover_network.program import batch_key
from zk_operator.adapters.signing.evm import EvmSigner
from zk_operator.adapters.sp1.bincode import decode_network_proof, encode_program, single_buffer
from zk_operator.adapters.sp1.errors import WrongProgram
from zk_operator.adapters.sp1.network.account import CREATE_ARTIFACT
from zk_operator.adapters.sp1.network.tree import AuctionTree, RequestTerms, ReservedTree, Roles
from zk_operator.adapters.sp1.program_key import hash_bytes
from zk_operator.domain.batch_input import sp1_stdin
from zk_operator.domain.failures import ProofMalformed
from zk_operator.proto import auction_pb2 as auction

VECTORS = Path(__file__).parents[5] / "shared" / "vectors" / "sp1-groth16"
# Anvil's well-known first account.
SIGNER = EvmSigner(
    bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
)
MAINNET_DOMAIN = "55ea66757c5b1aecda6619905f594b320092db1cf4c8b6f89025c092f0bb7b5b"
TERMS = RequestTerms(
    nonce=7,
    vk_hash=b"\x11" * 32,
    version="sp1-v6.1.0",
    stdin_uri="artifact://stdin/1",
    deadline_s=1_800_000_000,
    cycle_limit=1_000_000,
    gas_limit=2_000_000,
)
AUCTION_TERMS = replace(
    TERMS,
    whitelist=(b"\xaa" * 20,),
    public_values_hash=b"\x22" * 32,
    roles=Roles(
        domain=bytes.fromhex(MAINNET_DOMAIN),
        auctioneer=b"\x01" * 20,
        executor=b"\x02" * 20,
        verifier=b"\x03" * 20,
        treasury=b"\x04" * 20,
        base_fee=200_000_000_000_000_000,
        max_price_per_pgu=1_200_000_000,
    ),
)
HEAD = "0807122011111111111111111111111111111111111111111111111111111111111111111a0a7370312d76362e312e30"
LIMITS = "321261727469666163743a2f2f737464696e2f313880a4a7da0640c0843d4880897a"
AUCTION_BODY = (
    HEAD
    + "20042803"
    + LIMITS
    + "5a14aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa6220"
    + MAINNET_DOMAIN
    + "6a140101010101010101010101010101010101010101721402020202020202020202020202020202020202027a14"
    + "03" * 20
    + "820120"
    + "22" * 32
    + "8a0112323030303030303030303030303030303030"
    + "92010a31323030303030303030a20114"
    + "04" * 20
)
AUCTION_SIGNATURE = (
    "8ddfad55b3ca111b4fddbd0509a1a356e8c9671f09ddb048dda3c2899bcaea184674a67003d01d07a1d209f596fd3365"
    "a7d50909fba2d4dde2f6137c3953f2531c"
)
AUCTION_ID = "d3bb94e47b6e30252b49106e02c6fb71c50c73c7dd59c06dcdaa1341c75e274e"


def test_auction_body__the_references_vector__same_bytes_signature_and_id() -> None:
    body = AuctionTree().body(AUCTION_TERMS)
    assert body.hex() == AUCTION_BODY
    assert SIGNER.sign_message(body).hex() == AUCTION_SIGNATURE
    assert keccak(SIGNER.address + body).hex() == AUCTION_ID


def test_auction_body__without_roles__is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="auction"):
        AuctionTree().body(TERMS)


def test_reserved_body__the_references_vector__same_but_for_the_mode() -> None:
    """The vector asks for a compressed proof (mode 2); ours asks for Groth16 (mode 4) and is otherwise equal."""
    body = ReservedTree().body(TERMS)
    assert body.hex() == HEAD + "20042802" + LIMITS
    assert SIGNER.sign_message(bytes.fromhex(HEAD + "20022802" + LIMITS)).hex() == (
        "df183692a3e08fc8bf1b60c0b63cb3526c32ee7029015e6c9a8c24d01b698b97"
        "2d539f1abd00a8a6f528b55af9d0f863af4707835654784867bc5960d91c53ff1c"
    )


def test_envelope__the_body_in_it__is_the_signed_bytes() -> None:
    body = AuctionTree().body(AUCTION_TERMS)
    envelope = AuctionTree().envelope(body, b"\x05" * 65)
    message = auction.RequestProofRequest.FromString(envelope)
    assert message.body.SerializeToString(deterministic=True) == body
    assert (message.format, message.signature) == (auction.MESSAGE_FORMAT_BINARY, b"\x05" * 65)
    assert AuctionTree().stdin_uri(envelope) == "artifact://stdin/1"


def test_create_artifact__the_references_vector__r_s_and_v() -> None:
    assert SIGNER.sign_message(CREATE_ARTIFACT).hex() == (
        "53bdc4005c15f103cba321d6202b25825b635216be736ee7fbc431b3f44e4b4a"
        "2a992d7f4ad12e3caf55595ae99e826524957e08506285d9d83c9e1e51bbb8461c"
    )


def test_hash_bytes__the_references_example__both_forms() -> None:
    bytes32 = "008b28ceb0124dcb1e5e75b5d6526a96636322b4700c4979386affbfec15c0dd"
    assert hash_bytes(Hash32(bytes.fromhex(bytes32))).hex().startswith("45946758")
    assert hash_bytes(Hash32(bytes.fromhex(bytes32))).hex().endswith("c0dd")


def test_hash_bytes__the_devnets_program__as_the_devnet_writes_it() -> None:
    assert hash_bytes(Hash32(batch_key().bytes32)) == batch_key().hash_bytes


@given(st.lists(st.integers(0, 2**31 - 1), min_size=8, max_size=8))
def test_hash_bytes__any_words__are_unfolded_exactly(words: list[int]) -> None:
    folded = 0
    for word in words:
        folded = folded << 31 | word
    expected = b"".join(word.to_bytes(4, "big") for word in words)
    assert hash_bytes(Hash32(folded.to_bytes(32, "big"))) == expected


def test_hash_bytes__more_than_248_bits__is_no_vkey() -> None:
    with pytest.raises(WrongProgram):
        hash_bytes(Hash32(b"\xff" * 32))


def test_program__bincode__is_length_and_bytes() -> None:
    assert encode_program(b"\x7fELF") == bytes.fromhex("0400000000000000") + b"\x7fELF"


@given(st.binary(max_size=200))
def test_single_buffer__of_a_batch_input__is_the_buffer(buffer: bytes) -> None:
    assert single_buffer(sp1_stdin([buffer])) == buffer


@pytest.mark.parametrize("stdin", [b"", sp1_stdin([]), sp1_stdin([b"a", b"b"]), bytes(7)])
def test_single_buffer__anything_else__is_refused(stdin: bytes) -> None:
    with pytest.raises(ValueError, match=r"SP1Stdin|one buffer"):
        single_buffer(stdin)


def blob(**changes: object) -> bytes:
    words = b"".join(value.to_bytes(32, "big") for value in (0, 99, 3))
    fields: dict[str, object] = {
        "public_inputs": (5, 6, 0, 99, 3),
        "encoded_proof": words + b"\x07" * 256,
        "raw_proof": b"\x08" * 324,
        "vkey_hash": b"\x43\x88\xa2\x1c" + bytes(28),
        "public_values": b"values",
        "sp1_version": "v6.1.0",
    }
    return Groth16Blob(**(fields | changes)).encode()  # type: ignore[arg-type]  # built from a table


def test_network_proof__the_devnets_encoding__gives_the_on_chain_form() -> None:
    proof = decode_network_proof(blob()).to_port()
    assert len(proof.onchain) == 356
    assert proof.onchain[:4].hex() == "4388a21c"
    assert (proof.public_values, proof.sp1_version) == (b"values", "v6.1.0")


def test_network_proof__a_saved_file__ends_with_an_absent_tee_proof() -> None:
    assert decode_network_proof(blob() + b"\0") == decode_network_proof(blob())


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        blob()[:-1],
        blob() + b"\1",
        blob() + b"\0\0",
        b"\x01" + blob()[1:],
        blob(public_inputs=(5, 6, 0, 98, 3)),
        blob(encoded_proof=b"\x07" * 256),
        blob(encoded_proof=b""),
        blob()[:12] + b"x" + blob()[13:],
        (3).to_bytes(4, "little") + b"\xff" * 8,
    ],
)
def test_network_proof__anything_else__is_malformed(raw: bytes) -> None:
    with pytest.raises(ProofMalformed):
        decode_network_proof(raw)


@given(st.binary(max_size=400))
def test_network_proof__random_bytes__never_decode_or_crash(raw: bytes) -> None:
    with pytest.raises(ProofMalformed):
        decode_network_proof((3).to_bytes(4, "little") + raw)


@given(st.integers(0, len(blob()) - 1))
def test_network_proof__cut_anywhere__is_malformed(at: int) -> None:
    with pytest.raises(ProofMalformed):
        decode_network_proof(blob()[:at])


def test_network_proof__a_real_v5_proof__decodes_with_two_inputs() -> None:
    path = VECTORS / "v5.0.0-fibonacci-proof.bin"
    if not path.is_file():
        pytest.skip("the vectors folder is absent")
    proof = decode_network_proof(path.read_bytes(), inputs=2)
    assert proof.sp1_version == "v5.0.0"
    assert proof.public_values.hex() == "140000006d1a0000d30b0000"
    assert len(proof.to_port().onchain) == 260
    assert proof.vk_sha256.hex().startswith("a4594c59")
