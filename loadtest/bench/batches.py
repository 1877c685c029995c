"""Batches to prove, for benchmarks."""

import time

from zk_operator.domain.batch_input import BatchInput
from zk_operator.domain.ids import Address, Hash32, PoolId
from zk_operator.domain.order import Order, SigningDomain, order_id
from zk_operator.domain.public_values import public_values_of
from zk_operator.domain.section import Section
from zk_operator.ports.prover import ProveRequest
from zk_operator.program import batch_program

DOMAIN = SigningDomain(chain_id=31337, manager=Address(b"\x0d" * 20))
POOL = PoolId(b"\x33" * 32)
LIFE_S = 3_600


def batch_of(count: int) -> ProveRequest:
    """`count` orders, an even number, that meet exactly at price 1; valid for an hour."""
    valid_until = int(time.time()) + LIFE_S
    orders = [
        Order(
            owner=Address(number.to_bytes(20, "big")),
            pool_id=POOL,
            zero_for_one=number % 2 == 0,
            amount_in=1_000,
            min_out=1,
            deadline=valid_until + 60,
            salt=number,
        )
        for number in range(count)
    ]
    orders.sort(key=lambda order: order_id(order, DOMAIN))
    section = Section(
        pool_id=POOL,
        price_x128=2**128,
        remainder_zero_for_one=True,
        remainder_in=0,
        min_out=0,
        fee_bps=30,
        order_ids=tuple(order_id(order, DOMAIN) for order in orders),
    )
    batch = BatchInput(
        chain_id=DOMAIN.chain_id,
        manager=DOMAIN.manager,
        valid_until=valid_until,
        sections=(section,),
        orders=tuple(orders),
    )
    values = public_values_of(
        [section], chain_id=DOMAIN.chain_id, manager=DOMAIN.manager, valid_until=valid_until
    )
    return ProveRequest(
        program_vkey=Hash32(batch_program().vkey),
        stdin=batch.stdin(),
        public_values=values.encode(),
        deadline_s=valid_until,
    )
