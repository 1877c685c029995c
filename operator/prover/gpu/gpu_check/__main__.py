"""The command line behind `gpu-check`, once the kit's Python packages can be imported."""

import argparse
import faulthandler
import json
import os
import sys
import tempfile
from pathlib import Path

import anyio
import structlog

from gpu_check.check import LIMIT_S, NAMES, Options, check
from gpu_check.machine import machine_facts
from gpu_check.materials import read_kit
from gpu_check.report import Report
from gpu_check.steps import Run
from gpu_check.wrap import HOST_MEMORY_GIB

_HUNG_S = 30  # after the run's limit


def _step_limit(text: str) -> tuple[str, float]:
    name, _, seconds = text.partition("=")
    if name not in NAMES:
        raise argparse.ArgumentTypeError(f"{name} is none of the steps {', '.join(NAMES)}")
    return name, float(seconds)


def main(arguments: list[str] | None = None) -> int:
    """0 where every step that has to be is ok, 1 where one is not."""
    parser = argparse.ArgumentParser(prog="gpu-check", description=__doc__)
    parser.add_argument("--kit", type=Path, required=True, help="the kit's folder")
    parser.add_argument("--out", type=Path, required=True, help="where results, proofs and logs go")
    parser.add_argument("--work", type=Path, help="where large temporary files may lie")
    parser.add_argument("--device", type=int, default=0, help="nvidia-smi's number")
    parser.add_argument("--limit-s", type=float, default=LIMIT_S, help="for all steps together")
    parser.add_argument(
        "--step-limit-s",
        type=_step_limit,
        action="append",
        default=[],
        metavar="STEP=S",
        help="for one step",
    )
    parser.add_argument(
        "--wrap-memory-gib",
        type=int,
        default=HOST_MEMORY_GIB,
        help="host memory that the step to Groth16 is tried with",
    )
    given = parser.parse_args(arguments)
    options = Options(
        device=given.device,
        wrap_memory_gib=given.wrap_memory_gib,
        step_limits_s=dict(given.step_limit_s),
    )
    # Nothing in here may wait for ever: this ends a process whose event loop does.
    faulthandler.dump_traceback_later(given.limit_s + _HUNG_S, exit=True)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    os.environ.setdefault("RUST_LOG", "info")  # the server then says how long its stages take
    made = json.loads((given.kit / "kit.json").read_text())
    report = Report(given.out, {"kit": made, "machine": machine_facts()})
    run = Run(report, limit_s=given.limit_s)
    with tempfile.TemporaryDirectory(prefix="gpu-check-", dir=given.work) as work:

        async def all_steps() -> None:
            kit = read_kit(given.kit)
            await check(run, kit, options, work=Path(work), out=given.out)

        anyio.run(all_steps)
    report.finish()
    faulthandler.cancel_dump_traceback_later()
    sys.stdout.write(f"gpu-check: {given.out / 'results.json'}\n")
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main())
