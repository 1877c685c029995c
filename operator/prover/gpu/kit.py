"""Packs what a machine with a GPU needs to make its first proofs into one folder.

    kit.py --server ARCHIVE --verifier BINARY --wheels FOLDER --python 3.12 --out FOLDER

ARCHIVE: as pack.py leaves it. BINARY: crate zk-operator-verifier. Wheels: the operator's, and those of the dependency group
`gpu-kit`, for that Python. The program is the shipped one; the inputs are batches that keep the rule, always the same
ones, with the public values that the rule in Python gives them.
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from zk_devnet.testing.batches import batch_over_pools, pythons_values
from zk_operator.program import BatchProgram, batch_program

HERE = Path(__file__).resolve().parent
MOST_BYTES = 60 * 2**20
SIZES = (1, 10, 100)  # orders
CIRCUIT = "v6.1.0"
DRIVER = 580  # pack.py: the first that CUDA 13.0 runs with
START, SUMS = "gpu-check", "SHA256SUMS"
README = """A check of zk-operator's GPU prover, for a machine with an NVIDIA GPU (H100, H200), driver {driver} or newer, Linux on
x86-64, Python {python}, and no internet. Nothing has to be installed.

  python3 gpu-check --out FOLDER           under eight minutes; FOLDER/results.json is up to date at every moment

It compares this folder with SHA256SUMS, then starts the server, makes core and compressed proofs of batches of 1, 10 and
100 orders, has SP1's verifier check the compressed ones, and tries the last step to Groth16 where the host has the memory.
It ends with 0 where all of that is well (the last step may fail alone).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A batch to be proven: bincode of its SP1Stdin, and the public values that have to come of it."""

    orders: int
    stdin: bytes
    public_values: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a kit is made of. `wheels`: all that is to be importable; `python`: whom they are for, such as 3.12."""

    server: Path
    verifier: Path
    wheels: Sequence[Path]
    python: str
    program: BatchProgram
    cases: Sequence[Case]
    commit: str | None = None


def shipped_cases() -> list[Case]:
    """Of the sizes that are measured."""
    batches = [(orders, batch_over_pools(orders)) for orders in SIZES]
    return [
        Case(orders=orders, stdin=made.stdin(), public_values=pythons_values(made))
        for orders, made in batches
    ]


def contents(parts: Parts) -> dict[str, bytes]:
    """The kit's files by name."""
    server = f"server/{parts.server.name}"
    verifier = f"bin/{parts.verifier.name}"
    files = {
        server: parts.server.read_bytes(),
        verifier: parts.verifier.read_bytes(),
        "program/batch.elf": parts.program.elf,
        "README.txt": README.format(driver=DRIVER, python=parts.python).encode(),
        START: (HERE / "start.py").read_bytes(),
    }
    files |= {f"python/{wheel.name}": wheel.read_bytes() for wheel in parts.wheels}
    files |= {f"gpu_check/{path.name}": path.read_bytes() for path in HERE.glob("gpu_check/*.py")}
    files |= {f"inputs/{case.orders}.stdin": case.stdin for case in parts.cases}
    facts: Mapping[str, object] = {
        "commit": parts.commit,
        "python": parts.python,
        "driver": DRIVER,
        "circuit": CIRCUIT,
        "server": server,
        "verifier": verifier,
        "program": "program/batch.elf",
        "vkey": parts.program.vkey.hex(),
        "inputs": [
            {
                "orders": case.orders,
                "stdin": f"inputs/{case.orders}.stdin",
                "public_values": case.public_values.hex(),
            }
            for case in parts.cases
        ],
    }
    files["kit.json"] = (json.dumps(facts, indent=1) + "\n").encode()
    sums = (f"{sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    return {**files, SUMS: "".join(sums).encode()}


def write(files: Mapping[str, bytes], folder: Path) -> int:
    """The kit in a folder of its own, in the place of one that was there; its size. ValueError where that is too much."""
    size = sum(len(content) for content in files.values())
    if size > MOST_BYTES:
        raise ValueError(f"the kit has {size} bytes, {MOST_BYTES} are allowed")
    draft = folder.with_name(f"{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    for name, content in files.items():
        path = draft / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o755 if name == START or name.startswith("bin/") else 0o644)
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)
    return size


def commit() -> str | None:
    """What the checkout stands at; None where that cannot be told."""
    command = ["git", "-C", str(HERE), "describe", "--always", "--dirty", "--abbrev=12"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return answer.stdout.strip() or None


def main() -> int:
    """0 where the kit is in its folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", type=Path, required=True)
    parser.add_argument("--verifier", type=Path, required=True)
    parser.add_argument("--wheels", type=Path, required=True)
    parser.add_argument("--python", default="3.12")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    parts = Parts(
        server=given.server,
        verifier=given.verifier,
        wheels=sorted(given.wheels.glob("*.whl")),
        python=given.python,
        program=batch_program(),
        cases=shipped_cases(),
        commit=commit(),
    )
    files = contents(parts)
    size = write(files, given.out)
    for name in sorted(files, key=lambda name: -len(files[name]))[:5]:
        sys.stderr.write(f"gpu-kit: {len(files[name]) / 2**20:6.2f} MiB  {name}\n")
    print(f"{given.out} ({size / 2**20:.1f} MiB, {len(files)} files)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
