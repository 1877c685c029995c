"""The daemon's decisions that need no outside: which error ends it, what it recovers at start."""

import anyio
import pytest

from zk_acts.domain.acts import Intent, IntentState, Purpose
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.failures import AmbiguousOutcome, StoreUnavailable
from zk_devnet.testing.manual_clock import ManualClock
from zk_devnet.testing.world import VKEY, World
from zk_operator.app.acts import Acts
from zk_operator.app.daemon import endpoint_alert, first_cause, recover, run_operator
from zk_operator.domain.failures import LeaseLost
from zk_operator.ports.prover import ProveRequest
from zk_operator.runtime.health import HealthBoard


def _acts(world: World) -> Acts:
    operator = world.operator
    return Acts(
        prove=(operator.prove,),
        extrinsic=operator.extrinsic,
        transaction=operator.transaction,
        routes=operator.routes,
    )


async def _prove(world: World) -> Intent:
    work = ProveRequest(
        program_vkey=VKEY,
        stdin=b"",
        public_values=b"",
        deadline_s=world.clock.now_ms() // 1000 + 600,
    )
    return await world.operator.prove.issue(purpose=Purpose.PROVE, subject="b1", request=work)


def test_first_cause__ours_among_others__ours_with_its_exit_code() -> None:
    group = BaseExceptionGroup(
        "outer", [ValueError(), BaseExceptionGroup("inner", [KeyError(), LeaseLost()])]
    )

    found = first_cause(group)

    assert isinstance(found, LeaseLost)
    assert found.exit_code == 75


def test_first_cause__none_of_ours__the_first() -> None:
    first = ValueError("first")

    assert first_cause(BaseExceptionGroup("outer", [first, KeyError()])) is first


async def test_run_operator__error_inside_task_groups__raised_bare(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fails(_: object) -> None:
        raise BaseExceptionGroup("outer", [ExceptionGroup("inner", [LeaseLost()])])

    monkeypatch.setattr("zk_operator.app.daemon._run", fails)

    with pytest.raises(LeaseLost):
        await run_operator(None)  # type: ignore[arg-type]  # not looked at


async def test_recover__act_left_open_by_a_crash__resolved_before_anything_new() -> None:
    world = World()
    world.prover.after_send.append(AmbiguousOutcome())
    intent = await _prove(world)
    assert intent.state is IntentState.INTENDED
    world.restart()

    await recover(_acts(world))

    row = await world.store.intents.get(intent.intent_id)
    assert row is not None
    assert row.state is IntentState.FINAL


@pytest.mark.parametrize("error", [StoreUnavailable(), AmbiguousOutcome()])
async def test_recover__side_cannot_be_asked__only_fatal_errors_stop_the_start(
    error: OperatorError, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    world.prover.auto_fulfil = False
    await _prove(world)

    async def outcome(*_: object) -> object:
        raise error

    monkeypatch.setattr(type(world.prover), "outcome", outcome)

    if isinstance(error, StoreUnavailable):
        with pytest.raises(StoreUnavailable):
            await recover(_acts(world))
    else:
        await recover(_acts(world))


async def test_recover__a_side_that_hangs__is_left_and_the_others_are_resolved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    world.prover.auto_fulfil = False
    await _prove(world)
    asked = []

    async def hangs(*_: object) -> None:
        await anyio.sleep_forever()

    async def keep() -> None:
        asked.append("extrinsic")

    monkeypatch.setattr(type(world.prover), "outcome", hangs)
    monkeypatch.setattr(world.operator.extrinsic, "keep", keep)

    with anyio.fail_after(5):
        await recover(_acts(world), timeout_s=0.01)

    assert asked == ["extrinsic"]


def test_endpoint_alert__endpoint_is_configured_no_more__its_alert_ends_with_the_reload() -> None:
    board = HealthBoard(clock=ManualClock())
    board.raise_alert("balance", "low")
    endpoint_alert(board)("http://one", "of another chain")
    assert set(board.alerts) == {"balance", "endpoint.http://one"}
    endpoint_alert(board)
    assert set(board.alerts) == {"balance"}
