"""The pool through the node: ready, future, replacement, bans, limits and mortality."""

from collections.abc import Callable
from typing import Any

import pytest

from zk_devnet.zkverify.config import PoolLimits
from zk_devnet.zkverify.extrinsic import Era
from zk_devnet.zkverify.pool import PoolRefused, Status
from zk_devnet.zkverify.scale import Case

LIVED = [Status.READY, Status.BROADCAST, Status.IN_BLOCK, Status.FINALIZED]


def _remark(text: bytes = b"x") -> Case:
    return Case("System", Case("remark", {"remark": text}))


def _refusal(lab: Any, encoded: bytes) -> str:
    with pytest.raises(PoolRefused) as caught:
        lab.node.submit(encoded)
    return caught.value.reason


def test_watch__transaction_that_goes_well__reports_every_step(lab: Any) -> None:
    known = lab.submit(lab.alice, _remark())
    lab.block(3)
    assert lab.statuses[known] == LIVED


def test_submit__twice__is_already_imported_then_banned(lab: Any) -> None:
    encoded = lab.sign(lab.alice, _remark())
    lab.node.submit(encoded)
    assert _refusal(lab, encoded) == "AlreadyImported"
    assert _refusal(lab, encoded) == "TemporarilyBanned"


def test_submit__included_bytes__are_banned_for_a_while(lab: Any) -> None:
    encoded = lab.sign(lab.alice, _remark())
    lab.node.submit(encoded)
    lab.block()
    assert _refusal(lab, encoded) == "TemporarilyBanned"
    lab.time += 1801
    with pytest.raises(Exception, match="Stale"):
        lab.node.submit(encoded)


def test_submit__nonce_gap__waits_as_future_until_the_gap_closes(lab: Any) -> None:
    late = lab.submit(lab.alice, _remark(b"late"), nonce=1)
    assert lab.statuses[late] == [Status.FUTURE]
    assert lab.node.pool.next_index(lab.alice.public, 0) == 0
    lab.submit(lab.alice, _remark(b"early"), nonce=0)
    assert lab.statuses[late] == [Status.FUTURE, Status.READY, Status.BROADCAST]
    assert lab.node.pool.next_index(lab.alice.public, 0) == 2
    lab.block()
    assert lab.account(lab.alice)["nonce"] == 2


def test_submit__same_nonce_without_more_tip__has_too_low_priority(lab: Any) -> None:
    lab.submit(lab.alice, _remark(b"a"), nonce=0)
    with pytest.raises(PoolRefused) as caught:
        lab.submit(lab.alice, _remark(b"b"), nonce=0)
    assert caught.value.reason == "TooLowPriority"
    assert caught.value.details == (5713, 5713)


def test_submit__same_nonce_with_a_tip__usurps(lab: Any) -> None:
    first = lab.submit(lab.alice, _remark(b"a"), nonce=0)
    second = lab.submit(lab.alice, _remark(b"b"), nonce=0, tip=1)
    assert lab.statuses[first][-1] is Status.USURPED
    lab.block(3)
    assert lab.statuses[second] == LIVED


def test_block__tipped_transaction__comes_first(lab: Any) -> None:
    lab.submit(lab.alice, _remark(b"a"))
    lab.submit(lab.bob, _remark(b"b"), tip=5)
    lab.block()
    best = lab.node.chain.best
    assert lab.bob.public in best.extrinsics[1]
    assert lab.alice.public in best.extrinsics[2]


def test_submit__beyond_the_ready_limit__drops_the_worst(make_lab: Callable[..., Any]) -> None:
    lab = make_lab(pool=PoolLimits(ready_count=2))
    first = lab.submit(lab.alice, _remark(), tip=1)
    lab.submit(lab.bob, _remark(), tip=1)
    assert lab.statuses[first][-1] is Status.BROADCAST
    lab.submit(lab.charlie, _remark(), tip=2)
    assert lab.statuses[first][-1] is Status.DROPPED
    assert lab.node.pool.sizes()["ready"] == 2


def test_submit__worst_of_a_full_pool__is_immediately_dropped(make_lab: Callable[..., Any]) -> None:
    lab = make_lab(pool=PoolLimits(ready_count=1))
    lab.submit(lab.alice, _remark(), tip=1)
    assert _refusal(lab, lab.sign(lab.bob, _remark())) == "ImmediatelyDropped"


def test_submit__beyond_the_future_limit__drops_what_waits_longest(
    make_lab: Callable[..., Any],
) -> None:
    lab = make_lab(pool=PoolLimits(future_count=1))
    parked = lab.submit(lab.alice, _remark(), nonce=5)
    lab.submit(lab.bob, _remark(), nonce=5)
    assert lab.statuses[parked] == [Status.FUTURE, Status.DROPPED]


def test_refresh__mortal_transaction_outlived__is_invalid(lab: Any) -> None:
    lab.block(4)
    parked = lab.submit(lab.alice, _remark(), nonce=3, era=Era(4, 0))
    lab.block(6)
    assert lab.statuses[parked] == [Status.FUTURE, Status.INVALID]
    assert lab.node.pool.sizes()["future"] == 0


def test_refresh__runtime_upgrade__invalidates_what_was_signed_before(lab: Any) -> None:
    lab.submit(lab.alice, _remark(), nonce=0)
    parked = lab.submit(lab.bob, _remark(), nonce=1)
    lab.node.schedule_upgrade(1_007_000)
    lab.block()
    assert lab.node.spec_version() == 1_007_000
    assert lab.statuses[parked] == [Status.FUTURE, Status.INVALID]
    lab.submit(lab.bob, _remark())
    lab.block()
    assert lab.account(lab.bob)["nonce"] == 1


def test_submit__pool_declared_full__is_immediately_dropped(lab: Any) -> None:
    lab.node.faults.pool_full = True
    assert _refusal(lab, lab.sign(lab.alice, _remark())) == "ImmediatelyDropped"
