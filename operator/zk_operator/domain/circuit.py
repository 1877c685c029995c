"""SP1's Groth16 circuits, and what is known of each: protocol constants.

Sources: `groth16_vk.bin` and `verifier_vks.bin` of crate sp1-verifier (5.x: `bn254-vk`, 6.x: `vk-artifacts`), for circuit 5 the
root in crate sp1-zkv-verifier; the zkVerify
vk hash is keccak256 of the key's SCALE form, computed from the same file. Tests recompute what can be recomputed.
"""

import hashlib
from dataclasses import dataclass

from zk_acts.domain.ids import Hash32
from zk_operator.domain.circuit_keys import KEYS
from zkverify_client.domain.proof_errors import VerifyingKeyError

DEVNET_CIRCUIT = "devnet"


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitFacts:
    """One circuit version: its verifying key by sha256, its root of recursion keys, its zkVerify vk hash."""

    name: str
    vk_sha256: Hash32
    recursion_root: Hash32  # bytes32 form
    zkverify_vk_hash: Hash32
    sp1_version: str  # what a proof of this circuit says
    inputs: int = 5  # public inputs; circuit 5 has neither exit code nor root nor nonce among them
    devnet: bool = False  # its trapdoor is public, or may be known to whoever made the setup

    @property
    def selector(self) -> bytes:
        """The first 4 bytes of every on-chain proof of this circuit."""
        return self.vk_sha256[:4]

    @property
    def request_version(self) -> str:
        """What a prover network is asked for."""
        return f"sp1-{self.sp1_version}"


def _hash(text: str) -> Hash32:
    return Hash32(bytes.fromhex(text))


CIRCUITS: dict[str, CircuitFacts] = {
    facts.name: facts
    for facts in (
        CircuitFacts(
            name="v5.0.0",
            vk_sha256=_hash("a4594c59bbc142f3b81c3ecb7f50a7c34bc9af7c4c444b5d48b795427e285913"),
            recursion_root=_hash(
                "005cf022729cba21da60677de3c973c645ac01c581851bd513616e6dc296ae8e"
            ),
            zkverify_vk_hash=_hash(
                "7fc4af8dc84751cb28eea9a6b7e6bda8ea43c1a0f917569dbaa13528b19fd9b9"
            ),
            sp1_version="v5.0.0",
            inputs=2,
        ),
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


def released_key(name: str) -> bytes | None:
    """The `groth16_vk.bin` of a released circuit; None where there is none (the devnet's is not kept here).

    VerifyingKeyError if the constant is not the circuit's, which only a damaged installation can bring about.
    """
    text = KEYS.get(name)
    if text is None:
        return None
    key = bytes.fromhex(text)
    if hashlib.sha256(key).digest() != CIRCUITS[name].vk_sha256:
        raise VerifyingKeyError("an embedded verifying key is damaged", circuit=name)
    return key


def circuit_by_selector(selector: bytes) -> CircuitFacts | None:
    """The circuit whose proofs begin with these 4 bytes, if it is known."""
    return next((facts for facts in CIRCUITS.values() if facts.selector == selector), None)


def circuit_by_key(key: bytes) -> CircuitFacts | None:
    """The circuit that this `groth16_vk.bin` belongs to, if it is known."""
    digest = hashlib.sha256(key).digest()
    return next((facts for facts in CIRCUITS.values() if facts.vk_sha256 == digest), None)
