"""The pairing check of Groth16 over BN254."""

from pyrevm import EVM

_PAIRING = "0x" + "00" * 19 + "08"  # the EVM's precompile, EIP-197


_CALLER = "0x" + "00" * 19 + "ff"


_TRUE = (1).to_bytes(32, "big")


def pairing_holds(data: bytes) -> bool:
    """Whether the product of pairings is 1. The precompile refuses points outside curve and subgroup."""
    try:
        answer = EVM().message_call(_CALLER, _PAIRING, calldata=data, is_static=True)
    except RuntimeError:  # how pyrevm reports a precompile that refuses its input
        return False
    return bytes(answer) == _TRUE
