"""The real host as a process that trusts nobody: how it ends, whom it lets in, what it makes of junk. Needs `make prover`."""

import json
import os
import random
import signal
import stat
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.abc import ByteStream, Process
from anyio.streams.buffered import BufferedByteReceiveStream
from tests.integration.prover.conftest import binary

from zk_devnet.testing.batches import batch_over_pools, pythons_values
from zk_operator.adapters.sp1.host.client import ProverHost
from zk_operator.adapters.sp1.host.errors import HostUnreachable
from zk_operator.domain.batch_input import sp1_stdin
from zk_operator.program import batch_program

pytestmark = [pytest.mark.devnet, pytest.mark.timeout(300)]

CYCLES = 100_000_000
MAX_REQUESTS, MAX_CONNECTIONS = 32, 16
SETUP_S = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A host and where it listens."""

    process: Process
    socket: Path
    cache: Path

    @property
    def client(self) -> ProverHost:
        return ProverHost(socket=self.socket)

    async def ended(self) -> int:
        with anyio.fail_after(30):
            return await self.process.wait()


@asynccontextmanager
async def running(tmp_path: Path, *options: str) -> AsyncIterator[Running]:
    if not binary().exists():
        pytest.skip("the prover host is not built: run `make prover` (needs Rust)")
    socket, cache = tmp_path / "host.sock", tmp_path / "cache"
    command = [str(binary()), "--socket", str(socket), "--cache", str(cache), *options]
    async with await anyio.open_process(command) as process:
        assert process.stdout is not None
        with anyio.fail_after(60):
            line = await BufferedByteReceiveStream(process.stdout).receive_until(b"\n", 4_096)
        assert json.loads(line)["event"] == "host.started"
        try:
            yield Running(process=process, socket=socket, cache=cache)
        finally:
            if process.returncode is None:
                process.kill()


class Connection:
    """One connection, with messages put together by hand."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._reader = BufferedByteReceiveStream(stream)

    async def send(self, number: int, op: object, parts: Sequence[bytes] = ()) -> None:
        header = json.dumps({"id": number, "op": op, "parts": [len(part) for part in parts]})
        await self.send_raw(framed(header.encode(), b"".join(parts)))

    async def send_raw(self, raw: bytes) -> None:
        await self._stream.send(raw)

    async def end(self) -> None:
        await self._stream.aclose()

    async def receive(self) -> dict[str, Any]:
        """The next answer's header."""
        size = int.from_bytes(await self._reader.receive_exactly(4), "little")
        message = await self._reader.receive_exactly(size)
        end = 4 + int.from_bytes(message[:4], "little")
        header: dict[str, Any] = json.loads(message[4:end])
        return header

    async def is_closed(self) -> bool:
        try:
            with anyio.fail_after(5):
                await self._reader.receive()
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            return True
        return False


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Ask again and again."""
    with anyio.fail_after(SETUP_S):
        while True:
            if await holds():
                return
            await anyio.sleep(0.01)


def framed(header: bytes, rest: bytes = b"") -> bytes:
    body = len(header).to_bytes(4, "little") + header + rest
    return len(body).to_bytes(4, "little") + body


@asynccontextmanager
async def connected(host: Running) -> AsyncIterator[Connection]:
    async with await anyio.connect_unix(host.socket) as stream:
        yield Connection(stream)


def execution(count: int = 100) -> tuple[object, list[bytes]]:
    parts = [batch_program().elf, batch_over_pools(count).stdin()]
    return {"execute": {"cycle_limit": CYCLES}}, parts


# --- how it ends ----------------------------------------------------------------------------------


async def test_host__its_standard_input_closes__ends(tmp_path: Path) -> None:
    async with running(tmp_path) as host:
        assert host.process.stdin is not None
        await host.process.stdin.aclose()
        assert await host.ended() == 0
        assert not host.socket.exists()


async def test_host__told_to_stay__outlives_its_standard_input(tmp_path: Path) -> None:
    async with running(tmp_path, "--stay") as host:
        assert host.process.stdin is not None
        await host.process.stdin.aclose()
        assert (await host.client.version()).mode == "light"


async def test_host__sigterm__ends_and_leaves_no_socket(tmp_path: Path) -> None:
    async with running(tmp_path) as host:
        host.process.send_signal(signal.SIGTERM)
        assert await host.ended() == 0
        assert not host.socket.exists()


async def test_host__without_work__ends_when_it_was_idle_for_long_enough(tmp_path: Path) -> None:
    async with running(tmp_path, "--idle-s", "1") as host:
        await host.client.version()
        assert await host.ended() == 0


async def test_host__killed_at_work__is_an_error_of_the_request(tmp_path: Path) -> None:
    async with running(tmp_path) as host, anyio.create_task_group() as tasks:
        tasks.start_soon(_kill_at_work, host)
        with pytest.raises(HostUnreachable):
            await host.client.setup(batch_program().elf)


async def _kill_at_work(host: Running) -> None:
    async def is_at_work() -> bool:
        return "setting_up" in {job.stage for job in await host.client.progress()}

    await until(is_at_work)
    host.process.kill()


async def test_host__a_socket_left_over__is_replaced(tmp_path: Path) -> None:
    async with running(tmp_path) as host:
        host.process.kill()
        await host.ended()
        assert host.socket.exists()
    async with running(tmp_path) as host:
        assert (await host.client.version()).mode == "light"


async def test_host__a_file_in_the_sockets_place__is_left_alone(tmp_path: Path) -> None:
    if not binary().exists():
        pytest.skip("the prover host is not built: run `make prover` (needs Rust)")
    (tmp_path / "host.sock").write_text("not mine")
    command = [str(binary()), "--socket", f"{tmp_path}/host.sock", "--cache", f"{tmp_path}/cache"]
    with anyio.fail_after(60):
        run = await anyio.run_process(command, check=False)
    assert run.returncode == 70
    assert (tmp_path / "host.sock").read_text() == "not mine"


# --- whom it lets in ------------------------------------------------------------------------------


async def test_host__socket_and_folder__are_its_owners(tmp_path: Path) -> None:
    async with running(tmp_path) as host:
        assert stat.S_IMODE(host.socket.stat().st_mode) == 0o600
        assert stat.S_IMODE(host.cache.stat().st_mode) == 0o700


async def test_host__more_connections_than_it_takes__closes_the_last(tmp_path: Path) -> None:
    async with running(tmp_path) as host:
        streams = [await anyio.connect_unix(host.socket) for _ in range(MAX_CONNECTIONS)]
        # An answer on each, so that all of them are surely counted.
        for stream in streams:
            connection = Connection(stream)
            await connection.send(1, "version")
            assert (await connection.receive())["answer"]["protocol"] == 1
        async with connected(host) as one_more:
            assert await one_more.is_closed()
        for stream in streams:
            await stream.aclose()

        async def lets_in() -> bool:
            try:
                return (await host.client.version()).protocol == 1
            except HostUnreachable:
                return False

        await until(lets_in)


# --- what it makes of junk ------------------------------------------------------------------------

JUNK = {
    "too short": b"\x00\x00\x00\x00",
    "too long": b"\xff\xff\xff\xff",
    "no header": framed(b""),
    "no JSON": framed(b"\xff\xfe"),
    "nothing asked": framed(b"{}"),
    "another operation": framed(b'{"id":1,"op":"reboot"}'),
    "terms missing": framed(b'{"id":1,"op":"execute"}'),
    "terms too many": framed(b'{"id":1,"op":{"verify_groth16":{"x":1}}}'),
    "a negative id": framed(b'{"id":-1,"op":"version"}'),
    "parts missing": framed(b'{"id":1,"op":"setup","parts":[9]}', b"short"),
    "parts that overflow": framed(
        b'{"id":1,"op":"setup","parts":[18446744073709551615,6]}', b"short"
    ),
    "deep JSON": framed(b"[" * 60_000),
}


@pytest.mark.parametrize("name", JUNK)
async def test_host__junk__is_answered_once_and_the_connection_closed(
    tmp_path: Path, name: str
) -> None:
    async with running(tmp_path) as host:
        async with connected(host) as connection:
            await connection.send_raw(JUNK[name])
            answer = await connection.receive()
            assert (answer["id"], answer["error"]["code"]) == (0, "malformed")
            assert await connection.is_closed()
        assert (await host.client.version()).protocol == 1


async def test_host__random_bytes_in_every_place__never_end_it(tmp_path: Path) -> None:
    chance = random.Random(5)
    ops = ["setup", "verify", "verify_groth16", "progress", {"cancel": {"job": 7}}]
    ops += [{"execute": {"cycle_limit": 9}}, {"prove": {"mode": "core"}}, "version"]
    async with running(tmp_path) as host:
        for number in range(150):
            async with connected(host) as connection:
                parts = [chance.randbytes(chance.choice([0, 1, 32, 420, 492])) for _ in range(3)]
                await connection.send(number, chance.choice(ops), parts[: chance.randrange(4)])
                answer = await connection.receive()
            assert answer["id"] == number
            assert ("answer" in answer) != ("error" in answer)
            assert answer.get("error", {}).get("code") != "internal"
        resources = await host.client.resources()
    assert resources.memory_peak < 100 << 20


async def test_host__half_a_message_and_gone__is_nothing_to_it(tmp_path: Path) -> None:
    async with running(tmp_path) as host:
        async with connected(host) as connection:
            await connection.send_raw((60 << 20).to_bytes(4, "little") + b"\x10")
        assert (await host.client.resources()).memory_used < 100 << 20


# --- several requests at once ---------------------------------------------------------------------


async def test_connection__several_requests__are_answered_each(tmp_path: Path) -> None:
    op, parts = execution(10)
    async with running(tmp_path) as host, connected(host) as connection:
        for number in range(8):
            await connection.send(number, op, parts)
        answers = [await connection.receive() for _ in range(8)]
    assert {answer["id"] for answer in answers} == set(range(8))
    assert {answer["answer"]["exit_code"] for answer in answers} == {0}


async def test_connection__too_many_requests_or_an_id_twice__is_refused(tmp_path: Path) -> None:
    op, parts = execution()
    async with running(tmp_path) as host, connected(host) as connection:
        for number in range(MAX_REQUESTS + 8):
            await connection.send(number, op, parts)
        await connection.send(0, op, parts)
        answers = [await connection.receive() for _ in range(MAX_REQUESTS + 9)]
    codes = [answer["error"]["code"] for answer in answers if "error" in answer]
    assert set(codes) <= {"busy", "malformed"}
    assert "busy" in codes
    assert sum("answer" in answer for answer in answers) >= MAX_REQUESTS


async def test_cancel__a_request_under_way__drops_it(tmp_path: Path) -> None:
    async with running(tmp_path) as host, connected(host) as connection:
        await connection.send(1, "setup", [batch_program().elf])
        await connection.send(2, {"cancel": {"job": 1}})
        await connection.send(3, {"cancel": {"job": 99}})
        answers = {}
        for _ in range(3):
            answer = await connection.receive()
            answers[answer["id"]] = answer
    assert answers[1]["error"]["code"] == "cancelled"
    assert answers[2]["answer"] == {"cancelled": True, "ending": False}
    assert answers[3]["answer"] == {"cancelled": False, "ending": False}


async def test_connection__closed_with_requests_under_way__cancels_them(tmp_path: Path) -> None:
    async with running(tmp_path) as host:
        async with connected(host) as connection:
            await connection.send(1, "setup", [batch_program().elf])
            await connection.send(2, "progress")
            jobs = (await connection.receive())["answer"]["jobs"]
            assert {job["job"] for job in jobs} == {1, 2}

        async def is_alone() -> bool:
            return len(await host.client.progress()) == 1

        await until(is_alone)
        run = await host.client.execute(
            batch_program().elf, batch_over_pools(1).stdin(), cycle_limit=CYCLES
        )
    assert run.public_values == pythons_values(batch_over_pools(1))


# --- programs without an end ----------------------------------------------------------------------


def endless() -> bytes:
    """An ELF of one instruction, which jumps to itself: SP1's executor never gets to count its cycles."""
    base, at = 0x78000000, 0x1000
    identity = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
    header = struct.pack("<HHIQQQIHHHHHH", 2, 243, 1, base, 64, 0, 0, 64, 56, 1, 64, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 5, at, base, base, 4, 4, 0x1000)
    return (identity + header + segment).ljust(at, b"\0") + struct.pack("<I", 0x6F)


def children(process: Process) -> set[int]:
    threads = Path(f"/proc/{process.pid}/task").glob("*/children")
    return {int(child) for thread in threads for child in thread.read_text().split()}


def is_alive(process: int) -> bool:
    return Path(f"/proc/{process}/exe").exists()


async def ask_for_the_endless(host: Running, connection: Connection) -> int:
    """The process that runs it."""
    await connection.send(1, {"execute": {"cycle_limit": CYCLES}}, [endless(), sp1_stdin([])])

    async def runs() -> bool:
        return bool(children(host.process))

    await until(runs)
    (runner,) = children(host.process)
    return runner


async def until_gone(process: int) -> None:
    async def is_gone() -> bool:
        return not is_alive(process)

    with anyio.fail_after(15):
        await until(is_gone)


async def test_connection__closed_on_an_endless_program__ends_it(tmp_path: Path) -> None:
    async with running(tmp_path) as host:
        async with connected(host) as connection:
            runner = await ask_for_the_endless(host, connection)
        try:
            await until_gone(runner)
        finally:
            kill(runner)
        assert (await host.client.version()).protocol == 1


async def test_host__ends__leaves_no_program_behind(tmp_path: Path) -> None:
    async with running(tmp_path) as host, connected(host) as connection:
        runner = await ask_for_the_endless(host, connection)
        host.process.send_signal(signal.SIGTERM)
        assert await host.ended() == 0
        try:
            await until_gone(runner)
        finally:
            kill(runner)


def kill(process: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


# --- keys on disk ---------------------------------------------------------------------------------


async def test_setup__a_second_time__comes_from_disk_and_a_broken_file_counts_for_nothing(
    tmp_path: Path,
) -> None:
    elf = batch_program().elf
    kept = tmp_path / "cache" / f"{sha256(elf).hexdigest()}-6.10.0.vk"
    kept.parent.mkdir(mode=0o700)
    kept.write_bytes(batch_program().vk[:-1])
    assert [await _is_cached(tmp_path, elf) for _ in range(2)] == [False, True]
    assert kept.read_bytes() == batch_program().vk


async def _is_cached(tmp_path: Path, elf: bytes) -> bool:
    async with running(tmp_path) as host, connected(host) as connection:
        await connection.send(1, "setup", [elf])
        with anyio.fail_after(SETUP_S):
            answer = (await connection.receive())["answer"]
    assert answer["vkey"] == "0x" + batch_program().vkey.hex()
    return bool(answer["cached"])
