"""The host's client and its processes, against a scripted socket and scripted binaries."""

import json
import os
import stat
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from anyio.abc import SocketStream

from zk_acts.domain.ids import Hash32
from zk_operator.adapters.sp1.host import process
from zk_operator.adapters.sp1.host.client import Groth16Claim, HostJob, ProofMode, ProverHost
from zk_operator.adapters.sp1.host.errors import (
    HostAnswerMalformed,
    HostIncapable,
    HostMemoryShort,
    HostMissing,
    HostProvingFailed,
    HostRefused,
    HostStartFailed,
    HostUnreachable,
)
from zk_operator.adapters.sp1.host.process import (
    HostConfig,
    HostKind,
    HostProcesses,
    find_host,
)

pytestmark = pytest.mark.devnet

VKEY = "0x00" + "ab" * 31
ROOT = Hash32(b"\x00" * 32)
CLAIM = Groth16Claim(
    program_vkey=Hash32(bytes.fromhex(VKEY[2:])), values_digest=7, onchain=b"p" * 356
)


def message(header: object, parts: Sequence[bytes] = ()) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    body = len(text).to_bytes(4, "little") + text + b"".join(parts)
    return len(body).to_bytes(4, "little") + body


def answer(fields: Mapping[str, object], *parts: bytes) -> bytes:
    return message({"id": 1, "answer": fields, "parts": [len(part) for part in parts]}, parts)


@asynccontextmanager
async def scripted(
    tmp_path: Path, reply: bytes | None
) -> AsyncIterator[tuple[ProverHost, list[bytes]]]:
    """A host that says the same to everybody; None: nothing at all. With the requests that it got."""
    path = tmp_path / "host.sock"
    requests: list[bytes] = []

    async def handle(stream: SocketStream) -> None:
        async with stream:
            requests.append(await stream.receive())
            if reply is not None:
                await stream.send(reply)
            else:
                await anyio.sleep_forever()

    listener = await anyio.create_unix_listener(path)
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, handle)
        yield ProverHost(socket=path, timeout_s=0.3), requests
        tasks.cancel_scope.cancel()


async def test_execute__an_answer__is_read(tmp_path: Path) -> None:
    fields = {"exit_code": 0, "cycles": 9, "syscalls": 1, "gas": 12, "seconds": 0.5}
    async with scripted(tmp_path, answer(fields, b"values")) as (host, requests):
        execution = await host.execute(b"elf", b"stdin", cycle_limit=100)

    assert (execution.public_values, execution.cycles, execution.gas) == (b"values", 9, 12)
    header = {"id": 1, "op": {"execute": {"cycle_limit": 100}}, "parts": [3, 5]}
    assert requests == [message(header, [b"elf", b"stdin"])]


async def test_prove__an_answer__is_read(tmp_path: Path) -> None:
    fields = {"mode": "core", "vkey": VKEY, "seconds": 70, "verify_seconds": 1, "memory_peak": 7}
    async with scripted(tmp_path, answer(fields, b"proof", b"vk", b"pv")) as (host, _):
        made = await host.prove(b"elf", b"stdin", mode=ProofMode.CORE, timeout_s=5)

    assert (made.proof, made.vk, made.public_values) == (b"proof", b"vk", b"pv")
    assert (made.vkey.hex(), made.seconds, made.memory_peak) == (VKEY[2:], 70.0, 7)


async def test_verify_groth16__an_answer__is_read(tmp_path: Path) -> None:
    fields = {"verdicts": ["valid", "pairing"], "seconds": 0.1}
    async with scripted(tmp_path, answer(fields)) as (host, requests):
        assert await host.verify_groth16(b"vk", ROOT, [CLAIM, CLAIM]) == ["valid", "pairing"]

    header = {"id": 1, "op": "verify_groth16", "parts": [2, 32, 420, 420]}
    coded = CLAIM.program_vkey + (7).to_bytes(32) + CLAIM.onchain
    assert requests == [message(header, [b"vk", ROOT, coded, coded])]


async def test_verify_groth16__no_claims__asks_nobody(tmp_path: Path) -> None:
    assert await ProverHost(socket=tmp_path / "none.sock").verify_groth16(b"vk", ROOT, []) == []


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"verdicts": ["valid"] * 2},
        {"verdicts": []},
        {"verdicts": ["maybe"]},
        {"verdicts": [True]},
        {"verdicts": "valid"},
    ],
)
async def test_verify_groth16__other_verdicts_than_asked_for__are_malformed(
    tmp_path: Path, fields: Mapping[str, object]
) -> None:
    async with scripted(tmp_path, answer(fields)) as (host, _):
        with pytest.raises(HostAnswerMalformed):
            await host.verify_groth16(b"vk", ROOT, [CLAIM])


async def test_progress__jobs_under_way__are_listed(tmp_path: Path) -> None:
    jobs = [{"connection": 1, "job": 1, "stage": "proving", "seconds": 3.5}]
    async with scripted(tmp_path, answer({"jobs": jobs})) as (host, _):
        assert await host.progress() == [HostJob(stage="proving", seconds=3.5)]


@pytest.mark.parametrize(
    ("code", "leaf"),
    [
        ("program", HostRefused),
        ("execution", HostRefused),
        ("unavailable", HostIncapable),
        ("memory", HostMemoryShort),
        ("internal", HostProvingFailed),
        ("cancelled", HostUnreachable),
        ("surprise", HostAnswerMalformed),
    ],
)
async def test_call__an_error__is_raised_as_its_leaf(
    tmp_path: Path, code: str, leaf: type[Exception]
) -> None:
    error = message({"id": 1, "error": {"code": code, "message": "because"}, "parts": []})
    async with scripted(tmp_path, error) as (host, _):
        with pytest.raises(leaf, match="because"):
            await host.setup(b"elf")


@pytest.mark.parametrize(
    "reply",
    [
        message(b"no json"),
        message([1]),
        message({"id": 2, "answer": {}, "parts": []}),
        message({"id": 1, "answer": {"vkey": VKEY}, "parts": [1]}),
        message({"id": 1, "answer": {"vkey": VKEY}, "parts": [-1, 1]}),
        message({"id": 1, "answer": {"vkey": VKEY}, "parts": "x"}),
        answer({"vkey": VKEY}),
        answer({"vkey": "0x00"}, b"vk"),
        b"\xff\xff\xff\xff",
        b"\x00\x00\x00\x00",
    ],
)
async def test_setup__an_answer_against_the_protocol__is_malformed(
    tmp_path: Path, reply: bytes
) -> None:
    async with scripted(tmp_path, reply) as (host, _):
        with pytest.raises(HostAnswerMalformed):
            await host.setup(b"elf")


async def test_execute__fields_of_another_type__is_malformed(tmp_path: Path) -> None:
    async with scripted(tmp_path, answer({"exit_code": "x", "cycles": []}, b"")) as (host, _):
        with pytest.raises(HostAnswerMalformed):
            await host.execute(b"elf", b"stdin", cycle_limit=1)


@pytest.mark.parametrize("reply", [None, b"", b"\x10\x00", message({"id": 1})[:-2]])
async def test_version__silence_or_a_broken_answer__is_unreachable(
    tmp_path: Path, reply: bytes | None
) -> None:
    async with scripted(tmp_path, reply) as (host, _):
        with pytest.raises(HostUnreachable):
            await host.version()


async def test_version__nobody_listens__is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(HostUnreachable):
        await ProverHost(socket=tmp_path / "none.sock").version()


# --- processes ------------------------------------------------------------------------------------


def binary(tmp_path: Path, script: str) -> HostConfig:
    path = tmp_path / "host.sh"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return HostConfig(binary=path, cache=tmp_path / "cache", light_start_s=5.0, prover_start_s=5.0)


LISTENS = """echo started >> "$4/starts"; echo '{"event":"host.started"}'; exec cat"""


async def test_host__asked_for_twice__is_started_once(tmp_path: Path) -> None:
    config = binary(tmp_path, LISTENS)
    async with HostProcesses(config) as processes:
        first = await processes.host(HostKind.LIGHT)
        second = await processes.host(HostKind.LIGHT)
        assert first is second
    assert (config.cache / "starts").read_text().count("started") == 1
    assert stat.S_IMODE(config.cache.stat().st_mode) == 0o700


async def test_host__that_has_ended__is_started_again(tmp_path: Path) -> None:
    config = binary(tmp_path, """echo x >> "$4/starts"; echo '{"event":"host.started"}'""")
    async with HostProcesses(config) as processes:
        await processes.host(HostKind.LIGHT)
        with anyio.fail_after(5):
            while (config.cache / "starts").read_text().count("x") < 2:
                await anyio.sleep(0.02)
                await processes.host(HostKind.LIGHT)


async def test_host__in_a_temporary_folder_that_lies_deep__listens_on_a_path_that_unix_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    config = binary(tmp_path, """echo "$2" > "$4/socket"; echo '{"event":"host.started"}'; cat""")
    async with HostProcesses(config) as processes:
        await processes.host(HostKind.PROVER)
    socket = (config.cache / "socket").read_text().strip()
    assert socket.endswith("prover.sock")
    assert len(socket.encode()) <= 107


async def test_host__prover__is_started_with_its_limits(tmp_path: Path) -> None:
    config = binary(tmp_path, """echo "$@" > "$4/line"; echo '{"event":"host.started"}'; cat""")
    async with HostProcesses(config) as processes:
        await processes.host(HostKind.PROVER)
    line = (config.cache / "line").read_text().split()
    assert line[4:] == ["--prover", "--idle-s", "900", "--memory-gb", "16"]


@pytest.mark.parametrize(
    ("script", "leaf"),
    [
        ("exit 75", HostMemoryShort),
        ("exit 70", HostStartFailed),
        ("echo no json; cat", HostStartFailed),
        ("""echo '{"event":"host.slept"}'; cat""", HostStartFailed),
        ("printf '[%.0s' $(seq 4000); echo; cat", HostStartFailed),
    ],
)
async def test_host__that_does_not_start__is_told_from_the_others(
    tmp_path: Path, script: str, leaf: type[Exception]
) -> None:
    async with HostProcesses(binary(tmp_path, script)) as processes:
        with pytest.raises(leaf):
            await processes.host(HostKind.LIGHT)


async def test_host__that_says_nothing__is_given_up(tmp_path: Path) -> None:
    config = binary(tmp_path, "exec cat")
    config = HostConfig(binary=config.binary, cache=config.cache, light_start_s=0.2)
    async with HostProcesses(config) as processes:
        with pytest.raises(HostStartFailed):
            await processes.host(HostKind.LIGHT)


async def test_host__left_by_a_cancellation__ends_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """24 GB of memory must not stay with a prover that nobody knows any more."""
    monkeypatch.setattr(process, "_END_S", 0.1)
    config = binary(
        tmp_path, """echo $$ > "$4/pid"; echo '{"event":"host.started"}'; exec sleep 60"""
    )
    with anyio.CancelScope() as scope:
        async with HostProcesses(config) as processes:
            await processes.host(HostKind.LIGHT)
            scope.cancel()
            await anyio.sleep_forever()
    assert scope.cancelled_caught
    with pytest.raises(ProcessLookupError):
        os.kill(int((config.cache / "pid").read_text()), 0)


async def test_host__whose_log_cannot_be_written__is_not_started(tmp_path: Path) -> None:
    config = binary(tmp_path, LISTENS)
    async with HostProcesses(config) as processes:
        (config.cache / "light.log").mkdir()
        with pytest.raises(HostStartFailed, match="log"):
            await processes.host(HostKind.LIGHT)


async def test_host__no_such_binary__is_missing(tmp_path: Path) -> None:
    config = HostConfig(binary=tmp_path / "none", cache=tmp_path / "cache")
    async with HostProcesses(config) as processes:
        with pytest.raises(HostMissing):
            await processes.host(HostKind.LIGHT)


def test_find_host__nothing_configured_and_nothing_on_the_path__is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HostMissing):
        find_host()
    with pytest.raises(HostMissing):
        find_host(tmp_path / "none")


def test_find_host__on_the_path__is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "zk-operator-prover"
    path.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_host() == path
    assert find_host(path) == path


def test_find_host__configured_where_nothing_can_be_looked_at__is_missing(tmp_path: Path) -> None:
    with pytest.raises(HostMissing):
        find_host(tmp_path / ("x" * 300))
