"""Decoders of zkVerify's verifiers: proofs as other tools write them, and stored calls to each."""

from typing import Any

from zk_acts.domain.ids import Hash32
from zk_devnet.testing.fuzz.made_here import memory_file
from zk_devnet.testing.fuzz.target import Decoder, Target, require
from zk_devnet.testing.fuzz.zkverify_targets import of_bytes, of_json, runtime_by_metadata
from zkverify_client.adapters.barretenberg import COMMITMENTS, split_proof, ultraplonk_key
from zkverify_client.adapters.calls import read_call
from zkverify_client.adapters.proof_document import (
    FFLONK_EVALUATIONS,
    FFLONK_POINTS,
    document_of,
    read_proof,
)
from zkverify_client.adapters.verifier_calls import Document, encode_proof, encoded_proof_call
from zkverify_client.domain.proof_errors import ProofError
from zkverify_client.domain.verifier import VerifierPallet

_VK_HASH = Hash32(b"\x09" * 32)
_DOCUMENTS: dict[VerifierPallet, dict[str, Any]] = {
    VerifierPallet.FFLONK: {
        "proof": {
            "polynomials": {name: ["1", "2", "1"] for name in FFLONK_POINTS},
            "evaluations": dict.fromkeys(FFLONK_EVALUATIONS, "3"),
        },
        "publicSignals": ["5"],
        "vk": {
            **dict.fromkeys(("power", "k1", "k2", "w", "w3", "w4", "w8", "wr"), "7"),
            "X_2": [["1", "2"], ["3", "4"], ["1", "0"]],
            "C0": ["1", "2", "1"],
        },
    },
    VerifierPallet.PLONKY2: {"proof": "0x01", "pubs": "0x02", "vk": "0x03", "config": "Keccak"},
    VerifierPallet.RISC0: {
        "proof": "0x01",
        "pubs": "0x02",
        "vk": "0x" + "03" * 32,
        "version": "V3_0",
    },
    VerifierPallet.ULTRAPLONK: {"proof": "AAAA", "vk": "0x00", "numberOfPublicInputs": 0},
    VerifierPallet.ULTRAHONK: {
        "proof": {"Legacy": {"ZK": "0x01"}},
        "pubs": ["0x" + "01" * 32],
        "vk": {"Legacy": "0x" + "00" * 1760},
    },
    VerifierPallet.EZKL: {"proof": "0x01", "pubs": [], "vk": {"vkBytes": "0x" + "01" * 32}},
    VerifierPallet.TEE: {"proof": "0x01", "publicSignals": [], "vk": "Nitro"},
    VerifierPallet.GROTH16: {
        "proof": {"pi_a": ["1", "2"], "pi_b": [["1", "2"], ["3", "4"]], "pi_c": ["1", "2"]},
        "publicSignals": ["1"],
    },
}
"""As other tools write them; what no tool of theirs would take is refused by some."""


def _documents() -> Decoder:
    """Proofs of any verifier, up to the call by the runtime's metadata and back."""
    runtime = runtime_by_metadata()

    def read(raw: bytes) -> None:
        for pallet in VerifierPallet:
            try:
                found = read_proof(memory_file(raw), pallet)
                if not isinstance(found, Document):
                    continue
                made = encode_proof(runtime, found, None if found.vk is not None else _VK_HASH, 3)
                said = read_call(runtime, encoded_proof_call(runtime, made))
                require(getattr(said, "statement", None) == made.statement, "another statement")
            except ProofError as error:
                str(error).encode()

    return of_json(list(_DOCUMENTS.values()), read)


def _verifier_calls() -> Decoder:
    """Stored calls to every verifier."""
    runtime = runtime_by_metadata()
    seeds = [
        encoded_proof_call(runtime, encode_proof(runtime, document_of(pallet, each), None, 3))
        for pallet, each in _DOCUMENTS.items()
        if pallet not in (VerifierPallet.GROTH16, VerifierPallet.ULTRAPLONK)
    ]
    return of_bytes(seeds, lambda raw: read_call(runtime, raw))


def _ultraplonk_keys() -> Decoder:
    def read(raw: bytes) -> None:
        key, inputs = ultraplonk_key(raw)
        require(len(key) == 1632, "a key of another size")
        split_proof(bytes(64), inputs)

    names = [*COMMITMENTS]
    head = b"".join(n.to_bytes(4) for n in (2, 16, 1, len(names)))
    points = b"".join(len(n).to_bytes(4) + n.encode() + bytes(64) for n in names)
    return of_bytes([head + points + bytes(5)], read)


TARGETS = (
    Target(name="zkverify-proof-document", build=_documents),
    Target(name="zkverify-verifier-call", build=_verifier_calls),
    Target(name="zkverify-ultraplonk-key", build=_ultraplonk_keys),
)
