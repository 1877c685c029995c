"""So many inputs of every target, on every core; what was found, and how fast."""

import argparse
import hashlib
import logging
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from zk_devnet.testing.fuzz.catalogue import TARGETS, decoder_of
from zk_devnet.testing.fuzz.slice_run import Fault, SliceReport, run_slice, shrunk

_SLICE = 5_000
_MEMORY = 3 << 30  # of address space: what wants more gets MemoryError, which is a fault
_EVERY_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Some inputs of one target: what a process does in one go."""

    name: str
    seed: int
    indices: range


@dataclass(slots=True, kw_only=True)
class Verdict:
    """What became of all inputs of one target."""

    name: str
    total: SliceReport = field(init=False)

    def __post_init__(self) -> None:
        self.total = SliceReport(target=self.name)

    def add(self, report: SliceReport) -> None:
        """Take a slice in; faults of a known place are the same fault."""
        total = self.total
        total.inputs += report.inputs
        total.taken += report.taken
        total.refused += report.refused
        total.seconds += report.seconds
        total.slowest_s = max(total.slowest_s, report.slowest_s)
        total.grown_bytes = max(total.grown_bytes, report.grown_bytes)
        known = {fault.place for fault in total.faults}
        total.faults += [fault for fault in report.faults if fault.place not in known]

    def line(self) -> str:
        """One row of the table."""
        total = self.total
        rate = total.inputs / total.seconds if total.seconds else 0.0
        return (
            f"{self.name:24} {total.inputs:>10,} {total.taken:>10,} {total.refused:>10,} {rate:>8,.0f}/s "
            f"{total.slowest_s * 1000:>7.0f} ms {total.grown_bytes >> 20:>5} MiB  {len(total.faults)}"
        )


HEADINGS = f"{'target':24} {'inputs':>10} {'taken':>10} {'refused':>10} {'rate':>10} {'slowest':>10} {'grown':>9}  faults"


def main(arguments: Sequence[str]) -> int:
    """0 where every input was treated rightly, 1 otherwise."""
    options = _options(arguments)
    names = options.only.split(",") if options.only else list(TARGETS)
    started, verdicts = time.monotonic(), {name: Verdict(name=name) for name in names}
    print(
        f"fuzz: {len(names)} targets, {options.count:,} inputs each, seed {options.seed}",
        flush=True,
    )
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.processes, context, initializer=_prepare) as pool:
        parts = [pool.submit(_run, part) for part in _slices(names, options.count, options.seed)]
        _collect((part.result() for part in as_completed(parts)), verdicts, options.count)
    faults = [fault for verdict in verdicts.values() for fault in verdict.total.faults]
    _keep(faults, options.found)
    inputs = sum(verdict.total.inputs for verdict in verdicts.values())
    print(
        f"fuzz: {len(names)} targets, {inputs:,} inputs, {len(faults)} faults, seed {options.seed}, "
        f"{time.monotonic() - started:,.0f} s"
    )
    return 1 if faults else 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000, help="inputs per target")
    parser.add_argument("--seed", type=int, default=1, help="which inputs")
    parser.add_argument("--only", default="", help=f"targets, by commas: {', '.join(TARGETS)}")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--found", type=Path, default=Path("fuzz-found"), help="where inputs of faults go"
    )
    options = parser.parse_args(arguments)
    if unknown := set(filter(None, options.only.split(","))) - set(TARGETS):
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    return options


def _slices(names: Sequence[str], count: int, seed: int) -> Iterator[Slice]:
    for name in names:
        inputs = TARGETS[name].inputs(count)
        for first in range(0, inputs, _SLICE):
            yield Slice(name=name, seed=seed, indices=range(first, min(first + _SLICE, inputs)))


def _prepare() -> None:
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def _run(part: Slice) -> SliceReport:
    target, decoder = TARGETS[part.name], decoder_of(part.name)
    report = run_slice(target, decoder, seed=part.seed, indices=part.indices)
    report.faults = [shrunk(target, decoder, fault) for fault in report.faults]
    return report


def _collect(reports: Iterator[SliceReport], verdicts: dict[str, Verdict], count: int) -> None:
    """Print each target's row once it is through, and between them how far it is."""
    print(HEADINGS, flush=True)
    said = time.monotonic()
    for report in reports:
        verdict = verdicts[report.target]
        verdict.add(report)
        inputs = TARGETS[report.target].inputs(count)
        if verdict.total.inputs == inputs:
            print(verdict.line(), flush=True)
        elif time.monotonic() - said > _EVERY_S:
            said = time.monotonic()
            print(
                f"  {report.target}: {verdict.total.inputs:,} of {inputs:,}",
                file=sys.stderr,
                flush=True,
            )


def _keep(faults: Sequence[Fault], folder: Path) -> None:
    for fault in faults:
        path = folder / fault.target / hashlib.sha256(fault.content).hexdigest()[:12]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(fault.content)
        print(f"\n{fault.target}, input {fault.index}: {fault.place}; kept in {path}\n{fault.what}")
