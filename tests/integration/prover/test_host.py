"""The shipped program on SP1's own executor, behind the real host. Needs `make prover`."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from tests.integration.prover.conftest import light_host

from zk_devnet.testing.batches import DOMAIN, POOLS, UNTIL, batch_over_pools, pythons_values
from zk_operator.adapters.sp1.host.client import ProofMode
from zk_operator.adapters.sp1.host.errors import HostIncapable, HostRefused
from zk_operator.domain.batch_input import BatchInput, sp1_stdin
from zk_operator.domain.ids import OrderId
from zk_operator.domain.order import MAX_UINT128, Order, order_id
from zk_operator.domain.rule_errors import RuleViolation
from zk_operator.domain.section import Section
from zk_operator.program import batch_program

pytestmark = [pytest.mark.devnet, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[3]
COMPRESSED = ROOT.parent / "shared" / "vectors" / "sp1-v6" / "fibonacci-compressed.bin"
CYCLES = 100_000_000
LIGHT_MEMORY = 100 << 20
RULE_EXITS = 64  # and the number of the violation's code


@pytest.mark.parametrize("count", [1, 10, 100])
async def test_execute__a_batch__commits_pythons_public_values(tmp_path: Path, count: int) -> None:
    made = batch_over_pools(count)
    async with light_host(tmp_path) as host:
        run = await host.execute(batch_program().elf, made.stdin(), cycle_limit=CYCLES)
        resources = await host.resources()

    assert (run.exit_code, run.public_values) == (0, pythons_values(made))
    assert run.cycles < 35_000 + 7_500 * count  # 30,000 and 6,500 when this was written
    assert run.cycles < run.gas < 3 * run.cycles
    assert resources.memory_peak < LIGHT_MEMORY


def changed(count: int, **fields: object) -> BatchInput:
    """A batch with every section changed in the same way."""
    made = batch_over_pools(count)
    return replace(made, sections=tuple(replace(one, **fields) for one in made.sections))  # type: ignore[arg-type]


def reordered(made: BatchInput) -> BatchInput:
    """The orders of every section the other way round, ids included."""
    sections: list[Section] = []
    orders: list[Order] = []
    start = 0
    for one in made.sections:
        end = start + len(one.order_ids)
        sections.append(replace(one, order_ids=one.order_ids[::-1]))
        orders.extend(made.orders[start:end][::-1])
        start = end
    return replace(made, sections=tuple(sections), orders=tuple(orders))


def every_order_bad() -> BatchInput:
    """Ten orders, of which none could be paid: each asks for more than there is."""
    made = batch_over_pools(10)
    orders = [replace(order, min_out=MAX_UINT128) for order in made.orders]
    ids = {old: order_id(new, DOMAIN) for old, new in zip(_ids(made.sections), orders, strict=True)}
    sections: list[Section] = []
    sorted_orders: list[Order] = []
    for one in made.sections:
        names = sorted(ids[old] for old in one.order_ids)
        by_name = {order_id(order, DOMAIN): order for order in orders}
        sections.append(replace(one, order_ids=tuple(names)))
        sorted_orders.extend(by_name[name] for name in names)
    return replace(made, sections=tuple(sections), orders=tuple(sorted_orders))


def _ids(sections: Sequence[Section]) -> list[OrderId]:
    return [name for section in sections for name in section.order_ids]


REFUSED: dict[str, tuple[BatchInput, int]] = {
    "empty": (replace(batch_over_pools(1), sections=(), orders=()), 66),
    "order missing": (replace(batch_over_pools(3), orders=batch_over_pools(3).orders[:-1]), 66),
    "other chain, so every id is wrong": (replace(batch_over_pools(10), chain_id=1), 67),
    "descending": (reordered(batch_over_pools(10)), 68),
    "of another pool": (
        replace(
            batch_over_pools(3),
            orders=tuple(replace(o, pool_id=POOLS[1]) for o in batch_over_pools(3).orders),
        ),
        69,
    ),
    "too late": (replace(batch_over_pools(3), valid_until=UNTIL + 2), 70),
    "every order too late": (replace(batch_over_pools(10), valid_until=UNTIL + 10**6), 70),
    "price": (changed(3, price_x128=0), 71),
    "heavy side": (changed(1, remainder_zero_for_one=True), 72),
    "remainder": (changed(3, remainder_in=1), 73),
    "limit": (changed(3, min_out=0), 75),
    "every order asks too much": (every_order_bad(), 75),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_execute__a_batch_against_the_rule__exits_as_python_refuses_and_commits_nothing(
    tmp_path: Path, name: str
) -> None:
    made, exit_code = REFUSED[name]
    with pytest.raises(RuleViolation) as refusal:
        pythons_values(made)
    async with light_host(tmp_path) as host:
        run = await host.execute(batch_program().elf, made.stdin(), cycle_limit=CYCLES)
    assert (run.exit_code, run.public_values) == (exit_code, b"")
    assert exit_code == RULE_EXITS + int(refusal.value.code[-3:])


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
    elf, stdin = batch_program().elf, batch_over_pools(1).stdin()
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
