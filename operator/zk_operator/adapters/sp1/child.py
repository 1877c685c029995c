"""The end of a child process, in bounded time."""

from contextlib import suppress

import anyio
import structlog
from anyio.abc import Process

log = structlog.get_logger(__name__)
KILLED_S = 2.0


async def end_process(process: Process, *, grace_s: float) -> None:
    """Wait so long for one that was told to end, then kill it. Runs to its end, cancelled or not.

    One that is stuck in a driver cannot be killed. It is left behind: waiting for it would hold up the operator for ever.
    """
    with anyio.CancelScope(shield=True):
        with anyio.move_on_after(grace_s):
            await process.wait()
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            with anyio.move_on_after(KILLED_S):
                await process.wait()
        if process.returncode is None:
            log.error("process.stuck", pid=process.pid)
        else:
            await process.aclose()
