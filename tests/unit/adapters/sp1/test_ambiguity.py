"""However calls fail: a request is never paid for twice, and never written off while the network has it."""

from collections.abc import Callable
from contextlib import suppress

from grpc import StatusCode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zk_acts.domain.acts import Intent
from zk_acts.domain.failures import ActRefused, AmbiguousOutcome
from zk_acts.ports.act import Included, Lapsed, Pending, Unknown
from zk_devnet.testing.network_requests import registered
from zk_devnet.testing.scripted_network import FULFILLED, ScriptedFailure, ScriptedNetwork
from zk_operator.adapters.sp1.network import NetworkBackend
from zk_operator.domain.failures import ProverUnreachable
from zk_operator.ports.prover import ProveRequest

STATUSES = st.sampled_from(
    [StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED, StatusCode.INTERNAL, StatusCode.ABORTED]
)
FAILURES = st.builds(
    ScriptedFailure,
    method=st.sampled_from(
        ["RequestProof", "GetProofRequestStatus", "GetNonce", "GetFilteredProofRequests"]
    ),
    status=STATUSES,
    after=st.booleans(),
)
STEPS = st.lists(st.sampled_from(["send", "ask", "wait", "other", "fulfil"]), max_size=14)


Fresh = Callable[[], tuple[NetworkBackend, ScriptedNetwork, Callable[[float], None]]]


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(failures=st.lists(FAILURES, max_size=5), steps=STEPS)
async def test_intent__any_failures_in_any_order__one_request_and_no_false_end(
    failures: list[ScriptedFailure],
    steps: list[str],
    fresh: Fresh,
    work: ProveRequest,
    row: Callable[..., Intent],
) -> None:
    backend, network, advance = fresh()
    await registered(backend, row, work.program_vkey)
    intent = row(await backend.prepare(work, 1))
    network.failures.extend(failures)
    for step in steps:
        await take(step, backend, network, intent, advance)
        assert len(network.requests) <= 1
    network.failures.clear()
    outcome = await backend.outcome(intent)
    if intent.reference in network.requests:
        fulfilled = network.only.fulfillment == FULFILLED
        assert isinstance(outcome, Included if fulfilled else Pending)
    elif network.nonce > intent.nonce:
        assert outcome in (Pending(), Lapsed(by_nonce=True))
    else:
        assert outcome == Unknown()


async def take(
    step: str,
    backend: NetworkBackend,
    network: ScriptedNetwork,
    intent: Intent,
    advance: Callable[[float], None],
) -> None:
    """One step; only what the port promises may be raised."""
    if step == "send":
        with suppress(AmbiguousOutcome, ActRefused):
            await backend.send(intent)
    elif step == "ask":
        with suppress(ProverUnreachable):
            outcome = await backend.outcome(intent)
            assert not (isinstance(outcome, Lapsed) and network.requests)
    elif step == "wait":
        advance(3)
    elif step == "other" and not network.requests:
        network.nonce += 1
    elif step == "fulfil" and network.requests:
        network.only.fulfillment, network.only.proof_uri = FULFILLED, "http://artifacts.test/p"
