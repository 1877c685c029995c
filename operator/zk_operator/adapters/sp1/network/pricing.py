"""What is offered for a proof: the network's price in steps by attempt, never above the configured cap.

The cap itself is offered at last: where the network's price is far below what provers take, steps alone never reach them, and
the winner is paid its own bid, not the offer.
"""

from dataclasses import dataclass

from zk_operator.adapters.sp1.errors import PriceOutOfReach

PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class PricePolicy:
    """Caps and steps. Prices in 1e-18 PROVE per unit of prover gas, fees in 1e-18 PROVE.

    `last_attempt`: from that one on the cap is offered, unless it is the first.
    """

    max_price_per_pgu: int
    max_base_fee: int
    first_percent: int = 120
    step_percent: int = 25
    last_attempt: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What the network asks for now, in the same units. `tick`: prices are multiples of it."""

    price_per_pgu: int
    base_fee: int
    tick: int = 1


def offer(policy: PricePolicy, market: Market, attempt: int) -> int:
    """The price per PGU of the given attempt (from 1). Errors: PriceOutOfReach."""
    if market.base_fee > policy.max_base_fee:
        raise PriceOutOfReach(
            "the base fee is above the cap", base_fee=market.base_fee, cap=policy.max_base_fee
        )
    price = policy.max_price_per_pgu
    # The last one offers the cap: steps that end below the market would begin at the bottom again, for ever
    # (ADR 0167).
    if not _is_last(policy, attempt):
        percent = policy.first_percent + policy.step_percent * (attempt - 1)
        price = min(market.price_per_pgu * percent // PERCENT, price)
    price -= price % max(market.tick, 1)
    if price <= 0:
        raise PriceOutOfReach(
            "no price between zero and the cap is a multiple of the tick",
            cap=policy.max_price_per_pgu,
            market=market.price_per_pgu,
            tick=market.tick,
        )
    return price


def _is_last(policy: PricePolicy, attempt: int) -> bool:
    return policy.last_attempt is not None and attempt > 1 and attempt >= policy.last_attempt
