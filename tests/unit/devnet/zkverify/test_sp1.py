"""SP1 shrink proofs in the dev node: the real one, the same with single bits turned, and what is no proof at all."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zk_devnet.zkverify.pallets.proofs import ProofRefused, Sp1, Sp1Policy
from zk_devnet.zkverify.rpc.dev import unverified
from zk_devnet.zkverify.scale import Case
from zk_devnet.zkverify.shrink import Malformed, ShrinkRefused, check, decode
from zk_devnet.zkverify.shrink.blake3 import blake3
from zk_devnet.zkverify.shrink.poseidon2 import P, permute

LENIENT = Sp1(policy=Sp1Policy.ACCEPT_UNVERIFIED)
KEY_AT, INDEX_AT, END = 668_909, 669_671, 670_295
PUBLIC_VALUES_AT = KEY_AT - 231 * 4


@pytest.fixture
def vector(vectors: Path) -> tuple[bytes, bytes, bytes]:
    """The real proof, its key and its public values."""
    folder = vectors / "zkverify"
    described = json.loads((folder / "sp1-shrink.json").read_text())
    vk, pubs = (bytes.fromhex(described[name][2:]) for name in ("vk", "pubs"))
    return (folder / described["proof_file"]).read_bytes(), vk, pubs


def _flipped(data: bytes, at: int, bit: int = 0) -> bytes:
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


def _refusal(verifier: Sp1, vk: bytes, proof: bytes, pubs: bytes) -> str:
    with pytest.raises(ProofRefused) as caught:
        verifier.verify(vk, proof, pubs)
    return caught.value.reason


def test_decode__real_proof__has_the_known_structure(vector: tuple[bytes, bytes, bytes]) -> None:
    proof = decode(vector[0])
    assert [chip.log_degree for chip in proof.chips] == [18, 18, 18, 17, 17, 17, 17, 16, 4]
    assert (proof.fri.phases, len(proof.fri.steps)) == (18, 50)
    assert (len(proof.public_values), proof.index, len(proof.path)) == (231, 101_826, 19)
    assert proof.ordering["Poseidon2WideDeg3"] == 7
    assert proof.trailing_bytes == 40


def test_verify__real_proof_and_accepting__passes(vector: tuple[bytes, bytes, bytes]) -> None:
    proof, vk, pubs = vector
    LENIENT.verify(vk, proof, pubs)


def test_verify__real_proof_by_default__is_refused(vector: tuple[bytes, bytes, bytes]) -> None:
    proof, vk, pubs = vector
    assert _refusal(Sp1(), vk, proof, pubs) == "VerifyError"


def test_verify__other_bytes_after_the_proof__changes_nothing(
    vector: tuple[bytes, bytes, bytes],
) -> None:
    proof, vk, pubs = vector
    LENIENT.verify(vk, proof[:END], pubs)
    LENIENT.verify(vk, proof + b"anything", pubs)


def test_verify__key_word_plus_the_modulus__passes_as_on_the_real_chain(
    vector: tuple[bytes, bytes, bytes],
) -> None:
    proof, vk, pubs = vector
    word = int.from_bytes(vk[:4], "big") + P
    LENIENT.verify(word.to_bytes(4, "big") + vk[4:], proof, pubs)


@pytest.mark.parametrize("at", range(0, 32, 5))
def test_verify__key_with_a_turned_bit__is_refused(
    at: int, vector: tuple[bytes, bytes, bytes]
) -> None:
    proof, vk, pubs = vector
    assert _refusal(LENIENT, _flipped(vk, at), proof, pubs) == "VerifyError"


def test_verify__other_public_values__are_refused(vector: tuple[bytes, bytes, bytes]) -> None:
    proof, vk, pubs = vector
    for other in (b"", pubs + b"\x00", _flipped(pubs, 31)):
        assert _refusal(LENIENT, vk, proof, other) == "VerifyError"


@pytest.mark.parametrize("word", [0, 31, 40, 190, 197, 198, 205, 206, 220, 222, 223, 230])
@pytest.mark.parametrize("bit", [0, 7])
def test_verify__public_value_with_a_turned_bit__is_refused(
    word: int, bit: int, vector: tuple[bytes, bytes, bytes]
) -> None:
    proof, vk, pubs = vector
    changed = _flipped(proof, PUBLIC_VALUES_AT + 4 * word, bit)
    assert decode(changed).public_values[word] != decode(proof).public_values[word]
    assert _refusal(LENIENT, vk, changed, pubs) == "VerifyError"


@pytest.mark.parametrize(
    "at",
    [
        *(KEY_AT + offset for offset in (0, 31, 32, 36, 91, 109, 113)),
        *(INDEX_AT, INDEX_AT + 2, INDEX_AT + 16, END - 4),
    ],
)
def test_verify__recursion_key_or_path_with_a_turned_bit__is_refused(
    at: int, vector: tuple[bytes, bytes, bytes]
) -> None:
    proof, vk, pubs = vector
    assert _refusal(LENIENT, vk, _flipped(proof, at), pubs) == "VerifyError"


def test_check__committed_with_blake3__passes_the_digest(
    vector: tuple[bytes, bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    proof, vk, _ = vector
    words = list(decode(proof).public_values)
    raw = b"".join(word.to_bytes(4, "little") for word in [*blake3(b"committed"), *words[32:]])
    changed = proof[:PUBLIC_VALUES_AT] + raw + proof[PUBLIC_VALUES_AT + len(raw) :]
    with pytest.raises(ShrinkRefused, match="recursion public values do not hash"):
        check(decode(changed), vk, b"committed")
    with pytest.raises(ShrinkRefused, match="committed digest"):
        check(decode(changed), vk, b"something else")


@pytest.mark.parametrize("size", [0, 1, 95, 96, 1_000, 26_912, 351_904, 667_732, END - 1])
def test_decode__proof_cut_short__is_malformed(
    size: int, vector: tuple[bytes, bytes, bytes]
) -> None:
    with pytest.raises(Malformed):
        decode(vector[0][:size])


@settings(max_examples=60, deadline=None)
@given(head=st.binary(max_size=600), filler=st.sampled_from([b"\x00", b"\x01", b"\xff"]))
def test_verify__any_bytes__are_refused_in_the_pallets_words(head: bytes, filler: bytes) -> None:
    reason = _refusal(LENIENT, bytes(32), head + filler * 5_000, b"")
    assert reason in {"InvalidProofData", "VerifyError"}


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_verify__length_field_changed__never_fails_otherwise(data: st.DataObject) -> None:
    folder = Path(__file__).parents[5] / "shared" / "vectors" / "zkverify"
    if not folder.is_dir():
        pytest.skip("the shared vectors are not here")
    proof = (folder / "sp1-shrink-proof.bin").read_bytes()
    at = data.draw(st.sampled_from([96, 104, 26_912, 27_496, 351_920, 667_732, 668_909, INDEX_AT]))
    value = data.draw(st.integers(0, 2**64 - 1)).to_bytes(8, "little")
    changed = proof[:at] + value + proof[at + 8 :]
    assert _refusal(LENIENT, bytes(32), changed, b"") in {"InvalidProofData", "VerifyError"}


@pytest.mark.parametrize(
    ("proof", "pubs", "reason"),
    [
        (bytes(786_433), b"", "InvalidProofData"),
        (bytes(120_000), bytes(2_049), "InvalidInput"),
        (b"garbage", b"", "InvalidProofData"),
        (b"\xff" * 120_000, b"", "InvalidProofData"),
    ],
)
def test_verify__what_cannot_be_a_proof__is_refused(proof: bytes, pubs: bytes, reason: str) -> None:
    assert _refusal(LENIENT, bytes(32), proof, pubs) == reason


def test_submit__real_proof_on_a_refusing_node__fails_with_verify_error(
    make_lab: Callable[..., Any], vector: tuple[bytes, bytes, bytes]
) -> None:
    lab = make_lab(sp1_policy=Sp1Policy.REFUSE)
    proof, vk, pubs = vector
    failure = lab.failure(
        lab.alice,
        "SettlementSp1Pallet",
        "submit_proof",
        vk_or_hash=Case("Vk", vk),
        proof=proof,
        pubs=pubs,
        domain_id=None,
    )
    assert failure == Case("Module", {"index": 167, "error": b"\x02\x00\x00\x00"})


@pytest.mark.parametrize("policy", list(Sp1Policy))
def test_unverified__every_policy__is_told_apart(policy: Sp1Policy) -> None:
    said = unverified(policy)[0]
    assert ("ACCEPTED WITHOUT VERIFICATION" in said) is (policy is not Sp1Policy.REFUSE)


@pytest.mark.parametrize(
    ("size", "digest"),
    [
        (0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"),
        (1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"),
        (1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"),
        (1025, "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"),
        (2049, "5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030"),
        (5000, "ee78d92070de3df1c57c37002abf0a6b1a6589acdeef4d8ffac7cf3d9e8f2836"),
    ],
)
def test_blake3__known_inputs__give_the_known_digests(size: int, digest: str) -> None:
    assert blake3(bytes(index % 251 for index in range(size))).hex() == digest


@given(st.lists(st.integers(0, P - 1), min_size=16, max_size=16))
def test_permute__any_state__stays_in_the_field(state: list[int]) -> None:
    assert all(0 <= word < P for word in permute(state))
