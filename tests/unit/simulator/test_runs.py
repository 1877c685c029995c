"""Whole runs: repeatable to the byte, quiet without faults, and the kept cases stay cured."""

import os
import subprocess
import sys

import pytest
from tests.unit.simulator.kept import KEPT

from zk_devnet.simulator.case import Case, plan_of
from zk_devnet.simulator.coverage import coverage_of
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


def test_run__in_processes_with_other_hash_seeds__has_the_same_digest() -> None:
    code = (
        "from zk_devnet.simulator.case import Case;"
        "from zk_devnet.simulator.run import run_case;"
        "print(run_case(Case(seed=18)).digest)"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert digests == {f"{run_case(Case(seed=18)).digest}\n"}


@pytest.mark.parametrize("case", KEPT, ids=Case.line)
def test_run__kept_case__stays_cured(case: Case) -> None:
    assert run_case(case).problems == ()


def test_run__crashes__cut_awaits_of_services() -> None:
    seeds = (seed for seed in range(100) if Kind.CRASH_STEP in plan_of(Case(seed=seed)).kinds)
    cuts = run_case(Case(seed=next(seeds))).cuts
    found = coverage_of(cuts)
    assert found.cut <= found.known
    assert found.cut
