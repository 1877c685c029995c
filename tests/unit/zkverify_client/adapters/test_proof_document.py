"""What other tools write, as values that the chain's metadata describes."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from zkverify_client.adapters.proof_document import document_of, read_key, read_proof
from zkverify_client.adapters.proof_file import Groth16Claim
from zkverify_client.adapters.runtime import Runtime
from zkverify_client.adapters.verifier_calls import Document, encode_key, encode_proof
from zkverify_client.domain.proof_errors import (
    PointError,
    ProofError,
    ProofFormatError,
    ScalarError,
)
from zkverify_client.domain.verifier import VerifierPallet as Pallet

from .test_verifier_calls import CASES

# The generators of BLS12-381, as zcash's specification has them.
G1 = (
    int(
        "17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb",
        16,
    ),
    int(
        "08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1",
        16,
    ),
)
G2_X = (
    int(
        "024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8",
        16,
    ),
    int(
        "13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e",
        16,
    ),
)
G2_Y = (
    int(
        "0ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b82801",
        16,
    ),
    int(
        "0606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79be",
        16,
    ),
)
_SNARK_G1 = [str(G1[0]), str(G1[1]), "1"]
_SNARK_G2 = [[str(v) for v in G2_X], [str(v) for v in G2_Y], ["1", "0"]]
_GNARK_G1 = {"X": str(G1[0]), "Y": str(G1[1])}
_GNARK_G2 = {
    "X": {"A0": str(G2_X[0]), "A1": str(G2_X[1])},
    "Y": {"A0": str(G2_Y[0]), "A1": str(G2_Y[1])},
}
_ARK_G1 = "0x" + b"".join(v.to_bytes(48) for v in G1).hex()
_ARK_G2 = "0x" + b"".join(v.to_bytes(48) for v in (G2_X[1], G2_X[0], G2_Y[1], G2_Y[0])).hex()
SNARKJS: dict[str, Any] = {
    "proof": {"pi_a": _SNARK_G1, "pi_b": _SNARK_G2, "pi_c": _SNARK_G1, "curve": "bls12381"},
    "publicSignals": ["7"],
    "vk": {
        "vk_alpha_1": _SNARK_G1,
        **dict.fromkeys(("vk_beta_2", "vk_gamma_2", "vk_delta_2"), _SNARK_G2),
        "IC": [_SNARK_G1, _SNARK_G1],
    },
}
GNARK: dict[str, Any] = {
    "proof": {"Ar": _GNARK_G1, "Bs": _GNARK_G2, "Krs": _GNARK_G1, "Commitments": []},
    "publicSignals": ["7"],
    "vk": {
        "G1": {**dict.fromkeys(("Alpha", "Beta", "Delta"), _GNARK_G1), "K": [_GNARK_G1] * 2},
        "G2": dict.fromkeys(("Beta", "Gamma", "Delta"), _GNARK_G2),
        "CommitmentKeys": [],
    },
}
ARKWORKS: dict[str, Any] = {
    "proof": {"curve": "Bls12_381", "proof": {"a": _ARK_G1, "b": _ARK_G2, "c": _ARK_G1}},
    "publicSignals": ["0x07" + "00" * 31],
    "vk": {
        "curve": "Bls12_381",
        "alpha_g1": _ARK_G1,
        **dict.fromkeys(("beta_g2", "gamma_g2", "delta_g2"), _ARK_G2),
        "gamma_abc_g1": [_ARK_G1, _ARK_G1],
    },
}


@pytest.mark.parametrize("document", [SNARKJS, GNARK], ids=["snarkjs", "gnark"])
def test_bls12_381__of_each_tool__is_what_arkworks_writes(
    document: dict[str, Any], runtime: Runtime, tmp_path: Path
) -> None:
    made = document_of(Pallet.GROTH16, document)
    assert made == document_of(Pallet.GROTH16, ARKWORKS)
    sent = encode_proof(runtime, made, None, 1)
    assert sent.pubs == b"\x04\x80\x07" + bytes(31)
    (tmp_path / "proof.json").write_text(json.dumps(document))
    assert read_proof(tmp_path / "proof.json", Pallet.GROTH16) == made
    (tmp_path / "vk.json").write_text(json.dumps(document["vk"]))
    key = read_key(tmp_path / "vk.json", Pallet.GROTH16)
    assert encode_key(runtime, Pallet.GROTH16, key).vk_hash == sent.vk_hash


def test_bls12_381__snarkjs_in_files_of_its_own__is_the_same(tmp_path: Path) -> None:
    (tmp_path / "proof.json").write_text(json.dumps(SNARKJS["proof"]))
    (tmp_path / "public.json").write_text(json.dumps(SNARKJS["publicSignals"]))
    found = read_proof(tmp_path / "proof.json", Pallet.GROTH16, public=tmp_path / "public.json")
    whole = document_of(Pallet.GROTH16, ARKWORKS)
    assert found == Document(pallet=Pallet.GROTH16, proof=whole.proof, pubs=whole.pubs)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"pi_c": ["1", "2", "1"]}, PointError),
        ({"pi_b": [*_SNARK_G2[:1], _SNARK_G2[0], ["1", "0"]]}, PointError),
        ({"pi_b": [*_SNARK_G2[:2], ["2", "0"]]}, ProofFormatError),
        ({"pi_c": [*_SNARK_G1[:2], "2"]}, ProofFormatError),
        ({"pi_c": None}, ProofFormatError),
    ],
)
def test_bls12_381__a_point_that_is_none__is_refused(
    change: dict[str, Any], error: type[ProofError]
) -> None:
    with pytest.raises(error):
        document_of(Pallet.GROTH16, {**SNARKJS, "proof": {**SNARKJS["proof"], **change}})


def test_bls12_381__what_zkverify_does_not_take__is_refused() -> None:
    with pytest.raises(ScalarError):
        document_of(Pallet.GROTH16, {**SNARKJS, "publicSignals": [str(1 << 255)]})
    with pytest.raises(ScalarError):
        document_of(Pallet.GROTH16, {**ARKWORKS, "publicSignals": ["0x07"]})
    for part in ("proof", "vk"):
        name = "Commitments" if part == "proof" else "CommitmentKeys"
        with pytest.raises(ProofFormatError, match="commitments"):
            document_of(Pallet.GROTH16, {**GNARK, part: {**GNARK[part], name: [1]}})
    short = {**ARKWORKS["vk"], "alpha_g1": _ARK_G1[:-2]}
    with pytest.raises(PointError):
        document_of(Pallet.GROTH16, {**ARKWORKS, "vk": short})
    flagged = "0x80" + _ARK_G1[4:]
    with pytest.raises(PointError):
        document_of(Pallet.GROTH16, {**ARKWORKS, "vk": {**ARKWORKS["vk"], "alpha_g1": flagged}})


def _fflonk() -> dict[str, Any]:
    """As snarkjs writes it: the words of the proof are 1 to 24."""
    [case] = [each for each in CASES if each["name"] == "fflonk"]
    words = iter(range(1, 25))
    points = {n: [str(next(words)), str(next(words)), "1"] for n in ("C1", "C2", "W1", "W2")}
    names = [
        "ql",
        "qr",
        "qm",
        "qo",
        "qc",
        "s1",
        "s2",
        "s3",
        "a",
        "b",
        "c",
        "z",
        "zw",
        "t1w",
        "t2w",
        "inv",
    ]
    evaluations = {name: str(next(words)) for name in names}
    document: dict[str, Any] = {
        "proof": {"polynomials": points, "evaluations": evaluations, "protocol": "fflonk"},
        "publicSignals": [str(int(case["pubs"], 16))],
        "vk": {**case["vk"], "protocol": "fflonk", "nPublic": 1},
    }
    return document


FFLONK = _fflonk()


def test_fflonk__of_snarkjs__is_24_words_with_the_first_first(runtime: Runtime) -> None:
    [case] = [each for each in CASES if each["name"] == "fflonk"]
    made = document_of(Pallet.FFLONK, FFLONK)
    sent = encode_proof(runtime, made, None, None)
    assert sent.proof == b"".join(n.to_bytes(32) for n in range(1, 25))
    assert sent.pubs == bytes.fromhex(case["pubs"][2:])
    assert "0x" + sent.vk_hash.hex() == case["vk_hash"]


@pytest.mark.parametrize(
    ("pallet", "document", "proof", "vk"),
    [
        (
            Pallet.PLONKY2,
            {"proof": "0x01", "pubs": "0x02", "vk": "0x03", "config": "Keccak"},
            {"bytes": "0x01"},
            {"config": "Keccak", "bytes": "0x03"},
        ),
        (
            Pallet.PLONKY2,
            {"proof": {"compressed": False, "bytes": "0x"}, "pubs": "0x"},
            {"bytes": "0x"},
            None,
        ),
        (
            Pallet.RISC0,
            {"proof": "0x01", "pubs": "0x02", "vk": "0x" + "03" * 32, "version": "V3_0"},
            {"V3_0": "0x01"},
            "0x" + "03" * 32,
        ),
        (Pallet.RISC0, {"proof": {"V2_1": "0x"}, "pubs": "0x"}, {"V2_1": "0x"}, None),
        (
            Pallet.ULTRAHONK,
            {
                "proof": "0x01",
                "pubs": [],
                "vk": "0x" + "00" * 1888,
                "version": "V3_0",
                "variant": "ZK",
            },
            {"V3_0": {"ZK": "0x01"}},
            {"V3_0": "0x" + "00" * 1888},
        ),
        (
            Pallet.TEE,
            {
                "proof": "0x01",
                "publicSignals": [],
                "vk": {"tcbResponse": "0x", "certificates": "0x"},
            },
            "0x01",
            {"Intel": {"tcbResponse": "0x", "certificates": "0x"}},
        ),
        (Pallet.TEE, {"proof": "0x01", "publicSignals": [], "vk": "Nitro"}, "0x01", "Nitro"),
        (
            Pallet.EZKL,
            {"proof": "0x", "pubs": [], "vk": {"vkBytes": "0x"}},
            "0x",
            {"vkBytes": "0x"},
        ),
    ],
)
def test_document__hex_beside_what_names_it__is_what_the_metadata_wants(
    pallet: Pallet, document: dict[str, Any], proof: Any, vk: Any, runtime: Runtime
) -> None:
    made = document_of(pallet, document)
    assert (made.proof, made.vk) == (proof, vk)
    if vk is not None:
        encode_proof(runtime, made, None, None)


@pytest.mark.parametrize(
    ("pallet", "document"),
    [
        (Pallet.RISC0, {"proof": "0x", "pubs": "0x"}),
        (Pallet.PLONKY2, {"proof": "0x", "pubs": "0x", "vk": "0x"}),
        (Pallet.FFLONK, {"proof": "0x", "pubs": []}),
        (Pallet.FFLONK, {"proof": {"polynomials": {}}, "pubs": "0x"}),
        (Pallet.FFLONK, {"proof": "0x", "pubs": [str(1 << 256)]}),
        (Pallet.EZKL, {"proof": "0x"}),
        (Pallet.EZKL, {}),
        (Pallet.PLONKY2, {"proof": None, "pubs": "0x"}),
    ],
)
def test_document__without_a_part__is_refused(pallet: Pallet, document: dict[str, Any]) -> None:
    with pytest.raises(ProofFormatError):
        document_of(pallet, document)


def test_read_proof__groth16_over_bn254__is_a_claim_that_can_be_checked(vectors: Path) -> None:
    found = read_proof(vectors / "zkverify" / "groth16-bn254.json", Pallet.GROTH16)
    assert isinstance(found, Groth16Claim)


def test_read_proof__no_json_or_no_list__is_refused(tmp_path: Path) -> None:
    path, public = tmp_path / "proof.json", tmp_path / "public.json"
    path.write_bytes(b"\x00\x01")
    with pytest.raises(ProofFormatError, match="no JSON"):
        read_proof(path, Pallet.EZKL)
    path.write_text("{}")
    for text in ("{}", "x"):
        public.write_text(text)
        with pytest.raises(ProofFormatError, match="public inputs"):
            read_proof(path, Pallet.EZKL, public=public)


@pytest.mark.parametrize("text", ["0x" + "ab" * 32, "ab" * 32, '"0x' + "ab" * 32 + '"'])
def test_read_key__hex_in_a_file__is_the_key(text: str, tmp_path: Path, runtime: Runtime) -> None:
    (tmp_path / "vk").write_text(text + "\n")
    key = read_key(tmp_path / "vk", Pallet.RISC0)
    assert encode_key(runtime, Pallet.RISC0, key).vk_hash == b"\xab" * 32


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"[]", b"7", b"{}", b"null"])
def test_read_key__anything_else__is_refused(raw: bytes, tmp_path: Path, runtime: Runtime) -> None:
    (tmp_path / "vk").write_bytes(raw)
    for pallet in Pallet:
        with pytest.raises(ProofError):
            encode_key(runtime, pallet, read_key(tmp_path / "vk", pallet))


COMMITMENTS = (
    *("ID_1", "ID_2", "ID_3", "ID_4", "Q_1", "Q_2", "Q_3", "Q_4", "Q_ARITHMETIC", "Q_AUX"),
    *("Q_C", "Q_ELLIPTIC", "Q_M", "Q_SORT", "SIGMA_1", "SIGMA_2", "SIGMA_3", "SIGMA_4"),
    *("TABLE_1", "TABLE_2", "TABLE_3", "TABLE_4", "TABLE_TYPE"),
)


def barretenbergs_key(of: str, **change: Any) -> str:
    """The pallet's key as Barretenberg writes it, its commitments in another order."""
    words = bytes.fromhex(of.removeprefix("0x"))
    head = [int.from_bytes(words[at : at + 32]) for at in (0, 32, 64)]
    points = {name: words[96 + 64 * n : 160 + 64 * n] for n, name in enumerate(COMMITMENTS)}
    points |= change.get("points", {})
    raw = b"".join(n.to_bytes(4) for n in (*head, change.get("count", len(points))))
    for name in reversed(points):
        raw += len(name).to_bytes(4) + name.encode() + points[name]
    return base64.b64encode(raw + bytes([change.get("recursive", 0)]) + bytes(4)).decode()


def test_ultraplonk__of_barretenberg__is_the_key_that_the_real_chain_hashed(
    runtime: Runtime, tmp_path: Path
) -> None:
    [case] = [each for each in CASES if each["name"] == "ultraplonk"]
    key = barretenbergs_key(case["vk"])
    proof = base64.b64encode(bytes.fromhex(case["pubs"][0][2:]) + b"proof").decode()
    made = document_of(Pallet.ULTRAPLONK, {"proof": proof, "vk": key})
    sent = encode_proof(runtime, made, None, None)
    assert ("0x" + sent.vk_hash.hex(), "0x" + sent.statement.hex()) == (
        case["vk_hash"],
        case["statement"],
    )
    assert sent.proof == b"\x14proof"
    alone = document_of(Pallet.ULTRAPLONK, {"proof": proof, "numberOfPublicInputs": 1})
    assert (alone.proof, alone.pubs, alone.vk) == (made.proof, made.pubs, None)
    (tmp_path / "vk").write_text(key)
    assert read_key(tmp_path / "vk", Pallet.ULTRAPLONK) == made.vk


@pytest.mark.parametrize(
    "change",
    [{"recursive": 1}, {"count": 22}, {"points": {"ID_9": bytes(64)}, "count": 23}, {"count": 24}],
)
def test_ultraplonk__another_key_of_barretenbergs__is_refused(change: dict[str, Any]) -> None:
    [case] = [each for each in CASES if each["name"] == "ultraplonk"]
    with pytest.raises(ProofFormatError):
        document_of(
            Pallet.ULTRAPLONK,
            {"proof": "0x", "pubs": [], "vk": barretenbergs_key(case["vk"], **change)},
        )


@pytest.mark.parametrize(
    "document",
    [
        {"proof": "AAAA"},
        {"proof": "AAAA", "numberOfPublicInputs": 1},
        {"proof": "AAAA", "numberOfPublicInputs": -1},
        {"proof": "AAAA", "numberOfPublicInputs": True},
        {"proof": "???", "numberOfPublicInputs": 0},
        {"proof": "0x", "pubs": [], "vk": "AAAA"},
        {"proof": "0x", "pubs": [], "vk": ""},
    ],
)
def test_ultraplonk__no_base64_or_too_short__is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ProofFormatError):
        document_of(Pallet.ULTRAPLONK, document)
