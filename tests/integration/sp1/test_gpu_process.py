"""The GPU server as a child process: a stub that behaves as the real binary does; no GPU is needed."""

import os
import stat
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from zk_devnet.testing.scripted_gpu_server import ScriptedGpuServer, listening
from zk_operator.adapters.sp1.errors import (
    GpuCircuitsMissing,
    GpuDeviceTaken,
    GpuProvingFailed,
    GpuServerEnded,
    GpuServerUnreachable,
)
from zk_operator.adapters.sp1.gpu import GpuConfig, open_gpu_engine
from zk_operator.adapters.sp1.gpu.engine import GpuEngine
from zk_operator.adapters.sp1.local.engine import ProofJob
from zk_operator.adapters.sp1.saved_proof import Mode
from zk_operator.runtime.telemetry import Telemetry

pytestmark = pytest.mark.devnet
STUB = Path(__file__).with_name("gpu_server_stub.py")
JOB = ProofJob(elf=b"\x7fELF", stdin=bytes(24), mode=Mode.COMPRESSED, timeout_s=20)
Configure = Callable[[str], GpuConfig]


@pytest.fixture
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """A configuration whose binary is the stub with a behaviour."""
    monkeypatch.delenv("SP1_GROTH16_CIRCUIT_PATH", raising=False)

    def configured(behaviour: str) -> GpuConfig:
        socket, binary = tmp_path / "gpu.sock", tmp_path / behaviour
        command = f'exec "{sys.executable}" "{STUB}" "{socket}" {behaviour} "$@"'
        binary.write_text(f"#!/bin/sh\n{command}\n")
        binary.chmod(binary.stat().st_mode | stat.S_IXUSR)
        return GpuConfig(
            devices=(3,), binary=binary, sockets={3: socket}, logs=tmp_path / "private" / "gpu"
        )

    return configured


async def device(gpu: GpuEngine) -> dict[str, object]:
    devices = (await gpu.status())["devices"]
    assert isinstance(devices, list)
    return dict(devices[0])


async def test_prove__our_binary__is_started_once_and_ended_with_the_engine(
    configure: Configure, tmp_path: Path
) -> None:
    async with open_gpu_engine(configure("serve")) as gpu:
        await gpu.require_ready()
        assert (await device(gpu))["listening"] is False
        first, second = await gpu.prove(JOB), await gpu.prove(JOB)
        status = await device(gpu)
    assert first == second == f"proof by {status['pid']}".encode()
    assert (status["ours"], status["version"], status["busy"]) == (True, "6.10.0", False)
    with pytest.raises(ProcessLookupError):
        os.kill(int(str(status["pid"])), 0)
    logs = tmp_path / "private" / "gpu"
    assert (logs / "gpu-3.log").read_text() == f"device 3 {logs} circuits None\n"
    assert stat.S_IMODE(logs.stat().st_mode) == 0o700


async def test_prove__no_device_in_the_machine__says_so_at_once(configure: Configure) -> None:
    async with open_gpu_engine(configure("panic")) as gpu:
        with anyio.fail_after(15), pytest.raises(GpuServerEnded) as raised:
            await gpu.prove(JOB)
    assert raised.value.code == "ZKO-PRV-053"
    assert raised.value.context["exit_code"] == 101
    says = str(raised.value.context["says"])
    assert "CUDA driver version is insufficient" in says
    assert "RUST_BACKTRACE" not in says


async def test_prove__the_server_dies_at_work__is_told_and_started_anew(
    configure: Configure, tmp_path: Path
) -> None:
    async with open_gpu_engine(configure("die")) as gpu:
        with pytest.raises(GpuServerEnded, match="out of GPU memory"):
            await gpu.prove(JOB)
        assert (await gpu.prove(JOB)).startswith(b"proof by ")
    assert "out of GPU memory" in (tmp_path / "private" / "gpu" / "gpu-3.log.1").read_text()


async def test_prove__a_task_fails__has_the_reason_from_the_output(configure: Configure) -> None:
    async with open_gpu_engine(configure("fail")) as gpu:
        with pytest.raises(GpuProvingFailed) as raised:
            await gpu.prove(JOB)
    assert raised.value.context["server_says"] == "controller task failed"
    assert "the program ended with 1" in str(raised.value.context["says"])


async def test_prove__cancelled__ends_the_server_that_would_go_on(configure: Configure) -> None:
    async with open_gpu_engine(configure("slow")) as gpu:
        async with anyio.create_task_group() as group:
            group.start_soon(gpu.prove, JOB)
            with anyio.fail_after(15):
                while not (await device(gpu))["listening"]:  # noqa: ASYNC110 - another process
                    await anyio.sleep(0.05)
            assert (await device(gpu))["busy"] is True
            group.cancel_scope.cancel()
        status = await device(gpu)
        assert (status["listening"], status["ours"], status["busy"]) == (False, False, False)


async def test_prove__takes_too_long__ends_the_server(configure: Configure) -> None:
    job = ProofJob(elf=b"", stdin=b"", mode=Mode.CORE, timeout_s=2)
    async with open_gpu_engine(configure("slow")) as gpu:
        with pytest.raises(GpuServerUnreachable, match="in time"):
            await gpu.prove(job)
        assert (await device(gpu))["listening"] is False


async def test_engine__another_server_on_the_device__starts_no_second(
    configure: Configure, tmp_path: Path
) -> None:
    async with (
        listening(ScriptedGpuServer(), tmp_path / "gpu.sock"),
        open_gpu_engine(configure("serve")) as gpu,
    ):
        await gpu.require_ready()  # as `prover status` beside a daemon
        with pytest.raises(GpuDeviceTaken, match=f"pid={os.getpid()}"):
            await gpu.prove(JOB)


async def test_engine__after_a_proof__has_measured_the_devices_memory(
    configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "tools" / "nvidia-smi"
    tool.parent.mkdir()
    tool.write_text('#!/bin/sh\necho "NVIDIA H200, 580.95.05, 24576, 143771, 97"\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")
    telemetry = Telemetry()
    async with open_gpu_engine(configure("serve"), telemetry) as gpu:
        await gpu.prove(JOB)
        status = await device(gpu)
    name = "zk_operator_prover_device_memory_bytes"
    used = telemetry.registry.get_sample_value(name, {"device": "3", "kind": "used"})
    assert (used, status["name"]) == (24_576 * 2**20, "NVIDIA H200")


async def test_groth16__without_circuit_files__is_refused_before_the_server_loads_them(
    configure: Configure, tmp_path: Path
) -> None:
    folder = tmp_path / "circuits"
    config = replace(configure("serve"), circuits=folder, mode=Mode.GROTH16)
    job = replace(JOB, mode=Mode.GROTH16)
    async with open_gpu_engine(config) as gpu:
        with pytest.raises(GpuCircuitsMissing, match="circuit files"):
            await gpu.require_ready()
        with pytest.raises(GpuCircuitsMissing):
            await gpu.prove(job)
        (folder / "v6.1.0").mkdir(parents=True)
        (folder / "v6.1.0" / ".complete").touch()
        await gpu.require_ready()
        assert (await gpu.prove(job)).startswith(b"proof by ")
    assert f"circuits {folder}" in (tmp_path / "private" / "gpu" / "gpu-3.log").read_text()


async def test_prove__circuit_files_that_cannot_be_looked_at__are_missing(
    configure: Configure, tmp_path: Path
) -> None:
    """As below a home that systemd hides; no file system has names as long as this one either."""
    config = replace(configure("ready"), circuits=tmp_path / ("x" * 300))
    async with open_gpu_engine(config) as engine:
        with pytest.raises(GpuCircuitsMissing):
            await engine.prove(replace(JOB, mode=Mode.GROTH16))
