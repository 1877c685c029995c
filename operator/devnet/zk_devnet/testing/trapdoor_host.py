"""The scripted host with proofs that hold: the batch rule in Python, then Groth16 under a key whose trapdoor is known.

It stands for a host with circuit files of one's own setup: SP1's root of recursion keys, another verifying key.
"""

import secrets
import sys
from hashlib import sha256

from zk_devnet.groth16_dev import prove
from zk_devnet.groth16_dev.encoding import gnark_vk_bytes
from zk_devnet.groth16_dev.key import CIRCUIT_VERSION
from zk_devnet.groth16_dev.trapdoor import trapdoor_of, verifying_key_of
from zk_devnet.prover_network.bincode import Groth16Blob
from zk_devnet.prover_network.program import NativeBatchProgram
from zk_devnet.testing.scripted_host import main
from zk_operator.domain.circuit import CIRCUITS
from zk_operator.program import batch_program

SEED = "a setup of one's own, for tests"
_NOTHING_BEHIND = b"\x00"  # a saved file's absent TEE proof


def own_key() -> bytes:
    """The key's `groth16_vk.bin`."""
    return gnark_vk_bytes(verifying_key_of(trapdoor_of(SEED)))


def make_proof(elf: bytes, stdin: bytes) -> bytes:
    """What the host answers: a saved Groth16 proof of the run. ExecutionFailed for a batch against the rule."""
    values = NativeBatchProgram().execute(elf, stdin).public_values
    inputs = prove.public_inputs(
        program_vkey=batch_program().vkey,
        public_values=values,
        exit_code=0,
        nonce=secrets.randbits(64),
        recursion_root=CIRCUITS[CIRCUIT_VERSION].recursion_root,
    )
    proof = prove.prove(inputs, secrets.randbelow, trapdoor_of(SEED))
    blob = Groth16Blob(
        public_inputs=inputs.as_tuple(),
        encoded_proof=prove.encoded_proof(proof, inputs),
        raw_proof=prove.raw_proof(proof),
        vkey_hash=sha256(own_key()).digest(),
        public_values=values,
        sp1_version=CIRCUIT_VERSION,
    )
    return blob.encode() + _NOTHING_BEHIND


if __name__ == "__main__":
    sys.exit(main(make_proof))
