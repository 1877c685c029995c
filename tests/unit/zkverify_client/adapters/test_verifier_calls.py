"""Any verifier by the chain's metadata: what the chain itself said of keys and statements, and what is refused here."""

import json
from pathlib import Path
from typing import Any

import pytest

from zk_acts.domain.hashing import keccak
from zk_acts.domain.ids import Hash32, Statement
from zkverify_client.adapters.calls import SubmittedProof, SubmittedVk, read_call
from zkverify_client.adapters.errors import RuntimeUnsupported, StatementMismatch
from zkverify_client.adapters.runtime import Runtime
from zkverify_client.adapters.scale import compact
from zkverify_client.adapters.verifier_calls import (
    Document,
    encode_key,
    encode_proof,
    encoded_key_call,
    encoded_proof_call,
)
from zkverify_client.domain.proof_errors import ProofFormatError, StatementUnknown
from zkverify_client.domain.verifier import Encoded, VerifierPallet, statement_of, vk_hash_of
from zkverify_client.ports.zkverify import RegisterEncodedVk, SubmitEncoded

from .conftest import devnet_runtime, genesis_runtime

CASES = json.loads(
    (Path(__file__).parents[3] / "vectors" / "zkverify" / "verifiers.json").read_text("utf-8")
)
by_name = pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
AT_GENESIS = ("fflonk", "plonky2", "ultraplonk")


def document(case: dict[str, Any]) -> Document:
    pallet = VerifierPallet[case["verifier"].upper()]
    return Document(pallet=pallet, proof=case["proof"], pubs=case["pubs"], vk=case["vk"])


@by_name
def test_proof__key_and_inputs_of_the_real_chain__has_its_hash_and_statement(
    case: dict[str, Any], runtime: Runtime
) -> None:
    made = encode_proof(runtime, document(case), None, 7)
    assert "0x" + made.vk_hash.hex() == case["vk_hash"]
    if "statement" in case:
        assert "0x" + made.statement.hex() == case["statement"]
    found = read_call(runtime, encoded_proof_call(runtime, made))
    assert found == SubmittedProof(statement=made.statement, domain_id=7, pallet=made.pallet)
    key = encode_key(runtime, made.pallet, case["vk"])
    assert (key.vk_hash, key.vk) == (made.vk_hash, made.vk)
    call = encoded_key_call(runtime, key)
    assert read_call(runtime, call) == SubmittedVk(vk_hash=key.vk_hash, pallet=made.pallet)


@by_name
def test_proof__by_the_keys_hash__states_the_same(case: dict[str, Any], runtime: Runtime) -> None:
    in_full = encode_proof(runtime, document(case), None, None)
    named = encode_proof(runtime, document(case), in_full.vk_hash, None)
    assert named.vk is None
    assert named.statement == in_full.statement
    call = encoded_proof_call(runtime, named)
    assert len(call) < len(encoded_proof_call(runtime, in_full))
    assert read_call(runtime, call) == SubmittedProof(
        statement=named.statement, domain_id=None, pallet=named.pallet
    )


@pytest.mark.parametrize("case", [c for c in CASES if c["name"] in AT_GENESIS], ids=AT_GENESIS)
def test_proof__mainnets_genesis_runtime__is_encoded_as_the_librarys_codec_does(
    case: dict[str, Any],
) -> None:
    """An independent codec over real metadata: byte for byte the same call."""
    runtime = genesis_runtime()
    made = encode_proof(runtime, document(case), None, 3)
    pallet, name, arguments = runtime.decode_call(encoded_proof_call(runtime, made))
    assert (pallet, name, arguments["domain_id"]) == (made.pallet, "submit_proof", 3)
    assert "0x" + made.vk_hash.hex() == case["vk_hash"]
    again = runtime.encode_call(pallet, name, arguments)
    assert again == encoded_proof_call(runtime, made)


def test_proof__ultrahonk_before_versions__is_bytes_and_states_no_version() -> None:
    runtime = genesis_runtime()
    [legacy] = [c for c in CASES if c["name"] == "ultrahonk 0.84"]
    raw = legacy["vk"]["V0_84"]
    old = Document(pallet=VerifierPallet.ULTRAHONK, proof="0x00", pubs=legacy["pubs"], vk=raw)
    now = Document(
        pallet=VerifierPallet.ULTRAHONK,
        proof={"Legacy": {"ZK": "0x00"}},
        pubs=legacy["pubs"],
        vk={"Legacy": raw},
    )
    before = encode_proof(runtime, old, None, None)
    since = encode_proof(devnet_runtime(), now, None, None)
    assert (before.vk_hash, before.statement) == (since.vk_hash, since.statement)
    with pytest.raises(StatementMismatch, match="another runtime"):
        encoded_proof_call(devnet_runtime(), before)
    with pytest.raises(ProofFormatError, match="proof"):
        encode_proof(devnet_runtime(), old, since.vk_hash, None)


@pytest.mark.parametrize("version", ["2.1", "2.2", "2.3", "3.0"])
def test_proof__risc0__states_its_version(version: str, runtime: Runtime) -> None:
    import hashlib

    vk, journal = bytes(range(32)), b"\x00\x00\x3c\x00\x00\x00\x00\x00"
    made = encode_proof(
        runtime,
        Document(
            pallet=VerifierPallet.RISC0,
            proof={f"V{version.replace('.', '_')}": b"receipt"},
            pubs=journal,
            vk=vk,
        ),
        None,
        None,
    )
    stated = hashlib.sha256(f"risc0:v{version}".encode()).digest()
    assert made.vk_hash == vk
    assert made.statement == keccak(keccak(b"risc0") + vk + stated + keccak(journal))


def test_proof__tee__is_of_a_key_with_names_or_without_content(runtime: Runtime) -> None:
    intel = {"Intel": {"tcbResponse": "0x7b7d", "certificates": b"pem"}}
    made = encode_proof(
        runtime, Document(pallet=VerifierPallet.TEE, proof=b"quote", pubs="0x", vk=intel), None, 1
    )
    scale = b"\x00" + compact(2) + b"{}" + compact(3) + b"pem"
    assert (made.vk, made.vk_hash) == (scale, keccak(scale))
    nitro = encode_proof(
        runtime, Document(pallet=VerifierPallet.TEE, proof=b"doc", pubs=b"", vk="Nitro"), None, 1
    )
    assert (nitro.vk, nitro.vk_hash) == (b"\x01", keccak(b"\x01"))


def test_proof__verifier_that_the_runtime_lacks__is_said() -> None:
    with pytest.raises(RuntimeUnsupported, match="SettlementTeePallet"):
        encode_key(genesis_runtime(), VerifierPallet.TEE, "Nitro")


def test_statement__a_version_or_key_that_is_not_known__is_an_error_and_no_guess() -> None:
    plain = Encoded(scale=b"", content=b"")
    later = Encoded(scale=b"\x09", content=b"", variant="V4_0")
    for pallet in VerifierPallet:
        with pytest.raises(StatementUnknown, match="V4_0"):
            statement_of(pallet, bytes(32), later, plain)
        with pytest.raises(StatementUnknown, match="V4_0"):
            vk_hash_of(pallet, later)
        if pallet is not VerifierPallet.RISC0:
            assert len(statement_of(pallet, bytes(32), plain, plain)) == 32


_EZKL, _FFLONK, _RISC0 = VerifierPallet.EZKL, VerifierPallet.FFLONK, VerifierPallet.RISC0
_HONK = VerifierPallet.ULTRAHONK


@pytest.mark.parametrize(
    ("pallet", "vk", "part"),
    [
        (_EZKL, {"vkBytes": "00"}, "vk.vk_bytes"),
        (_EZKL, {"vkBytes": 5}, "vk.vk_bytes"),
        (_EZKL, {"vkBytes": "0x0"}, "vk.vk_bytes"),
        (_EZKL, {"vkBytes": "0x", "more": 1}, "vk"),
        (_EZKL, {}, "vk"),
        (_EZKL, "0x00", "vk"),
        (_EZKL, None, "vk"),
        (_RISC0, "0x00", "vk"),
        (_RISC0, b"\0" * 33, "vk"),
        (_HONK, {"V9": "0x"}, "vk"),
        (_HONK, "V0_84", "vk.V0_84"),
        (_HONK, {"V0_84": "0x", "V3_0": "0x"}, "vk"),
        (_HONK, {"V0_84": "0x00"}, "vk.V0_84"),
        (_HONK, 7, "vk"),
    ],
)
def test_key__not_what_the_metadata_says__says_where(
    pallet: VerifierPallet, vk: Any, part: str, runtime: Runtime
) -> None:
    with pytest.raises(ProofFormatError) as error:
        encode_key(runtime, pallet, vk)
    assert error.value.context["part"] == part


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("power", 256, "vk.power"),
        ("power", True, "vk.power"),
        ("power", "x", "vk.power"),
        ("power", -1, "vk.power"),
        ("power", 1.0, "vk.power"),
        ("k1", str(1 << 256), "vk.k1"),
        ("C0", ["1", "2"], "vk.c0"),
        ("C0", "123", "vk.c0"),
        ("X_2", [["1", "2"], ["3", "4"], ["5"]], "vk.x2[2]"),
        ("x2", [], "vk"),
    ],
)
def test_key__of_fflonk_with_a_bad_number__says_where(
    name: str, value: Any, part: str, runtime: Runtime
) -> None:
    [fflonk] = [case for case in CASES if case["name"] == "fflonk"]
    with pytest.raises(ProofFormatError) as error:
        encode_key(runtime, _FFLONK, {**fflonk["vk"], name: value})
    assert error.value.context["part"] == part


@pytest.mark.parametrize("pubs", ["0x00", ["0x00"], [b"\0" * 32, "0x"], [5], None])
def test_proof__inputs_that_are_no_words__says_where(pubs: Any, runtime: Runtime) -> None:
    doc = Document(pallet=_EZKL, proof=b"", pubs=pubs)
    with pytest.raises(ProofFormatError) as error:
        encode_proof(runtime, doc, Hash32(bytes(32)), None)
    assert str(error.value.context["part"]).startswith("pubs")


def test_proof__without_a_key__is_refused(runtime: Runtime) -> None:
    with pytest.raises(ProofFormatError, match="without its key"):
        encode_proof(runtime, Document(pallet=_EZKL, proof=b"", pubs=[]), None, None)


def _ezkl(runtime: Runtime, **fields: Any) -> SubmitEncoded:
    made = encode_proof(
        runtime, Document(pallet=_EZKL, proof=b"p", pubs=[]), Hash32(b"k" * 32), None
    )
    from dataclasses import replace

    return replace(made, **fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"statement": Statement(bytes(32))},
        {"vk_hash": Hash32(bytes(32))},
        {"pubs": b"\x04" + bytes(32)},
        {"pubs": b"\x04"},
        {"proof": b"\x04p\x00"},
        {"vk": compact(32) + bytes(32)},
    ],
)
def test_call__parts_that_do_not_make_the_statement__is_refused(
    fields: dict[str, Any], runtime: Runtime
) -> None:
    with pytest.raises(StatementMismatch):
        encoded_proof_call(runtime, _ezkl(runtime, **fields))


@pytest.mark.parametrize("vk", [b"", b"\x04", b"\x04ab", compact(32) + bytes(32)])
def test_key_call__bytes_that_are_not_the_key__is_refused(vk: bytes, runtime: Runtime) -> None:
    request = RegisterEncodedVk(pallet=_EZKL, vk_hash=Hash32(b"k" * 32), vk=vk)
    with pytest.raises(StatementMismatch):
        encoded_key_call(runtime, request)
