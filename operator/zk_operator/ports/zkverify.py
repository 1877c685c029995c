"""What the operator needs of zkVerify."""

from dataclasses import dataclass
from typing import Protocol

from zk_operator.domain.ids import Hash32, Statement
from zk_operator.domain.records import Aggregation, AggregationReceipt
from zk_operator.ports.act import PaidChannel


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitProof:
    """Verify this Groth16 proof (SP1 on-chain form) under the registered key, into the domain."""

    onchain_proof: bytes
    public_inputs: tuple[bytes, ...]  # 32-byte little-endian scalars
    statement: Statement  # computed locally
    domain_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterVk:
    """Register the circuit's verifying key; holds a deposit."""

    vk_hash: Hash32


@dataclass(frozen=True, slots=True, kw_only=True)
class VkRegistered:
    """The key is registered."""

    vk_hash: Hash32


ZkVerifyRequest = SubmitProof | RegisterVk
ZkVerifyDetail = Aggregation | VkRegistered
ExtrinsicChannel = PaidChannel[ZkVerifyRequest, ZkVerifyDetail]
"""Included means ProofVerified and NewProof in the requested domain; CannotAggregate is Failed with its own code."""


class VerificationReader(Protocol):
    """Reads zkVerify over the pool of connections. Idempotent. Errors: ZkVerifyUnreachable (transient)."""

    async def vk_registered(self, vk_hash: Hash32) -> bool: ...

    async def receipt(self, aggregation: Aggregation) -> AggregationReceipt | None:
        """The finalized receipt and the path, verified locally; None while it is not published.

        Scans every block from the inclusion block on, so that a missed notification loses nothing.
        """
        ...

    async def finalized_head(self) -> int: ...

    async def wait_for_head(self) -> None:
        """Return when a new head was announced; a hint only."""
        ...
