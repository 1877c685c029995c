"""Proofs and keys as files: SP1's own forms, and zkVerify's JSON with hexadecimal points."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zk_acts.domain.ids import Hash32, parse_hex
from zk_acts.domain.json_text import JsonInvalid, parse_json
from zkverify_client.adapters.groth16_json import foreign_key, inputs_of, is_foreign_key, proof_of
from zkverify_client.adapters.pairing import pairing_holds
from zkverify_client.domain.failures import ProofInvalid
from zkverify_client.domain.groth16 import (
    Groth16Proof,
    Groth16Vk,
    g1_from_le,
    g2_from_le,
    pairing_input,
)
from zkverify_client.domain.proof_errors import ProofFormatError
from zkverify_client.domain.sp1_proof import Sp1Proof, decode_gnark_vk, decode_sp1_proof
from zkverify_client.domain.statement import (
    groth16_statement,
    groth16_vk_hash,
    public_values_digest,
    scalar_from_le,
    scalar_to_le,
    scale_groth16_vk_points,
    sp1_public_inputs,
)
from zkverify_client.ports.zkverify import SubmitGroth16


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownVk:
    """A verifying key from a file. `raw_hash` is the hash of the file's own bytes, sign flags included: others may have
    registered it like that; `hash` is the one under which we register it."""

    vk: Groth16Vk
    hash: Hash32
    raw_hash: Hash32


@dataclass(frozen=True, slots=True, kw_only=True)
class Groth16Claim:
    """A proof with its public inputs; the key too, where the file has it."""

    proof: Groth16Proof
    public_inputs: tuple[bytes, ...]
    vk: KnownVk | None

    def check(self, vk: Groth16Vk) -> None:
        """ProofInvalid unless the pairing holds: what fails here would be paid for in vain."""
        inputs = [scalar_from_le(scalar) for scalar in self.public_inputs]
        if not pairing_holds(pairing_input(vk, self.proof, inputs)):
            raise ProofInvalid

    def request(self, vk_hash: Hash32, domain_id: int | None) -> SubmitGroth16:
        """What to submit under a key's hash."""
        return SubmitGroth16(
            vk_hash=vk_hash,
            proof=self.proof,
            public_inputs=self.public_inputs,
            statement=groth16_statement(vk_hash, self.public_inputs),
            domain_id=domain_id,
        )


def read_vk(path: Path) -> KnownVk:
    """SP1's groth16_vk.bin, or zkVerify's JSON (the key alone, or a document that has it under "vk").

    Errors: ProofFormatError, VerifyingKeyError, PointError.
    """
    raw = read_file(path)
    document = json_in(raw)
    if document is not None:
        return _vk_of_json(document.get("vk", document))
    vk = decode_gnark_vk(raw)
    return KnownVk(vk=vk, hash=groth16_vk_hash(vk), raw_hash=groth16_vk_hash(vk))


def read_claim(
    path: Path,
    *,
    program_vkey: bytes | None = None,
    public_values: bytes | None = None,
    public: Path | None = None,
) -> Groth16Claim:
    """A proof file: JSON {proof, pubs or publicSignals, vk} with each part as zkVerify, arkworks, snarkjs or gnark writes
    it; snarkjs's or gnark's proof alone, with the inputs in the file `public` (a JSON list); SP1's on-chain form as bytes, hex, or JSON {proof, vkey, publicValues}.

    The on-chain form needs the program's key and the public values. Errors: ProofFormatError and other ProofErrors.
    """
    raw = read_file(path)
    document = json_in(raw)
    if document is None:
        return _sp1_claim(_maybe_hex(raw), program_vkey, public_values)
    try:
        if public is not None:
            signals = parse_json(read_file(public))
            return Groth16Claim(
                proof=proof_of(document), public_inputs=inputs_of(signals, document), vk=None
            )
        if isinstance(document["proof"], Mapping):
            return claim_of_json(document)
        vkey = program_vkey or _hex(document["vkey"])
        values = public_values if public_values is not None else _hex(document["publicValues"])
        return _sp1_claim(_hex(document["proof"]), vkey, values)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ProofFormatError("a proof file lacks a part, or has one of another form") from error


def _sp1_claim(raw: bytes, program_vkey: bytes | None, public_values: bytes | None) -> Groth16Claim:
    if program_vkey is None or public_values is None:
        raise ProofFormatError("SP1's on-chain form needs the program's key and the public values")
    parsed = decode_sp1_proof(raw)
    scalars = tuple(scalar_to_le(v) for v in _inputs(parsed, program_vkey, public_values))
    return Groth16Claim(proof=parsed.proof, public_inputs=scalars, vk=None)


def _inputs(parsed: Sp1Proof, program_vkey: bytes, public_values: bytes) -> tuple[int, ...]:
    """Two public inputs up to SP1 5, five from SP1 6 on."""
    if parsed.recursion_root is None or parsed.nonce is None:
        return int.from_bytes(program_vkey), public_values_digest(public_values)
    if parsed.exit_code:
        raise ProofFormatError("the program ended with an error", exit_code=parsed.exit_code)
    return sp1_public_inputs(
        program_vkey=program_vkey,
        public_values=public_values,
        recursion_root=parsed.recursion_root,
        nonce=parsed.nonce,
    )


def claim_of_json(document: Mapping[str, Any]) -> Groth16Claim:
    """Of {proof, pubs or publicSignals, vk}, each as zkVerify, arkworks, snarkjs or gnark writes it.

    Errors: ProofError; KeyError, TypeError, ValueError where parts are none.
    """
    proof = document["proof"]
    signals = document["pubs"] if "pubs" in document else document["publicSignals"]
    vk = _vk_of_json(document["vk"]) if "vk" in document else None
    return Groth16Claim(proof=proof_of(proof), public_inputs=inputs_of(signals, proof), vk=vk)


def _vk_of_json(document: Mapping[str, Any]) -> KnownVk:
    try:
        if is_foreign_key(document):
            vk = foreign_key(document)
            return KnownVk(vk=vk, hash=groth16_vk_hash(vk), raw_hash=groth16_vk_hash(vk))
        names = ("alphaG1", "betaG2", "gammaG2", "deltaG2")
        alpha, beta, gamma, delta = (_hex(_either(document, name)) for name in names)
        k = [_hex(point) for point in _either(document, "gammaAbcG1")]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ProofFormatError(
            "a verifying key lacks a part, or has one of another form"
        ) from error
    vk = Groth16Vk(
        alpha=g1_from_le(alpha),
        beta=g2_from_le(beta),
        gamma=g2_from_le(gamma),
        delta=g2_from_le(delta),
        k=tuple(g1_from_le(point) for point in k),
    )
    raw = scale_groth16_vk_points(fixed=(alpha, beta, gamma, delta), k=k)
    return KnownVk(vk=vk, hash=groth16_vk_hash(vk), raw_hash=vk_hash_of_scale(raw))


def vk_hash_of_scale(raw: bytes) -> Hash32:
    """keccak256 of a key's SCALE bytes."""
    from zk_acts.domain.hashing import keccak

    return Hash32(keccak(raw))


def _either(document: Mapping[str, Any], camel: str) -> Any:
    """The RPC's camelCase, or the metadata's snake_case."""
    snake = {"alphaG1": "alpha_g1", "betaG2": "beta_g2", "gammaG2": "gamma_g2"}
    snake |= {"deltaG2": "delta_g2", "gammaAbcG1": "gamma_abc_g1"}
    return document[camel] if camel in document else document[snake[camel]]


def read_file(path: Path) -> bytes:
    """A file's bytes. Error: ProofFormatError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ProofFormatError("a file cannot be read", path=str(path), cause=str(error)) from error


def json_in(raw: bytes) -> dict[str, Any] | None:
    """The object in a file of JSON; None for anything else."""
    if raw.lstrip()[:1] != b"{":
        return None
    try:
        document = parse_json(raw)
    except JsonInvalid:
        return None
    return document if isinstance(document, dict) else None


def _maybe_hex(raw: bytes) -> bytes:
    text = raw.strip()
    try:
        return bytes.fromhex(text.decode("ascii").removeprefix("0x"))
    except ValueError:
        return raw


def _hex(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def parse_hash(text: str) -> Hash32 | None:
    """A hash in hex, or None for a text that is none: a path, for instance."""
    try:
        return Hash32(parse_hex(text, 32))
    except ValueError:
        return None
