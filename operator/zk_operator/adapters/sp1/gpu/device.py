"""What nvidia-smi says of a device."""

import shutil
from collections.abc import Mapping

import anyio

_QUERY_S = 10.0
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
    try:
        with anyio.fail_after(_QUERY_S):
            answer = await anyio.run_process([tool, *query, "-i", str(device)], check=False)
    except (OSError, TimeoutError):
        return {}
    return parse_facts(answer.stdout.decode(errors="replace")) if answer.returncode == 0 else {}


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
