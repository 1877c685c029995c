"""What stands on the simulated chain: contracts, pools, accounts. The same for every seed."""

from dataclasses import dataclass

from zk_acts.domain.hashing import keccak
from zk_acts.domain.ids import Hash32
from zk_devnet.groth16_dev.key import RECURSION_ROOT, ZKVERIFY_VK_HASH
from zk_operator.domain.ids import Address, PoolId
from zk_operator.domain.order import SigningDomain
from zk_operator.program import batch_program

ETHER = 10**18
CHAIN_ID = 31_337
EPOCH_S = 1_750_000_000  # the chain's first block
DOMAIN_ID = 0
_VK_HASH, _ROOT = Hash32(ZKVERIFY_VK_HASH), Hash32(RECURSION_ROOT)
_PROGRAM_VKEY = Hash32(batch_program().vkey)


def made_address(name: str) -> Address:
    """An address that nobody holds the key of."""
    return Address(keccak(f"simulator/{name}".encode())[12:])


@dataclass(frozen=True, slots=True, kw_only=True)
class SimPool:
    """A pool of two currencies."""

    pool_id: PoolId
    currency0: Address
    currency1: Address


MANAGER = made_address("manager")
HOOK = made_address("hook")
QUOTER = made_address("quoter")
VERIFIER = made_address("verifier")
ZKVERIFY = made_address("zkverify")
RECEIPTS = made_address("receipts")
OTHER_RECEIPTS = made_address("receipts of another program")
CODE_AT = frozenset({MANAGER, HOOK, QUOTER, VERIFIER, ZKVERIFY, RECEIPTS, OTHER_RECEIPTS})
SIGNING_DOMAIN = SigningDomain(chain_id=CHAIN_ID, manager=MANAGER)
POOLS = tuple(
    SimPool(
        pool_id=PoolId(keccak(f"simulator/pool/{at}".encode())),
        currency0=made_address(f"token/{2 * at}"),
        currency1=made_address(f"token/{2 * at + 1}"),
    )
    for at in range(2)
)
POOL_BY_ID = {pool.pool_id: pool for pool in POOLS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The manager's configuration, as `config()` returns it."""

    receipts: Address = RECEIPTS
    verifier: Address = VERIFIER
    fee_bps: int = 10
    cancel_delay_s: int = 300
    max_order_span_s: int = 86_400

    def as_abi(self) -> tuple[object, ...]:
        """In the order of the Solidity struct."""
        return (
            self.receipts,
            self.verifier,
            self.fee_bps,
            self.cancel_delay_s,
            self.max_order_span_s,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Proving:
    """What a receipt verifier was deployed with."""

    zkverify: Address = ZKVERIFY
    domain_id: int = DOMAIN_ID
    vk_hash: Hash32 = _VK_HASH
    program_vkey: Hash32 = _PROGRAM_VKEY
    recursion_root: Hash32 = _ROOT

    def as_abi(self) -> tuple[object, ...]:
        """In the order of the Solidity struct."""
        return (
            self.zkverify,
            self.domain_id,
            self.vk_hash,
            self.program_vkey,
            self.recursion_root,
            bytes(32),
        )


PROVING = {
    RECEIPTS: Proving(),
    OTHER_RECEIPTS: Proving(program_vkey=Hash32(bytes(31) + b"\x07")),
}
