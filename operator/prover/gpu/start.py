#!/usr/bin/env python3
"""Checks a machine with a GPU. Nothing has to be unpacked or installed.

    gpu-check --out FOLDER [--device N] [--limit-s N] [--work FOLDER]

Compares the kit with its checksums, makes its Python packages importable, and hands over to them. Needs the Python that the
kit was made for (kit.json) and nothing else; what is installed beside that Python is not seen, so that it cannot be in the
way. Ends with 0 where all is well, 1 where a step was not (FOLDER/results.json says which), 65 where the kit is damaged, 69
where this Python is another one.
"""

import hashlib
import json
import os
import sys
import tempfile
import zipfile
from pathlib import Path

DATA, UNAVAILABLE = 65, 69
KIT = Path(__file__).resolve().parent


def damage() -> list[str]:
    """Files that are not as they were packed."""
    found = []
    for line in (KIT / "SHA256SUMS").read_text().splitlines():
        expected, _, name = line.partition("  ")
        path = KIT / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            found.append(name)
    return found


def main() -> int:
    """The kit's own checks, then `gpu_check`."""
    if not (sys.flags.isolated and sys.flags.no_site):
        again = [sys.executable, "-I", "-S", __file__, *sys.argv[1:]]
        os.execv(sys.executable, again)  # noqa: S606 - this script, without what is installed
    damaged = damage()
    if damaged:
        sys.stderr.write(f"gpu-check: the kit is damaged: {', '.join(damaged)}\n")
        return DATA
    here = ".".join(str(part) for part in sys.version_info[:2])
    wanted = json.loads((KIT / "kit.json").read_text())["python"]
    if here != wanted:
        sys.stderr.write(f"gpu-check: this is Python {here}; the kit is for {wanted}\n")
        return UNAVAILABLE
    with tempfile.TemporaryDirectory(prefix="gpu-check-python-") as packages:
        for wheel in sorted((KIT / "python").glob("*.whl")):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(packages)
        sys.path[:0] = [packages, str(KIT)]
        from gpu_check.__main__ import main as run

        return run(["--kit", str(KIT), *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
