"""Runs anvil as a child process: one chain, stopped when its owner is."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import anyio
import structlog
from anyio.abc import Process, TaskStatus
from anyio.streams.text import TextReceiveStream

from zk_devnet.errors import AnvilFailed
from zk_devnet.toolchain import Toolchain

log = structlog.get_logger(__name__)

MNEMONIC = "test test test test test test test test test test test junk"
_LISTENING = re.compile(r"Listening on ([0-9.]+):(\d+)\n")
_START_TIMEOUT_S = 20.0
_STOP_TIMEOUT_S = 5.0
_KEPT_CHARACTERS, _TAIL_LINES = 4_000, 10
_GUARD = Path(__file__).with_name("guard.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnvilConfig:
    """How the chain behaves. Port 0 takes a free one.

    `slots_in_an_epoch` decides finality: with 1, the finalized block is two behind the latest. `block_time_s` None
    mines a block per transaction. `state` is loaded if it exists and written at the end.
    """

    host: str = "127.0.0.1"
    port: int = 0
    chain_id: int = 31337
    block_time_s: float | None = 1
    slots_in_an_epoch: int = 1
    accounts: int = 40
    block_gas_limit: int = 60_000_000
    state: Path | None = None

    def arguments(self) -> list[str]:
        """anvil's command line."""
        options = {
            "--host": self.host,
            "--port": self.port,
            "--chain-id": self.chain_id,
            "--slots-in-an-epoch": self.slots_in_an_epoch,
            "--accounts": self.accounts,
            "--gas-limit": self.block_gas_limit,
            "--mnemonic": MNEMONIC,
            "--block-time": self.block_time_s,
            "--state": self.state,
        }
        given = [(name, str(value)) for name, value in options.items() if value is not None]
        return [part for pair in given for part in pair]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnvilEndpoints:
    """Where the chain answers; one port for both."""

    http_url: str
    ws_url: str
    pid: int


async def serve(
    config: AnvilConfig,
    toolchain: Toolchain,
    *,
    task_status: TaskStatus[AnvilEndpoints] = anyio.TASK_STATUS_IGNORED,
) -> None:
    """Run anvil until cancelled; reports its endpoints once it listens. Raises AnvilFailed if it ends by itself."""
    command = [sys.executable, "-I", str(_GUARD), str(os.getpid()), str(toolchain.anvil)]
    process = await anyio.open_process(
        [*command, *config.arguments()],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # a Ctrl-C at the terminal reaches us first
    )
    try:
        await _watch(process, task_status)
    finally:
        with anyio.CancelScope(shield=True):
            await _stop(process)


async def _watch(process: Process, task_status: TaskStatus[AnvilEndpoints]) -> None:
    assert process.stdout is not None
    text, started = "", False
    with anyio.CancelScope(deadline=anyio.current_time() + _START_TIMEOUT_S) as start:
        async for chunk in TextReceiveStream(process.stdout, errors="replace"):
            text = (text + chunk)[-_KEPT_CHARACTERS:]
            found = None if started else _LISTENING.search(text)
            if found:
                started, start.deadline = True, float("inf")
                task_status.started(_endpoints(found, process.pid))
    raise AnvilFailed(
        "anvil ended" if started else "anvil did not start",
        output="\n".join(text.strip().splitlines()[-_TAIL_LINES:]),
    )


def _endpoints(found: re.Match[str], pid: int) -> AnvilEndpoints:
    address = f"{found[1]}:{found[2]}"
    log.info("anvil.started", http_url=f"http://{address}", pid=pid)
    return AnvilEndpoints(http_url=f"http://{address}", ws_url=f"ws://{address}", pid=pid)


async def _stop(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
        with anyio.move_on_after(_STOP_TIMEOUT_S):
            await process.wait()
    if process.returncode is None:
        process.kill()
        await process.wait()
    await process.aclose()
