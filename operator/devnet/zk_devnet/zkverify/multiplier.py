"""The fee multiplier: TargetedFeeAdjustment of the runtime, in the exact arithmetic of its fixed-point numbers.

Values are FixedU128: integers counting 1e-18, every product and quotient rounded down.
"""

from zk_devnet.zkverify.context import Context
from zk_devnet.zkverify.schema.runtime import NORMAL_BLOCK_PS
from zk_devnet.zkverify.state import Overlay

ONE = 10**18
PRICE_KEY = b":devnet:weight_percent"
MINIMUM = ONE
MAXIMUM = 2**128 - 1
TARGET_PERCENT = 75  # of the weight that normal extrinsics may take
VARIABLE = (
    131_364_613_234_242_400  # fills a hundred blocks in a row for 26.67 times the first one's price
)


def current(storage: Overlay) -> int:
    """The multiplier that extrinsics of this block pay."""
    value: int = storage.get("TransactionPayment", "NextFeeMultiplier")
    return value


def price(storage: Overlay) -> int:
    """The multiplier with what weights cost on this chain more than on the real one, if it was told to."""
    raw = storage.raw(PRICE_KEY)
    return (
        current(storage) if raw is None else current(storage) * int.from_bytes(raw, "little") // 100
    )


def put_price(ctx: Context, percent: int) -> None:
    """Have weights cost that much of what they cost on the real chain."""
    if percent != 100:
        ctx.storage.put_raw(PRICE_KEY, percent.to_bytes(4, "little"))


def store(ctx: Context, value: int) -> None:
    """Set what the next block's extrinsics pay."""
    ctx.storage.put("TransactionPayment", "NextFeeMultiplier", value)


def following(previous: int, normal_ps: int) -> int:
    """The multiplier after a block whose normal extrinsics took that long: up above the target, else down to one."""
    previous = max(previous, MINIMUM)
    target_ps = NORMAL_BLOCK_PS * TARGET_PERCENT // 100
    used_ps = min(normal_ps, NORMAL_BLOCK_PS)
    distance = abs(used_ps - target_ps) * ONE // NORMAL_BLOCK_PS
    first = _product(VARIABLE, distance)
    second = _product(_product(VARIABLE, VARIABLE) // 2, _product(distance, distance))
    if used_ps >= target_ps:
        changed = previous + _product(first + second, previous)
    else:
        changed = previous - _product(first - second, previous)
    return min(max(changed, MINIMUM), MAXIMUM)


def _product(left: int, right: int) -> int:
    return left * right // ONE
