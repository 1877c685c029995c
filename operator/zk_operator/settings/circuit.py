"""The Groth16 circuits that can be configured, and the check of a configured key file."""

import hashlib
from dataclasses import dataclass

from zk_operator.domain.circuit import CIRCUITS, DEVNET_CIRCUIT, CircuitFacts
from zk_operator.settings.errors import DevnetKeyOutsideDevnet, WrongCircuitFile

__all__ = ["DEVNET_CIRCUIT", "KNOWN_CIRCUITS", "Circuit", "CircuitFacts", "circuit_of_file"]

# The route needs five public inputs, which circuit 5 does not have.
KNOWN_CIRCUITS: dict[str, CircuitFacts] = {
    name: facts for name, facts in CIRCUITS.items() if facts.inputs == 5
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """A circuit with its verifying key file, checked against the facts."""

    facts: CircuitFacts
    vk: bytes  # gnark, compressed


def circuit_of_file(name: str, vk: bytes) -> Circuit:
    """The named circuit with its key file. WrongCircuitFile unless the file is that circuit's."""
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
