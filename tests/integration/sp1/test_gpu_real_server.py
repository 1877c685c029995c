"""The real sp1-gpu-server, where `make prover-gpu` has built it, without a GPU: how it ends, and what it reads and answers.

With a stand-in for the CUDA runtime it starts and speaks, so that its own code takes our requests apart and writes the
answers; it computes nothing.
"""

import random
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from zk_operator.adapters.sp1.bincode import encode_stdin
from zk_operator.adapters.sp1.errors import GpuProvingFailed, GpuServerEnded
from zk_operator.adapters.sp1.gpu import GpuConfig, open_gpu_engine
from zk_operator.adapters.sp1.gpu.process import require_version, start_process
from zk_operator.adapters.sp1.gpu.server import default_socket
from zk_operator.adapters.sp1.gpu.session import connect, peer_of
from zk_operator.adapters.sp1.gpu.wire import (
    LENGTH_BYTES,
    Acknowledged,
    Response,
    destroy,
    framed,
    message_size,
    parse,
    prove,
)
from zk_operator.adapters.sp1.local.engine import ProofJob
from zk_operator.adapters.sp1.saved_proof import TAGS, Mode

BINARY = (
    Path(__file__).resolve().parents[3] / "operator/prover/target/gpu/install/bin/sp1-gpu-server"
)
STUB = Path(__file__).with_name("cuda_stub.c")
KEY = b"\x07" * 32
pytestmark = [
    pytest.mark.devnet,
    pytest.mark.skipif(not BINARY.is_file(), reason="make prover-gpu has not been run"),
]


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """The real binary, made to think that it has a device."""
    compiler, library, binary = shutil.which("cc"), tmp_path / "cuda.so", tmp_path / "server"
    if compiler is None:
        pytest.skip("there is no C compiler")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, STUB], check=True)
    binary.write_text(f'#!/bin/sh\nLD_PRELOAD="{library}" exec "{BINARY}" "$@"\n')
    binary.chmod(0o755)
    return binary


@asynccontextmanager
async def speaking(binary: Path, logs: Path) -> AsyncIterator[Path]:
    """The socket of a running server."""
    device = random.randrange(10_000, 2**32)
    socket = default_socket(device)
    process = await start_process(binary=binary, device=device, logs=logs, circuits=None)
    try:
        with anyio.fail_after(60):
            while not socket.exists():
                assert process.is_running, process.says()
                await anyio.sleep(0.05)
        async with await connect(socket) as stream:
            assert peer_of(stream).pid == process.pid
        yield socket
    finally:
        await process.end()
        socket.unlink(missing_ok=True)


async def asked(socket: Path, *messages: bytes) -> Response:
    """The answer to the last of the messages, on one connection."""
    async with await connect(socket) as stream:
        for message in messages:
            await stream.send(framed(message))
            answer = b""
            while len(answer) < LENGTH_BYTES or len(answer) < LENGTH_BYTES + message_size(
                answer[:LENGTH_BYTES]
            ):
                answer += await stream.receive()
    return parse(answer[LENGTH_BYTES:])


async def test_server__its_version__is_the_one_that_is_spoken() -> None:
    await require_version(BINARY)


@pytest.mark.skipif(shutil.which("nvidia-smi") is not None, reason="there may be a device here")
async def test_engine__without_a_device__says_that_cuda_is_missing(tmp_path: Path) -> None:
    device = random.randrange(10_000, 2**32)
    config = GpuConfig(devices=(device,), binary=BINARY, logs=tmp_path)
    job = ProofJob(elf=b"\x7fELF", stdin=encode_stdin([]), mode=Mode.CORE, timeout_s=60)
    async with open_gpu_engine(config) as gpu:
        with anyio.fail_after(30), pytest.raises(GpuServerEnded) as raised:
            await gpu.prove(job)
    assert raised.value.context["exit_code"] == 101
    assert "CUDA driver version is insufficient" in str(raised.value.context["says"])


async def test_server__a_key_to_destroy__is_acknowledged(server: Path, tmp_path: Path) -> None:
    async with speaking(server, tmp_path / "logs") as socket:
        assert await asked(socket, destroy(KEY)) == Acknowledged()
        assert await asked(socket, destroy(KEY), destroy(KEY)) == Acknowledged()


async def test_server__a_request_for_each_kind_of_proof__is_read_to_its_end(
    server: Path,
    tmp_path: Path,
) -> None:
    """Every field was decoded: what is missing is the program, which was not set up."""
    stdin = encode_stdin([b"orders", b""])
    async with speaking(server, tmp_path / "logs") as socket:
        for mode in TAGS:
            with pytest.raises(GpuProvingFailed) as raised:
                await asked(socket, prove(mode=mode, key=KEY, stdin=stdin, nonce=2**128 - 1))
            assert "Missing proving key" in str(raised.value.context["server_says"])


@pytest.mark.parametrize("cut", [1, 16, 17])
async def test_server__a_request_cut_short__is_refused(
    server: Path, tmp_path: Path, cut: int
) -> None:
    """So the four words of the nonce are the last that it reads."""
    message = prove(mode=Mode.CORE, key=KEY, stdin=encode_stdin([b"orders"]), nonce=9)
    async with speaking(server, tmp_path / "logs") as socket:
        with pytest.raises(GpuProvingFailed) as raised:
            await asked(socket, message[:-cut])
    assert "Missing" not in str(raised.value.context["server_says"])
