"""The command line as a process of its own, as an operator calls it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

import anyio

from zk_devnet.evm import guard
from zk_devnet.testing.scenario.deadline import ScenarioStuck


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A verb that has ended: how, and everything that it wrote."""

    exit_code: int
    output: str


def verb_command(*words: str) -> list[str]:
    """The command of a verb that does not outlive this process."""
    parent = [sys.executable, "-I", str(guard.__file__), str(os.getpid())]
    return [*parent, sys.executable, "-m", "zk_operator.cli.main", *words]


def clean_environment() -> dict[str, str]:
    """This process's environment without what would set a key of the configuration."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("ZKO_")}
    return {**ours, "PYTHONUNBUFFERED": "1"}


async def run_verb(
    *words: str, environment: Mapping[str, str] | None = None, timeout_s: float = 40.0
) -> Ended:
    """Run a verb to its end. Raises ScenarioStuck."""
    with anyio.move_on_after(timeout_s):
        ended = await anyio.run_process(
            verb_command(*words),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            check=False,
            env=clean_environment() if environment is None else environment,
        )
        output = ended.stdout.decode(errors="replace")
        return Ended(exit_code=ended.returncode, output=output)
    raise ScenarioStuck(f"{' '.join(words)} did not end within {timeout_s:g} s")
