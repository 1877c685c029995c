"""What happens next to a request, and who wins its auction: pure decisions."""

from dataclasses import replace
from typing import Any

from zk_devnet.prover_network.config import ProverProfile, Timing
from zk_devnet.prover_network.faults import Fault
from zk_devnet.prover_network.request import (
    Auction,
    Execute,
    Expire,
    Prove,
    Request,
    Terms,
    Wait,
    best_bid,
    next_step,
)
from zk_devnet.prover_network.states import Execution, Fulfillment, ProofMode, Strategy

TIMING = Timing(execution_s=1, auction_s=5, proving_s=10)
CHEAP = ProverProfile(address=b"\x01" * 20, name="cheap", price_per_pgu=5)
DEAR = ProverProfile(address=b"\x02" * 20, name="dear", price_per_pgu=9)

TERMS = Terms(
    nonce=0,
    vk_hash=b"\x01" * 32,
    version="sp1-v6.1.0",
    mode=ProofMode.GROTH16,
    strategy=Strategy.AUCTION,
    stdin_uri="uri",
    deadline=1100,
    cycle_limit=1,
    gas_limit=1000,
    base_fee=7,
    max_price_per_pgu=9,
)


def request(terms: dict[str, Any] | None = None, **changes: Any) -> Request:
    return Request(
        request_id=b"\x01" * 32,
        terms=replace(TERMS, **(terms or {})),
        requester=b"\x03" * 20,
        tx_hash=b"\x04" * 32,
        created_at=1000.0,
        program_uri="program",
        **changes,
    )


def step(given: Request, now: float, *, no_bids: bool = False) -> object:
    return next_step(given, now=now, timing=TIMING, no_bids=no_bids)


def test_next_step__new__waits_then_executes() -> None:
    assert step(request(), 1000) == Wait(until=1001)
    assert step(request(), 1001) == Execute()


def test_next_step__executed__waits_for_the_auctions_end() -> None:
    given = request(execution=Execution.EXECUTED)
    assert step(given, 1001) == Wait(until=1005)
    assert step(given, 1005) == Auction()


def test_next_step__longer_minimum_period__makes_the_auction_longer() -> None:
    given = request({"min_auction_period": 30}, execution=Execution.EXECUTED)
    assert step(given, 1005) == Wait(until=1030)


def test_next_step__assigned__proves_after_its_time() -> None:
    given = request(
        execution=Execution.EXECUTED, fulfillment=Fulfillment.ASSIGNED, assigned_at=1005.0
    )
    assert step(given, 1006) == Wait(until=1015)
    assert step(given, 1015) == Prove()


def test_next_step__past_the_deadline__expires_whatever_its_state() -> None:
    for fulfillment in (Fulfillment.REQUESTED, Fulfillment.ASSIGNED):
        assert step(request(fulfillment=fulfillment), 1100.5) == Expire()
    assert step(request(), 1100) == Execute()


def test_next_step__no_bids_or_stuck__idles_until_the_deadline() -> None:
    assert step(request(execution=Execution.EXECUTED), 1050, no_bids=True) == Wait(until=1100.001)
    stuck = request(
        faults=frozenset({Fault.STUCK}),
        execution=Execution.EXECUTED,
        fulfillment=Fulfillment.ASSIGNED,
    )
    assert step(stuck, 1090) == Wait(until=1100.001)


def test_best_bid__open_to_all__is_the_cheapest() -> None:
    assert best_bid(request(), (DEAR, CHEAP)) == CHEAP


def test_best_bid__price_or_whitelist__excludes() -> None:
    assert best_bid(request({"max_price_per_pgu": 4}), (DEAR, CHEAP)) is None
    assert best_bid(request({"whitelist": (DEAR.address,)}), (DEAR, CHEAP)) == DEAR
    assert best_bid(request({"whitelist": (b"\x09" * 20,)}), (DEAR, CHEAP)) is None
    assert best_bid(request(faults=frozenset({Fault.NO_BIDS})), (CHEAP,)) is None


def test_terms__most_it_can_cost__is_base_fee_and_the_whole_limit() -> None:
    assert TERMS.most_it_can_cost == 7 + 9 * 1000
