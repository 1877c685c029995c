"""The plan of a demo's traffic, its encodings and its verdicts."""

from collections import Counter
from dataclasses import replace

import pytest
from eth_account import Account

from zk_acts.domain.ids import Hash32
from zk_devnet.evm.accounts import dev_account
from zk_devnet.traffic import encode
from zk_devnet.traffic.judge import judge
from zk_devnet.traffic.kind import EXPECTATIONS, Expectation, Kind, Outcome
from zk_devnet.traffic.market import Market, terms_of
from zk_devnet.traffic.plan import Item, PoolSide, TrafficConfig, plan_traffic
from zk_devnet.traffic.post import Posted
from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.order import Order

SIDES = tuple(
    PoolSide(
        pool=pool,
        zero_for_one=zero_for_one,
        native_in=pool == 1 and zero_for_one,
        native_out=pool == 1 and not zero_for_one,
    )
    for pool in (0, 1)
    for zero_for_one in (True, False)
)
ORDER = Order(
    owner=Address(b"\x11" * 20),
    pool_id=PoolId(b"\x22" * 32),
    zero_for_one=True,
    amount_in=5,
    min_out=4,
    deadline=100,
    salt=9,
)


def plan(orders: int = 100, seed: int = 1) -> tuple[Item, ...]:
    return plan_traffic(TrafficConfig(orders=orders, seed=seed), SIDES)


@pytest.mark.parametrize("orders", [1, 19, 20, 100, 500])
def test_plan_traffic__any_number__makes_exactly_so_many(orders: int) -> None:
    items = plan(orders)
    assert [item.number for item in items] == list(range(orders))


def test_plan_traffic__twenty_orders_or_more__has_every_kind() -> None:
    assert {item.kind for item in plan(20)} == set(Kind)


def test_plan_traffic__same_seed__is_the_same_plan() -> None:
    assert plan(seed=7) == plan(seed=7)
    assert plan(seed=7) != plan(seed=8)


def test_plan_traffic__hundred_orders__most_are_good() -> None:
    kinds = Counter(item.kind for item in plan())
    assert kinds[Kind.SWAP] + kinds[Kind.SIGNED] >= 70


@pytest.mark.parametrize("seed", range(5))
def test_plan_traffic__replays__copy_a_signed_order_of_an_earlier_wave(seed: int) -> None:
    items = plan(seed=seed)
    replays = [item for item in items if item.kind is Kind.REPLAYED]
    assert replays
    for item in replays:
        assert item.original is not None
        first = items[item.original]
        assert first.kind is Kind.SIGNED
        assert first.wave < item.wave
        assert (first.salt, first.trader, first.multiple) == (item.salt, item.trader, item.multiple)


@pytest.mark.parametrize("seed", range(5))
def test_plan_traffic__signed_orders__never_sell_native_currency(seed: int) -> None:
    assert not any(item.side.native_in for item in plan(seed=seed) if not item.by_swap)


def test_plan_traffic__refused_payouts__are_native() -> None:
    for item in plan():
        if item.kind is Kind.PAYOUT_REFUSED:
            assert item.side.native_out
        if item.kind is Kind.REFUND_REFUSED:
            assert item.side.native_in


def test_plan_traffic__salts__are_unique_but_for_replays() -> None:
    salts = [item.salt for item in plan(500) if item.kind is not Kind.REPLAYED]
    assert len(set(salts)) == len(salts)


@pytest.mark.parametrize(
    ("expectation", "met"),
    [
        (Expectation.SETTLED, {Outcome.SETTLED}),
        (Expectation.REFUNDED, {Outcome.REFUNDED}),
        (Expectation.REJECTED, {Outcome.REJECTED}),
        (Expectation.EITHER, {Outcome.SETTLED, Outcome.REFUNDED}),
    ],
)
def test_expectation__each_outcome__is_met_by_the_right_ones(
    expectation: Expectation, met: set[Outcome]
) -> None:
    assert {outcome for outcome in Outcome if expectation.is_met_by(outcome)} == met


def test_expectations__every_kind__has_one() -> None:
    assert set(EXPECTATIONS) == set(Kind)


def market() -> Market:
    return Market(timestamp=1_000, prices=(2 << 128, 3 << 128), least_sizes=((10, 20), (30, 40)))


def test_market__worth__goes_by_the_side() -> None:
    sells_0, sells_1 = SIDES[0], SIDES[1]
    assert market().worth(sells_0, 100) == 200
    assert market().worth(sells_1, 100) == 50


def test_terms_of__limit_in_bps__is_below_or_far_above_the_price() -> None:
    item = plan()[0]
    assert item.limit_bps != 0
    reachable = replace(item, limit_bps=500)
    unreachable = replace(item, limit_bps=-10_000)
    pools = _Deployment()
    fair = terms_of(replace(item, limit_bps=0), ORDER.owner, pools, market()).min_out  # type: ignore[arg-type]
    assert terms_of(reachable, ORDER.owner, pools, market()).min_out == fair * 95 // 100  # type: ignore[arg-type]
    assert terms_of(unreachable, ORDER.owner, pools, market()).min_out == fair * 2  # type: ignore[arg-type]


class _Deployment:
    class _Pool:
        pool_id = PoolId(b"\x33" * 32)

    pools = (_Pool(), _Pool())


def test_hook_data__of_an_order__is_magic_and_four_words() -> None:
    data = encode.hook_data(ORDER)
    assert len(data) == 132
    assert data[:4].hex() == "eb422606"
    assert data[4:36] == bytes(12) + ORDER.owner
    assert int.from_bytes(data[100:132], "big") == ORDER.salt


def test_sign__an_id__recovers_to_the_signer() -> None:
    account = dev_account(10)
    signature = encode.sign(OrderId(b"\x07" * 32), account.private_key)
    assert len(signature) == 65
    assert signature[64] in (27, 28)
    signer = Account._recover_hash(b"\x07" * 32, signature=signature)
    assert bytes.fromhex(signer[2:]) == account.address


def posted(number: int, kind: Kind, order_id: bytes, tx_hash: bytes) -> Posted:
    item = replace(plan()[0], number=number, kind=kind)
    return Posted(item=item, order=ORDER, order_id=OrderId(order_id), tx_hash=Hash32(tx_hash))


def test_judge__a_replay_and_its_original__are_told_apart_by_the_transaction() -> None:
    first = posted(0, Kind.SIGNED, b"a" * 32, b"1" * 32)
    replay = posted(1, Kind.REPLAYED, b"a" * 32, b"2" * 32)
    verdicts = judge(
        [first, replay],
        {OrderId(b"a" * 32): Outcome.SETTLED},
        [(Hash32(b"1" * 32), OrderId(b"a" * 32))],
    )
    assert [one.outcome for one in verdicts] == [Outcome.SETTLED, Outcome.REJECTED]
    assert all(one.as_expected for one in verdicts)


def test_judge__an_order_that_was_never_placed__is_rejected_and_not_as_expected() -> None:
    (verdict,) = judge([posted(0, Kind.SWAP, b"a" * 32, b"1" * 32)], {}, [])
    assert verdict.outcome is Outcome.REJECTED
    assert not verdict.as_expected
