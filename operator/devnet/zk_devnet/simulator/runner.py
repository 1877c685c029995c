"""Many cases on all cores: progress, failures shrunk, what the crashes have reached."""

import gc
import multiprocessing
import multiprocessing.context
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from functools import cache

from zk_devnet.simulator.case import Case, plan_of
from zk_devnet.simulator.coverage import Cut
from zk_devnet.simulator.mutants import MUTANTS, planted
from zk_devnet.simulator.run import Result, run_case
from zk_devnet.simulator.shrink import shrink
from zk_devnet.simulator.weather import Kind

CHUNK = 8
MOST_SHRUNK = 5


@dataclass(slots=True, kw_only=True)
class Report:
    """What came of all of them. `failures` as they were found; `shrunk`: the first ones, made smaller."""

    cases: int = 0
    seconds: float = 0.0
    is_complete: bool = True
    failures: list[Result] = field(default_factory=list)
    shrunk: list[Result] = field(default_factory=list)
    cuts: set[Cut] = field(default_factory=set)
    struck: dict[Kind, int] = field(default_factory=dict)

    def add(self, results: Sequence[Result]) -> None:
        """Take some in."""
        for result in results:
            self.cases += 1
            self.cuts |= result.cuts
            for kind, count in result.struck.items():
                self.struck[kind] = self.struck.get(kind, 0) + count
            if result.problems:
                self.failures.append(result)


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What to run. `mutant`: a fault to plant first; `stop_at`: failures after which to stop."""

    cases: Sequence[Case]
    jobs: int = 1
    time_limit_s: float | None = None
    mutant: str | None = None
    stop_at: int | None = None


def run_all(orders: Orders, progress: Callable[[Report], None]) -> Report:
    """Run the cases; `progress` is told now and then."""
    began = time.monotonic()
    report = Report()
    for results in _results(orders):
        report.add(results)
        report.seconds = time.monotonic() - began
        progress(report)
        late = orders.time_limit_s is not None and report.seconds > orders.time_limit_s
        enough = orders.stop_at is not None and len(report.failures) >= orders.stop_at
        if late or enough:
            report.is_complete = report.cases == len(orders.cases)
            break
    report.failures.sort(key=lambda result: result.case.seed)
    if orders.mutant is None:
        report.shrunk = _shrunk(report.failures[:MOST_SHRUNK], orders.jobs)
    return report


def _shrunk(failures: Sequence[Result], jobs: int) -> list[Result]:
    if jobs == 1 or len(failures) < 2:
        return [_shrink(each) for each in failures]
    with ProcessPoolExecutor(jobs, mp_context=_processes()) as pool:
        return list(pool.map(_shrink, failures))


def _shrink(failure: Result) -> Result:
    small = shrink(failure, run_safely)
    small.trace = []
    return small


def _processes() -> multiprocessing.context.BaseContext:
    """Fresh ones: what this process has done so far is nothing to inherit."""
    return multiprocessing.get_context("forkserver")


def _results(orders: Orders) -> Iterator[list[Result]]:
    chunks = [list(orders.cases[at : at + CHUNK]) for at in range(0, len(orders.cases), CHUNK)]
    if orders.jobs == 1:
        for chunk in chunks:
            yield _run_chunk(chunk, orders.mutant)
        return
    with ProcessPoolExecutor(orders.jobs, mp_context=_processes()) as pool:
        waiting: set[Future[list[Result]]] = set()
        try:
            for chunk in chunks:
                waiting.add(pool.submit(_run_chunk, chunk, orders.mutant))
                while len(waiting) > 2 * orders.jobs:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    yield from (each.result() for each in done)
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (each.result() for each in done)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


@cache
def _settle_memory() -> None:
    """What is loaded by now stays: looking through it again and again would cost a sixth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def _run_chunk(cases: list[Case], mutant: str | None) -> list[Result]:
    _settle_memory()
    results = []
    for case in cases:
        if mutant is not None and not MUTANTS[mutant].needs & set(plan_of(case).kinds):
            results.append(Result(case=case, problems=(), digest="", virtual_s=0.0))
            continue  # nothing is about that could show it
        with planted(mutant):
            result = run_safely(case)
        if mutant is not None and result.problems and run_safely(case).problems:
            result.problems = ()  # it fails without the mutant, too: that proves nothing
        result.trace = []
        results.append(result)
    return results


def run_safely(case: Case) -> Result:
    """A run that ends by a surprise has failed, too."""
    try:
        return run_case(case)
    except Exception as error:  # noqa: BLE001 - whatever it is, the seed has to be named
        problem = f"the simulation ended by a surprise: {error!r}"[:300]
        return Result(case=case, problems=(problem,), digest="", virtual_s=0.0)
