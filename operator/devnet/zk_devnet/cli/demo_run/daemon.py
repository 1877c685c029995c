"""The daemon as a process of its own, as an operator would run it."""

import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
from anyio.abc import Process

from zk_devnet.cli.demo_run.errors import DaemonFailed
from zk_devnet.evm import guard

_STOP_TIMEOUT_S = 40.0
_START_TIMEOUT_S = 60.0
_POLL_S = 0.1
_STARTED = '"event": "daemon.started"'
_TAIL_LINES = 15


@dataclass(slots=True, kw_only=True)
class Daemon:
    """A running daemon. Its output goes to `log`."""

    process: Process
    log: Path
    stopping: bool = False

    async def started(self) -> None:
        """Wait until it works. DaemonFailed if it does not in time."""
        with anyio.move_on_after(_START_TIMEOUT_S):
            while True:
                if _STARTED in self.log.read_text(errors="replace"):
                    return
                await anyio.sleep(_POLL_S)
        raise DaemonFailed(
            "the daemon did not start in time", timeout_s=_START_TIMEOUT_S, output=self.tail()
        )

    async def watch(self) -> None:
        """Wait for its end; DaemonFailed if nobody has asked for it."""
        code = await self.process.wait()
        if not self.stopping:
            raise DaemonFailed("the daemon ended by itself", exit_code=code, output=self.tail())

    async def stop(self) -> None:
        """Ask it to end and wait. Raises DaemonFailed unless it ends with exit code 0 in time."""
        self.stopping = True
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        with anyio.move_on_after(_STOP_TIMEOUT_S):
            await self.process.wait()
        if self.process.returncode != 0:
            raise DaemonFailed(
                "the daemon did not end cleanly",
                exit_code=self.process.returncode,
                output=self.tail(),
            )

    def tail(self) -> str:
        """The last lines of its output."""
        with self.log.open(errors="replace") as lines:
            return "".join(deque(lines, maxlen=_TAIL_LINES)).strip()


@asynccontextmanager
async def running_daemon(config: Path, folder: Path) -> AsyncIterator[Daemon]:
    """Start the daemon on this configuration; however the block ends, it does not outlive it."""
    log = folder / "operator.log"
    with log.open("wb") as output:
        process = await anyio.open_process(
            _command(config),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C at the terminal reaches the demo first
            env=_environment(folder),
        )
    daemon = Daemon(process=process, log=log)
    try:
        yield daemon
    finally:
        daemon.stopping = True
        if process.returncode is None:
            process.kill()
        with anyio.CancelScope(shield=True):
            await process.wait()
            await process.aclose()


def _command(config: Path) -> list[str]:
    """The daemon under a guard that lets it die with us."""
    parent = [sys.executable, "-I", str(guard.__file__), str(os.getpid())]
    return [*parent, sys.executable, "-m", "zk_operator.cli.main", "run", "--config", str(config)]


def _environment(folder: Path) -> Mapping[str, str]:
    """Without the caller's own settings, and with locks apart: every devnet has the same keys."""
    locks = folder / "tmp"
    locks.mkdir(exist_ok=True)
    ours = {name: value for name, value in os.environ.items() if not name.startswith("ZKO_")}
    return ours | {"TMPDIR": str(locks.resolve()), "PYTHONUNBUFFERED": "1"}
