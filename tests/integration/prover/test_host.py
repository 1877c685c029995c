"""The shipped program on SP1's own executor, behind the real host. Needs `make prover`."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from zk_operator.adapters.sp1.host.client import ProofMode, ProverHost
from zk_operator.adapters.sp1.host.errors import HostIncapable, HostRefused
from zk_operator.adapters.sp1.host.process import HostConfig, HostKind, HostProcesses
from zk_operator.domain.batch_input import BatchInput, sp1_stdin
from zk_operator.domain.ids import Address, PoolId
from zk_operator.domain.matching import check_batch, remainder_of, weigh
from zk_operator.domain.order import Order, SigningDomain, order_id
from zk_operator.domain.section import Section
from zk_operator.program import batch_program

pytestmark = [pytest.mark.devnet, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[3]
COMPRESSED = ROOT.parent / "shared" / "vectors" / "sp1-v6" / "fibonacci-compressed.bin"
CYCLES = 100_000_000
DOMAIN = SigningDomain(chain_id=31337, manager=Address(b"\x4d" * 20))
UNTIL = 1_900_000_000
POOLS = (PoolId(b"\x0a" * 32), PoolId(b"\x0b" * 32))
LIGHT_MEMORY = 100 << 20


def binary() -> Path:
    named = os.environ.get("ZKO_PROVER_HOST")
    return Path(named or ROOT / "operator" / "prover" / "target" / "release" / "zk-operator-prover")


@asynccontextmanager
async def light_host(tmp_path: Path) -> AsyncIterator[ProverHost]:
    if not binary().exists():
        pytest.skip("the prover host is not built: run `make prover` (needs Rust)")
    config = HostConfig(binary=binary(), cache=tmp_path / "cache")
    async with HostProcesses(config) as processes:
        yield await processes.host(HostKind.LIGHT)


def terms(pool: PoolId, number: int) -> Order:
    return Order(
        owner=Address(number.to_bytes(20, "big")),
        pool_id=pool,
        zero_for_one=number % 3 != 0,
        amount_in=10**18 + 7919 * number,
        min_out=10**17,
        deadline=UNTIL + number,
        salt=number,
    )


def section(pool: PoolId, orders: list[Order]) -> Section:
    price = 3 << 127
    sides = weigh(orders, price)
    return Section(
        pool_id=pool,
        price_x128=price,
        remainder_zero_for_one=sides.heavy_is_zero,
        remainder_in=remainder_of(orders, sides, price),
        min_out=sides.heavy_input,
        fee_bps=30,
        order_ids=tuple(order_id(order, DOMAIN) for order in orders),
    )


def batch(count: int) -> BatchInput:
    """`count` orders over two pools (one pool for one order)."""
    sections, orders = [], []
    for at, pool in enumerate(POOLS[: min(count, 2)]):
        made = [terms(pool, number) for number in range(at, count, 2)]
        made.sort(key=lambda order: order_id(order, DOMAIN))
        sections.append(section(pool, made))
        orders.extend(made)
    return BatchInput(
        chain_id=DOMAIN.chain_id,
        manager=DOMAIN.manager,
        valid_until=UNTIL,
        sections=tuple(sections),
        orders=tuple(orders),
    )


def pythons_values(made: BatchInput) -> bytes:
    outcome = check_batch(
        made.sections,
        made.orders,
        chain_id=made.chain_id,
        manager=made.manager,
        valid_until=made.valid_until,
    )
    return outcome.public_values.encode()


@pytest.mark.parametrize("count", [1, 10, 100])
async def test_execute__a_batch__commits_pythons_public_values(tmp_path: Path, count: int) -> None:
    made = batch(count)
    async with light_host(tmp_path) as host:
        run = await host.execute(batch_program().elf, made.stdin(), cycle_limit=CYCLES)
        resources = await host.resources()

    assert (run.exit_code, run.public_values) == (0, pythons_values(made))
    assert run.cycles < 35_000 + 7_500 * count  # 30,000 and 6,500 when this was written
    assert run.cycles < run.gas < 3 * run.cycles
    assert resources.memory_peak < LIGHT_MEMORY


@pytest.mark.parametrize(
    ("made", "exit_code"),
    [
        (replace(batch(1), sections=(), orders=()), 66),
        (replace(batch(3), orders=batch(3).orders[:-1]), 66),
        (replace(batch(3), chain_id=1), 67),
        (replace(batch(3), valid_until=UNTIL + 2), 70),
        (
            replace(
                batch(3),
                sections=tuple(replace(one, remainder_in=1) for one in batch(3).sections),
            ),
            73,
        ),
        (
            replace(batch(3), sections=tuple(replace(one, min_out=0) for one in batch(3).sections)),
            75,
        ),
    ],
    ids=["empty", "order missing", "other chain", "too late", "remainder", "limit"],
)
async def test_execute__a_batch_against_the_rule__exits_with_its_code_and_commits_nothing(
    tmp_path: Path, made: BatchInput, exit_code: int
) -> None:
    async with light_host(tmp_path) as host:
        run = await host.execute(batch_program().elf, made.stdin(), cycle_limit=CYCLES)
    assert (run.exit_code, run.public_values) == (exit_code, b"")


@pytest.mark.parametrize(
    ("stdin", "exit_code"), [(sp1_stdin([b"junk"]), 64), (sp1_stdin([]), 3)], ids=["junk", "none"]
)
async def test_execute__no_batch_at_all__exits_with_a_code(
    tmp_path: Path, stdin: bytes, exit_code: int
) -> None:
    async with light_host(tmp_path) as host:
        run = await host.execute(batch_program().elf, stdin, cycle_limit=CYCLES)
    assert (run.exit_code, run.public_values) == (exit_code, b"")


async def test_host__junk_of_every_kind__is_refused_and_the_host_lives(tmp_path: Path) -> None:
    elf, stdin = batch_program().elf, batch(1).stdin()
    async with light_host(tmp_path) as host:
        with pytest.raises(HostRefused):
            await host.execute(b"no elf", stdin, cycle_limit=CYCLES)
        with pytest.raises(HostRefused):
            await host.execute(elf[: len(elf) // 2], stdin, cycle_limit=CYCLES)
        with pytest.raises(HostRefused):
            await host.execute(elf, b"\xff" * 40, cycle_limit=CYCLES)
        with pytest.raises(HostRefused):
            await host.execute(elf, stdin, cycle_limit=1_000)
        with pytest.raises(HostRefused):
            await host.verify(b"no proof", batch_program().vk)
        with pytest.raises(HostIncapable):
            await host.prove(elf, stdin, mode=ProofMode.CORE, timeout_s=10)
        version = await host.version()
    assert (version.mode, version.circuit, version.protocol) == ("light", "v6.1.0", 1)


async def test_verify__a_real_compressed_proof_under_another_programs_key__is_not_valid(
    tmp_path: Path,
) -> None:
    if not COMPRESSED.exists():
        pytest.skip("the shared vectors are not there")
    async with light_host(tmp_path) as host:
        verdict = await host.verify(COMPRESSED.read_bytes(), batch_program().vk)
    assert (verdict.valid, verdict.mode, verdict.sp1_version) == (False, "compressed", "v6.1.0")
    assert verdict.reason


async def test_setup__the_shipped_program__has_the_shipped_key(tmp_path: Path) -> None:
    async with light_host(tmp_path) as host:
        with anyio.fail_after(300):
            keys = await host.setup(batch_program().elf)
    assert (keys.vkey, keys.vk) == (batch_program().vkey, batch_program().vk)
