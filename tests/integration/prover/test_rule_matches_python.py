"""The Rust rule against the Python rule: golden cases and thousands of random batches, byte for byte.

Needs the rule's command-line binary: `make prover-rule` (a Rust compiler; seconds).
"""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from zk_acts.domain.ids import parse_hex
from zk_operator.domain.batch_input import BatchInput, BatchInputMalformed
from zk_operator.domain.batch_rule import (
    BatchOutcome,
    check_batch,
    gross_payouts,
    remainder_of,
    weigh,
)
from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.order import (
    MAX_UINT40,
    MAX_UINT128,
    MAX_UINT256,
    Order,
    SigningDomain,
    order_id,
)
from zk_operator.domain.rule_errors import RuleViolation
from zk_operator.domain.section import Section

ROOT = Path(__file__).parents[3]
CASES = ROOT / "tests" / "vectors" / "rule"
UNTIL = 1_900_000_000
ROUNDS = int(os.environ.get("ZKO_RULE_ROUNDS", "700"))
Answer = tuple[str, bytes]


def binary() -> Path:
    """Where `make prover-rule` puts it, or where the environment says."""
    named = os.environ.get("ZKO_RULE_CLI")
    return Path(named or ROOT / "operator" / "prover" / "target" / "release" / "darkcow-rule-cli")


class RustRule:
    """The Rust rule behind its pipe."""

    def __init__(self, path: Path) -> None:
        self._process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def close(self) -> None:
        self._process.communicate(timeout=10)

    def check(self, batch: bytes) -> Answer:
        """("ok", public values and payouts) or (error code, b"")."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(len(batch).to_bytes(4, "little") + batch)
        self._process.stdin.flush()
        size = int.from_bytes(self._process.stdout.read(4), "little")
        answer = self._process.stdout.read(size)
        return ("ok", answer[1:]) if answer[0] == 0 else (answer[1:].decode(), b"")


@pytest.fixture(scope="module")
def rust() -> Iterator[RustRule]:
    if not binary().exists():
        pytest.skip("the Rust rule is not built: run `make prover-rule` (needs cargo)")
    rule = RustRule(binary())
    yield rule
    rule.close()


def python_answer(data: bytes) -> Answer:
    try:
        batch = BatchInput.decode(data)
        outcome = check_batch(
            batch.sections,
            batch.orders,
            chain_id=batch.chain_id,
            manager=batch.manager,
            valid_until=batch.valid_until,
        )
    except (BatchInputMalformed, RuleViolation) as error:
        return error.code, b""
    return "ok", outcome.public_values.encode() + payout_bytes(outcome)


def payout_bytes(outcome: BatchOutcome) -> bytes:
    payouts = [payout for section in outcome.sections for payout in section.payouts]
    return b"".join(p.gross.to_bytes(32, "big") + p.fee.to_bytes(32, "big") for p in payouts)


# --- random batches -------------------------------------------------------------------------------


def magnitude(random: Random, top: int) -> int:
    """1 to 2^top - 1, every size alike, with a liking for the borders of machine words."""
    bits = random.choice([random.randint(1, top), 32, 64, 96, top])
    value = random.getrandbits(min(bits, top)) or 1
    return random.choice(
        [value, value, value, 1 << (min(bits, top) - 1), (1 << min(bits, top)) - 1]
    )


def random_terms(random: Random, pool: PoolId, top: int) -> Order:
    return Order(
        owner=Address(random.randbytes(20)),
        pool_id=pool,
        zero_for_one=random.random() < 0.5,
        amount_in=magnitude(random, top),
        min_out=0,
        deadline=random.choice([UNTIL, UNTIL + random.randrange(10**6), MAX_UINT40]),
        salt=random.getrandbits(256),
    )


def with_limits(section: Section, orders: Sequence[Order], random: Random) -> list[Order]:
    """Limits at or below what the rule pays, so that exact ones are frequent."""
    sides = weigh(orders, section.price_x128)
    limited = []
    for order, gross in zip(
        orders, gross_payouts(orders, sides, section.price_x128, section.min_out), strict=True
    ):
        net = min(gross - -(-gross * section.fee_bps // 10_000), MAX_UINT128)
        limited.append(replace(order, min_out=random.choice([0, net, random.randint(0, net)])))
    return limited


def balanced(orders: Sequence[Order]) -> list[Order]:
    """Each order with its mirror image: no remainder, no swap."""
    mirrored = [replace(order, zero_for_one=not order.zero_for_one) for order in orders]
    return [*orders, *mirrored]


def random_section(
    random: Random, pool: PoolId, domain: SigningDomain
) -> tuple[Section, list[Order]]:
    count = random.choice([1, 2, 3, 5, 9])
    price = random.choice([magnitude(random, 256), (1 << 128) * magnitude(random, 20)])
    orders = [random_terms(random, pool, 124) for _ in range(count)]
    if random.random() < 0.2:
        price, orders = 1 << 128, balanced(orders)
    sides = weigh(orders, price)
    remainder = remainder_of(orders, sides, price)
    section = Section(
        pool_id=pool,
        price_x128=price,
        remainder_zero_for_one=sides.heavy_is_zero,
        remainder_in=remainder,
        min_out=magnitude(random, 128) if remainder and random.random() < 0.8 else 0,
        fee_bps=random.choice([0, 1, 30, 9_999, 10_000, random.randint(0, 10_000)]),
        order_ids=(),
    )
    limited = with_limits(section, orders, random)
    limited.sort(key=lambda order: order_id(order, domain))
    ids = tuple(order_id(order, domain) for order in limited)
    return replace(section, order_ids=ids), limited


def random_batch(random: Random) -> BatchInput:
    manager = Address(random.randbytes(20))
    chain_id = random.choice([1, 31337, random.getrandbits(256)])
    domain = SigningDomain(chain_id=chain_id, manager=manager)
    pools = sorted({random.randbytes(32) for _ in range(random.choice([1, 1, 2, 4]))})
    made = [random_section(random, PoolId(pool), domain) for pool in pools]
    return BatchInput(
        chain_id=chain_id,
        manager=manager,
        valid_until=UNTIL,
        sections=tuple(section for section, _ in made),
        orders=tuple(order for _, orders in made for order in orders),
    )


# --- what is done to them -------------------------------------------------------------------------


def nudge(random: Random, value: int, top: int) -> int:
    changed = random.choice([value + 1, value - 1, 0, top, random.randint(0, top)])
    return min(max(changed, 0), top)


def spoil_section(section: Section, random: Random) -> Section:
    return random.choice(
        [
            replace(section, price_x128=nudge(random, section.price_x128, MAX_UINT256)),
            replace(section, remainder_zero_for_one=not section.remainder_zero_for_one),
            replace(section, remainder_in=nudge(random, section.remainder_in, MAX_UINT128)),
            replace(section, min_out=nudge(random, section.min_out, MAX_UINT128)),
            replace(section, fee_bps=nudge(random, section.fee_bps, 65_535)),
            replace(section, order_ids=section.order_ids[::-1]),
            replace(section, order_ids=section.order_ids[1:]),
            replace(section, order_ids=(OrderId(random.randbytes(32)), *section.order_ids[1:])),
            replace(section, pool_id=PoolId(random.randbytes(32))),
        ]
    )


def spoil_order(order: Order, random: Random) -> Order:
    return random.choice(
        [
            replace(order, owner=Address(random.randbytes(20))),
            replace(order, pool_id=PoolId(random.randbytes(32))),
            replace(order, zero_for_one=not order.zero_for_one),
            replace(order, amount_in=nudge(random, order.amount_in, MAX_UINT128)),
            replace(order, min_out=nudge(random, order.min_out, MAX_UINT128)),
            replace(order, deadline=nudge(random, order.deadline, MAX_UINT40)),
            replace(order, deadline=UNTIL - 1),
            replace(order, salt=random.getrandbits(256)),
        ]
    )


def spoil(batch: BatchInput, random: Random) -> BatchInput:
    sections, orders = list(batch.sections), list(batch.orders)
    match random.randrange(7):
        case 0 | 1:
            at = random.randrange(len(sections))
            sections[at] = spoil_section(sections[at], random)
        case 2 | 3:
            at = random.randrange(len(orders))
            orders[at] = spoil_order(orders[at], random)
        case 4:
            return replace(batch, chain_id=nudge(random, batch.chain_id, MAX_UINT256))
        case 5:
            return replace(batch, valid_until=nudge(random, batch.valid_until, MAX_UINT256))
        case _:
            random.shuffle(sections)
            orders = orders[: random.randint(0, len(orders))]
    return replace(batch, sections=tuple(sections), orders=tuple(orders))


def corrupt(data: bytes, random: Random) -> bytes:
    """Bytes that no encoder would write, mostly."""
    words = [data[at : at + 32] for at in range(0, len(data), 32)]
    at = random.randrange(len(words))
    match random.randrange(6):
        case 0:
            words[at] = random.randint(0, 2 * len(data)).to_bytes(32, "big")
        case 1:
            words[at] = random.choice([b"\xff" * 32, bytes(32), b"\0" * 31 + b"\x02"])
        case 2:
            words.insert(at, random.choice(words))
        case 3:
            del words[at]
        case 4:
            return data[: random.randrange(len(data))]
        case _:
            flipped = bytearray(data)
            flipped[random.randrange(len(data))] ^= 1 << random.randrange(8)
            return bytes(flipped)
    return b"".join(words)


# --- the golden cases -----------------------------------------------------------------------------


def golden_cases() -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(CASES.glob("*.json"))]


def golden_batch(case: dict[str, Any]) -> BatchInput:
    return BatchInput(
        chain_id=int(case["chain_id"]),
        manager=Address(parse_hex(case["manager"], 20)),
        valid_until=int(case["valid_until"]),
        sections=tuple(golden_section(item) for item in case["sections"]),
        orders=tuple(golden_order(item) for item in case["orders"]),
    )


def golden_section(item: dict[str, Any]) -> Section:
    return Section(
        pool_id=PoolId(parse_hex(item["pool_id"], 32)),
        price_x128=int(item["price_x128"]),
        remainder_zero_for_one=item["remainder_zero_for_one"],
        remainder_in=int(item["remainder_in"]),
        min_out=int(item["min_out"]),
        fee_bps=int(item["fee_bps"]),
        order_ids=tuple(OrderId(parse_hex(listed, 32)) for listed in item["order_ids"]),
    )


def golden_order(item: dict[str, Any]) -> Order:
    return Order(
        owner=Address(parse_hex(item["owner"], 20)),
        pool_id=PoolId(parse_hex(item["pool_id"], 32)),
        zero_for_one=item["zero_for_one"],
        amount_in=int(item["amount_in"]),
        min_out=int(item["min_out"]),
        deadline=int(item["deadline"]),
        salt=int(item["salt"]),
    )


# A swap's real output is no part of a proof, so these cases have nothing to refuse in the program.
ABOUT_REAL_OUTPUTS = {"bad_swap_below_floor"}


@pytest.mark.parametrize("case", golden_cases(), ids=lambda case: case["name"])
def test_rust_rule__golden_case__gives_the_expected_bytes_or_code(
    rust: RustRule, case: dict[str, Any]
) -> None:
    answer = rust.check(golden_batch(case).encode())

    assert answer == python_answer(golden_batch(case).encode())
    if case["name"] not in ABOUT_REAL_OUTPUTS and "error" in case["expect"]:
        assert answer == (case["expect"]["error"], b"")
    elif "error" not in case["expect"]:
        assert answer[1][:192] == parse_hex(case["expect"]["public_values"], 192)


def test_rust_rule__random_batches__gives_pythons_bytes(rust: RustRule) -> None:
    random, kept = Random(1), 0
    for _ in range(ROUNDS):
        data = random_batch(random).encode()
        expected = python_answer(data)
        assert rust.check(data) == expected
        kept += expected[0] == "ok"
    assert kept > ROUNDS * 0.9  # the others overflow a side's sum


def test_rust_rule__spoiled_batches__gives_pythons_code(rust: RustRule) -> None:
    random, codes = Random(2), set()
    for _ in range(ROUNDS):
        data = spoil(random_batch(random), random).encode()
        expected = python_answer(data)
        assert rust.check(data) == expected
        codes.add(expected[0])
    everything = {"ok", *(f"ZKO-RUL-{number:03}" for number in range(2, 12))}
    assert codes == everything or ROUNDS < 500


def test_rust_rule__corrupted_encodings__accepts_exactly_what_python_accepts(
    rust: RustRule,
) -> None:
    random, codes = Random(3), set()
    for _ in range(ROUNDS):
        data = corrupt(random_batch(random).encode(), random)
        expected = python_answer(data)
        assert rust.check(data) == expected, data.hex()
        codes.add(expected[0])
    assert "ZKO-BIN-001" in codes


def test_rust_rule__nothing_at_all__is_malformed(rust: RustRule) -> None:
    assert rust.check(b"") == ("ZKO-BIN-001", b"")
