"""Runs a command that must not outlive the process that wants it: `guard.py PARENT_PID COMMAND...`.

A stand-alone script (no imports of ours), so that it starts in a few milliseconds.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Ask Linux to kill us when the parent dies, then become the command."""
    parent, command = int(arguments[0]), arguments[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the request was in place
        sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - a fixed command, no shell


if __name__ == "__main__":
    main(sys.argv[1:])
