"""How far a pool may be from a section's price, before its swap and after it: the contracts' `PriceRange`."""

from zk_devnet.simulator.evm.codec import require
from zk_devnet.simulator.evm.state import State
from zk_operator.domain.batch_rule import FEE_BASE
from zk_operator.domain.ids import PoolId


def require_price(state: State, pool_id: PoolId, price: int) -> None:
    """Before the swap. Raises Reverted."""
    actual = state.price_x128(pool_id)
    require(_is_in_range(state, actual, price), "PriceOutOfRange", actual, price)


def require_in_reach(state: State, pool_id: PoolId, price: int, amount_in: int) -> None:
    """After the swap: the contract's stops at the range's end, and then it was not for all of the input."""
    in_range = _is_in_range(state, state.price_x128(pool_id), price)
    require(in_range, "PartialSwap", 0, amount_in)


def _is_in_range(state: State, actual: int, price: int) -> bool:
    gap = abs(actual - price)
    return gap <= price and -(-gap * FEE_BASE // price) <= state.max_deviation_bps
