"""SP1 shrink proofs: their bytes, and every check of the real verifier that comes before its STARK."""

from zk_devnet.zkverify.shrink.check import ShrinkRefused, check
from zk_devnet.zkverify.shrink.proof import ShrinkProof, decode
from zk_devnet.zkverify.shrink.reading import Malformed

__all__ = ["Malformed", "ShrinkProof", "ShrinkRefused", "check", "decode"]
