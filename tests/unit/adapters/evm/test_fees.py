"""Fee offers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zk_acts.ports.act import Fees
from zk_operator.adapters.evm.errors import FeeCapReached
from zk_operator.adapters.evm.fees import FeeMarket, FeePolicy, bumped, can_replace, offer
from zk_operator.adapters.evm.transaction_channel import parse_fee_history
from zk_operator.domain.failures import MalformedAnswer

GWEI = 10**9
POLICY = FeePolicy(max_fee_wei=100 * GWEI, max_gas=10_000_000)
fees = st.integers(0, 400 * GWEI)


def test_offer__calm_market__is_twice_the_base_fee_and_the_tip() -> None:
    assert offer(FeeMarket(base_fee=10 * GWEI, tip=GWEI), POLICY, None) == Fees(
        fee_cap=21 * GWEI, tip=GWEI
    )


def test_offer__no_tips_seen__is_the_least_tip() -> None:
    assert offer(FeeMarket(base_fee=GWEI, tip=0), POLICY, None).tip == POLICY.min_tip_wei


def test_offer__rising_market__is_capped() -> None:
    assert offer(FeeMarket(base_fee=60 * GWEI, tip=GWEI), POLICY, None).fee_cap == 100 * GWEI


def test_offer__base_fee_above_the_cap__is_refused() -> None:
    with pytest.raises(FeeCapReached):
        offer(FeeMarket(base_fee=100 * GWEI, tip=0), POLICY, None)


def test_offer__bump_beyond_the_cap__is_refused() -> None:
    with pytest.raises(FeeCapReached, match="replaces=True"):
        offer(FeeMarket(base_fee=1, tip=1), POLICY, Fees(fee_cap=90 * GWEI, tip=GWEI))


@given(base=fees, tip=fees, old_cap=fees, old_tip=fees)
def test_offer__any_market_and_sibling__beats_it_within_the_cap(
    base: int, tip: int, old_cap: int, old_tip: int
) -> None:
    sibling = Fees(fee_cap=max(old_cap, old_tip), tip=min(old_cap, old_tip))
    try:
        new = offer(FeeMarket(base_fee=base, tip=tip), POLICY, sibling)
    except FeeCapReached:
        least = bumped(sibling.fee_cap, POLICY.bump_percent)
        assert max(least, base + POLICY.min_tip_wei) > POLICY.max_fee_wei
        return
    assert new.tip <= new.fee_cap <= POLICY.max_fee_wei
    assert new.fee_cap * 1000 >= sibling.fee_cap * 1125
    assert new.tip * 1000 >= sibling.tip * 1125
    assert new.fee_cap >= base


def test_policy__bump_that_no_node_takes__is_a_value_error() -> None:
    with pytest.raises(ValueError, match="10 percent"):
        FeePolicy(max_fee_wei=1, max_gas=1, bump_percent=9)


def test_parse_fee_history__some_blocks_empty__takes_the_median_of_real_tips() -> None:
    history = {
        "baseFeePerGas": ["0x1", "0x2", "0x3"],
        "reward": [["0x0"], ["0x64"], ["0x0"], ["0xc8"], ["0x3e8"]],
    }
    assert parse_fee_history(history) == FeeMarket(base_fee=3, tip=200)


@pytest.mark.parametrize(
    "answer", [None, {}, {"baseFeePerGas": []}, {"baseFeePerGas": ["1"]}, {"baseFeePerGas": 7}]
)
def test_parse_fee_history__nonsense__is_malformed(answer: object) -> None:
    with pytest.raises(MalformedAnswer):
        parse_fee_history(answer)


@pytest.mark.parametrize(("fee_cap", "room"), [(80, True), (87, False)])
def test_can_replace__by_the_room_below_the_cap__is_what_an_offer_comes_to(
    fee_cap: int, room: bool
) -> None:
    policy = FeePolicy(max_fee_wei=100, max_gas=1_000_000, min_tip_wei=0)
    assert can_replace(policy, Fees(fee_cap=fee_cap)) is room
    if room:
        assert offer(FeeMarket(base_fee=1, tip=0), policy, Fees(fee_cap=fee_cap)).fee_cap <= 100
    else:
        with pytest.raises(FeeCapReached):
            offer(FeeMarket(base_fee=1, tip=0), policy, Fees(fee_cap=fee_cap))
