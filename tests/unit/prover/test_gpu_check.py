"""The GPU check's parts: steps under limits, the document on disk, what it reads of the machine."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest

from gpu_check.__main__ import main
from gpu_check.check import Options
from gpu_check.machine import host_memory
from gpu_check.report import Outcome, Report, StepResult
from gpu_check.steps import Facts, Run, Step, StepFailed, StepSkipped
from zk_operator.adapters.sp1.errors import GpuServerEnded

STEP = Step(name="one", limit_s=30)


class Clock:
    """Stands still."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def document(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "results.json").read_text())
    return found


def raising(error: Exception) -> Callable[[Facts], Awaitable[None]]:
    async def action(facts: Facts) -> None:
        facts["so_far"] = 1
        raise error

    return action


async def nothing(_facts: Facts) -> None:
    pass


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(Report(tmp_path, {"kit": "k"}), limit_s=100, clock=Clock())


@pytest.mark.parametrize(
    ("error", "outcome", "reason"),
    [
        (StepFailed("wrong"), Outcome.FAILED, "wrong"),
        (StepSkipped("too small"), Outcome.SKIPPED, "too small"),
        (GpuServerEnded(device=0), Outcome.FAILED, "[ZKO-PRV-053]"),
        (ZeroDivisionError(), Outcome.FAILED, "ZeroDivisionError"),
        (
            TimeoutError(),
            Outcome.FAILED,
            "TimeoutError",
        ),  # of something inside: not the step's own limit
    ],
)
async def test_take__a_step_that_raises__ends_with_the_reason_and_what_it_found(
    run: Run, tmp_path: Path, error: Exception, outcome: Outcome, reason: str
) -> None:
    result = await run.take(STEP, raising(error))
    assert result.outcome is outcome
    assert result.reason is not None
    assert result.reason.startswith(reason)
    step = document(tmp_path)["steps"][0]  # type: ignore[index]  # JSON
    assert (step["outcome"], step["so_far"]) == (outcome, 1)


async def test_take__a_step_under_way__is_on_disk_as_running(run: Run, tmp_path: Path) -> None:
    seen = []

    async def look(_facts: Facts) -> None:
        seen.append(document(tmp_path))

    result = await run.take(STEP, look)
    step = seen[0]["steps"][0]  # type: ignore[index]  # JSON
    assert (step["name"], step["outcome"]) == ("one", "running")
    assert seen[0]["exit_code"] is None
    assert result.outcome is Outcome.OK


async def test_take__past_its_limit__is_cancelled(run: Run) -> None:
    result = await run.take(Step(name="one", limit_s=0.01), lambda _facts: anyio.sleep_forever())
    assert (result.outcome, result.reason) == (Outcome.TIMED_OUT, "not done after 0 s")


async def test_take__little_time_left__limits_the_step_or_leaves_it_out(tmp_path: Path) -> None:
    clock = Clock()
    run = Run(Report(tmp_path, {}), limit_s=100, clock=clock)
    clock.now = 90
    assert (await run.take(STEP, nothing)).limit_s == 10
    clock.now = 96
    late = await run.take(Step(name="two", limit_s=30), nothing)
    assert (late.outcome, late.reason) == (Outcome.SKIPPED, "the run's time is over")


async def test_take__what_it_needs_is_not_ok__is_left_out(run: Run) -> None:
    await run.take(STEP, raising(StepFailed("wrong")))
    after = await run.take(Step(name="two", limit_s=9, needs=("one",)), nothing)
    assert (after.outcome, after.reason) == (Outcome.SKIPPED, "one is not ok (failed)")
    other = await run.take(Step(name="three", limit_s=9, needs=("none",)), nothing)
    assert other.reason == "none is not ok (not tried)"


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([(Outcome.OK, False), (Outcome.FAILED, True)], 0),
        ([(Outcome.OK, False), (Outcome.SKIPPED, False)], 1),
        ([(Outcome.TIMED_OUT, False), (Outcome.OK, True)], 1),
    ],
)
def test_report__its_exit_code__is_of_the_steps_that_have_to_be(
    tmp_path: Path, outcomes: list[tuple[Outcome, bool]], code: int
) -> None:
    report = Report(tmp_path, {})
    for outcome, is_optional in outcomes:
        report.begin(StepResult(name="one", limit_s=1, outcome=outcome, is_optional=is_optional))
    report.finish()
    assert document(tmp_path)["exit_code"] == code


@pytest.mark.parametrize(
    ("cold_s", "warm_s", "measured_s", "met"),
    [
        (45.0, 12.5, 12.5, [True, False]),
        (9.5, 9.9, 9.5, [True, True]),
        (31.0, None, 31.0, [False, False]),
        (None, None, None, [None, None]),
    ],
)
def test_report__goals__are_met_by_verified_proofs_only(
    tmp_path: Path,
    cold_s: float | None,
    warm_s: float | None,
    measured_s: float | None,
    met: list[bool | None],
) -> None:
    report = Report(tmp_path, {})
    for name, seconds in (("compressed-100", cold_s), ("compressed-100-warm", warm_s)):
        outcome = Outcome.FAILED if seconds is None else Outcome.OK
        facts: Facts = {"proving_s": seconds or 1.0}  # of one that failed afterwards, too
        report.begin(StepResult(name=name, limit_s=1, outcome=outcome, facts=facts))
    goals = document(tmp_path)["goals"]
    assert [goal["met"] for goal in goals] == met  # type: ignore[attr-defined]  # JSON
    assert {goal["measured_s"] for goal in goals} == {measured_s}  # type: ignore[attr-defined]  # JSON
    assert [goal["below_s"] for goal in goals] == [30.0, 10.0]  # type: ignore[attr-defined]  # JSON


def test_report__against_the_cpu__is_of_the_same_batch(tmp_path: Path) -> None:
    report = Report(tmp_path, {})
    facts: Facts = {"proving_s": 8.49}
    report.begin(StepResult(name="compressed-10", limit_s=1, outcome=Outcome.OK, facts=facts))
    compared = document(tmp_path)["against_cpu"]
    assert isinstance(compared, dict)
    assert (compared["cpu_s"], compared["gpu_s"], compared["times_faster"]) == (849.0, 8.49, 100.0)


def memory_files(folder: Path, *, limit: str | None) -> tuple[Path, Path]:
    proc, cgroup = folder / "proc", folder / "cgroup"
    for each in (proc, cgroup):
        each.mkdir()
    (proc / "meminfo").write_text("MemTotal: 8388608 kB\nMemAvailable: 4194304 kB\n")
    if limit is not None:
        (cgroup / "memory.max").write_text(limit)
        (cgroup / "memory.current").write_text(str(1024 * 2**20))
        rows = f"anon 5\nactive_file {100 * 2**20}\ninactive_file {28 * 2**20}\n"
        (cgroup / "memory.stat").write_text(rows)
    return proc, cgroup


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (None, (8192, 4096)),
        ("max\n", (8192, 4096)),
        (f"{2048 * 2**20}\n", (2048, 1152)),
        (f"{65536 * 2**20}\n", (8192, 4096)),
    ],
)
def test_host_memory__a_control_group__counts_where_it_allows_less(
    tmp_path: Path, limit: str | None, expected: tuple[int, int]
) -> None:
    assert host_memory(*memory_files(tmp_path, limit=limit)) == expected


def test_options__a_limit_for_a_step__is_of_that_step_alone() -> None:
    options = Options(step_limits_s={"one": 2.0})
    assert options.limited(STEP).limit_s == 2
    assert options.limited(Step(name="two", limit_s=9)).limit_s == 9


@pytest.mark.parametrize("limit", ["none=1", "core-10", "core-10=x"])
def test_main__a_limit_that_makes_no_sense__is_refused_before_anything_is_written(
    tmp_path: Path, limit: str
) -> None:
    arguments = ["--kit", str(tmp_path), "--out", str(tmp_path / "out"), "--step-limit-s", limit]
    with pytest.raises(SystemExit) as raised:
        main(arguments)
    assert raised.value.code == 2
    assert not (tmp_path / "out").exists()
