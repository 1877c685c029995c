"""Runs benchmarks and prints one JSON report: `python -m loadtest.bench.run [--out FILE] [NAME ...]`.

Exit status 1 when a limit is broken, 0 otherwise. What needs an optional part that is not built is reported as skipped.
"""

import argparse
import importlib
import json
import logging
import os
import platform
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import anyio
import structlog

from loadtest.bench.measure import Entry, Skipped

HERE = Path(__file__).parent
PREFIX = "bench_"
Bench = Callable[[], Awaitable[Sequence[Entry]]]


def benches() -> list[str]:
    """The names of all benchmarks here."""
    return sorted(path.stem.removeprefix(PREFIX) for path in HERE.glob(f"{PREFIX}*.py"))


def find(name: str) -> Bench:
    """A benchmark by name."""
    found: Bench = importlib.import_module(f"loadtest.bench.{PREFIX}{name}").run
    return found


async def report(names: Sequence[str]) -> dict[str, Any]:
    """Run the benchmarks one after the other."""
    results: dict[str, Any] = {}
    broken: list[str] = []
    skipped: list[str] = []
    for name in names:
        started = time.monotonic()
        entries = await find(name)()
        took = round(time.monotonic() - started, 1)
        results[name] = {"took_s": took, "measures": [entry.as_json() for entry in entries]}
        for entry in entries:
            if isinstance(entry, Skipped):
                skipped.append(f"{name}/{entry.name}: {entry.reason}")
            elif not entry.holds:
                broken.append(f"{name}/{entry.name}")
    return {"machine": _machine(), "benches": results, "broken": broken, "skipped": skipped}


def _machine() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "load_1m": round(os.getloadavg()[0], 2),
    }


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Run benchmarks; print a JSON report.")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(benches())}; all when left out")
    parser.add_argument("--out", type=Path, help="write the report here as well")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(benches()):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    found = anyio.run(report, arguments.names or benches())
    text = json.dumps(found, indent=2) + "\n"
    sys.stdout.write(text)
    if arguments.out is not None:
        arguments.out.write_text(text)
    return 1 if found["broken"] else 0


if __name__ == "__main__":
    sys.exit(main())
