"""A proof under the devnet's own key goes through the node like any other, with five inputs."""

from random import Random
from typing import Any

from zk_devnet.groth16_dev.encoding import zkverify_vk_bytes
from zk_devnet.groth16_dev.key import PUBLIC_INPUTS, ZKVERIFY_VK_HASH
from zk_devnet.groth16_dev.prove import prove, public_inputs
from zk_devnet.groth16_dev.trapdoor import dev_verifying_key
from zk_devnet.zkverify.pallets.proofs import Groth16
from zk_devnet.zkverify.scale import Case, decode
from zk_devnet.zkverify.schema.runtime import module_error
from zk_devnet.zkverify.schema.verifiers import GROTH16_VK

PALLET = "SettlementGroth16Pallet"


def _little(words: bytes, order: tuple[int, ...]) -> bytes:
    return b"".join(words[32 * index : 32 * index + 32][::-1] for index in order)


def _submission(nonce: int) -> dict[str, Any]:
    inputs = public_inputs(
        program_vkey=bytes(31) + b"\x05", public_values=b"values", exit_code=0, nonce=7
    )
    words = prove(inputs, Random(1).randrange).words()
    points = {
        "a": _little(words[:64], (0, 1)),
        "b": _little(words[64:192], (1, 0, 3, 2)),
        "c": _little(words[192:], (0, 1)),
    }
    scalars = [*inputs.as_tuple()[:4], nonce]
    return {
        "vk_or_hash": Case("Hash", ZKVERIFY_VK_HASH),
        "proof": {"curve": Case("Bn254"), "proof": points},
        "pubs": [scalar.to_bytes(32, "little") for scalar in scalars],
        "domain_id": None,
    }


def test_devnet_key__decoded_as_the_pallet_does__has_its_published_hash() -> None:
    key = decode(GROTH16_VK, zkverify_vk_bytes(dev_verifying_key()))
    Groth16().validate_vk(key)
    assert Groth16().vk_hash(key) == ZKVERIFY_VK_HASH
    assert len(key["gamma_abc_g1"]) == PUBLIC_INPUTS + 1


def test_devnet_proof__registered_key__is_verified_and_another_nonce_refused(lab: Any) -> None:
    key = decode(GROTH16_VK, zkverify_vk_bytes(dev_verifying_key()))
    lab.act(lab.alice, PALLET, "register_vk", vk=key)
    assert f"{PALLET}.ProofVerified" in lab.names(
        lab.alice, PALLET, "submit_proof", **_submission(7)
    )
    error = lab.failure(lab.alice, PALLET, "submit_proof", **_submission(8))
    assert error == Case("Module", module_error(PALLET, "VerifyError"))
