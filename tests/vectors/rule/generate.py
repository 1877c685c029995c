"""Writes the golden cases of the batch rule; with --check it compares and exits 1 on a difference."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from zk_acts.domain.ids import hex0x
from zk_operator.domain.batch_rule import SectionOutcome, check_batch, remainder_of, weigh
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

FOLDER = Path(__file__).parent
Q = 1 << 128
CHAIN_ID = 31337
MANAGER = Address(bytes.fromhex("4d" * 20))
DOMAIN = SigningDomain(chain_id=CHAIN_ID, manager=MANAGER)
UNTIL = 1_900_000_000
POOL_A, POOL_B, POOL_C = (PoolId(bytes([number]) * 32) for number in (0x0A, 0x0B, 0xFC))


@dataclass(frozen=True, kw_only=True)
class Case:
    """One batch with what the pools are taken to give."""

    name: str
    about: str
    sections: tuple[Section, ...]
    orders: tuple[Order, ...]
    swap_outputs: tuple[int, ...]
    valid_until: int = UNTIL
    chain_id: int = CHAIN_ID


@dataclass(frozen=True, kw_only=True)
class Part:
    """A consistent section, its orders in the order of its ids, and the swap's real output."""

    section: Section
    orders: tuple[Order, ...]
    swap: int


def sell0(amount_in: int, min_out: int = 0, **changes: Any) -> Order:
    """An order that sells token0."""
    order = Order(
        owner=Address(b"\x11" * 20),
        pool_id=POOL_A,
        zero_for_one=True,
        amount_in=amount_in,
        min_out=min_out,
        deadline=UNTIL + 600,
        salt=1,
    )
    return replace(order, **changes)


def sell1(amount_in: int, min_out: int = 0, **changes: Any) -> Order:
    """An order that sells token1."""
    return sell0(amount_in, min_out, **{"zero_for_one": False, **changes})


def part(
    price: int,
    *orders: Order,
    min_out: int = 0,
    swap: int = 0,
    fee_bps: int = 30,
    pool: PoolId = POOL_A,
) -> Part:
    """Salts make equal orders different; ids decide the order."""
    placed = [replace(item, pool_id=pool, salt=item.salt + n) for n, item in enumerate(orders)]
    placed.sort(key=lambda item: order_id(item, DOMAIN))
    sides = weigh(placed, price)
    section = Section(
        pool_id=pool,
        price_x128=price,
        remainder_zero_for_one=sides.heavy_is_zero,
        remainder_in=remainder_of(placed, sides, price) if price else 0,
        min_out=min_out,
        fee_bps=fee_bps,
        order_ids=tuple(order_id(item, DOMAIN) for item in placed),
    )
    return Part(section=section, orders=tuple(placed), swap=swap)


def case(name: str, about: str, *parts: Part, valid_until: int = UNTIL) -> Case:
    """A batch of parts whose pools ascend."""
    return Case(
        name=name,
        about=about,
        sections=tuple(item.section for item in parts),
        orders=tuple(order for item in parts for order in item.orders),
        swap_outputs=tuple(item.swap for item in parts),
        valid_until=valid_until,
    )


def example(**changes: Any) -> Part:
    """The worked example of the reference page."""
    settings = {"min_out": 2900, "swap": 2950, **changes}
    return part(5 * Q // 2, sell0(1000), sell0(501), sell1(777), **settings)


def good_cases() -> Iterator[Case]:
    """Batches that keep the rule."""
    price = 5 * Q // 2
    yield case("worked_example", "the example of docs/reference/batch-rule.md", example())
    yield case(
        "tie",
        "both sides worth the same: token0 heavy, no swap",
        part(price, sell0(400), sell1(1000)),
    )
    yield case(
        "tie_by_rounding",
        "S0*p rounds down to S1: token0 heavy, one unit is swapped",
        part(price, sell0(401), sell1(1002), min_out=1, swap=2),
    )
    yield case(
        "token1_heavy",
        "one unit more of token1 than a tie",
        part(price, sell0(400), sell1(1001), swap=0),
    )
    yield case(
        "token1_heavy_many",
        "three sellers of token1 share",
        part(price, sell0(400), sell1(999), sell1(1001), sell1(1003), min_out=700, swap=801),
    )
    yield case(
        "one_order_token0",
        "a single order is the whole heavy side",
        part(3 * Q, sell0(10_000, 29_000), min_out=29_500, swap=29_910),
    )
    yield case(
        "one_order_token1",
        "a single order is the whole heavy side",
        part(3 * Q, sell1(10_000, 3_000), min_out=3_200, swap=3_323),
    )
    yield case(
        "empty_light_side",
        "no counterpart: everything is swapped",
        part(price, sell0(1), sell0(2), sell0(4), min_out=16, swap=17),
    )
    yield case(
        "light_paid_nothing",
        "a light order too small for one unit of the other token",
        part(2 * Q, sell0(10), sell1(1), min_out=19, swap=20),
    )
    yield case(
        "dust_of_many",
        "seven equal shares of a prime",
        part(Q, *(sell0(10) for _ in range(7)), min_out=67, swap=71, fee_bps=0),
    )
    yield case(
        "rounding_irrational",
        "a price with all bits set",
        part(
            (1 << 200) // 3,
            sell0(10**15),
            sell0(3 * 10**15 + 1),
            sell1(7 * 10**35 + 5),
            min_out=5 * 10**36,
            swap=5 * 10**36 + 12_345,
        ),
    )
    yield case("fee_zero", "no fee: only dust in the ledger", example(fee_bps=0))
    yield case("fee_one", "the smallest fee is rounded up on each payout", example(fee_bps=1))
    yield case("fee_all", "the whole payout is fee", example(fee_bps=10_000))
    yield case(
        "limits_exact",
        "every limit is met to the unit",
        part(price, sell0(1000, 2441), sell0(501, 1223), sell1(777, 309), min_out=2900, swap=2900),
    )
    yield case("swap_gives_more", "the real output is far above minOut", example(swap=10**30))
    yield case(
        "largest_amounts",
        "both sides at 2^128-1, at price one",
        part(Q, sell0(MAX_UINT128), sell1(MAX_UINT128), fee_bps=10_000),
    )
    yield case(
        "largest_products",
        "pot*amountIn needs more than 256 bits",
        part(
            Q,
            sell0(MAX_UINT128 - 1),
            sell0(1),
            sell1(MAX_UINT128 - 2),
            min_out=MAX_UINT128 - 7,
            swap=MAX_UINT128,
        ),
    )
    yield case(
        "largest_price",
        "the highest price: one unit of token0 outweighs all of token1",
        part(MAX_UINT256, sell0(1), sell1(MAX_UINT128), min_out=MAX_UINT128, swap=MAX_UINT128),
    )
    yield case(
        "smallest_price",
        "the lowest price: all of token0 is worth less than one unit of token1",
        part(1, sell0(MAX_UINT128), sell1(1), min_out=5, swap=9),
    )
    yield case(
        "largest_terms",
        "every field at its maximum",
        part(
            Q,
            sell0(10**9, owner=Address(b"\xff" * 20), deadline=MAX_UINT40, salt=MAX_UINT256),
            swap=10**9,
        ),
        valid_until=MAX_UINT40,
    )
    yield case(
        "min_out_zero",
        "a floor of nothing is legal where limits allow it",
        part(Q, sell0(50), swap=49),
    )
    yield multi_section()


def multi_section() -> Case:
    """Three pools, one without a swap; with six orders the tree has a lone node on its second level."""
    return case(
        "three_sections",
        "pools ascend; ids ascend inside a section, not over the batch",
        example(),
        part(Q // 1024, sell0(1_024_000), sell1(1000), pool=POOL_B),
        part(
            7 * Q + 1,
            sell1(10**12, salt=9),
            min_out=10**11,
            swap=142_000_000_000,
            pool=POOL_C,
            fee_bps=100,
        ),
    )


def bad_cases() -> Iterator[Case]:
    """Batches with one defect each."""
    good = case("", "", example())
    section = good.sections[0]

    def spoiled(name: str, about: str, **changes: Any) -> Case:
        return replace(good, name=name, about=about, sections=(replace(section, **changes),))

    yield spoiled("bad_heavy_side", "names the light side", remainder_zero_for_one=False)
    yield spoiled("bad_remainder_low", "one unit less than the remainder", remainder_in=1190)
    yield spoiled("bad_remainder_high", "one unit more than the remainder", remainder_in=1192)
    yield spoiled("bad_price_zero", "price zero", price_x128=0)
    yield spoiled("bad_fee", "fee above the whole", fee_bps=10_001)
    yield replace(
        good,
        name="bad_swap_below_floor",
        about="the swap gave less than minOut",
        swap_outputs=(2899,),
    )
    tie = part(5 * Q // 2, sell0(400), sell1(1000))
    yield case(
        "bad_floor_without_swap",
        "minOut without a remainder",
        replace(tie, section=replace(tie.section, min_out=1), swap=1),
    )
    yield case(
        "bad_limit_heavy",
        "a heavy limit one unit above its payout at minOut",
        part(5 * Q // 2, sell0(1000, 2442), sell0(501), sell1(777), min_out=2900, swap=2900),
    )
    yield case(
        "bad_limit_light",
        "a light limit one unit above its payout",
        part(5 * Q // 2, sell0(1000), sell0(501), sell1(777, 310), min_out=2900, swap=2900),
    )
    yield case("bad_amount_zero", "an order of nothing", part(Q, sell0(0), sell0(5), swap=5))
    yield case("bad_side_too_large", "a side above 2^128-1", replace(oversized(), swap=1))
    yield case(
        "bad_deadline", "an order ends before validUntil", example(), valid_until=UNTIL + 601
    )
    foreign = replace(good.orders[0], pool_id=POOL_B)
    yield replace(
        good, name="bad_pool", about="an order of another pool", orders=(foreign, *good.orders[1:])
    )
    yield replace(
        good,
        name="ids_descending",
        about="ids descend",
        sections=(replace(section, order_ids=section.order_ids[::-1]),),
        orders=good.orders[::-1],
    )
    wrong = (OrderId(bytes(32)), *section.order_ids[1:])
    yield spoiled("ids_mismatch", "an id that its terms do not give", order_ids=wrong)
    yield replace(good, name="ids_other_chain", about="ids of another chain", chain_id=1)
    yield replace(
        good, name="ids_missing_order", about="fewer orders than ids", orders=good.orders[:2]
    )
    yield case("shape_pools_descending", "pools descend", example(pool=POOL_B), example())
    yield case("shape_pool_twice", "a pool with two sections", example(), example())
    yield case("shape_no_sections", "an empty batch")
    empty = replace(section, order_ids=(), remainder_in=0, min_out=0, remainder_zero_for_one=True)
    yield replace(
        good,
        name="shape_empty_section",
        about="a section without orders",
        sections=(empty,),
        orders=(),
        swap_outputs=(0,),
    )


def oversized() -> Part:
    """Two orders that together pass 2^128-1; the remainder cannot state it."""
    fits = part(Q, sell0(MAX_UINT128), sell0(1))
    return replace(fits, section=replace(fits.section, remainder_in=MAX_UINT128))


def order_json(order: Order, chain_id: int) -> dict[str, Any]:
    """Terms and id."""
    domain = SigningDomain(chain_id=chain_id, manager=MANAGER)
    return {
        "owner": hex0x(order.owner),
        "pool_id": hex0x(order.pool_id),
        "zero_for_one": order.zero_for_one,
        "amount_in": str(order.amount_in),
        "min_out": str(order.min_out),
        "deadline": str(order.deadline),
        "salt": str(order.salt),
        "id": hex0x(order_id(order, domain)),
    }


def section_json(section: Section) -> dict[str, Any]:
    """The section as it is encoded."""
    return {
        "pool_id": hex0x(section.pool_id),
        "price_x128": str(section.price_x128),
        "remainder_zero_for_one": section.remainder_zero_for_one,
        "remainder_in": str(section.remainder_in),
        "min_out": str(section.min_out),
        "fee_bps": str(section.fee_bps),
        "order_ids": [hex0x(listed) for listed in section.order_ids],
    }


def outcome_json(outcome: SectionOutcome) -> dict[str, Any]:
    """Payouts and ledger of one section."""
    return {
        "payouts": [
            {"gross": str(paid.gross), "fee": str(paid.fee), "net": str(paid.net)}
            for paid in outcome.payouts
        ],
        "ledger0": str(outcome.ledger0),
        "ledger1": str(outcome.ledger1),
    }


def expectation(item: Case) -> dict[str, Any]:
    """What the rule says, at the floor and at the real outputs."""

    def check(outputs: Sequence[int] | None) -> Any:
        return check_batch(
            item.sections,
            item.orders,
            chain_id=item.chain_id,
            manager=MANAGER,
            valid_until=item.valid_until,
            swap_outputs=outputs,
        )

    try:
        floor, real = check(None), check(item.swap_outputs)
    except RuleViolation as refusal:
        return {"error": refusal.code}
    values = floor.public_values
    return {
        "orders_root": hex0x(values.orders_root),
        "settlement_hash": hex0x(values.settlement_hash),
        "public_values": hex0x(values.encode()),
        "public_values_hash": hex0x(values.hash()),
        "at_min_out": [outcome_json(outcome) for outcome in floor.sections],
        "at_swap_outputs": [outcome_json(outcome) for outcome in real.sections],
    }


def render(item: Case) -> str:
    """The file's text."""
    content = {
        "name": item.name,
        "about": item.about,
        "chain_id": str(item.chain_id),
        "manager": hex0x(MANAGER),
        "valid_until": str(item.valid_until),
        "orders": [order_json(order, item.chain_id) for order in item.orders],
        "sections": [section_json(section) for section in item.sections],
        "swap_outputs": [str(output) for output in item.swap_outputs],
        "expect": expectation(item),
    }
    return json.dumps(content, indent=1) + "\n"


def write(path: Path, text: str) -> bool:
    """Writes the file; True if that changed it."""
    changed = differs(path, text)
    if changed:
        path.write_text(text)
    return changed


def differs(path: Path, text: str) -> bool:
    """Whether the file is absent or says something else."""
    return not path.exists() or path.read_text() != text


def main(arguments: Sequence[str]) -> int:
    """Exit code 1 if --check found a difference."""
    act: Callable[[Path, str], bool] = differs if "--check" in arguments else write
    rendered = {f"{item.name}.json": render(item) for item in (*good_cases(), *bad_cases())}
    changed = [name for name, text in rendered.items() if act(FOLDER / name, text)]
    stale = sorted(path.name for path in FOLDER.glob("*.json") if path.name not in rendered)
    print(f"{len(rendered)} cases, {len(changed)} changed, {len(stale)} stale: {changed + stale}")
    return int("--check" in arguments and bool(changed or stale))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
