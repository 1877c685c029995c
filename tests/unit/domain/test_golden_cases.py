"""The golden cases: files against the implementation, and results worked out by hand."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak

from zk_acts.domain.ids import parse_hex
from zk_operator.domain.batch_rule import BatchOutcome, SectionOutcome, check_batch
from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.order import Order, SigningDomain, order_id
from zk_operator.domain.rule_errors import RuleViolation
from zk_operator.domain.section import Section

FOLDER = Path(__file__).parents[2] / "vectors" / "rule"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


def load(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return content


def order_from(item: dict[str, Any]) -> Order:
    return Order(
        owner=Address(parse_hex(item["owner"], 20)),
        pool_id=PoolId(parse_hex(item["pool_id"], 32)),
        zero_for_one=item["zero_for_one"],
        amount_in=int(item["amount_in"]),
        min_out=int(item["min_out"]),
        deadline=int(item["deadline"]),
        salt=int(item["salt"]),
    )


def section_from(item: dict[str, Any]) -> Section:
    return Section(
        pool_id=PoolId(parse_hex(item["pool_id"], 32)),
        price_x128=int(item["price_x128"]),
        remainder_zero_for_one=item["remainder_zero_for_one"],
        remainder_in=int(item["remainder_in"]),
        min_out=int(item["min_out"]),
        fee_bps=int(item["fee_bps"]),
        order_ids=tuple(OrderId(parse_hex(listed, 32)) for listed in item["order_ids"]),
    )


def check(case: dict[str, Any], *, real: bool) -> BatchOutcome:
    return check_batch(
        [section_from(item) for item in case["sections"]],
        [order_from(item) for item in case["orders"]],
        chain_id=int(case["chain_id"]),
        manager=Address(parse_hex(case["manager"], 20)),
        valid_until=int(case["valid_until"]),
        swap_outputs=[int(output) for output in case["swap_outputs"]] if real else None,
    )


def shown(outcome: SectionOutcome) -> dict[str, Any]:
    return {
        "payouts": [
            {"gross": str(paid.gross), "fee": str(paid.fee), "net": str(paid.net)}
            for paid in outcome.payouts
        ],
        "ledger0": str(outcome.ledger0),
        "ledger1": str(outcome.ledger1),
    }


def test_golden_cases__files__are_what_the_generator_writes() -> None:
    command = [sys.executable, str(FOLDER / "generate.py"), "--check"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert len(NAMES) >= 40


@pytest.mark.parametrize("name", NAMES)
def test_golden_case__checked__gives_what_is_expected(name: str) -> None:
    case = load(name)
    domain = SigningDomain(
        chain_id=int(case["chain_id"]), manager=Address(parse_hex(case["manager"], 20))
    )
    for item in case["orders"]:
        assert order_id(order_from(item), domain) == parse_hex(item["id"], 32)
    expected = case["expect"]
    if "error" in expected:
        with pytest.raises(RuleViolation) as refusal:
            check(case, real=True)
        assert refusal.value.code == expected["error"]
        return
    floor, real = check(case, real=False), check(case, real=True)
    assert floor.public_values == real.public_values
    assert floor.public_values.encode() == parse_hex(expected["public_values"], 192)
    assert [shown(outcome) for outcome in floor.sections] == expected["at_min_out"]
    assert [shown(outcome) for outcome in real.sections] == expected["at_swap_outputs"]


# Worked out by hand from the reference page: net payouts by (sells token0, input), ledger0, ledger1.
BY_HAND: dict[str, tuple[dict[tuple[bool, int], int], int, int]] = {
    "worked_example": ({(True, 1000): 2475, (True, 501): 1239, (False, 777): 309}, 1, 13),
    "limits_exact": ({(True, 1000): 2441, (True, 501): 1223, (False, 777): 309}, 1, 13),
    # 400 token0 are worth exactly 1000 token1; fees ceil(1.2) and ceil(3)
    "tie": ({(True, 400): 997, (False, 1000): 398}, 2, 3),
    # floor(401*2.5) = 1002 = S1; light gets floor(400.8); heavy 1002 + 2 = 1004, fee ceil(3.012)
    "tie_by_rounding": ({(True, 401): 1000, (False, 1002): 398}, 2, 4),
    # light: 400 token0 at 2.5 = 1000, fee 3; heavy shares the 400 token0, fee ceil(1.2)
    "token1_heavy": ({(True, 400): 997, (False, 1001): 398}, 2, 3),
    # nothing is matched: 29,910 less ceil(89.73)
    "one_order_token0": ({(True, 10_000): 29_820}, 0, 90),
    "one_order_token1": ({(False, 10_000): 3_313}, 10, 0),
    # pot 17 over 1+2+4: floor 2, 4, 9 with dust 2; fee 1 each
    "empty_light_side": ({(True, 1): 1, (True, 2): 3, (True, 4): 8}, 0, 5),
    # floor(1/2) = 0 for the light order; pot 1 + 20 = 21, fee 1
    "light_paid_nothing": ({(True, 10): 20, (False, 1): 0}, 0, 1),
    "fee_all": ({(True, 1000): 0, (True, 501): 0, (False, 777): 0}, 310, 3727),
    "fee_zero": ({(True, 1000): 2483, (True, 501): 1243, (False, 777): 310}, 0, 1),
    "largest_amounts": ({(True, 2**128 - 1): 0, (False, 2**128 - 1): 0}, 2**128 - 1, 2**128 - 1),
    # p = 2^256-1: the light gross is floor((2^256-2^128)/(2^256-1)) = 0, the pot 2*(2^128-1)
    "largest_price": (
        {
            (True, 1): 2 * (2**128 - 1) - -(-2 * (2**128 - 1) * 30 // 10_000),
            (False, 2**128 - 1): 0,
        },
        0,
        -(-2 * (2**128 - 1) * 30 // 10_000),
    ),
}


@pytest.mark.parametrize("name", sorted(BY_HAND))
def test_golden_case__worked_out_by_hand__is_what_the_file_says(name: str) -> None:
    case, (nets, ledger0, ledger1) = load(name), BY_HAND[name]
    (section,) = case["expect"]["at_swap_outputs"]
    found = {
        (order["zero_for_one"], int(order["amount_in"])): int(payout["net"])
        for order, payout in zip(case["orders"], section["payouts"], strict=True)
    }
    assert found == nets
    assert (int(section["ledger0"]), int(section["ledger1"])) == (ledger0, ledger1)


def test_golden_case__three_sections__hashes_are_what_the_bytes_give() -> None:
    """Assembled here word by word, without the ABI library."""
    case = load("three_sections")

    def word(value: int) -> bytes:
        return value.to_bytes(32)

    bodies = []
    for item in case["sections"]:
        section = section_from(item)
        fixed = [
            section.pool_id,
            word(section.price_x128),
            word(int(section.remainder_zero_for_one)),
            word(section.remainder_in),
            word(section.min_out),
            word(section.fee_bps),
            word(7 * 32),
        ]
        bodies.append(b"".join([*fixed, word(len(section.order_ids)), *section.order_ids]))
    offsets = [word(96 + sum(map(len, bodies[:i]))) for i in range(3)]
    encoded = word(32) + word(3) + b"".join(offsets) + b"".join(bodies)
    assert keccak(encoded) == parse_hex(case["expect"]["settlement_hash"], 32)
    nodes = [keccak(parse_hex(order["id"], 32)) for order in case["orders"]]
    pairs = [keccak(nodes[i] + nodes[i + 1]) for i in (0, 2, 4)]
    root = keccak(keccak(pairs[0] + pairs[1]) + pairs[2])
    assert root == parse_hex(case["expect"]["orders_root"], 32)
