"""The Groth16 circuits that can be configured, and the check of a configured key file."""

import hashlib
from dataclasses import dataclass

from zk_acts.domain.ids import Hash32
from zk_operator.domain.circuit import CIRCUITS, DEVNET_CIRCUIT, CircuitFacts, circuit_by_key
from zk_operator.settings.errors import DevnetKeyOutsideDevnet, WrongCircuitFile
from zkverify_client.domain.proof_errors import VerifyingKeyError
from zkverify_client.domain.sp1_proof import decode_gnark_vk
from zkverify_client.domain.statement import groth16_vk_hash

__all__ = [
    "DEVNET_CIRCUIT",
    "KNOWN_CIRCUITS",
    "OWN_CIRCUIT",
    "Circuit",
    "CircuitFacts",
    "circuit_of_file",
    "version_of",
]

OWN_CIRCUIT = "own"  # SP1's circuit under a setup of one's own
_OWN_IS_LIKE = CIRCUITS["v6.1.0"]  # all but the setup: recursion root, inputs, version

# The route needs five public inputs, which circuit 5 does not have.
KNOWN_CIRCUITS: dict[str, CircuitFacts] = {
    name: facts for name, facts in CIRCUITS.items() if facts.inputs == 5
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """A circuit with its verifying key file, checked against the facts."""

    facts: CircuitFacts
    vk: bytes  # gnark, compressed


def version_of(name: str) -> CircuitFacts:
    """What is known of a circuit without its key: for one of one's own, the release that it is made from."""
    return _OWN_IS_LIKE if name == OWN_CIRCUIT else KNOWN_CIRCUITS[name]


def circuit_of_file(name: str, vk: bytes) -> Circuit:
    """The named circuit with its key file. WrongCircuitFile unless the file is that circuit's."""
    if name == OWN_CIRCUIT:
        return _own_circuit(vk)
    facts, digest = KNOWN_CIRCUITS[name], hashlib.sha256(vk).digest()
    if digest == facts.vk_sha256:
        return Circuit(facts=facts, vk=vk)
    if digest == KNOWN_CIRCUITS[DEVNET_CIRCUIT].vk_sha256:
        raise DevnetKeyOutsideDevnet(f"the key file of circuit {name} is the devnet's")
    raise WrongCircuitFile(
        problems=(
            f"prover.circuit_vk_file: sha256 {digest.hex()}, {name} has {facts.vk_sha256.hex()}",
        )
    )


def _own_circuit(vk: bytes) -> Circuit:
    known = circuit_by_key(vk)
    if known is not None:
        raise WrongCircuitFile(problems=(f"prover.circuit_vk_file: that is circuit {known.name}",))
    try:
        key = decode_gnark_vk(vk)
    except VerifyingKeyError as error:
        raise WrongCircuitFile(problems=(f"prover.circuit_vk_file: {error}",)) from error
    inputs = len(key.k) - 1
    if inputs != _OWN_IS_LIKE.inputs:
        raise WrongCircuitFile(
            problems=(f"prover.circuit_vk_file: {inputs} public inputs, not {_OWN_IS_LIKE.inputs}",)
        )
    facts = CircuitFacts(
        name=OWN_CIRCUIT,
        vk_sha256=Hash32(hashlib.sha256(vk).digest()),
        recursion_root=_OWN_IS_LIKE.recursion_root,
        zkverify_vk_hash=groth16_vk_hash(key),
        sp1_version=_OWN_IS_LIKE.sp1_version,
        devnet=True,
    )
    return Circuit(facts=facts, vk=vk)
