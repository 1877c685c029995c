"""Writes the shipped program's verifying key beside its ELF, or compares it with what is there (`--check`).

Needs the prover host (`make prover`); SP1's setup of a program takes about ten seconds.
"""

import argparse
import json
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

import anyio

from zk_acts.domain.ids import hex0x
from zk_operator.adapters.sp1.host.client import HostVersion, ProgramKeys
from zk_operator.adapters.sp1.host.process import HostConfig, HostKind, HostProcesses

PROVER = Path(__file__).resolve().parents[1]
SHIPPED = PROVER.parent / "zk_operator" / "program"
HOST = PROVER / "target" / "release" / "zk-operator-prover"


async def ask(elf: bytes) -> tuple[HostVersion, ProgramKeys]:
    """The host's version and the key that it computes; from a fresh cache, so that it does compute."""
    with tempfile.TemporaryDirectory(prefix="zko-key-") as cache:
        async with HostProcesses(HostConfig(binary=HOST, cache=Path(cache))) as processes:
            host = await processes.host(HostKind.LIGHT)
            return await host.version(), await host.setup(elf)


def main() -> int:
    """0 where the facts are written, or are as they should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    check = parser.parse_args().check
    elf = (SHIPPED / "batch.elf").read_bytes()
    version, keys = anyio.run(ask, elf)
    facts = {
        "sp1": version.sdk,
        "circuit": version.circuit,
        "sha256": sha256(elf).hexdigest(),
        "vkey": hex0x(keys.vkey),
        "vk": keys.vk.hex(),
    }
    path = SHIPPED / "batch.json"
    if not check:
        path.write_text(json.dumps(facts, indent=1) + "\n")
    elif json.loads(path.read_text()) != facts:
        sys.stderr.write(f"prover-program: {path.name} is not this ELF's\n")
        return 1
    sys.stderr.write(f"prover-program: vkey {facts['vkey']}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
