"""An environment with one package of the workspace and what it depends on, as locked."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
UV = ROOT / ".tools" / "bin" / "uv"
OURS = ("zkverify-client", "zk-operator")


def install(package: str, folder: Path, *extras: str) -> Path:
    """The folder of commands of a fresh environment in `folder`, with the package's wheel and those extras."""
    # From the cache that the set-up has filled.
    sync = ["sync", "--quiet", "--frozen", "--no-editable", "--no-dev", "--package", package]
    for extra in extras:
        sync += ["--extra", extra]
    for name in OURS:  # the cached builds may be of older sources
        sync += ["--refresh-package", name]
    done = subprocess.run(
        [UV, *sync, "--python", sys.executable],
        cwd=ROOT,
        env=os.environ | {"UV_PROJECT_ENVIRONMENT": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "bin"


def packages_in(commands: Path) -> set[str]:
    """The distributions that are installed there."""
    return {each.name.partition("-")[0] for each in commands.parent.rglob("*.dist-info")}
