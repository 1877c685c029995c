"""Whole runs: repeatable to the byte, quiet without faults, and the kept cases stay cured."""

import os
import subprocess
import sys
from itertools import islice

import pytest
from tests.unit.simulator.kept import KEPT

from zk_devnet.simulator.awaits import places
from zk_devnet.simulator.case import Case, plan_of
from zk_devnet.simulator.coverage import Coverage
from zk_devnet.simulator.run import run_case
from zk_devnet.simulator.weather import Kind

CALM = frozenset(Kind)


def test_run__no_faults__everything_ends_and_nothing_is_wrong() -> None:
    result = run_case(Case(seed=1, without=CALM), keep_trace=True)
    assert result.problems == ()
    settled = [line for line in result.trace if "OrderSettled" in line]
    assert len(settled) == 3


def test_run__twice__gives_the_same_trace() -> None:
    first, second = (run_case(Case(seed=16), keep_trace=True) for _ in range(2))
    assert first.trace == second.trace
    assert first.digest == second.digest


def test_run__trace_kept_or_not__has_the_same_digest() -> None:
    case = Case(seed=23)
    assert run_case(case).digest == run_case(case, keep_trace=True).digest


@pytest.mark.parametrize("number", [18, 1863])  # the second one batches orders of two pools
def test_run__in_processes_with_other_hash_seeds__has_the_same_digest(number: int) -> None:
    code = (
        "from zk_devnet.simulator.case import Case;"
        "from zk_devnet.simulator.run import run_case;"
        f"print(run_case(Case(seed={number})).digest)"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert digests == {f"{run_case(Case(seed=number)).digest}\n"}


@pytest.mark.parametrize("case", KEPT, ids=Case.line)
def test_run__kept_case__stays_cured(case: Case) -> None:
    assert run_case(case).problems == ()


def test_run__crashes__cut_services_where_they_wait() -> None:
    seeds = (seed for seed in range(100) if Kind.CRASH_STEP in plan_of(Case(seed=seed)).kinds)
    cuts = {cut for seed in islice(seeds, 3) for cut in run_case(Case(seed=seed)).cuts}
    assert cuts
    assert cuts <= places().keys()


def test_run__looked_at__is_the_same_and_says_where_services_waited() -> None:
    case = Case(seed=23)
    result = run_case(case, looks=True)
    assert result.digest == run_case(case).digest
    assert len(result.waits) > 50
    assert result.waits <= places().keys()


def test_run__told_where_to_crash__crashes_there() -> None:
    calm = Case(seed=1, without=CALM)
    found = Coverage()
    found.add(calm, (), run_case(calm, looks=True).waits)
    case = next(
        each for each in found.directed() if each.cuts[0][0] == "zk_operator/services/settler.py"
    )
    result = run_case(case)
    assert set(case.cuts) <= result.cuts
    assert result.problems == ()


def test_run__stopped_and_reloaded__goes_on_with_the_same_rows() -> None:
    stopped = (
        seed
        for seed in range(200)
        if len({is_reload for _, is_reload in plan_of(Case(seed=seed)).setup.stops}) > 1
    )
    result = run_case(Case(seed=next(stopped), without=CALM), keep_trace=True)
    assert result.problems == ()
    assert any("drain.finished" in line for line in result.trace)
