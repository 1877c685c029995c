"""Facts about the devnet's Groth16 key, so that a configuration naming it can be recognised.

Constants only (a test recomputes them from the seed): importing this module costs nothing.
"""

from typing import Final

# Whoever reads this line can prove anything under the key. It must never be trusted outside a devnet.
SEED: Final = "zk-operator devnet groth16 trapdoor v1"

PUBLIC_INPUTS: Final = 5  # program vkey, public values digest, exit code, recursion root, nonce
CIRCUIT_VERSION: Final = "v6.1.0"  # the SP1 circuit whose shape (five inputs, 356 bytes) it copies

GNARK_VK_SHA256: Final = bytes.fromhex(
    "cd5f5a76b8fd134434d4141b95ed499b8b03ef053ab33a57c8bb7823389b3b8d"
)
SELECTOR: Final = GNARK_VK_SHA256[:4]
ZKVERIFY_VK_HASH: Final = bytes.fromhex(
    "09fe8751f97956d0c79687727f51fcd3403696ea5f4c45caec1207e1e12f454f"
)

# Stands where SP1 has the root of its recursion keys: sha256 of "<seed>/recursion-root", first byte cleared.
RECURSION_ROOT: Final = bytes.fromhex(
    "005ff1ed3499ea0138687846694f347bb044c6020d2c8b17c700af40b0a5f84f"
)
