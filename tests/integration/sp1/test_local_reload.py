"""A reload of the configuration builds clients anew; a proof that is under way on this machine goes on."""

from pathlib import Path
from typing import cast

import anyio
import pytest

from zk_acts.domain.acts import Intent
from zk_acts.ports.act import Included, Pending
from zk_acts.runtime.clock import SystemClock
from zk_devnet.testing.act_rows import act_row
from zk_devnet.testing.scripted_host import host_binary
from zk_operator.adapters.sp1.local import LocalBackend
from zk_operator.app.keys import Keys
from zk_operator.app.provers import open_local_provers, open_provers
from zk_operator.ports.prover import ProveRequest
from zk_operator.program import batch_program
from zk_operator.settings import Settings, load_settings

pytestmark = pytest.mark.devnet
EXAMPLE = Path(__file__).parents[3] / "config" / "operator.example.toml"
NO_KEYS = cast("Keys", None)  # local provers sign nothing


def configured(folder: Path, binary: Path, **more: object) -> Settings:
    program = folder / "batch.elf"
    program.write_bytes(batch_program().elf)
    key = folder / "batch.vk.bin"
    key.write_bytes(batch_program().vk)
    flags = {
        "prover.backends": ["cpu"],
        "prover.program_elf": str(program),
        "prover.program_vk_file": str(key),
        "prover.cpu.binary": str(binary),
        "prover.cpu.cache": str(folder / "cache"),
        "store.path": str(folder / "data" / "operator.sqlite"),
    }
    renamed = {name.replace("__", "."): value for name, value in more.items()}
    return load_settings(EXAMPLE, {}, {**flags, **renamed}).settings


async def sent(backend: LocalBackend, settings: Settings) -> Intent:
    work = ProveRequest(
        program_vkey=settings.prover.program_vkey,
        stdin=b"stdin",
        public_values=b"values",
        deadline_s=2**40,
    )
    prepared = await backend.prepare(work, await backend.next_nonce())
    intent = act_row(backend, prepared)
    await backend.send(intent)
    return intent


async def test_reload__while_a_host_proves__the_proof_goes_on(tmp_path: Path) -> None:
    binary, script = host_binary(tmp_path / "host")
    before = configured(tmp_path, binary)
    after = configured(
        tmp_path, binary, prover__cpu__proof_timeout_s=77.0, prover__cpu__assumed_s=5
    )
    clock = SystemClock()
    async with open_local_provers(before, clock) as kept:
        async with open_provers(before, NO_KEYS, clock, kept) as (prover,):
            backend = cast("LocalBackend", prover.backend)
            intent = await sent(backend, before)
        async with open_provers(after, NO_KEYS, clock, kept) as (prover,):
            assert prover.backend is backend
            assert prover.assumed_ms == 5_000
            script.answer(b"proof")
            with anyio.fail_after(10):
                while True:
                    outcome = await backend.outcome(intent)
                    if outcome != Pending():
                        break
                    await anyio.sleep(0.01)
            assert isinstance(outcome, Included)
            again = await sent(backend, after)
            assert again.expires <= clock.now_ms() // 1000 + 77
    assert script.log.count("prover prove") in {1, 2}
    assert sum(line.startswith("prover start") for line in script.log) == 1
