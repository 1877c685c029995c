"""What acts brought, by kind: what their rows keep besides state and price. The schema names them all."""

from dataclasses import dataclass

from zk_acts.domain.acts import ActDetail
from zk_acts.domain.ids import Hash32, Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Mined(ActDetail):
    """A transaction that succeeded."""

    block_number: int
    block_hash: Hash32
    gas_used: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureReason(ActDetail):
    """Why an act took effect as a failure, in the other side's words; for people."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramRegistered(ActDetail):
    """The backend knows the program."""

    program_vkey: Hash32


@dataclass(frozen=True, slots=True, kw_only=True)
class Fulfilled(ActDetail):
    """The backend has made the proof; `proof_uri` is where to fetch it from."""

    proof_uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregation(ActDetail):
    """Where a verified statement went on zkVerify."""

    statement: Statement
    domain_id: int
    aggregation_id: int
    block_number: int  # inclusion block on zkVerify
    block_hash: Hash32


@dataclass(frozen=True, slots=True, kw_only=True)
class VkRegistered(ActDetail):
    """The key is registered."""

    vk_hash: Hash32


@dataclass(frozen=True, slots=True, kw_only=True)
class VkUnregistered(ActDetail):
    """This account does not hold the key any more."""

    vk_hash: Hash32


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified(ActDetail):
    """A proof without a domain was verified."""

    statement: Statement
    block_number: int
    block_hash: Hash32


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchedProof:
    """A proof of a batch that was verified. Where it is aggregated; or the code of why its domain did not take it; or
    neither, where it was for no domain."""

    statement: Statement
    aggregation: Aggregation | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedBatch(ActDetail):
    """All proofs of a batch were verified; what became of each, in the batch's order."""

    block_number: int
    block_hash: Hash32
    proofs: tuple[BatchedProof, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainRegistered(ActDetail):
    """The domain exists, under this id."""

    domain_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainChanged(ActDetail):
    """A change of a domain took effect. `state`: its new state, where the change was one of that."""

    domain_id: int
    state: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Published(ActDetail):
    """The aggregation is published under this root."""

    domain_id: int
    aggregation_id: int
    root: Hash32
    block_hash: Hash32
