"""cargo-zisk as a child process: a script in its place, and what that starts."""

import os
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from zk_operator.adapters.sp1.errors import ZiskFailed
from zk_operator.adapters.sp1.zisk import Zisk

pytestmark = pytest.mark.devnet
STARTS_A_PROVER = """[ "$1" = --help ] && exit 0; sleep 60 & echo $! > "$0.pid"; wait"""
Script = Callable[[str], Path]


@pytest.fixture
def script(tmp_path: Path) -> Script:
    def write(text: str) -> Path:
        path = tmp_path / "cargo-zisk"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    return write


async def started(pid_file: Path) -> int:
    file = anyio.Path(pid_file)
    with anyio.fail_after(10):
        while True:
            if await file.exists() and (text := await file.read_text()):
                return int(text)
            await anyio.sleep(0.01)


async def ended(pid: int) -> None:
    """Until nothing runs under that number; whose child it was waits for it in its own time."""
    with anyio.fail_after(10):
        while True:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return
            state = await anyio.Path(f"/proc/{pid}/stat").read_text()
            if state.rpartition(")")[2].split()[0] == "Z":
                return
            await anyio.sleep(0.01)


@pytest.mark.parametrize("how", ["in time", "cancelled"])
async def test_prove__broken_off__ends_the_provers_that_it_started(
    how: str, script: Script
) -> None:
    binary = script(STARTS_A_PROVER)
    zisk = Zisk(binary=binary, timeout_s=1.0 if how == "in time" else 60.0)
    pid = 0

    async def prove() -> None:
        await zisk.prove(binary, binary)

    if how == "in time":
        with pytest.raises(ZiskFailed, match="too long"):
            await prove()
        pid = await started(binary.with_name("cargo-zisk.pid"))
    else:
        async with anyio.create_task_group() as group:
            group.start_soon(prove)
            pid = await started(binary.with_name("cargo-zisk.pid"))
            group.cancel_scope.cancel()
    await ended(pid)


async def test_run__that_prints_without_end__keeps_its_last_words(script: Script) -> None:
    binary = script("yes | head -c 30000000; yes x | head -c 30000000 >&2; echo end >&2; exit 3")
    with pytest.raises(ZiskFailed) as caught:
        await Zisk(binary=binary).version()
    assert caught.value.context["exit_code"] == 3
    said = str(caught.value.context["stderr"])
    assert said.endswith("end")
    assert len(said) <= 500
