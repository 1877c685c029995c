"""The ordinary Groth16 check of a devnet proof, by the EVM's precompiles: no use of the trapdoor."""

from pyrevm import EVM

from zk_devnet.groth16_dev.curve import G1Point
from zk_devnet.groth16_dev.encoding import g1_words, g2_words
from zk_devnet.groth16_dev.field import P
from zk_devnet.groth16_dev.prove import PublicInputs
from zk_devnet.groth16_dev.trapdoor import VerifyingKey, dev_verifying_key

_ADD, _MUL, _PAIRING = (f"0x{number:040x}" for number in (6, 7, 8))
_CALLER = "0x" + "00" * 19 + "ff"
_TRUE = (1).to_bytes(32, "big")


def verifies(words: bytes, inputs: PublicInputs, vk: VerifyingKey | None = None) -> bool:
    """Whether 256 bytes of proof satisfy the pairing for the inputs; under the devnet's key if none is given."""
    evm, vk = EVM(), vk or dev_verifying_key()
    try:
        ic = _combine(evm, vk, inputs.as_tuple())
        return _call(evm, _PAIRING, _pairs(vk, words, ic)) == _TRUE
    except RuntimeError:  # how pyrevm reports a precompile that refuses its input
        return False


def _combine(evm: EVM, vk: VerifyingKey, inputs: tuple[int, ...]) -> bytes:
    total = g1_words(vk.k[0])
    for point, value in zip(vk.k[1:], inputs, strict=True):
        term = _call(evm, _MUL, g1_words(point) + value.to_bytes(32, "big"))
        total = _call(evm, _ADD, total + term)
    return total


def _pairs(vk: VerifyingKey, words: bytes, ic: bytes) -> bytes:
    return b"".join(
        [
            words[:192],
            g1_words(_negative(vk.alpha_g1)),
            g2_words(vk.beta_g2),
            _negative_words(ic),
            g2_words(vk.gamma_g2),
            _negative_words(words[192:256]),
            g2_words(vk.delta_g2),
        ]
    )


def _negative(point: G1Point) -> G1Point:
    return point[0], -point[1] % P


def _negative_words(words: bytes) -> bytes:
    return words[:32] + (-int.from_bytes(words[32:], "big") % P).to_bytes(32, "big")


def _call(evm: EVM, precompile: str, data: bytes) -> bytes:
    return bytes(evm.message_call(_CALLER, precompile, calldata=data, is_static=True))
