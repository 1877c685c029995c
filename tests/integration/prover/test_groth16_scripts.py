"""`make prove-real PROOF=groth16`, as far as it goes without 48 GB: it refuses before it builds anything."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.devnet
ROOT = Path(__file__).parents[3]
SCRIPTS = ROOT / "operator" / "prover" / "groth16"
MORE_THAN_ANY = "100000"


def run(*command: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_memory__more_than_there_is__says_how_much_is_missing() -> None:
    ended = run(SCRIPTS / "require-memory.sh", MORE_THAN_ANY)
    assert ended.returncode == 75
    assert f"{MORE_THAN_ANY} GiB of free memory are needed, and " in ended.stderr
    assert "PROOF=groth16" in ended.stderr


def test_memory__less_than_there_is__goes_on() -> None:
    ended = run(SCRIPTS / "require-memory.sh", "0")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_make__too_little_memory__builds_nothing() -> None:
    ended = run("make", "prove-real", "PROOF=groth16", f"GROTH16_MEMORY_GB={MORE_THAN_ANY}")
    assert ended.returncode != 0
    assert "of free memory are needed" in ended.stderr
    assert "setup:" not in ended.stdout
    assert "prover:" not in ended.stdout


def test_make__another_kind_of_proof__is_refused() -> None:
    ended = run("make", "prove-real", "PROOF=plonk")
    assert ended.returncode != 0
    assert "PROOF is compressed or groth16" in ended.stdout


def test_setup__circuit_files_that_are_there__are_kept(tmp_path: Path) -> None:
    (tmp_path / "v6.1.0").mkdir()
    (tmp_path / "v6.1.0" / ".complete").touch()
    ended = run(SCRIPTS / "setup.sh", tmp_path)
    assert (ended.returncode, ended.stdout) == (
        0,
        f"groth16: the circuit is in {tmp_path}/v6.1.0\n",
    )


def test_setup__too_little_disk__is_refused(tmp_path: Path) -> None:
    ended = run(SCRIPTS / "setup.sh", tmp_path, GROTH16_DISK_GB=MORE_THAN_ANY)
    assert ended.returncode == 75
    assert f"{MORE_THAN_ANY} GiB of disk are needed" in ended.stderr
    assert list(tmp_path.iterdir()) == []


def with_builder(tmp_path: Path, body: str) -> Path:
    """The script in a checkout of its own, where SP1's builder is this shell script; $2 is the folder that it fills."""
    script = tmp_path / "prover" / "groth16" / "setup.sh"
    builder = tmp_path / "prover" / "target" / "groth16" / "bin" / "build_groth16_bn254"
    for folder in (script.parent, builder.parent):
        folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(SCRIPTS / "setup.sh", script)
    builder.write_text(f"#!/bin/sh\nset -e\nmkdir $2\n{body}\n")
    builder.chmod(0o755)
    return script


def test_setup__interrupted__leaves_nothing_that_counts_and_starts_anew(tmp_path: Path) -> None:
    circuits = tmp_path / "circuits"
    ended = run(with_builder(tmp_path, "touch $2/half; exit 3"), circuits, GROTH16_DISK_GB="0")
    assert ended.returncode == 3
    assert not (circuits / "v6.1.0").exists()
    good = with_builder(tmp_path, "echo key >$2/groth16_vk.bin")
    assert run(good, circuits, GROTH16_DISK_GB="0").returncode == 0
    made = {path.name for path in (circuits / "v6.1.0").iterdir()}
    assert made == {".complete", "groth16_vk.bin"}
    assert [path.name for path in circuits.iterdir()] == ["v6.1.0"]


def test_setup__an_unfinished_folder_of_others__is_refused_before_the_work(tmp_path: Path) -> None:
    circuits = tmp_path / "circuits"
    (circuits / "v6.1.0").mkdir(parents=True)
    (circuits / "v6.1.0" / "groth16_pk.bin").touch()
    ended = run(with_builder(tmp_path, "exit 3"), circuits, GROTH16_DISK_GB="0")
    assert ended.returncode == 73
    assert "unfinished" in ended.stderr
    assert (circuits / "v6.1.0" / "groth16_pk.bin").exists()
