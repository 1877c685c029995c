"""What nvidia-smi says of a device."""

import shutil
from collections.abc import Mapping, Sequence
from subprocess import DEVNULL

import anyio

from zk_operator.adapters.sp1.child import end_process

_QUERY_S = 10.0
MOST_BYTES = 64 << 10
_FIELDS = {
    "name": "name",
    "driver": "driver_version",
    "memory_used_mib": "memory.used",
    "memory_total_mib": "memory.total",
    "busy_percent": "utilization.gpu",
}
_TEXTS = frozenset({"name", "driver"})


async def device_facts(device: int) -> Mapping[str, object]:
    """Name, driver, memory in MiB and load, by nvidia-smi's number; empty where there is no such tool or device."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return {}
    query = [f"--query-gpu={','.join(_FIELDS.values())}", "--format=csv,noheader,nounits"]
    answer = await said_by([tool, *query, "-i", str(device)])
    return {} if answer is None else parse_facts(answer.decode(errors="replace"))


async def said_by(command: Sequence[str]) -> bytes | None:
    """What a command prints in ten seconds, its first 64 KiB; None where it fails. Not `run_process`: that waits for one that cannot be killed."""
    try:
        process = await anyio.open_process(command, stdin=DEVNULL, stderr=DEVNULL)
    except OSError:
        return None
    assert process.stdout is not None
    said = bytearray()
    try:
        with anyio.move_on_after(_QUERY_S):
            async for chunk in process.stdout:
                said += chunk[: MOST_BYTES - len(said)]
            await process.wait()
    finally:
        await end_process(process, grace_s=0)
    return bytes(said) if process.returncode == 0 else None


def parse_facts(line: str) -> Mapping[str, object]:
    """A line of nvidia-smi's CSV; what a device does not tell ("[N/A]") is left out."""
    values = [value.strip() for value in line.strip().split(",")]
    if len(values) != len(_FIELDS):
        return {}
    facts = dict(zip(_FIELDS, values, strict=True))
    return {
        name: value if name in _TEXTS else int(value)
        for name, value in facts.items()
        if name in _TEXTS or value.isdecimal()
    }
