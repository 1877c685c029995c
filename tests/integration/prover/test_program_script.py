"""The script that builds the batch program, with a cargo that builds nothing."""

import os
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.devnet
SCRIPT = Path(__file__).parents[3] / "operator" / "prover" / "program" / "build.sh"
CARGO = """#!/bin/sh
case $1 in
fetch) mkdir -p "$CARGO_HOME/registry/src/index-1" ;;
build) printf %s "$CARGO_ENCODED_RUSTFLAGS" >"$CARGO_HOME/flags"; exit 3 ;;
esac
"""


def test_build__on_a_machine_that_never_fetched__hides_the_registrys_place(tmp_path: Path) -> None:
    cargo, home = tmp_path / "bin" / "cargo", tmp_path / "home"
    for folder in (cargo.parent, home):
        folder.mkdir()
    cargo.write_text(CARGO)
    cargo.chmod(0o755)
    ended = subprocess.run(
        [SCRIPT, "--check"],
        env={
            **os.environ,
            "PATH": f"{cargo.parent}:{os.environ['PATH']}",
            "CARGO_HOME": str(home),
            "CARGO_TARGET_DIR": str(tmp_path / "target"),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if ended.returncode == 69:
        pytest.skip(ended.stderr)
    assert ended.returncode == 3
    flags = (home / "flags").read_text().split("\x1f")
    assert f"{home}/registry/src/index-1=registry" in flags
