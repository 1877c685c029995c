"""A stand-in of a zkVerify node for development and tests.

`serve(config)` runs one; `ZkVerifyDevNode(config).running()` is the same as an async context manager.
"""

from zk_devnet.zkverify.config import (
    GenesisDomain,
    PoolLimits,
    ZkVerifyNodeConfig,
    development_accounts,
)
from zk_devnet.zkverify.faults import Fate, Faults
from zk_devnet.zkverify.pallets.proofs import Sp1Policy
from zk_devnet.zkverify.serve import ZkVerifyDevNode, serve
from zk_devnet.zkverify.signature import KeyPair, account_of, key_pair, ss58

__all__ = [
    "Fate",
    "Faults",
    "GenesisDomain",
    "KeyPair",
    "PoolLimits",
    "Sp1Policy",
    "ZkVerifyDevNode",
    "ZkVerifyNodeConfig",
    "account_of",
    "development_accounts",
    "key_pair",
    "serve",
    "ss58",
]
