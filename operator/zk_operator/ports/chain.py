"""What the operator reads of the EVM chain. Every answer is untrusted and checked by the adapter."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from zk_acts.domain.ids import Hash32
from zk_operator.domain.chain_event import BlockRef, BlockTag, ChainEvent
from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.order import Order, SigningDomain
from zk_operator.domain.records import OnchainStatus
from zk_operator.domain.section import Section
from zkverify_client.domain.receipt import AggregationReceipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The events of a range, ascending by (block, log index), and the view of the chain that they were read under.

    `blocks`: headers that came with them, ascending, the last block of the range among them. Each one that continues
    another links to it.
    """

    blocks: tuple[BlockRef, ...]
    events: tuple[ChainEvent, ...]


class BlockSource(Protocol):
    """Blocks and events, in order. Idempotent, safe to cancel at any await.

    Errors: EvmUnreachable (transient), MalformedAnswer (transient: another endpoint may do better).
    """

    async def head(self, tag: BlockTag) -> BlockRef:
        """The newest block with that tag. Error also: DepthUnknown where no endpoint can say which block that is."""
        ...

    async def block(self, number: int) -> BlockRef | None:
        """The canonical block of that number now, or None beyond the head."""
        ...

    async def read(self, first: int, last: int) -> Reading:
        """All events of our contracts in blocks first..last, both included; first is not above last.

        Logs that do not decode come as `Undecodable`. Ranges that an endpoint refuses are halved inside.
        """
        ...

    async def wait_for_head(self) -> None:
        """Return when a new head was announced; a hint only. May never return: callers bound it by their tick."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolTerms:
    """A pool: its currencies (zero address: native ETH) and the least order size per side.

    `max_price_deviation_bps`: how far a section's price may be from the pool's when it settles; 0 for a pool that is not
    listed or is paused, in which nothing settles.
    """

    pool_id: PoolId
    currency0: Address
    currency1: Address
    min_size0: int
    min_size1: int
    max_price_deviation_bps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractTerms:
    """What the settlement contract is configured with, read at start and whenever asked."""

    signing_domain: SigningDomain
    hook: Address
    zkverify: Address
    zk_domain_id: int
    groth16_program_vkey: Hash32
    groth16_vk_hash: Hash32
    groth16_recursion_root: Hash32
    fee_bps: int
    cancel_delay_s: int
    max_order_span_s: int
    paused: bool
    allowed_signer: bool  # our signer counts for the certificate
    signer_weight: int = 0  # what its certificate weighs


@dataclass(frozen=True, slots=True, kw_only=True)
class OnchainOrder:
    """The contract's slot of one order."""

    order_id: OrderId
    status: OnchainStatus
    cancel_at_s: int


class ContractView(Protocol):
    """The settlement contract as of one block, whichever endpoint answers. Idempotent. Errors as `BlockSource`."""

    async def terms(self) -> ContractTerms: ...

    async def task_count(self) -> int:
        """How many orders were ever placed; task indices are 0 to one less, without gaps."""
        ...

    async def pool(self, pool_id: PoolId) -> PoolTerms | None:
        """The pool's terms, or None if the hook does not know it."""
        ...

    async def pool_price(self, pool_id: PoolId) -> int:
        """Price, token1 per token0, Q128, as the contract computes it."""
        ...

    async def quote_remainder(
        self, pool_id: PoolId, *, price_x128: int, zero_for_one: bool, amount_in: int
    ) -> int:
        """Output of the remainder's swap in a section with this price.

        0 where the contract would refuse it: the pool cannot fill it without leaving the range around the price.
        """
        ...

    async def order_states(self, order_ids: Sequence[OrderId]) -> Sequence[OnchainOrder]: ...

    async def aggregation_root(self, domain_id: int, aggregation_id: int) -> Hash32 | None:
        """The root posted to the zkVerify contract, or None while there is none."""
        ...

    async def sections_settled(self, call: "Call") -> int:
        """How many sections this `respondToBatch` would settle. Error also: CallReverted."""
        ...

    async def is_useful(self, call: "Call") -> bool:
        """Whether this `respondToBatch` or `refund` of ours would end any order. One that would revert would not."""
        ...


class SettlementReader(Protocol):
    """The settlement contract at any block."""

    def at(self, block: BlockRef) -> ContractView:
        """What the contract says at that very block.

        Behind one URL are several nodes: one that does not have the block is asked again or passed over, never
        believed. Recent blocks only, unless the endpoint keeps old state.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One contract call: target, calldata, wei."""

    to: Address
    data: bytes
    value: int = 0


class SettlementCalls(Protocol):
    """Builds the calls that the operator sends. Pure: no I/O."""

    def respond(
        self,
        *,
        public_values: bytes,
        sections: Sequence[Section],
        orders: Sequence[Order],
        receipt: AggregationReceipt,
        proof_nonce: int,
        certificate: bytes,
    ) -> Call:
        """respondToBatch with the given sections (all of the batch: the contract skips settled ones)."""
        ...

    def refund(self, orders: Sequence[Order]) -> Call: ...

    def nothing(self, to: Address) -> Call:
        """An empty call to oneself, to use up a nonce."""
        ...

    def of(self, payload: bytes) -> Call:
        """The call that a signed transaction of ours makes."""
        ...


class CertificateSigner(Protocol):
    """Signs the response over the public values (EIP-712, the contracts' specification section 4)."""

    @property
    def address(self) -> Address: ...

    def certificate(self, public_values: bytes, domain: SigningDomain) -> bytes:
        """The certificate of this one signer, in the form that the configured verifier takes."""
        ...
