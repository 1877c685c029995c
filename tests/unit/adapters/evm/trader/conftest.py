"""An order, its pool and its terms, as the contract takes them."""

from dataclasses import replace
from typing import Any

from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.order import Order, SigningDomain, order_id
from zk_trader.terms import TradedPool, TraderTerms

NOW_S = 1_700_000_000
OWNER = Address(b"\x0a" * 20)
HOOK = Address(b"\x0b" * 20)
MANAGER = Address(b"\x0c" * 20)
ROUTER = Address(b"\x0d" * 20)
DOMAIN = SigningDomain(chain_id=31337, manager=MANAGER)
TERMS = TraderTerms(
    domain=DOMAIN, hook=HOOK, max_span_s=3600, cancel_delay_s=60, fee_bps=10, paused=False
)
POOL = TradedPool(
    pool_id=PoolId(b"\x01" * 32),
    currency0=Address(b"\x02" * 20),
    currency1=Address(b"\x03" * 20),
    fee=3000,
    tick_spacing=60,
    hook=HOOK,
    min_size0=100,
    min_size1=200,
)


def order_of(**changes: Any) -> Order:
    usual = Order(
        owner=OWNER,
        pool_id=POOL.pool_id,
        zero_for_one=True,
        amount_in=1000,
        min_out=1,
        deadline=NOW_S + 60,
        salt=7,
    )
    return replace(usual, **changes)


def id_of(order: Order) -> OrderId:
    return order_id(order, DOMAIN)
