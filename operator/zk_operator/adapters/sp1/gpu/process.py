"""A sp1-gpu-server process of ours: its version, its circuit files, its start, what it says, its end.

Where the files are looked for is from crate sp1-prover 6.10.0, build.rs (`groth16_circuit_artifacts_dir`,
`circuit_artifacts_installed`). Where they are missing the server would load 6.2 GB in the middle of a proof.
"""

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL
from typing import BinaryIO

import anyio
from anyio.abc import Process

from zk_operator.adapters.sp1.child import end_process
from zk_operator.adapters.sp1.errors import GpuCircuitsMissing, GpuServerEnded, GpuServerUnsuitable

VARIABLE = "SP1_GROTH16_CIRCUIT_PATH"
_CIRCUIT = "v6.1.0"
_COMPLETE = ".complete"

VERSION = "6.10.0"  # the server's must be the SDK's, down to the last digit
_VERSION_S = 10.0
_REAP_S = 1.0
_END_S = 5.0
_TAIL_BYTES = 8_192
_TAIL_LINES = 4
_SAYS = 600


class GpuProcess:
    """A server that we have started for one device."""

    def __init__(self, *, device: int, process: Process, output: BinaryIO) -> None:
        self._device = device
        self._process = process
        self._output = output

    def __repr__(self) -> str:
        return f"GpuProcess(device={self._device}, pid={self.pid}, running={self.is_running})"

    @property
    def pid(self) -> int:
        """Of the server itself."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.returncode is None

    async def has_ended(self) -> bool:
        """Whether it has ended, or is about to: its sockets close a moment earlier."""
        with anyio.move_on_after(_REAP_S):
            await self._process.wait()
        return not self.is_running

    def ended(self) -> GpuServerEnded:
        """Its end as an error, with its last words."""
        return GpuServerEnded(
            device=self._device, exit_code=self._process.returncode, says=self.says()
        )

    def says(self) -> str:
        """The last lines of its output; of a panic, the reason."""
        descriptor = self._output.fileno()
        size = os.fstat(descriptor).st_size
        # Not seek: the server writes at the offset that it shares with us.
        tail = os.pread(descriptor, _TAIL_BYTES, max(size - _TAIL_BYTES, 0))
        return last_words(tail.decode(errors="replace"))

    async def end(self) -> None:
        """Stop it. SIGTERM ends it at once: it has no handler, and keeps nothing."""
        if self.is_running:
            with suppress(ProcessLookupError):
                self._process.terminate()
        await end_process(self._process, grace_s=_END_S)
        self._output.close()


def last_words(output: str) -> str:
    """The last lines, without Rust's advice on backtraces."""
    lines = [line.strip() for line in output.splitlines()]
    told = [line for line in lines if line and not line.startswith("note: ")]
    return " | ".join(told[-_TAIL_LINES:])[-_SAYS:]


async def start_process(
    *, binary: Path, device: int, logs: Path | None, circuits: Path | None
) -> GpuProcess:
    """Run the binary for a device. `logs`: private folder for its output and its temporary files; None: output is kept until the end only.

    Errors: GpuServerUnsuitable.
    """
    await require_version(binary)
    output = _output(logs, device)
    try:
        process = await anyio.open_process(
            [*_bound_to_us(), str(binary)],
            env=_environment(device, logs, circuits),
            stdin=DEVNULL,
            stdout=output,
            stderr=output,
        )
    except OSError as error:
        output.close()
        raise GpuServerUnsuitable(binary=str(binary), reason=str(error)) from error
    return GpuProcess(device=device, process=process, output=output)


async def require_version(binary: Path) -> None:
    """GpuServerUnsuitable unless the binary is there and of the version that is spoken here."""
    try:
        with anyio.fail_after(_VERSION_S):
            answer = await anyio.run_process([str(binary), "--version"], check=False)
    except (OSError, TimeoutError) as error:
        raise GpuServerUnsuitable(binary=str(binary), reason=str(error)) from error
    found = answer.stdout.decode(errors="replace").strip()
    if found != VERSION:
        trouble = answer.stderr.decode(errors="replace")
        raise GpuServerUnsuitable(
            "sp1-gpu-server is of another version or does not run here",
            found=found[:80],
            wanted=VERSION,
            says=last_words(trouble),
        )


def _environment(device: int, folder: Path | None, circuits: Path | None) -> dict[str, str]:
    """The server takes one device from CUDA_VISIBLE_DEVICES; its number is the socket's.

    It unpacks its executor into the temporary folder, and runs what is there already: a private one is safer.
    """
    folders = {"TMPDIR": folder, VARIABLE: circuits}
    return {
        "CUDA_DEVICE_ORDER": "PCI_BUS_ID",  # else device 1 may be another one than nvidia-smi's
        "NO_COLOR": "1",
        **os.environ,
        **{name: str(path) for name, path in folders.items() if path is not None},
        "RUST_BACKTRACE": "0",  # the reason of a panic stands before its frames, and would be cut off
        "CUDA_VISIBLE_DEVICES": str(device),
    }


def _bound_to_us() -> list[str]:
    """The server outlives whoever started it, and holds the device's memory; the kernel can see to that."""
    tool = shutil.which("setpriv")
    return [tool, "--pdeathsig", "TERM", "--"] if tool else []


def _output(logs: Path | None, device: int) -> BinaryIO:
    """Where a new server writes; what the one before it wrote is kept."""
    if logs is None:
        return tempfile.TemporaryFile()
    logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = logs / f"gpu-{device}.log"
    if path.exists():
        path.replace(path.with_suffix(".log.1"))
    return path.open("w+b", buffering=0)


def require_circuits(configured: Path | None) -> None:
    """GpuCircuitsMissing unless the files are all there, by the mark that their set-up leaves."""
    folder = (configured or _usual_folder()) / _CIRCUIT
    try:
        is_there = (folder / _COMPLETE).is_file()
    except OSError as error:  # a home that a service may not look into, for instance
        raise GpuCircuitsMissing(folder=str(folder), reason=error.strerror) from error
    if not is_there:
        raise GpuCircuitsMissing(folder=str(folder))


def _usual_folder() -> Path:
    named = os.environ.get(VARIABLE)
    return Path(named) if named else Path.home() / ".sp1" / "circuits" / "groth16"
