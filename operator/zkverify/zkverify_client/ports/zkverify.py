"""What callers need of zkVerify, and what else its accounts can do there."""

import math
from dataclasses import dataclass
from typing import Protocol

from zk_acts.domain.details import (
    Aggregation,
    DomainChanged,
    DomainRegistered,
    Published,
    Verified,
    VerifiedBatch,
    VkRegistered,
    VkUnregistered,
)
from zk_acts.domain.ids import AccountId, Hash32, Statement
from zk_acts.ports.act import PaidChannel
from zkverify_client.domain.aggregation_rules import AggregateRules, ProofRules
from zkverify_client.domain.groth16 import Groth16Proof, Groth16Vk
from zkverify_client.domain.receipt import AggregationReceipt
from zkverify_client.domain.verifier import VerifierPallet


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitProof:
    """Verify this Groth16 proof (SP1 on-chain form) under the registered key, into the domain."""

    onchain_proof: bytes
    public_inputs: tuple[bytes, ...]  # 32-byte little-endian scalars
    statement: Statement  # computed locally
    domain_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitGroth16:
    """Verify any Groth16 proof over BN254 under a registered key; without a domain it is only verified."""

    vk_hash: Hash32
    proof: Groth16Proof
    public_inputs: tuple[bytes, ...]  # 32-byte little-endian scalars
    statement: Statement  # computed locally
    domain_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitShrink:
    """Verify an SP1 5 shrink proof; `vk` is the program's key as 8 big-endian words. Needs no registration."""

    vk: Hash32
    proof: bytes
    public_values: bytes
    statement: Statement  # computed locally
    domain_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitEncoded:
    """Verify a proof of any verifier. Its parts are SCALE bytes by the metadata of a runtime, and are compared with that of
    the moment before they are sent. Without `vk` the key is named by its hash, and has to be registered."""

    pallet: VerifierPallet
    vk_hash: Hash32
    vk: bytes | None = None
    proof: bytes
    pubs: bytes
    statement: Statement  # computed locally
    domain_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitBatch:
    """Verify several proofs in one extrinsic, all or none of them. Its detail is VerifiedBatch."""

    proofs: tuple[SubmitGroth16 | SubmitShrink | SubmitEncoded, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterVk:
    """Register a verifying key; holds a deposit. Without `vk` it is the channel's own key of that hash."""

    vk_hash: Hash32
    vk: Groth16Vk | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterShrinkVk:
    """Register an SP1 program's key, which is its own hash; holds a deposit."""

    vk: Hash32


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterEncodedVk:
    """Register a key of any verifier, in SCALE bytes as SubmitEncoded has it; holds a deposit."""

    pallet: VerifierPallet
    vk_hash: Hash32
    vk: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class UnregisterVk:
    """Give up this account's registration of a key; its deposit is released."""

    vk_hash: Hash32
    pallet: VerifierPallet = VerifierPallet.GROTH16


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterDomain:
    """Make an aggregation domain; holds a deposit by its sizes. Fees in planck per aggregation."""

    size: int  # 1 to 128
    queue: int = 16  # 1 to 16
    aggregate_rules: AggregateRules = AggregateRules.UNTRUSTED
    proof_rules: ProofRules = ProofRules.UNTRUSTED
    delivery_fee: int = 0
    owner_tip: int = 0
    delivery_owner: AccountId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldDomain:
    """Take no more proofs, for good; the first step to get the deposit back."""

    domain_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnregisterDomain:
    """Remove a domain in state Removable; its deposit is released."""

    domain_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDeliveryFees:
    """Change what each aggregation pays for delivery, in planck."""

    domain_id: int
    fee: int
    owner_tip: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowSubmitters:
    """Put accounts on a domain's allow-list; holds a deposit per account."""

    domain_id: int
    accounts: tuple[AccountId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DisallowSubmitters:
    """Take accounts off a domain's allow-list."""

    domain_id: int
    accounts: tuple[AccountId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """Publish an aggregation; what its submitters reserved for that is paid to the publisher."""

    domain_id: int
    aggregation_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SendSigned:
    """Send an extrinsic that was signed elsewhere, as it is. It is valid from its birth block on, for `period` blocks."""

    raw: bytes
    nonce: int
    tip: int
    birth_block: int
    period: int


ProofRequest = SubmitProof | SubmitGroth16 | SubmitShrink | SubmitEncoded
RegisterRequest = RegisterVk | RegisterShrinkVk | RegisterEncodedVk
KeyRequest = RegisterRequest | UnregisterVk
DomainRequest = (
    RegisterDomain
    | HoldDomain
    | UnregisterDomain
    | SetDeliveryFees
    | AllowSubmitters
    | DisallowSubmitters
    | Publish
)
BuiltRequest = ProofRequest | SubmitBatch | KeyRequest | DomainRequest
ZkVerifyRequest = BuiltRequest | SendSigned
ZkVerifyDetail = (
    Aggregation
    | Verified
    | VerifiedBatch
    | VkRegistered
    | VkUnregistered
    | DomainRegistered
    | DomainChanged
    | Published
)
ExtrinsicChannel = PaidChannel[ZkVerifyRequest, ZkVerifyDetail]
"""Included means ProofVerified and NewProof in the requested domain; CannotAggregate is Failed with its own code."""


class VerificationReader(Protocol):
    """Reads zkVerify over the pool of connections. Idempotent. Errors: ZkVerifyUnreachable (transient)."""

    async def vk_registered(self, vk_hash: Hash32) -> bool: ...

    async def proof_systems(self) -> frozenset[str]:
        """Whose proofs the chain verifies now, by its runtime's own description; in lower case: "groth16", "sp1"."""
        ...

    async def receipt(self, aggregation: Aggregation) -> AggregationReceipt | None:
        """The finalized receipt and the path, verified locally; None while it is not published.

        Error also: ReceiptUnprovable, where no endpoint that is configured can give it any more.

        Scans every block from the inclusion block on, so that a missed notification loses nothing.
        """
        ...

    async def finalized_head(self) -> int: ...

    async def wait_for_head(self, at_most_s: float = math.inf) -> None:
        """Return when a new head was announced, or after that time; a hint only.

        Cancelled from outside it loses its subscription: give it the time instead.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class VkHolding:
    """Who holds a key: how many accounts, and this account's own deposit in planck (None: it does not)."""

    vk_hash: Hash32
    pallet: VerifierPallet
    holders: int
    deposit: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAggregation:
    """An aggregation that can be published: full ones wait in the queue, the open one fills up."""

    domain_id: int
    aggregation_id: int
    size: int  # statements in it
    capacity: int
    reward: int  # planck that its submitters reserved for the publisher
    complete: bool
    submitters: frozenset[AccountId]


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainInfo:
    """A domain as the chain stores it. Amounts in planck; `owner` is None for the chain's manager."""

    domain_id: int
    owner: AccountId | None
    state: str
    size: int
    queue: int
    aggregate_rules: str
    proof_rules: str | None
    delivery_owner: AccountId
    delivery_fee: int
    owner_tip: int
    aggregations: tuple[OpenAggregation, ...]

    def may_publish(self, account: AccountId, *, complete: bool) -> bool:
        """Whether the domain's rules let the account publish an aggregation of its."""
        if account in (self.owner, self.delivery_owner):
            return True
        if self.aggregate_rules == AggregateRules.ONLY_OWNER:
            return False
        return complete or self.aggregate_rules == AggregateRules.UNTRUSTED


class RegistryReader(Protocol):
    """Reads keys and domains. Idempotent. Errors as VerificationReader."""

    async def vk_holding(
        self, vk_hash: Hash32, account: AccountId, pallet: VerifierPallet = VerifierPallet.GROTH16
    ) -> VkHolding: ...

    async def domain(self, domain_id: int) -> DomainInfo | None: ...
