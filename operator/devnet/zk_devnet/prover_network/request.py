"""One proof request as the network holds it, and the pure decision about what happens to it next."""

from dataclasses import dataclass, field

from zk_devnet.prover_network.config import ProverProfile, Timing
from zk_devnet.prover_network.faults import Fault
from zk_devnet.prover_network.states import (
    TERMINAL,
    Execution,
    FailureCause,
    Fulfillment,
    ProofMode,
    RequestError,
    Settlement,
    Strategy,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a requester signed, from either tree. Prices in PROVE wei, times in unix seconds."""

    nonce: int
    vk_hash: bytes
    version: str
    mode: ProofMode
    strategy: Strategy
    stdin_uri: str
    deadline: int
    cycle_limit: int
    gas_limit: int
    min_auction_period: int = 0
    whitelist: tuple[bytes, ...] = ()
    domain: bytes = b""
    auctioneer: bytes = b""
    executor: bytes = b""
    verifier: bytes = b""
    treasury: bytes = b""
    public_values_hash: bytes | None = None
    base_fee: int = 0
    max_price_per_pgu: int = 0
    stdin_private: bool = False

    @property
    def most_it_can_cost(self) -> int:
        """What the requester's balance must cover: base fee and the whole gas limit at the highest price."""
        return self.base_fee + self.max_price_per_pgu * self.gas_limit


@dataclass(slots=True, kw_only=True)
class Request:
    """A request and its state. Owned by the network; changed only by its own task and by cancellation."""

    request_id: bytes
    terms: Terms
    requester: bytes
    tx_hash: bytes
    created_at: float
    program_uri: str
    faults: frozenset[Fault] = field(default_factory=frozenset)
    updated_at: float = 0.0
    fulfillment: Fulfillment = Fulfillment.REQUESTED
    execution: Execution = Execution.UNEXECUTED
    settlement: Settlement = Settlement.UNSETTLED
    cause: FailureCause = FailureCause.UNSPECIFIED
    error: RequestError = RequestError.UNSPECIFIED
    winner: ProverProfile | None = None
    assigned_at: float = 0.0
    fulfilled_at: float | None = None
    fulfill_tx_hash: bytes | None = None
    cycles: int | None = None
    gas_used: int | None = None
    public_values: bytes | None = None
    public_values_hash: bytes | None = None
    proof_uri: str | None = None
    deduction: int | None = None
    refund: int | None = None
    is_canceled: bool = False

    @property
    def is_finished(self) -> bool:
        """Whether nothing will happen any more."""
        return self.fulfillment in TERMINAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Nothing to do before `until` (unix seconds)."""

    until: float


@dataclass(frozen=True, slots=True)
class Execute:
    """Run the program."""


@dataclass(frozen=True, slots=True)
class Auction:
    """Close the auction: choose a winner among the bids, if there are any."""


@dataclass(frozen=True, slots=True)
class Prove:
    """Make and publish the proof."""


@dataclass(frozen=True, slots=True)
class Expire:
    """Its time is over."""


Step = Wait | Execute | Auction | Prove | Expire


def next_step(request: Request, *, now: float, timing: Timing, no_bids: bool) -> Step:
    """What the network does next with an unfinished request. `no_bids`: the auction has closed without one."""
    if now > request.terms.deadline or Fault.EXPIRED in request.faults:
        return Expire()
    if request.fulfillment is Fulfillment.ASSIGNED:
        ready = request.assigned_at + timing.proving_s
        return _at(ready, Prove(), now) if Fault.STUCK not in request.faults else _idle(request)
    if request.execution is Execution.UNEXECUTED:
        return _at(request.created_at + timing.execution_s, Execute(), now)
    if no_bids:
        return _idle(request)
    auction_s = max(timing.auction_s, float(request.terms.min_auction_period))
    return _at(request.created_at + auction_s, Auction(), now)


def best_bid(request: Request, provers: tuple[ProverProfile, ...]) -> ProverProfile | None:
    """The cheapest prover that may and will take the request; an empty whitelist admits all."""
    if Fault.NO_BIDS in request.faults:
        return None
    terms = request.terms
    willing = (
        prover
        for prover in provers
        if prover.price_per_pgu <= terms.max_price_per_pgu
        and (not terms.whitelist or prover.address in terms.whitelist)
    )
    return min(willing, key=lambda prover: (prover.price_per_pgu, prover.address), default=None)


def _at(moment: float, step: Step, now: float) -> Step:
    return step if now >= moment else Wait(until=moment)


def _idle(request: Request) -> Wait:
    return Wait(until=request.terms.deadline + 0.001)
