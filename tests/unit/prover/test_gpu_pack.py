"""The archive of the GPU server: the same from the same, with licences and sums, and tried where it was made."""

import hashlib
import importlib.util
import io
import subprocess
import tarfile
from pathlib import Path
from types import ModuleType

import pytest
import zstandard

SCRIPT = Path(__file__).resolve().parents[3] / "operator" / "prover" / "gpu" / "pack.py"
WORKING = b"""#!/bin/sh
[ -z "$LD_LIBRARY_PATH" ] || exit 1
case $1 in --version) echo 6.10.0;; --help) echo "Usage: sp1-gpu-server [OPTIONS]";; esac
"""


@pytest.fixture(scope="module")
def pack() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gpu_pack", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def files(server: bytes) -> dict[str, bytes]:
    contents = {"bin/sp1-gpu-server": server, "README.txt": b"read me"}
    sums = "".join(f"{hashlib.sha256(raw).hexdigest()}  {name}\n" for name, raw in contents.items())
    return {**contents, "SHA256SUMS": sums.encode()}


def test_archive__of_the_same_files__is_the_same_and_names_nobody(pack: ModuleType) -> None:
    packed = pack.archive(files(WORKING), "server")
    assert packed == pack.archive(dict(reversed(files(WORKING).items())), "server")
    plain = zstandard.ZstdDecompressor().stream_reader(packed).read()
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        entries = {entry.name: (entry.mode, entry.uid, entry.uname, entry.mtime) for entry in tar}
    assert entries == {
        "server/README.txt": (0o644, 0, "", 0),
        "server/SHA256SUMS": (0o644, 0, "", 0),
        "server/bin/sp1-gpu-server": (0o755, 0, "", 0),
    }


def test_attempt__a_server_that_runs__passes(pack: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "server.tar.zst"
    path.write_bytes(pack.archive(files(WORKING), "server"))
    pack.attempt(path)


def test_attempt__another_version_or_a_wrong_sum__fails(pack: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "server.tar.zst"
    path.write_bytes(pack.archive(files(WORKING.replace(b"6.10.0", b"6.4.0")), "server"))
    with pytest.raises(RuntimeError, match=r"6\.4\.0"):
        pack.attempt(path)
    path.write_bytes(pack.archive({**files(WORKING), "README.txt": b"changed"}, "server"))
    with pytest.raises(subprocess.CalledProcessError):
        pack.attempt(path)


def test_publish__a_server_that_does_not_run__leaves_the_archive_before_it(
    pack: ModuleType, tmp_path: Path
) -> None:
    path = tmp_path / "server.tar.zst"
    good = pack.archive(files(WORKING), "server")
    pack.publish(path, good)
    with pytest.raises(RuntimeError):
        pack.publish(path, pack.archive(files(WORKING.replace(b"6.10.0", b"6.4.0")), "server"))
    assert path.read_bytes() == good


def test_licences__of_a_crate__are_its_licence_files_only(pack: ModuleType, tmp_path: Path) -> None:
    for name in ("LICENSE-MIT", "license.txt", "COPYING", "NOTICE", "README.md", "licensing.rs"):
        (tmp_path / name).write_text(name)
    found = dict(pack.licences([("crate-1.0.0", tmp_path)]))
    assert sorted(found) == [
        f"licences/crate-1.0.0/{name}"
        for name in ("COPYING", "LICENSE-MIT", "NOTICE", "license.txt")
    ]


def test_newest__of_a_binarys_symbols__is_by_number(pack: ModuleType) -> None:
    assert pack.newest("GLIBC", b"\0GLIBC_2.2.5\0GLIBC_2.34\0GLIBC_2.9\0GLIBCXX_3.4.30\0") == "2.34"
    assert pack.newest("GLIBCXX", b"GLIBC_2.34") == ""


def test_pins__of_the_requirements__are_exact(pack: ModuleType) -> None:
    pins = pack.pins(SCRIPT.with_name("cuda.txt"))
    assert pins["nvidia-cuda-nvcc"] == "13.0.88"
    assert len(pins) == 7
    assert SCRIPT.with_name("cuda.txt").read_text().count("--hash=sha256:") > len(pins)
