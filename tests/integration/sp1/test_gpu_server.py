"""The GPU engine against a scripted socket; no GPU was at hand for these tests, and none is needed."""

import hashlib
import stat
import struct
from collections import deque
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from zk_acts.domain.ids import Hash32
from zk_devnet.groth16_dev import prove
from zk_devnet.groth16_dev.key import GNARK_VK_SHA256
from zk_devnet.prover_network.bincode import Groth16Blob
from zk_devnet.testing.scripted_gpu_server import ScriptedGpuServer, listening
from zk_operator.adapters.sp1.bincode import decode_network_proof
from zk_operator.adapters.sp1.errors import (
    GpuProvingFailed,
    GpuServerUnreachable,
    GpuServerUnsuitable,
)
from zk_operator.adapters.sp1.gpu import GpuConfig, GpuEngine, open_gpu_engine
from zk_operator.adapters.sp1.gpu.process import VERSION, require_version
from zk_operator.adapters.sp1.local.engine import ProofJob
from zk_operator.adapters.sp1.saved_proof import Mode, decode_saved_proof
from zk_operator.runtime.telemetry import Telemetry

pytestmark = pytest.mark.devnet
VECTORS = Path(__file__).resolve().parents[4] / "shared" / "vectors" / "sp1-v6"
JOB = ProofJob(elf=b"\x7fELF", stdin=b"\0" * 24, mode=Mode.GROTH16, timeout_s=5, nonce=3)


def vector(name: str) -> bytes:
    path = VECTORS / name
    if not path.is_file():
        pytest.skip(f"the vectors folder is absent: {name}")
    return path.read_bytes()


def groth16_blob() -> bytes:
    """A proof under the devnet's key, as a prover of SP1 6 puts it."""
    inputs = prove.public_inputs(
        program_vkey=Hash32(bytes(32)), public_values=b"values", exit_code=0, nonce=3
    )
    proof = prove.prove(inputs, lambda _: 12_345)
    return Groth16Blob(
        public_inputs=inputs.as_tuple(),
        encoded_proof=prove.encoded_proof(proof, inputs),
        raw_proof=prove.raw_proof(proof),
        vkey_hash=GNARK_VK_SHA256,
        public_values=b"values",
        sp1_version="v6.1.0",
    ).encode()


def engine(*sockets: Path) -> GpuEngine:
    devices = tuple(range(len(sockets)))
    return GpuEngine(GpuConfig(devices=devices, sockets=dict(enumerate(sockets))))


async def test_prove__twice__keeps_the_connection_that_the_prover_was_built_for(
    tmp_path: Path,
) -> None:
    server = ScriptedGpuServer(proof=b"a proof")
    async with listening(server, tmp_path / "gpu.sock") as socket:
        gpu = engine(socket)
        await gpu.require_ready()
        assert [await gpu.prove(JOB), await gpu.prove(JOB)] == [b"a proof", b"a proof"]
        await gpu.end()
    assert (server.connections, server.tags) == (1, [0, 1, 0, 1])


async def test_prove__another_program__drops_the_key_of_the_first(tmp_path: Path) -> None:
    server = ScriptedGpuServer()
    async with listening(server, tmp_path / "gpu.sock") as socket:
        gpu = engine(socket)
        await gpu.prove(JOB)
        await gpu.prove(replace(JOB, elf=b"another"))
        await gpu.end()
    assert server.tags == [0, 1, 0, 2, 1]
    assert server.requests[3][4:] == hashlib.sha256(JOB.elf).digest()


async def test_prove__the_server_was_started_anew__connects_again(tmp_path: Path) -> None:
    gpu = engine(tmp_path / "gpu.sock")
    for _ in range(2):
        async with listening(ScriptedGpuServer(proof=b"a proof"), tmp_path / "gpu.sock"):
            assert await gpu.prove(JOB) == b"a proof"
    await gpu.end()


async def test_prove__the_server_sets_up_another_program__fails(tmp_path: Path) -> None:
    wrong = struct.pack("<I", 1) + bytes(32) + bytes(104)
    async with listening(ScriptedGpuServer(script=deque([wrong])), tmp_path / "gpu.sock") as socket:
        with pytest.raises(GpuProvingFailed, match="another program"):
            await engine(socket).prove(JOB)


async def test_prove__a_real_compressed_proof__comes_through_whole(tmp_path: Path) -> None:
    """The server answers what networks serve, which has no place for a TEE proof; the vector is a file, which has."""
    saved = vector("fibonacci-compressed.bin")
    assert saved.endswith(b"\0")
    server = ScriptedGpuServer(proof=saved[:-1])
    async with listening(server, tmp_path / "gpu.sock") as socket:
        gpu = engine(socket)
        job = replace(JOB, elf=vector("fibonacci.elf"), mode=Mode.COMPRESSED)
        made = await gpu.prove(job)
        await gpu.end()
    proof = decode_saved_proof(made)
    assert (proof.mode, proof.sp1_version) == (Mode.COMPRESSED, "v6.1.0")
    assert proof.public_values.hex() == "e80300004d170000430e0000"
    assert server.requests[0] == struct.pack("<IQ", 0, len(job.elf)) + job.elf
    assert server.requests[1][:8] == struct.pack("<II", 1, 2)


async def test_prove__a_groth16_proof__is_what_the_route_can_use(tmp_path: Path) -> None:
    server = ScriptedGpuServer(proof=groth16_blob())
    async with listening(server, tmp_path / "gpu.sock") as socket:
        gpu = engine(socket)
        made = await gpu.prove(JOB)
        await gpu.end()
    proof = decode_network_proof(made).to_port()
    assert (len(proof.onchain), proof.public_values) == (356, b"values")
    assert server.requests[1] == (
        struct.pack("<II", 1, 4)
        + hashlib.sha256(JOB.elf).digest()
        + JOB.stdin
        + struct.pack("<4I", 3, 0, 0, 0)
    )


async def test_prove__nvidia_smi_that_hangs__does_not_lose_the_proof(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does so when a driver is in trouble; the deadline passes meanwhile."""
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\nexec sleep 60\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr("zk_operator.adapters.sp1.gpu.engine._MEASURE_S", 0.5, raising=False)
    async with listening(ScriptedGpuServer(proof=b"a proof"), tmp_path / "gpu.sock") as socket:
        gpu = GpuEngine(GpuConfig(sockets={0: socket}), Telemetry())
        with anyio.move_on_after(0.3):
            made = await gpu.prove(JOB)
        assert made == b"a proof"
        await gpu.end()


async def test_prove__nobody_listening__is_unreachable(tmp_path: Path) -> None:
    gpu = engine(tmp_path / "absent.sock")
    with pytest.raises(GpuServerUnreachable):
        await gpu.require_ready()
    with pytest.raises(GpuServerUnreachable):
        await gpu.prove(JOB)


async def test_prove__the_connection_breaks__is_unreachable(tmp_path: Path) -> None:
    server = ScriptedGpuServer(script=deque([None]))
    async with listening(server, tmp_path / "gpu.sock") as socket:
        with pytest.raises(GpuServerUnreachable):
            await engine(socket).prove(JOB)


async def test_prove__takes_too_long__is_unreachable(tmp_path: Path) -> None:
    server = ScriptedGpuServer(delay_s=5)
    async with listening(server, tmp_path / "gpu.sock") as socket:
        job = ProofJob(elf=b"", stdin=b"", mode=Mode.CORE, timeout_s=0.05)
        with pytest.raises(GpuServerUnreachable):
            await engine(socket).prove(job)


async def test_prove__the_server_fails__says_why_and_is_free_again(tmp_path: Path) -> None:
    text = b"out of memory"
    failure = struct.pack("<IQ", 3, len(text)) + text
    server = ScriptedGpuServer(script=deque([failure]))
    async with listening(server, tmp_path / "gpu.sock") as socket:
        gpu = engine(socket)
        with pytest.raises(GpuProvingFailed, match="out of memory"):
            await gpu.prove(JOB)
        assert await gpu.prove(JOB) == b"proof"
        await gpu.end()


async def test_prove__two_devices__work_at_the_same_time(tmp_path: Path) -> None:
    servers = [ScriptedGpuServer(delay_s=0.05), ScriptedGpuServer(delay_s=0.05)]
    async with (
        listening(servers[0], tmp_path / "0.sock") as first,
        listening(servers[1], tmp_path / "1.sock") as second,
    ):
        gpu = engine(first, second)
        assert gpu.capacity == 2
        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(gpu.prove, JOB)
        await gpu.end()
    assert [len(server.requests) for server in servers] == [4, 4]


async def test_status__of_a_listening_server__says_so(tmp_path: Path) -> None:
    async with listening(ScriptedGpuServer(), tmp_path / "gpu.sock") as socket:
        status = await engine(socket).status()
    devices = status["devices"]
    assert isinstance(devices, list)
    assert (status["version"], devices[0]["listening"], devices[0]["ours"]) == (
        VERSION,
        True,
        False,
    )


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


async def test_version__of_the_binary__must_be_the_one_that_is_spoken(tmp_path: Path) -> None:
    await require_version(script(tmp_path / "right", f"echo {VERSION}"))
    with pytest.raises(GpuServerUnsuitable, match="another version"):
        await require_version(script(tmp_path / "wrong", "echo 6.4.0"))
    with pytest.raises(GpuServerUnsuitable):
        await require_version(tmp_path / "absent")


async def test_engine__with_a_binary_of_another_version__is_not_ready(tmp_path: Path) -> None:
    config = GpuConfig(binary=script(tmp_path / "old", "echo 5.2.4"))
    async with open_gpu_engine(config) as gpu:
        with pytest.raises(GpuServerUnsuitable):
            await gpu.require_ready()
