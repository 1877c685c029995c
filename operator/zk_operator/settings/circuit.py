"""The Groth16 circuits that can be configured, and what is known of each.

Sources: SP1's `groth16_vk.bin` and `verifier_vks.bin` of each circuit version (crate sp1-verifier); the zkVerify vk
hash is keccak256 of the key's SCALE form, computed from the same file. A test recomputes what it can.
"""

import hashlib
from dataclasses import dataclass

from zk_operator.domain.ids import Hash32
from zk_operator.settings.errors import DevnetKeyOutsideDevnet, WrongCircuitFile

DEVNET_CIRCUIT = "devnet"


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitFacts:
    """One circuit version: its verifying key by sha256, its root of recursion keys, its zkVerify vk hash."""

    name: str
    vk_sha256: Hash32
    recursion_root: Hash32
    zkverify_vk_hash: Hash32
    sp1_version: str  # what a proof of this circuit says
    devnet: bool = False  # its trapdoor is public

    @property
    def selector(self) -> bytes:
        """The first 4 bytes of every on-chain proof of this circuit."""
        return self.vk_sha256[:4]

    @property
    def request_version(self) -> str:
        """What a prover network is asked for."""
        return f"sp1-{self.sp1_version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """A circuit with its verifying key file, checked against the facts."""

    facts: CircuitFacts
    vk: bytes  # gnark, compressed


def _hash(text: str) -> Hash32:
    return Hash32(bytes.fromhex(text))


KNOWN_CIRCUITS: dict[str, CircuitFacts] = {
    facts.name: facts
    for facts in (
        CircuitFacts(
            name="v6.0.0",
            vk_sha256=_hash("0e78f4db7a6771a3a6a7d9c3b0de6fe73d58781368967a7fe84d87aefffec896"),
            recursion_root=_hash(
                "008cd56e10c2fe24795cff1e1d1f40d3a324528d315674da45d26afb376e8670"
            ),
            zkverify_vk_hash=_hash(
                "d65f59e4f827ae32ea23c1b563bb019754b4377ec7f7fca92b0caeb8c067735a"
            ),
            sp1_version="v6.0.0",
        ),
        CircuitFacts(
            name="v6.1.0",
            vk_sha256=_hash("4388a21c687fdd5f218d7e3d13190cac4c5355818d3605fd5fb811df468ee696"),
            recursion_root=_hash(
                "002f850ee998974d6cc00e50cd0814b098c05bfade466d28573240d057f25352"
            ),
            zkverify_vk_hash=_hash(
                "f302723b6a2210f61a637afc730f9216308d94c6915dcc629fc041bd5a9fb84c"
            ),
            sp1_version="v6.1.0",
        ),
        CircuitFacts(
            name=DEVNET_CIRCUIT,
            vk_sha256=_hash("cd5f5a76b8fd134434d4141b95ed499b8b03ef053ab33a57c8bb7823389b3b8d"),
            recursion_root=_hash(
                "005ff1ed3499ea0138687846694f347bb044c6020d2c8b17c700af40b0a5f84f"
            ),
            zkverify_vk_hash=_hash(
                "09fe8751f97956d0c79687727f51fcd3403696ea5f4c45caec1207e1e12f454f"
            ),
            sp1_version="v6.1.0",
            devnet=True,
        ),
    )
}


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
