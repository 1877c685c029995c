"""What the machine has, and what a step took of it. Memory in MiB."""

import os
import platform
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import anyio

from gpu_check.steps import Facts
from zk_operator.adapters.sp1.gpu.device import device_facts, said_by

KIB = 1024
MIB = 2**20
_SAMPLE_S = 1.0
_PROC = Path("/proc")
_CGROUP = Path("/sys/fs/cgroup")


def machine_facts() -> Facts:
    """Processor, memory, system: what a figure has to be read with."""
    total, available = host_memory()
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mib": total,
        "memory_available_mib": available,
        "shared_memory_mib": _shared_memory(),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def host_memory(proc: Path = _PROC, cgroup: Path = _CGROUP) -> tuple[int, int]:
    """Total and available; of the control group, where it allows less than the machine has."""
    rows = (line.split() for line in (proc / "meminfo").read_text().splitlines())
    found = {row[0].rstrip(":"): int(row[1]) // KIB for row in rows if len(row) > 1}
    total, available = found["MemTotal"], found["MemAvailable"]
    with suppress(OSError, ValueError):  # no limit is the word "max"
        limit = int((cgroup / "memory.max").read_text()) // MIB
        used = int((cgroup / "memory.current").read_text()) // MIB
        files = _cached_files(cgroup)
        total, available = min(total, limit), min(available, limit - used + files)
    return total, available


def _cached_files(cgroup: Path) -> int:
    """Counted as used, and given back when somebody wants it."""
    lines = (cgroup / "memory.stat").read_text().splitlines()
    files = ("active_file ", "inactive_file ")
    return sum(int(line.split()[1]) for line in lines if line.startswith(files)) // MIB


def _shared_memory() -> int | None:
    """Where SP1's executor hands its traces over; containers often have 64 MiB."""
    with suppress(OSError):
        return shutil.disk_usage("/dev/shm").free // MIB  # noqa: S108 - where the C library puts it
    return None


def _processor() -> str:
    for line in (_PROC / "cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


async def nvidia_smi() -> str | None:
    """The table that it prints; None where there is no such tool, or it fails."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return None
    said = await said_by([tool])
    return None if said is None else said.decode(errors="replace")


@asynccontextmanager
async def measured(facts: Facts, *, device: int, binary: Path) -> AsyncIterator[None]:
    """Writes the most that was in use meanwhile: of the device, of the host, by the server."""

    def raise_to(name: str, value: object) -> None:
        before = facts.get(name, 0)
        if isinstance(value, int) and isinstance(before, int):
            facts[name] = max(before, value)

    async def look() -> None:
        total, available = host_memory()
        raise_to("host_memory_used_mib", total - available)
        raise_to("server_memory_peak_mib", _peak_of(binary))
        raise_to("device_memory_used_mib", (await device_facts(device)).get("memory_used_mib"))

    async def keep_looking() -> None:
        while True:
            await look()
            await anyio.sleep(_SAMPLE_S)

    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(keep_looking, name="gpu-check:memory")
            try:
                yield
                await look()  # the server keeps what it once took
            finally:
                tasks.cancel_scope.cancel()
    except ExceptionGroup as group:
        raise group.exceptions[0] from None


def _peak_of(binary: Path) -> int | None:
    """The most that a process of this binary has had resident."""
    peaks = []
    for folder in _PROC.iterdir():
        with suppress(OSError, ValueError):
            if folder.name.isdecimal() and bytes(binary) in (folder / "cmdline").read_bytes():
                peaks.append(_resident_peak((folder / "status").read_text()))
    return max(peaks, default=None)


def _resident_peak(status: str) -> int:
    """Where the kernel keeps no peak, what is resident now; it is asked once a second."""
    lines = status.splitlines()
    return max(
        int(line.split()[1]) // KIB for line in lines if line.startswith(("VmHWM:", "VmRSS:"))
    )
