"""Proofs of any verifier from JSON: the values that the chain's metadata describes, and what other tools write instead.

A document is `{proof, pubs or publicSignals, vk}`. Forms of other tools: snarkjs's fflonk; Barretenberg's UltraPlonk in
base64; hex alone with the parts that name it beside (`config` of plonky2, `version` of risc0 and ultrahonk, `variant` of ultrahonk), as zkverifyjs takes them.
Sources: repository zkVerify/zkverifyjs 2.3, src/proofTypes/*/formatter; zkVerify/zkVerify, verifiers/*/src.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from zk_acts.domain.ids import hex0x
from zk_acts.domain.json_text import JsonInvalid, parse_json
from zkverify_client.adapters import bls12_381_json
from zkverify_client.adapters.barretenberg import from_base64, split_proof, ultraplonk_key
from zkverify_client.adapters.proof_file import Groth16Claim, json_in, read_claim, read_file
from zkverify_client.adapters.verifier_calls import Document
from zkverify_client.domain.proof_errors import ProofFormatError
from zkverify_client.domain.verifier import VerifierPallet

_FORM_ERRORS = (AttributeError, IndexError, KeyError, TypeError, ValueError, OverflowError)
_FFLONK_KEY = ("power", "k1", "k2", "w", "w3", "w4", "w8", "wr", "X_2", "C0")
FFLONK_POINTS = ("C1", "C2", "W1", "W2")
FFLONK_EVALUATIONS = (
    *("ql", "qr", "qm", "qo", "qc", "s1", "s2", "s3"),
    *("a", "b", "c", "z", "zw", "t1w", "t2w", "inv"),
)
Json = Mapping[str, Any]


def read_proof(
    path: Path, pallet: VerifierPallet, *, public: Path | None = None
) -> Groth16Claim | Document:
    """A proof file of a verifier; Groth16 over BN254 as a claim, which can be checked here. `public`: snarkjs's public.json.

    Errors: ProofError.
    """
    document = json_in(read_file(path))
    if pallet is VerifierPallet.GROTH16 and (document is None or not _over_bls(document)):
        return read_claim(path, public=public)
    if document is None:
        raise ProofFormatError("a proof file is no JSON", path=str(path))
    if public is not None:
        document = {"proof": document, "publicSignals": _list_in(public)}
    return document_of(pallet, document)


def read_key(path: Path, pallet: VerifierPallet) -> Any:
    """A key's value from a file: JSON (the key alone, or a document that has it under "vk"), or hex. Error: ProofFormatError."""
    raw = read_file(path)
    try:
        found = parse_json(raw)
    except JsonInvalid:
        found = raw.decode("ascii", "replace").strip()
    if isinstance(found, str) and not found.startswith("0x"):
        is_hex = set(found) <= set("0123456789abcdefABCDEF")
        found = "0x" + found if is_hex else ultraplonk_key(from_base64(found))[0]
    document = found if isinstance(found, dict) and "vk" in found else {"vk": found}
    with_key = {**document, "proof": {}, "publicSignals": ()}
    try:
        return _vk_of(pallet, with_key)
    except _FORM_ERRORS as error:
        raise ProofFormatError("a key lacks a part, or has one of another form") from error


def document_of(pallet: VerifierPallet, document: Json) -> Document:
    """From a document's JSON. Error: ProofFormatError."""
    try:
        if pallet is VerifierPallet.ULTRAPLONK:
            document = _ultraplonk(document)
        proof = document["proof"]
        pubs = document["pubs"] if "pubs" in document else document["publicSignals"]
        if pallet is VerifierPallet.GROTH16 and _over_bls(document):
            return bls12_381_json.document_of(proof, pubs, document.get("vk"))
        vk = _vk_of(pallet, document) if "vk" in document else None
        return Document(
            pallet=pallet,
            proof=_PROOFS.get(pallet, _as_it_is)(proof, document),
            pubs=_pubs_of(pallet, pubs),
            vk=vk,
        )
    except _FORM_ERRORS as error:
        raise ProofFormatError("a proof file lacks a part, or has one of another form") from error


def _over_bls(document: Json) -> bool:
    """Of a document, or of a proof alone."""
    inner = document.get("proof", document)
    try:
        proof = inner if isinstance(inner, Mapping) else document
        return bls12_381_json.is_over_bls12_381(proof)
    except _FORM_ERRORS:
        return False


def _vk_of(pallet: VerifierPallet, document: Json) -> Any:
    if pallet is VerifierPallet.GROTH16:
        return bls12_381_json.key_of(document["vk"])
    return _KEYS.get(pallet, _as_it_is)(document["vk"], document)


def _as_it_is(value: Any, _document: Json) -> Any:
    return value


def _pubs_of(pallet: VerifierPallet, pubs: Any) -> Any:
    if pallet is VerifierPallet.FFLONK and isinstance(pubs, (list, tuple)):
        [only] = pubs
        return hex0x(int(only).to_bytes(32))
    if pallet is VerifierPallet.TEE and not pubs:
        return b""  # attestations have none
    return pubs


def _fflonk_key(vk: Any, _document: Json) -> Any:
    """snarkjs's has more fields than the pallet's."""
    return {name: vk[name] for name in _FFLONK_KEY} if "X_2" in vk else vk


def _fflonk_proof(proof: Any, _document: Json) -> Any:
    """snarkjs's numbers as 24 big-endian words; anything else as it is."""
    if not isinstance(proof, Mapping):
        return proof
    points = [each for name in FFLONK_POINTS for each in proof["polynomials"][name][:2]]
    words = [*points, *(proof["evaluations"][name] for name in FFLONK_EVALUATIONS)]
    return hex0x(b"".join(int(word).to_bytes(32) for word in words))


def _ultraplonk(document: Json) -> Json:
    """Barretenberg's base64, where a part is that. How many public inputs there are, its key says, or the document."""
    found, inputs = dict(document), document.get("numberOfPublicInputs")
    vk = document.get("vk")
    if isinstance(vk, str) and not vk.startswith("0x"):
        found["vk"], inputs = ultraplonk_key(from_base64(vk))
    proof = document["proof"]
    if isinstance(proof, str) and not proof.startswith("0x"):
        if type(inputs) is not int:
            raise ProofFormatError("give numberOfPublicInputs, or the key")
        found["pubs"], found["proof"] = split_proof(from_base64(proof), inputs)
    return found


def _plonky2_key(vk: Any, document: Json) -> Any:
    return {"config": document["config"], "bytes": vk} if isinstance(vk, str) else vk


def _plonky2_proof(proof: Any, _document: Json) -> Any:
    if isinstance(proof, str):
        return {"bytes": proof}
    return {name: value for name, value in proof.items() if name != "compressed"}


def _risc0_proof(proof: Any, document: Json) -> Any:
    return {document["version"]: proof} if isinstance(proof, str) else proof


def _ultrahonk_key(vk: Any, document: Json) -> Any:
    return {document["version"]: vk} if isinstance(vk, str) and "version" in document else vk


def _ultrahonk_proof(proof: Any, document: Json) -> Any:
    if not isinstance(proof, str):
        return proof
    kind = {document["variant"]: proof} if "variant" in document else proof
    return {document["version"]: kind} if "version" in document else kind


def _tee_key(vk: Any, _document: Json) -> Any:
    plain = isinstance(vk, Mapping) and ("tcbResponse" in vk or "tcb_response" in vk)
    return {"Intel": vk} if plain else vk


_KEYS: Mapping[VerifierPallet, Callable[[Any, Json], Any]] = {
    VerifierPallet.FFLONK: _fflonk_key,
    VerifierPallet.PLONKY2: _plonky2_key,
    VerifierPallet.ULTRAHONK: _ultrahonk_key,
    VerifierPallet.TEE: _tee_key,
}
_PROOFS: Mapping[VerifierPallet, Callable[[Any, Json], Any]] = {
    VerifierPallet.FFLONK: _fflonk_proof,
    VerifierPallet.PLONKY2: _plonky2_proof,
    VerifierPallet.RISC0: _risc0_proof,
    VerifierPallet.ULTRAHONK: _ultrahonk_proof,
}


def _list_in(path: Path) -> list[Any]:
    try:
        found = parse_json(read_file(path))
    except JsonInvalid as error:
        raise ProofFormatError("the public inputs are no JSON", path=str(path)) from error
    if not isinstance(found, list):
        raise ProofFormatError("the public inputs are no list", path=str(path))
    return found
