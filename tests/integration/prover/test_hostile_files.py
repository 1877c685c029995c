"""`zk-operator proof` on files that are made to hurt: a code, never a traceback, in bounded memory."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

pytestmark = pytest.mark.devnet
MOST_BYTES = 450 << 20
TIMEOUT_S = 120
MALFORMED, UNKNOWN, UNREADABLE = ("ZKO-PRF-011", 65), ("ZKO-PRF-012", 65), ("ZKO-PRF-010", 66)
MIB = 1 << 20
VERSION = (6).to_bytes(8, "little") + b"v5.0.0\x00"


def written(content: bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / "file"
        path.write_bytes(content)
        return path

    return write


def sparse(size: int) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / "sparse"
        path.touch()
        os.truncate(path, size)
        return path

    return make


def pipe(folder: Path) -> Path:
    path = folder / "pipe"
    os.mkfifo(path)
    return path


def many_lengths() -> bytes:
    """A megabyte in which every eight bytes are the length of what follows them: each would have to be hashed."""
    ends = [size.to_bytes(8, "little") for size in range(MIB - 8, -8, -8)]
    values = [0] * 187
    values[168] = 1
    words = b"".join(value.to_bytes(4, "little") for value in values)
    head = (
        b"\x01\x00\x00\x00" + bytes(104) + (187).to_bytes(8, "little") + b"\x01" * 32 + words[32:]
    )
    return head + b"".join(ends) + VERSION


def many_parts() -> bytes:
    """Core proof of a public value and then more empty polynomials than memory could hold as objects."""
    count = 6 * MIB
    head = b"\x00\x00\x00\x00" + (1).to_bytes(8, "little") + bytes(8) + bytes(32)
    tensors = (bytes(8) + (1).to_bytes(8, "little") + bytes(8)) * 2
    return head + tensors + count.to_bytes(8, "little") + bytes(8 * count)


CASES: dict[str, tuple[Callable[[Path], Path], tuple[str, int]]] = {
    "json-wide": (written(b'{"proof":[' + b"{}," * 10 * MIB + b"{}]}"), UNKNOWN),
    "hex": (written(b"ab" * 25 * MIB), UNKNOWN),
    "zstd-bomb": (written(zstandard.ZstdCompressor().compress(bytes(900 * MIB))), MALFORMED),
    "zeros": (sparse(59 * MIB), MALFORMED),
    "sparse": (sparse(1 << 30), UNREADABLE),
    "parts": (written(many_parts()), MALFORMED),
    "pipe": (pipe, UNREADABLE),
    "device": (lambda _: Path("/dev/zero"), UNREADABLE),
}


def run(*arguments: str | bytes) -> tuple[int, bytes, bytes, int]:
    """Exit code, output, errors, and the most memory that it took."""
    main = [sys.executable, "-m", "zk_operator.cli.main", "proof", "verify", *arguments]
    watcher = "import resource, subprocess, sys; code = subprocess.run(sys.argv[1:]).returncode; "
    watcher += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr); "
    watcher += "sys.exit(code)"
    done = subprocess.run(
        [sys.executable, "-c", watcher, *main],
        capture_output=True,
        timeout=TIMEOUT_S,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8:strict"},
    )
    *errors, kibibytes = done.stderr.splitlines()
    return done.returncode, done.stdout, b"\n".join(errors), int(kibibytes) * 1024


@pytest.mark.parametrize("name", CASES)
def test_verify__a_hostile_file__gets_a_code_in_bounded_memory(name: str, tmp_path: Path) -> None:
    build, (code, exit_code) = CASES[name]
    ended, output, errors, memory = run(str(build(tmp_path)), "--json")
    assert json.loads(errors)["error"]["code"] == code
    assert (ended, output) == (exit_code, b"")
    assert memory < MOST_BYTES


def test_inspect__a_megabyte_of_lengths__is_not_hashed_over_and_over(tmp_path: Path) -> None:
    ended, output, errors, memory = run(str(written(many_lengths())(tmp_path)), "--json")
    assert (ended, errors) == (6, b"")
    assert json.loads(output)["checks"]["public_values"] is False
    assert memory < MOST_BYTES


@pytest.mark.parametrize("name", [b"\xff\xfe", b"\x1b[31mred\n"])
def test_verify__a_name_that_no_terminal_should_see__is_shown_escaped(
    name: bytes, tmp_path: Path
) -> None:
    path = os.fsencode(tmp_path) + b"/" + name
    absent = run(path)
    assert absent[0] == 66
    assert b"\x1b" not in absent[2]
    assert b"Traceback" not in absent[2]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_verify__a_file_that_may_not_be_read__ends_with_66(tmp_path: Path) -> None:
    path = written(b"x")(tmp_path)
    path.chmod(0)
    assert run(str(path))[0] == 66
