"""The fee multiplier: the runtime's own figures, and that everything which costs follows it."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from zk_devnet.zkverify import multiplier, weights
from zk_devnet.zkverify.fees import BASE_FEE, PER_BYTE, aggregation_hold, fee
from zk_devnet.zkverify.rpc.runtime_api import dispatch_info, fee_details
from zk_devnet.zkverify.scale import Case
from zk_devnet.zkverify.schema.runtime import NORMAL_BLOCK_PS

REMARK = Case("System", Case("remark", {"remark": b"hello"}))


def test_following__hundred_full_blocks__reach_the_runtimes_own_figure() -> None:
    value = multiplier.ONE
    for _ in range(100):
        value = multiplier.following(value, NORMAL_BLOCK_PS)
    assert (
        abs(value / multiplier.ONE - 26.67) < 1e-9
    )  # of the runtime's block_cost_after_k_full_blocks


def test_following__blocks_at_the_target__change_nothing() -> None:
    value = 3 * multiplier.ONE
    assert multiplier.following(value, NORMAL_BLOCK_PS * 3 // 4) == value


@given(st.integers(0, 2**96), st.integers(0, 2 * NORMAL_BLOCK_PS))
def test_following__any_block__moves_towards_its_fullness(value: int, used_ps: int) -> None:
    after = multiplier.following(value, used_ps)
    assert after >= multiplier.MINIMUM
    if used_ps >= NORMAL_BLOCK_PS * 3 // 4:
        assert after >= value
    else:
        assert after <= max(value, multiplier.MINIMUM)


def test_fee__multiplied__raises_the_weights_part_only() -> None:
    weight = weights.EXTENSIONS
    plain, doubled = fee(weight, 200, 5), fee(weight, 200, 5, multiplier=2 * multiplier.ONE)
    assert doubled - plain == plain - BASE_FEE - 200 * PER_BYTE - 5
    assert aggregation_hold(8, multiplier=2 * multiplier.ONE) > aggregation_hold(8)


def test_block__empty__keeps_the_minimum(lab: Any) -> None:
    lab.block(3)
    assert lab.get("TransactionPayment", "NextFeeMultiplier") == multiplier.ONE


def test_block__dearer_chain__charges_what_it_quotes(lab: Any) -> None:
    lab.node.schedule_edit(lambda ctx: multiplier.store(ctx, 10 * multiplier.ONE))
    lab.block()
    best = lab.node.chain.best
    price = lab.get("TransactionPayment", "NextFeeMultiplier")
    assert 9 * multiplier.ONE < price < 10 * multiplier.ONE
    signed = lab.sign(lab.alice, REMARK)
    quoted = dispatch_info(signed, best)["partial_fee"]
    parts = fee_details(signed, best)
    assert parts is not None
    assert quoted == sum(parts.values())
    lab.submit_raw(signed)
    paid = [fields for _, _, name, fields in lab.block() if name == "TransactionFeePaid"]
    assert [fields["actual_fee"] for fields in paid] == [quoted]
