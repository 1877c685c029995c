"""One real Groth16 proof, made here, in the forms that the clients take: always the same, so that only clients differ."""

import random
from dataclasses import dataclass
from typing import Any

from zk_acts.domain.ids import Hash32
from zk_devnet.groth16_dev.encoding import gnark_vk_bytes
from zk_devnet.groth16_dev.prove import PublicInputs, onchain_bytes, prove
from zk_devnet.groth16_dev.trapdoor import dev_verifying_key
from zk_devnet.zkverify.scale import Case
from zkverify_client.domain.groth16 import Groth16Proof, Groth16Vk, g1_to_le, g2_to_le
from zkverify_client.domain.sp1_proof import decode_gnark_vk, decode_sp1_proof
from zkverify_client.domain.statement import groth16_vk_hash, scalar_to_le

_CIRCUIT = PublicInputs(program_vkey=1, values_digest=2, exit_code=0, recursion_root=3, nonce=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """The proof with its key and inputs."""

    vk: Groth16Vk
    vk_hash: Hash32
    proof: Groth16Proof
    public_inputs: tuple[bytes, ...]

    def key_fields(self) -> dict[str, Any]:
        """The key as the pallet's struct."""
        vk = self.vk
        return {
            "curve": Case("Bn254"),
            "alpha_g1": g1_to_le(vk.alpha),
            "beta_g2": g2_to_le(vk.beta),
            "gamma_g2": g2_to_le(vk.gamma),
            "delta_g2": g2_to_le(vk.delta),
            "gamma_abc_g1": [g1_to_le(point) for point in vk.k],
        }

    def snarkjs(self) -> dict[str, Any]:
        """Proof and public signals as snarkjs writes them, under the registered key."""
        a, c = g1_to_le(self.proof.a), g1_to_le(self.proof.c)
        b = g2_to_le(self.proof.b)
        return {
            "proof": {"pi_a": _numbers(a), "pi_b": _pairs(b), "pi_c": _numbers(c)},
            "publicSignals": [_numbers(scalar)[0] for scalar in self.public_inputs],
            "vk": "0x" + self.vk_hash.hex(),
        }


def make_vector() -> Vector:
    """The proof; takes a moment."""
    vk = decode_gnark_vk(gnark_vk_bytes(dev_verifying_key()))
    decoded = decode_sp1_proof(onchain_bytes(prove(_CIRCUIT, random.Random(1).randrange), _CIRCUIT))
    return Vector(
        vk=vk,
        vk_hash=groth16_vk_hash(vk),
        proof=decoded.proof,
        public_inputs=tuple(scalar_to_le(value) for value in _CIRCUIT.as_tuple()),
    )


def _numbers(raw: bytes) -> list[str]:
    return [str(int.from_bytes(raw[at : at + 32], "little")) for at in range(0, len(raw), 32)]


def _pairs(raw: bytes) -> list[list[str]]:
    x0, x1, y0, y1 = _numbers(raw)
    return [[x0, x1], [y0, y1]]
