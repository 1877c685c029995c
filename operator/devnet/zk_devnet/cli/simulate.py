"""`zk-operator simulate`: the operator against simulated outsides and their faults, from seeds."""

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from zk_devnet.simulator.run import Result
    from zk_devnet.simulator.runner import Report


def simulate(
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds.")] = 200,
    first: Annotated[
        int | None, typer.Option("--from", min=0, help="First seed; a random one by default.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes; as many as there are cores by default.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Run this one seed alone.")] = None,
    trace: Annotated[
        bool, typer.Option("--trace", help="With --seed: print what happens.")
    ] = False,
    time_limit: Annotated[
        float | None, typer.Option(min=1, help="Start no more seeds after so many seconds.")
    ] = None,
    mutants: Annotated[
        bool, typer.Option("--mutants", help="Plant known faults, and say how soon each is found.")
    ] = False,
    coverage: Annotated[
        bool,
        typer.Option(
            "--coverage", help="Cut every place at which a service waits; name the others."
        ),
    ] = False,
) -> None:
    """Simulate the operator under random faults; exit code 0 only if no rule was broken.

    The same seed is the same run, byte for byte. A failing seed is shrunk and printed as a line for the list of cases
    that the tests keep.
    """
    if seed is not None:
        _run_one(seed, trace=trace)
        return
    jobs = jobs or os.cpu_count() or 1
    start = int.from_bytes(os.urandom(4)) if first is None else first
    if mutants:
        _hunt(range(start, start + seeds), jobs)
        return
    _run_many(range(start, start + seeds), jobs, time_limit, coverage=coverage)


def _run_one(seed: int, *, trace: bool) -> None:
    from zk_devnet.simulator.case import Case
    from zk_devnet.simulator.run import run_case

    result = run_case(Case(seed=seed), keep_trace=trace)
    if trace:
        typer.echo("\n".join(result.trace))
    typer.echo(
        f"simulate: seed {seed}, {result.virtual_s:.0f} s of virtual time, digest {result.digest}"
    )
    _fail_for([result])
    typer.echo("simulate: passed")


def _run_many(seeds: range, jobs: int, time_limit_s: float | None, *, coverage: bool) -> None:
    from zk_devnet.simulator.case import Case
    from zk_devnet.simulator.coverage import FAR_SEEDS
    from zk_devnet.simulator.runner import Orders, run_all

    numbers = [*seeds, *(FAR_SEEDS if coverage else ())]
    typer.echo(f"simulate: seeds {seeds.start} to {seeds.stop - 1}, {jobs} at a time")
    orders = Orders(
        cases=[Case(seed=seed) for seed in numbers],
        jobs=jobs,
        time_limit_s=time_limit_s,
        coverage=coverage,
    )
    report = run_all(orders, _Progress(len(numbers)))
    _say_coverage(report, in_full=coverage)
    for result in report.shrunk:
        typer.echo(f"shrunk:  {result.case.line()},")
        typer.echo("".join(f"         {problem}\n" for problem in result.problems).rstrip())
    typer.echo(
        f"simulate: {report.cases} seeds in {report.seconds:.0f} s,"
        f" {report.seconds * jobs / max(1, report.cases):.2f} s each on one core"
    )
    if not report.is_complete:
        typer.echo("simulate: the time limit ended it early")
    _fail_for(report.failures)
    typer.echo("simulate: passed")


def _fail_for(failures: "list[Result]") -> None:
    from zk_devnet.simulator.errors import SeedsFailed

    found = [each for each in failures if each.problems]
    for result in found[:20]:
        typer.echo(f"failed:  {result.case.line()}: {'; '.join(result.problems)[:300]}")
    if found:
        raise SeedsFailed(seeds=[each.case.seed for each in found[:20]], failed=len(found))


def _say_coverage(report: "Report", *, in_full: bool) -> None:
    found = report.coverage
    typer.echo(f"simulate: {found.line(looked=in_full)}")
    if in_full:
        typer.echo(
            f"simulate: {report.directed} cases more, each with a crash at a place of its own"
        )
        typer.echo("".join(f"not cut: {place}\n" for place in found.uncut), nl=False)
        typer.echo("".join(f"not met: {place}\n" for place in found.unmet), nl=False)


class _Progress:
    """A line now and then."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._said_s = 0.0

    def __call__(self, report: "Report") -> None:
        if report.seconds - self._said_s < 10 and not sys.stdout.isatty():
            return
        self._said_s = report.seconds
        line = f"simulate: {report.cases}/{self._total}, {len(report.failures)} failed, {report.seconds:.0f} s"
        typer.echo(line, nl=not sys.stdout.isatty())
        if sys.stdout.isatty():
            typer.echo("\r", nl=False)


def _hunt(seeds: range, jobs: int) -> None:
    """Each planted fault, until it is found."""
    from zk_devnet.simulator.case import Case
    from zk_devnet.simulator.errors import MutantSurvived
    from zk_devnet.simulator.mutants import MUTANTS
    from zk_devnet.simulator.runner import Orders, run_all

    survivors = []
    for name, mutant in MUTANTS.items():
        orders = Orders(
            cases=[Case(seed=seed) for seed in seeds], jobs=jobs, mutant=name, stop_at=1
        )
        report = run_all(orders, lambda _: None)
        if not report.failures:
            survivors.append(name)
            typer.echo(f"mutant:  {name}: not found in {report.cases} seeds ({mutant.about})")
            continue
        found = report.failures[0]
        typer.echo(
            f"mutant:  {name}: seed {found.case.seed}, after {report.cases}: {found.problems[0][:150]}"
        )
    if survivors:
        raise MutantSurvived(mutants=survivors)
    typer.echo("simulate: every mutant was found")
