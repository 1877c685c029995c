"""Makes a failing case smaller: fewer kinds of faults, fewer orders, less time, as long as it fails in the same way."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from zk_devnet.simulator.case import Case, plan_of
from zk_devnet.simulator.run import Result

MOST_RUNS = 80
_VARIABLE = re.compile(r"0x[0-9a-f]+|\b[0-9a-f]{8,}\b|[\d.]+")


def signature(problem: str) -> str:
    """What kind of problem it is: without ids and numbers."""
    return _VARIABLE.sub("#", problem)[:60]


def shrink(result: Result, run: Callable[[Case], Result]) -> Result:
    """The smallest found. `run` is asked at most `MOST_RUNS` times."""
    wanted = {signature(problem) for problem in result.problems}
    best, left = result, MOST_RUNS
    progress = True
    while progress and left > 0:
        progress = False
        for smaller in _smaller(best.case):
            if left <= 0:
                break
            left -= 1
            found = run(smaller)
            if wanted & {signature(problem) for problem in found.problems}:
                best, progress = found, True
                break
    return best


def _smaller(case: Case) -> Iterator[Case]:
    """Cases with something less, the boldest first."""
    plan = plan_of(case)
    kinds = list(plan.kinds)
    size = len(kinds) // 2
    while size >= 1:
        for at in range(0, len(kinds), size):
            yield replace(case, without=case.without | frozenset(kinds[at : at + size]))
        size //= 2
    for orders in (len(plan.orders) // 2, len(plan.orders) - 1):
        if 0 < orders < len(plan.orders):
            yield replace(case, orders=orders)
    if plan.calm_at_s > 30.0:
        yield replace(case, calm_at_s=plan.calm_at_s * 0.8)
