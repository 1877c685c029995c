"""Batches of any size that keep the rule."""

from zk_operator.domain.batch_input import BatchInput
from zk_operator.domain.batch_rule import check_batch, remainder_of, weigh
from zk_operator.domain.ids import Address, PoolId
from zk_operator.domain.order import Order, SigningDomain, order_id
from zk_operator.domain.section import Section

DOMAIN = SigningDomain(chain_id=31337, manager=Address(b"\x4d" * 20))
UNTIL = 1_900_000_000
POOLS = (PoolId(b"\x0a" * 32), PoolId(b"\x0b" * 32))
PRICE = 3 << 127  # 1.5 of the second token for one of the first


def batch_over_pools(count: int) -> BatchInput:
    """`count` orders over two pools; over one pool where there is one order."""
    sections, orders = [], []
    for at, pool in enumerate(POOLS[: min(count, 2)]):
        made = [_terms(pool, number) for number in range(at, count, 2)]
        made.sort(key=lambda order: order_id(order, DOMAIN))
        sections.append(_section(pool, made))
        orders.extend(made)
    return BatchInput(
        chain_id=DOMAIN.chain_id,
        manager=DOMAIN.manager,
        valid_until=UNTIL,
        sections=tuple(sections),
        orders=tuple(orders),
    )


def pythons_values(made: BatchInput) -> bytes:
    """The public values, by the rule in Python. Errors: RuleViolation."""
    outcome = check_batch(
        made.sections,
        made.orders,
        chain_id=made.chain_id,
        manager=made.manager,
        valid_until=made.valid_until,
    )
    return outcome.public_values.encode()


def _terms(pool: PoolId, number: int) -> Order:
    return Order(
        owner=Address(number.to_bytes(20, "big")),
        pool_id=pool,
        zero_for_one=number % 3 != 0,
        amount_in=10**18 + 7919 * number,
        min_out=10**17,
        deadline=UNTIL + number,
        salt=number,
    )


def _section(pool: PoolId, orders: list[Order]) -> Section:
    sides = weigh(orders, PRICE)
    return Section(
        pool_id=pool,
        price_x128=PRICE,
        remainder_zero_for_one=sides.heavy_is_zero,
        remainder_in=remainder_of(orders, sides, PRICE),
        min_out=sides.heavy_input,
        fee_bps=30,
        order_ids=tuple(order_id(order, DOMAIN) for order in orders),
    )
