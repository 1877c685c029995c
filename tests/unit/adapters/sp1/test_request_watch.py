"""What became of requests: how the network backend follows them to their end."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from grpc import StatusCode

from zk_acts.domain.acts import Intent, IntentState
from zk_acts.domain.details import FailureReason, Fulfilled
from zk_acts.ports.act import Failed, Included, Lapsed, Pending, Unknown
from zk_devnet.testing.network_requests import registered, requested
from zk_devnet.testing.scripted_network import (
    ASSIGNED,
    EXPIRED,
    FULFILLED,
    REQUESTED,
    REVERTED,
    UNEXECUTABLE,
    UNFULFILLABLE,
    ScriptedFailure,
    ScriptedNetwork,
)
from zk_operator.adapters.sp1 import errors
from zk_operator.adapters.sp1.network import (
    NetworkBackend,
    NetworkTree,
)
from zk_operator.domain.failures import (
    RequestUnexecutable,
)
from zk_operator.ports.prover import ProveRequest

NOW_S = 1_800_000_000
Connect = Callable[..., NetworkBackend]
Row = Callable[..., Intent]
Advance = Callable[[float], None]


async def test_outcome__fulfilled__gives_the_address_and_the_price_paid(
    backend: NetworkBackend, network: ScriptedNetwork, row: Row, work: ProveRequest
) -> None:
    intent = await requested(backend, row, work)
    network.only.fulfillment, network.only.proof_uri = FULFILLED, "http://artifacts.test/p"
    network.only.deduction = "123"
    expected = Included(detail=Fulfilled(proof_uri="http://artifacts.test/p"), final=True, paid=123)
    assert await backend.outcome(intent) == expected


async def test_outcome__fulfilled_after_the_deadline__is_still_a_proof(
    backend: NetworkBackend,
    network: ScriptedNetwork,
    row: Row,
    work: ProveRequest,
    advance: Advance,
) -> None:
    intent = await requested(backend, row, work)
    network.only.fulfillment, network.only.proof_uri = FULFILLED, "http://artifacts.test/p"
    network.unimplemented.add("GetProofRequestDetails")
    advance(10_000)
    outcome = await backend.outcome(intent)
    assert isinstance(outcome, Included)
    assert outcome.paid == intent.quoted


async def test_outcome__fulfilled_without_an_address__waits_then_fails(
    backend: NetworkBackend,
    network: ScriptedNetwork,
    row: Row,
    work: ProveRequest,
    advance: Advance,
) -> None:
    intent = await requested(backend, row, work)
    network.only.fulfillment = FULFILLED
    assert await backend.outcome(intent) == Pending()
    advance(301)
    outcome = await backend.outcome(intent)
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.paid) == (errors.ProofUriMissing.code, intent.quoted)


@pytest.mark.parametrize(
    ("fulfillment", "leaf"),
    [
        (UNFULFILLABLE, errors.RequestUnfulfillable),
        (REVERTED, errors.RequestReverted),
        (EXPIRED, errors.RequestExpired),
    ],
)
async def test_outcome__ended_without_a_proof__fails_for_free_with_its_code(
    backend: NetworkBackend,
    network: ScriptedNetwork,
    row: Row,
    work: ProveRequest,
    fulfillment: int,
    leaf: type[errors.RequestFailed],
) -> None:
    intent = await requested(backend, row, work)
    network.only.fulfillment = fulfillment
    outcome = await backend.outcome(intent)
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.paid, outcome.final) == (leaf.code, 0, True)


async def test_outcome__unexecutable__is_charged_and_names_the_cause(
    backend: NetworkBackend, network: ScriptedNetwork, row: Row, work: ProveRequest
) -> None:
    intent = await requested(backend, row, work)
    network.only.fulfillment, network.only.execution = UNFULFILLABLE, UNEXECUTABLE
    network.only.fail_cause = 1
    outcome = await backend.outcome(intent)
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.paid) == (RequestUnexecutable.code, intent.quoted)
    assert "halt_with_non_zero_exit_code" in outcome.detail


async def test_outcome__given_up__names_the_networks_error(
    backend: NetworkBackend, network: ScriptedNetwork, row: Row, work: ProveRequest
) -> None:
    intent = await requested(backend, row, work)
    network.only.fulfillment, network.only.error = UNFULFILLABLE, 2
    outcome = await backend.outcome(intent)
    assert isinstance(outcome, Failed)
    assert "verification_key_mismatch" in outcome.detail


async def test_outcome__cancelled_and_not_shown_yet__is_not_cancelled_again(
    backend: NetworkBackend,
    network: ScriptedNetwork,
    row: Row,
    work: ProveRequest,
    advance: Advance,
) -> None:
    intent = await requested(backend, row, work)
    await backend.outcome(intent)
    advance(61)
    network.unimplemented.add("GetProofRequestDetails")
    assert await backend.outcome(intent) == Pending()
    network.only.fulfillment = REQUESTED  # as networks that go by the deadline show it
    assert await backend.outcome(intent) == Pending()
    assert network.calls.count("CancelRequest") == 1


async def test_outcome__a_status_nobody_knows_yet__counts_as_work_for_an_hour_after_the_deadline(
    backend: NetworkBackend,
    network: ScriptedNetwork,
    row: Row,
    work: ProveRequest,
    advance: Advance,
) -> None:
    intent = await requested(backend, row, work)
    network.only.fulfillment = 17
    assert await backend.outcome(intent) == Pending()
    advance(400)
    assert await backend.outcome(intent) == Pending(is_overdue=True)  # may be paid for it yet
    advance(3_600)
    outcome = await backend.outcome(intent)
    assert isinstance(outcome, Failed)
    assert outcome.code == errors.RequestExpired.code


async def test_outcome__an_earlier_deadline_of_the_networks__does_not_give_up_what_may_be_charged(
    backend: NetworkBackend, network: ScriptedNetwork, row: Row, work: ProveRequest
) -> None:
    intent = await requested(backend, row, work)
    network.only.fulfillment = ASSIGNED
    network.only.body.deadline = NOW_S - 3_600
    assert await backend.outcome(intent) == Pending()


async def test_outcome__a_later_deadline_of_the_networks__holds_nothing_back(
    backend: NetworkBackend,
    network: ScriptedNetwork,
    row: Row,
    work: ProveRequest,
    advance: Advance,
) -> None:
    intent = await requested(backend, row, work)
    network.only.fulfillment = ASSIGNED
    network.only.body.deadline = 2**63
    advance(400 + 3_600)
    outcome = await backend.outcome(intent)
    assert isinstance(outcome, Failed)
    assert outcome.code == errors.RequestExpired.code


async def test_outcome__proved_and_charged_long_after_its_deadline__is_accounted(
    backend: NetworkBackend,
    network: ScriptedNetwork,
    row: Row,
    work: ProveRequest,
    advance: Advance,
) -> None:
    intent = await requested(backend, row, work)
    network.only.fulfillment = ASSIGNED
    advance(300 + 9)  # a proof that is a little late is worth more than a second one
    assert await backend.outcome(intent) == Pending()
    advance(2)
    assert await backend.outcome(intent) == Pending(is_overdue=True)
    network.only.fulfillment, network.only.proof_uri = FULFILLED, "http://artifacts.test/p"
    network.only.deduction = "77"
    outcome = await backend.outcome(intent)
    assert isinstance(outcome, Included)
    assert outcome.paid == 77


async def test_outcome__taken_by_nobody_until_its_deadline__is_over_and_free(
    backend: NetworkBackend,
    network: ScriptedNetwork,
    row: Row,
    work: ProveRequest,
    advance: Advance,
) -> None:
    intent = await requested(backend, row, work)
    advance(400)
    outcome = await backend.outcome(intent)
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.paid) == (errors.RequestExpired.code, 0)


async def test_outcome__taken_by_nobody_in_time__is_cancelled_and_free(
    backend: NetworkBackend,
    network: ScriptedNetwork,
    row: Row,
    work: ProveRequest,
    advance: Advance,
) -> None:
    intent = await requested(backend, row, work)
    assert await backend.outcome(intent) == Pending()
    advance(59)
    assert await backend.outcome(intent) == Pending()
    assert not network.only.is_canceled
    advance(2)
    outcome = await backend.outcome(intent)
    assert network.only.is_canceled
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.paid) == (errors.AuctionTimedOut.code, 0)
    assert await backend.outcome(intent) == outcome


async def test_outcome__taken_just_before_the_cancel__goes_on(
    backend: NetworkBackend,
    network: ScriptedNetwork,
    row: Row,
    work: ProveRequest,
    advance: Advance,
) -> None:
    intent = await requested(backend, row, work)
    await backend.outcome(intent)
    advance(61)
    network.failures.append(
        ScriptedFailure(
            method="CancelRequest",
            status=StatusCode.FAILED_PRECONDITION,
            details="request can no longer be cancelled",
        )
    )
    assert await backend.outcome(intent) == Pending()
    network.only.fulfillment = ASSIGNED
    assert await backend.outcome(intent) == Pending()


async def test_outcome__never_sent__is_unknown_until_its_deadline(
    backend: NetworkBackend, row: Row, work: ProveRequest, advance: Advance
) -> None:
    await registered(backend, row, work.program_vkey)
    intent = row(await backend.prepare(work, 1))
    assert await backend.outcome(intent) == Unknown()
    advance(400)
    assert await backend.outcome(intent) == Lapsed()


async def test_outcome__its_nonce_used_by_another_request__lapses_after_a_while(
    backend: NetworkBackend,
    network: ScriptedNetwork,
    row: Row,
    work: ProveRequest,
    advance: Advance,
) -> None:
    await registered(backend, row, work.program_vkey)
    intent = row(await backend.prepare(work, 1))
    network.nonce = 2
    assert await backend.outcome(intent) == Pending()  # the answer may lag behind the nonce
    advance(6)
    assert await backend.outcome(intent) == Lapsed(by_nonce=True)


async def test_reserved__ids_of_the_servers_own__are_found_again_after_a_restart(
    connect: Connect, network: ScriptedNetwork, row: Row, work: ProveRequest
) -> None:
    network.server_ids = True
    first = connect(tree=NetworkTree.RESERVED)
    intent = await requested(first, row, work)
    assert network.only.request_id != intent.reference
    assert intent.quoted == 0
    restarted = connect(tree=NetworkTree.RESERVED)
    for backend in (first, restarted):
        assert await backend.outcome(intent) == Pending()
    network.only.fulfillment, network.only.proof_uri = FULFILLED, "http://artifacts.test/p"
    for backend in (first, restarted):
        assert isinstance(await backend.outcome(intent), Included)


async def test_reserved__ids_of_its_own_and_no_search__are_found_again_after_a_restart(
    connect: Connect, network: ScriptedNetwork, row: Row, work: ProveRequest, advance: Advance
) -> None:
    network.server_ids = True
    network.unimplemented.add("GetFilteredProofRequests")
    intent = await requested(connect(tree=NetworkTree.RESERVED), row, work)
    advance(30)
    assert await connect(tree=NetworkTree.RESERVED).outcome(intent) == Pending()


async def test_reserved__ids_of_its_own_and_the_answer_lost__is_searched_by_its_input(
    connect: Connect, network: ScriptedNetwork, row: Row, work: ProveRequest
) -> None:
    network.server_ids = True
    intent = await requested(connect(tree=NetworkTree.RESERVED), row, work)
    unanswered = replace(intent, known_as=None)
    assert await connect(tree=NetworkTree.RESERVED).outcome(unanswered) == Pending()


async def test_send__an_id_without_end__is_accepted_and_searched_by_its_input(
    connect: Connect, network: ScriptedNetwork, row: Row, work: ProveRequest
) -> None:
    network.server_ids, network.id_bytes = True, 100_000
    backend = connect(tree=NetworkTree.RESERVED)
    intent = await requested(backend, row, work)
    assert intent.known_as is None
    assert await backend.outcome(intent) == Pending()


async def test_reserved__no_auction__is_not_cancelled(
    connect: Connect, network: ScriptedNetwork, row: Row, work: ProveRequest, advance: Advance
) -> None:
    backend = connect(tree=NetworkTree.RESERVED)
    intent = await requested(backend, row, work)
    await backend.outcome(intent)
    advance(200)
    await backend.cancel(intent)
    assert await backend.outcome(intent) == Pending()
    assert "CancelRequest" not in network.calls
    assert "GetProofRequestParams" not in network.calls


Untold = Callable[[], None]


@pytest.fixture(params=["malformed", "forbidden", "down"])
def untold(request: pytest.FixtureRequest, network: ScriptedNetwork) -> Untold:
    """The network does not say what its request cost, the next time that it is asked."""
    statuses = {"forbidden": StatusCode.PERMISSION_DENIED, "down": StatusCode.INTERNAL}

    def strike() -> None:
        if request.param == "malformed":
            network.only.deduction = "1.5"
        else:
            status = statuses[request.param]
            network.failures.append(ScriptedFailure(method="GetProofRequestDetails", status=status))

    return strike


async def test_outcome__cost_not_told_yet__the_proof_is_there_and_its_price_is_not_final(
    backend: NetworkBackend,
    network: ScriptedNetwork,
    row: Row,
    work: ProveRequest,
    advance: Advance,
    untold: Untold,
) -> None:
    intent = await requested(backend, row, work)
    network.only.fulfillment, network.only.proof_uri = FULFILLED, "http://artifacts.test/p"
    proof = Fulfilled(proof_uri="http://artifacts.test/p")
    for pause in (0, 29, 2, 600):
        advance(pause)
        untold()
        outcome = await backend.outcome(intent)
        assert outcome == Included(detail=proof, final=False, paid=intent.quoted)
    network.only.deduction = "5"
    assert await backend.outcome(intent) == Included(detail=proof, final=True, paid=5)


async def test_outcome__cost_not_told_for_an_hour__is_what_was_quoted(
    backend: NetworkBackend,
    network: ScriptedNetwork,
    row: Row,
    work: ProveRequest,
    advance: Advance,
    untold: Untold,
) -> None:
    intent = await requested(backend, row, work)
    network.only.fulfillment, network.only.proof_uri = FULFILLED, "http://artifacts.test/p"
    for pause, final in ((0, False), (3_599, False), (1, True)):
        advance(pause)
        untold()
        outcome = await backend.outcome(intent)
        assert isinstance(outcome, Included)
        assert (outcome.final, outcome.paid) == (final, intent.quoted)


async def test_outcome__failed_at_a_cost_not_told_yet__is_a_failure_whose_price_is_not_final(
    backend: NetworkBackend,
    network: ScriptedNetwork,
    row: Row,
    work: ProveRequest,
    untold: Untold,
) -> None:
    intent = await requested(backend, row, work)
    network.only.fulfillment, network.only.execution = UNFULFILLABLE, UNEXECUTABLE
    network.only.fail_cause = 1
    untold()
    outcome = await backend.outcome(intent)
    assert isinstance(outcome, Failed)
    assert (outcome.final, outcome.paid) == (False, intent.quoted)
    network.only.deduction = "5"
    outcome = await backend.outcome(intent)
    assert isinstance(outcome, Failed)
    assert (outcome.final, outcome.paid) == (True, 5)


@pytest.mark.parametrize("detail", [Fulfilled(proof_uri="u"), FailureReason(reason="why")])
async def test_outcome__forgotten_before_its_cost_was_told__the_row_has_the_last_word(
    backend: NetworkBackend,
    network: ScriptedNetwork,
    row: Row,
    work: ProveRequest,
    advance: Advance,
    detail: Fulfilled | FailureReason,
) -> None:
    intent = await requested(backend, row, work)
    network.requests.clear()
    advance(100_000)
    code = "ZKO-PRV-045" if isinstance(detail, FailureReason) else None
    included = replace(intent, state=IntentState.INCLUDED, paid=7, detail=detail, error_code=code)
    outcome = await backend.outcome(included)
    assert isinstance(outcome, Failed | Included)
    assert (outcome.final, outcome.paid) == (True, 7)
    assert isinstance(outcome, Failed) is (code is not None)


async def test_reserved__unexecutable_without_a_cause__is_no_verdict_over_the_program(
    connect: Connect, network: ScriptedNetwork, row: Row, work: ProveRequest
) -> None:
    backend = connect(tree=NetworkTree.RESERVED)
    intent = await requested(backend, row, work)
    network.only.fulfillment, network.only.execution = UNFULFILLABLE, UNEXECUTABLE
    outcome = await backend.outcome(intent)
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.paid) == (errors.RequestUnfulfillable.code, 0)


async def test_reserved__unexecutable_with_a_cause__is_the_programs(
    connect: Connect, network: ScriptedNetwork, row: Row, work: ProveRequest
) -> None:
    backend = connect(tree=NetworkTree.RESERVED)
    intent = await requested(backend, row, work)
    network.only.fulfillment, network.only.execution = UNFULFILLABLE, UNEXECUTABLE
    network.only.fail_cause = 1
    outcome = await backend.outcome(intent)
    assert isinstance(outcome, Failed)
    assert outcome.code == RequestUnexecutable.code


async def test_outcome__machine_is_ahead_of_a_deadline_that_has_not_come__is_no_delay(
    ahead: NetworkBackend, network: ScriptedNetwork, row: Row, work: ProveRequest
) -> None:
    intent = await requested(ahead, row, replace(work, deadline_s=NOW_S + 30))
    network.only.fulfillment = ASSIGNED
    assert await ahead.outcome(intent) == Pending()


async def test_outcome__machine_is_ahead_and_the_request_is_not_there__may_still_come(
    ahead: NetworkBackend, row: Row, work: ProveRequest
) -> None:
    intent = row(await ahead.prepare(replace(work, deadline_s=NOW_S + 30), 0))
    assert await ahead.outcome(intent) == Unknown()


async def test_prepare__machine_is_ahead__the_deadline_is_by_the_networks_time(
    ahead: NetworkBackend, work: ProveRequest
) -> None:
    prepared = await ahead.prepare(replace(work, deadline_s=NOW_S + 10**6), 0)
    assert prepared.expires == NOW_S + 600
