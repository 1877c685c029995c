"""What to offer for gas: a pure decision over what the chain asked lately."""

from dataclasses import dataclass
from typing import Final

from zk_acts.ports.act import Fees
from zk_operator.adapters.evm.errors import FeeCapReached

NOTHING_TO_BEAT: Final = Fees()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeePolicy:
    """Limits of every offer. Fees in wei per gas.

    `bump_percent`: by how much a replacement raises both fees. Nodes ask for 10; a few for 12.5.
    """

    max_fee_wei: int
    max_gas: int
    min_tip_wei: int = 10**7
    base_fee_headroom: int = 2  # survives six full blocks in a row
    bump_percent: int = 15
    gas_headroom_percent: int = 20

    def __post_init__(self) -> None:
        if self.bump_percent < 10:
            raise ValueError("a replacement has to raise its fees by at least 10 percent")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeMarket:
    """The next block's base fee and the usual tip, wei per gas."""

    base_fee: int
    tip: int


def offer(market: FeeMarket, policy: FeePolicy, beat: Fees | None) -> Fees:
    """The fees of a new transaction, or of one that replaces another.

    Errors: FeeCapReached where the cap is below the base fee, or below what a replacement has to offer.
    """
    sibling = beat or NOTHING_TO_BEAT
    least_cap = bumped(sibling.fee_cap, policy.bump_percent)
    tip = max(market.tip, policy.min_tip_wei, bumped(sibling.tip, policy.bump_percent))
    wanted = max(market.base_fee * policy.base_fee_headroom + tip, least_cap)
    needed = max(market.base_fee + min(tip, policy.min_tip_wei), least_cap)
    if needed > policy.max_fee_wei:
        raise FeeCapReached(
            needed_wei=needed, max_fee_wei=policy.max_fee_wei, replaces=bool(least_cap)
        )
    cap = min(wanted, policy.max_fee_wei)
    return Fees(fee_cap=cap, tip=min(tip, cap))


def can_replace(policy: FeePolicy, fees: Fees) -> bool:
    """Whether the cap leaves room for a replacement of a transaction that offers these."""
    return bumped(fees.fee_cap, policy.bump_percent) <= policy.max_fee_wei


def bumped(fee: int, percent: int) -> int:
    """The fee raised by that many percent, rounded up."""
    return -(-fee * (100 + percent) // 100)
