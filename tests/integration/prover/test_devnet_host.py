"""The dev server on SP1's own executor. Needs `make prover`."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from zk_devnet.prover_network.errors import ExecutionFailed, HostFailed, ProgramUnknown
from zk_devnet.prover_network.host import HostProgram, running_host
from zk_devnet.prover_network.program import ESTIMATE_ERROR, NativeBatchProgram
from zk_operator.domain.batch_input import BatchInput, sp1_stdin
from zk_operator.domain.ids import Address, PoolId
from zk_operator.domain.order import Order, SigningDomain, order_id
from zk_operator.domain.section import Section
from zk_operator.program import batch_program

pytestmark = [pytest.mark.devnet, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[3]
FIBONACCI = ROOT.parent / "shared" / "vectors" / "sp1-v6" / "fibonacci.elf"
POOL = PoolId(b"\x22" * 32)
DOMAIN = SigningDomain(chain_id=31337, manager=Address(b"\x44" * 20))


def binary() -> Path:
    named = os.environ.get("ZKO_PROVER_HOST")
    return Path(named or ROOT / "operator" / "prover" / "target" / "release" / "zk-operator-prover")


@asynccontextmanager
async def real_program() -> AsyncIterator[HostProgram]:
    if not binary().exists():
        pytest.skip("the prover host is not built: run `make prover` (needs Rust)")
    async with running_host(binary()) as link:
        yield HostProgram(link)


def stdin(*, chain_id: int = 31337) -> bytes:
    order = Order(
        owner=Address(b"\x55" * 20),
        pool_id=POOL,
        zero_for_one=True,
        amount_in=1000,
        min_out=1,
        deadline=2_000_000_000,
        salt=7,
    )
    section = Section(
        pool_id=POOL,
        price_x128=1 << 128,
        remainder_zero_for_one=True,
        remainder_in=1000,
        min_out=990,
        fee_bps=30,
        order_ids=(order_id(order, DOMAIN),),
    )
    return BatchInput(
        chain_id=chain_id,
        manager=DOMAIN.manager,
        valid_until=1_900_000_000,
        sections=(section,),
        orders=(order,),
    ).stdin()


async def test_execute__the_shipped_program__agrees_with_the_native_rule() -> None:
    elf = batch_program().elf
    async with real_program() as program:
        real = await anyio.to_thread.run_sync(program.execute, elf, stdin())
    native = NativeBatchProgram().execute(elf, stdin())
    assert real.public_values == native.public_values
    assert (real.is_estimate, native.is_estimate) == (False, True)
    assert abs(real.cycles - native.cycles) < real.cycles // ESTIMATE_ERROR
    assert abs(real.gas - native.gas) < real.gas // ESTIMATE_ERROR


@pytest.mark.parametrize("given", [stdin(chain_id=1), sp1_stdin([b"junk"]), sp1_stdin([])])
async def test_execute__a_refused_batch__is_a_failed_execution(given: bytes) -> None:
    async with real_program() as program:
        with pytest.raises(ExecutionFailed):
            await anyio.to_thread.run_sync(program.execute, batch_program().elf, given)


async def test_execute__another_program__is_run_too() -> None:
    if not FIBONACCI.exists():
        pytest.skip("the shared vectors are not there")
    given = sp1_stdin([(20).to_bytes(4, "little")])
    async with real_program() as program:
        result = await anyio.to_thread.run_sync(program.execute, FIBONACCI.read_bytes(), given)
    assert result.cycles > 0


async def test_execute__no_program__is_unknown() -> None:
    async with real_program() as program:
        with pytest.raises((ProgramUnknown, ExecutionFailed)):
            await anyio.to_thread.run_sync(program.execute, b"no elf", stdin())


async def test_running_host__a_binary_that_ends__fails(tmp_path: Path) -> None:
    with pytest.raises(HostFailed):
        async with running_host(Path("/bin/false")):
            pass
    with pytest.raises(HostFailed):
        async with running_host(tmp_path / "none"):
            pass


async def test_running_host__programs_that_print_much__do_not_stop_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    printed, script = tmp_path / "printed", tmp_path / "host"
    script.write_text(
        "#!/bin/sh\necho host.started\n"
        f"head -c 300000 /dev/zero | tr '\\0' x >&2\ntouch {printed}\ncat >/dev/null\n"
    )
    script.chmod(0o755)
    async with running_host(script):
        with anyio.fail_after(5):
            while not printed.exists():  # noqa: ASYNC110 - a file gives no sign
                await anyio.sleep(0.01)
    assert len(capfd.readouterr().err) >= 300_000
