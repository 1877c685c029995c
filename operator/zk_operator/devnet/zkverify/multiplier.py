"""The fee multiplier: TargetedFeeAdjustment of the runtime, in the exact arithmetic of its fixed-point numbers.

Values are FixedU128: integers counting 1e-18, every product and quotient rounded down.
"""

from zk_operator.devnet.zkverify.context import Context
from zk_operator.devnet.zkverify.schema.runtime import NORMAL_BLOCK_PS

ONE = 10**18
MINIMUM = ONE
MAXIMUM = 2**128 - 1
TARGET_PERCENT = 75  # of the weight that normal extrinsics may take
VARIABLE = (
    131_364_613_234_242_400  # fills a hundred blocks in a row for 26.67 times the first one's price
)


def current(ctx: Context) -> int:
    """The multiplier that extrinsics of this block pay."""
    value: int = ctx.storage.get("TransactionPayment", "NextFeeMultiplier")
    return value


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
