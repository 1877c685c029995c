"""WakeUps, locks, fault points, logs."""

import io
import json
import os
import signal
from pathlib import Path

import anyio
import pytest
import structlog

from zk_acts.domain.failures import LeaseHeld
from zk_acts.runtime.clock import SystemClock
from zk_acts.runtime.fault import ACT_POINTS, KillAt, NoFaults, asked_for, parse_fault
from zk_acts.runtime.lock import exclusive
from zk_acts.runtime.logs import configure_logs
from zk_acts.runtime.wake_up import WakeUp


async def test_wake_up__rung_before_the_wait__kept_once() -> None:
    wake_up = WakeUp()
    wake_up.notify()
    wake_up.notify()

    with anyio.fail_after(1):
        await wake_up.wait()
    with anyio.move_on_after(0) as scope:
        await wake_up.wait()

    assert scope.cancelled_caught


async def test_wake_up__rung_while_the_wait_is_given_up__kept_for_the_next() -> None:
    wake_up = WakeUp()
    with anyio.move_on_after(0):
        await wake_up.wait()
    wake_up.notify()

    with anyio.fail_after(1):
        await wake_up.wait()


def test_exclusive__held__second_is_told_who_has_it(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "operator.lock"

    with exclusive(path, "database"):
        with pytest.raises(LeaseHeld) as caught, exclusive(path, "database"):
            pass
        assert caught.value.context["pid"] == str(os.getpid())
        assert "database" in str(caught.value)

    with exclusive(path, "database"):
        assert path.read_text() == f"{os.getpid()}\n"


def test_exclusive__body_fails__released(tmp_path: Path) -> None:
    path = tmp_path / "operator.lock"
    with pytest.raises(KeyError), exclusive(path, "database"):
        raise KeyError

    with exclusive(path, "database"):
        pass


def test_exclusive__longer_text_left_by_a_dead_process__replaced(tmp_path: Path) -> None:
    path = tmp_path / "operator.lock"
    path.write_text("123456789012345\n")

    with exclusive(path, "database"):
        assert path.read_text() == f"{os.getpid()}\n"


def test_kill_at__other_labels_and_earlier_hits__passed(monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: killed.append((pid, number)))
    fault = KillAt(label="prove.after_row", count=2)

    fault.hit("prove.after_send")
    fault.hit("prove.after_row")
    assert killed == []
    fault.hit("prove.after_row")

    assert killed == [(os.getpid(), signal.SIGKILL)]


def test_parse_fault__label_with_and_without_count__understood(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    killed: list[int] = []
    monkeypatch.setattr(os, "kill", lambda pid, _: killed.append(pid))
    parse_fault("extrinsic.after_send").hit("extrinsic.after_send")
    third = parse_fault("x.before_row:3")
    third.hit("x.before_row")
    third.hit("x.before_row")

    assert len(killed) == 1
    NoFaults().hit("x.before_row")
    assert ACT_POINTS == (
        "before_row",
        "after_row",
        "after_send",
        "after_answer",
        "after_final",
    )


def test_asked_for__a_label_in_the_environment__dies_there_and_nowhere_without_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    killed: list[int] = []
    monkeypatch.setattr(os, "kill", lambda pid, _: killed.append(pid))
    monkeypatch.delenv("ZKO_CRASH_AT", raising=False)
    asked_for().hit("prove.after_send")
    monkeypatch.setenv("ZKO_CRASH_AT", "")
    asked_for().hit("prove.after_send")
    assert not killed

    monkeypatch.setenv("ZKO_CRASH_AT", "prove.after_send:2")
    fault = asked_for()
    fault.hit("prove.after_send")
    assert not killed
    fault.hit("prove.after_send")
    assert killed == [os.getpid()]


def test_system_clock__now__milliseconds_of_this_century() -> None:
    assert 1_700_000_000_000 < SystemClock().now_ms() < 4_100_000_000_000


def test_logs__off_a_terminal__one_json_line_per_event_from_the_level_on() -> None:
    stream = io.StringIO()
    before = structlog.get_config()
    try:
        configure_logs(level="info", form="auto", stream=stream)
        structlog.get_logger("test").debug("too.quiet")
        structlog.get_logger("test").info("batch.closed", size=3)
    finally:
        structlog.configure(**before)

    (line,) = stream.getvalue().splitlines()
    assert json.loads(line).items() >= {"event": "batch.closed", "size": 3, "level": "info"}.items()
