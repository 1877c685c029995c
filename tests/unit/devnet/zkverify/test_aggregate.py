"""Domains and aggregations: who may do what, in what order things are said, who pays."""

from collections.abc import Callable
from typing import Any

import pytest

from zk_devnet.zkverify import fees
from zk_devnet.zkverify.merkle import merkle_root
from zk_devnet.zkverify.pallets.aggregate import held_for, statement_path
from zk_devnet.zkverify.scale import Case
from zk_devnet.zkverify.schema.runtime import VFY, module_error
from zk_devnet.zkverify.signature import key_pair
from zk_devnet.zkverify.state import reader

BAD_ORIGIN = Case("BadOrigin")


def _error(name: str) -> Case:
    return Case("Module", module_error("Aggregate", name))


def _cause(events: list[tuple[str, Any]]) -> Case:
    cause: Case = dict(events)["Aggregate.CannotAggregate"]["cause"]
    return cause


def test_submit__into_a_domain_of_one__says_everything_in_the_real_order(lab: Any) -> None:
    lab.domain(size=1, queue=1)
    assert [name for name, _ in lab.prove(lab.bob, 0)] == [
        "Balances.Withdraw",
        "SettlementSp1Pallet.ProofVerified",
        "Aggregate.NewProof",
        "Aggregate.AggregationComplete",
        "Aggregate.DomainFull",
        "Balances.Deposit",
        "Balances.Deposit",
        "TransactionPayment.TransactionFeePaid",
        "System.ExtrinsicSuccess",
    ]


def test_submit__without_domain__verifies_and_holds_nothing(lab: Any) -> None:
    names = [name for name, _ in lab.prove(lab.bob, None)]
    assert "SettlementSp1Pallet.ProofVerified" in names
    assert not [name for name in names if name.startswith("Aggregate")]
    assert lab.account(lab.bob)["data"]["reserved"] == 0


def test_submit__unknown_domain__succeeds_but_cannot_aggregate(lab: Any) -> None:
    events = lab.prove(lab.bob, 7)
    assert events[-1][0] == "System.ExtrinsicSuccess"
    assert _cause(events) == Case("DomainNotRegistered", {"domain_id": 7})


def test_submit__domain_on_hold__cannot_aggregate(lab: Any) -> None:
    lab.domain()
    lab.prove(lab.bob, 0)
    lab.act(lab.alice, "Aggregate", "hold_domain", domain_id=0)
    assert _cause(lab.prove(lab.bob, 0)) == Case(
        "InvalidDomainState", {"domain_id": 0, "state": Case("Hold")}
    )


def test_submit__queue_full_and_last_place__cannot_aggregate(lab: Any) -> None:
    lab.domain(size=2, queue=1)
    lab.prove(lab.bob, 0)
    assert "Aggregate.DomainFull" in [name for name, _ in lab.prove(lab.bob, 0)]
    assert "Aggregate.NewProof" in [name for name, _ in lab.prove(lab.bob, 0)]
    assert _cause(lab.prove(lab.bob, 0)) == Case("DomainStorageFull", {"domain_id": 0})
    lab.act(lab.alice, "Aggregate", "aggregate", domain_id=0, aggregation_id=1)
    assert "Aggregate.AggregationComplete" in [name for name, _ in lab.prove(lab.bob, 0)]


def test_submit__too_poor_for_the_hold__cannot_aggregate_and_holds_nothing(lab: Any) -> None:
    delivery = {"destination": Case("None"), "fee": 2_000_000 * VFY, "owner_tip": 0}
    lab.domain(delivery=delivery)
    assert _cause(lab.prove(lab.bob, 0)) == Case("InsufficientFunds")
    assert lab.account(lab.bob)["data"]["reserved"] == 0


@pytest.mark.parametrize(("rules", "allowed"), [("OnlyOwner", False), ("Untrusted", True)])
def test_submit__by_a_stranger__depends_on_the_proof_rules(
    lab: Any, rules: str, allowed: bool
) -> None:
    lab.domain(proof_rules=Case(rules))
    names = dict(lab.prove(lab.bob, 0))
    assert ("Aggregate.NewProof" in names) is allowed
    assert allowed or names["Aggregate.CannotAggregate"]["cause"] == Case("UnauthorizedUser")


def test_allowlist__added_then_removed__decides_who_may_submit(lab: Any) -> None:
    lab.domain(proof_rules=Case("OnlyAllowlisted"))
    base = lab.account(lab.alice)["data"]["reserved"]
    assert _cause(lab.prove(lab.bob, 0)) == Case("UnauthorizedUser")
    listed = {"domain_id": 0, "submitters": [lab.bob.public, lab.charlie.public, lab.bob.public]}
    lab.act(lab.alice, "Aggregate", "allowlist_proof_submitters", **listed)
    assert "Aggregate.NewProof" in [name for name, _ in lab.prove(lab.bob, 0)]
    lab.act(
        lab.alice, "Aggregate", "remove_proof_submitters", domain_id=0, submitters=[lab.bob.public]
    )
    assert lab.account(lab.alice)["data"]["reserved"] == base + 68 * VFY // 1000
    assert _cause(lab.prove(lab.bob, 0)) == Case("UnauthorizedUser")


def test_allowlist__of_an_open_domain__is_refused(lab: Any) -> None:
    lab.domain()
    args = {"domain_id": 0, "submitters": [lab.bob.public]}
    for name in ("allowlist_proof_submitters", "remove_proof_submitters"):
        assert lab.failure(lab.alice, "Aggregate", name, **args) == _error("InvalidDomainParams")


def test_submit__accepted__holds_the_share_of_publishing_and_delivery(lab: Any) -> None:
    delivery = {"destination": Case("None"), "fee": 8 * VFY // 10, "owner_tip": 8 * VFY // 100}
    lab.domain(size=8, queue=1, delivery=delivery)
    lab.prove(lab.bob, 0)
    expected = fees.aggregation_hold(8) + 88 * VFY // 100 // 8
    assert lab.account(lab.bob)["data"]["reserved"] == expected
    holds = {entry["id"]: entry["amount"] for entry in lab.get("Balances", "Holds", lab.bob.public)}
    assert holds == {
        held_for("Aggregation"): fees.aggregation_hold(8),
        held_for("Delivery"): 11 * VFY // 100,
    }


def test_aggregate__by_a_stranger__pays_the_publisher_and_the_delivery_owner(lab: Any) -> None:
    delivery = {"destination": Case("None"), "fee": VFY, "owner_tip": VFY}
    lab.domain(size=2, delivery=delivery, delivery_owner=key_pair("//Dave").public)
    lab.prove(lab.bob, 0)
    lab.prove(lab.bob, 0, b"\x02")
    before = lab.account(lab.charlie)["data"]["free"]
    events = dict(lab.act(lab.charlie, "Aggregate", "aggregate", domain_id=0, aggregation_id=1))
    paid = events["TransactionPayment.TransactionFeePaid"]["actual_fee"]
    gained = lab.account(lab.charlie)["data"]["free"] - before + paid
    assert gained == 2 * fees.aggregation_hold(2)
    assert (
        lab.account(key_pair("//Dave"))["data"]["free"]
        == lab.node.config.accounts[key_pair("//Dave").public] + 2 * VFY
    )
    assert lab.account(lab.bob)["data"]["reserved"] == 0
    assert paid < 0.006 * VFY


def test_aggregate__incomplete__publishes_what_is_there_and_opens_the_next(lab: Any) -> None:
    lab.domain(size=4)
    statement = dict(lab.prove(lab.bob, 0))["Aggregate.NewProof"]["statement"]
    events = dict(lab.act(lab.alice, "Aggregate", "aggregate", domain_id=0, aggregation_id=1))
    assert events["Aggregate.NewAggregationReceipt"]["receipt"] == merkle_root([statement])
    assert lab.get("Aggregate", "Domains", 0)["next"]["id"] == 2


@pytest.mark.parametrize("aggregation_id", [0, 1, 2, 99])
def test_aggregate__nothing_to_publish_under_the_id__is_refused_cheaply(
    lab: Any, aggregation_id: int
) -> None:
    lab.domain()
    args = {"domain_id": 0, "aggregation_id": aggregation_id}
    events = lab.act(lab.alice, "Aggregate", "aggregate", **args)
    assert events[-1][1]["dispatch_error"] == _error("InvalidAggregationId")
    paid = dict(events)["TransactionPayment.TransactionFeePaid"]["actual_fee"]
    assert paid == pytest.approx(0.0022 * VFY, rel=0.03)


def test_aggregate__unknown_domain__is_refused(lab: Any) -> None:
    args = {"domain_id": 3, "aggregation_id": 1}
    assert lab.failure(lab.alice, "Aggregate", "aggregate", **args) == _error("UnknownDomainId")


@pytest.mark.parametrize(
    ("rules", "complete", "allowed"),
    [
        ("OnlyOwner", True, False),
        ("OnlyOwnerUncompleted", True, True),
        ("OnlyOwnerUncompleted", False, False),
        ("Untrusted", False, True),
    ],
)
def test_aggregate__by_a_stranger__depends_on_the_rules(
    lab: Any, rules: str, complete: bool, allowed: bool
) -> None:
    lab.domain(size=2, aggregate_rules=Case(rules))
    for number in range(2 if complete else 1):
        lab.prove(lab.bob, 0, bytes([number]))
    args = {"domain_id": 0, "aggregation_id": 1}
    if allowed:
        assert "Aggregate.NewAggregationReceipt" in lab.names(
            lab.charlie, "Aggregate", "aggregate", **args
        )
    else:
        assert lab.failure(lab.charlie, "Aggregate", "aggregate", **args) == BAD_ORIGIN
        assert "Aggregate.NewAggregationReceipt" in lab.names(
            lab.alice, "Aggregate", "aggregate", **args
        )


def test_path__of_each_leaf__is_readable_in_the_publishing_block_only(lab: Any) -> None:
    lab.domain(size=3)
    statements = [
        dict(lab.prove(lab.bob, 0, bytes([number])))["Aggregate.NewProof"]["statement"]
        for number in range(3)
    ]
    lab.act(lab.alice, "Aggregate", "aggregate", domain_id=0, aggregation_id=1)
    there = reader(lab.node.best_state())
    for index, statement in enumerate(statements):
        assert statement_path(there, 0, 1, statement).leaf_index == index
    assert statement_path(there, 0, 1, bytes(32)).name == "NotFound"
    assert statement_path(there, 0, 2, statements[0]).name == "ReceiptNotPublished"
    lab.block()
    assert (
        statement_path(reader(lab.node.best_state()), 0, 1, statements[0]).name
        == "ReceiptNotPublished"
    )


@pytest.mark.parametrize(("size", "queue"), [(0, 1), (129, 1), (1, 0), (1, 17)])
def test_register_domain__out_of_range__is_refused(
    make_lab: Callable[..., Any], size: int, queue: int
) -> None:
    lab = make_lab()
    delivery = {"destination": Case("None"), "fee": 0, "owner_tip": 0}
    args = {
        "aggregation_size": size,
        "queue_size": queue,
        "aggregate_rules": Case("Untrusted"),
        "proof_rules": Case("Untrusted"),
        "delivery": delivery,
        "delivery_owner": None,
    }
    assert lab.failure(lab.alice, "Aggregate", "register_domain", **args) == _error(
        "InvalidDomainParams"
    )
    assert lab.account(lab.alice)["data"]["reserved"] == 0


def test_register_domain__default_queue__is_sixteen(lab: Any) -> None:
    assert lab.domain(size=8, queue=None) == 0
    assert lab.get("Aggregate", "Domains", 0)["publish_queue_size"] == 16
    assert lab.account(lab.alice)["data"]["reserved"] == 17_638 * VFY // 1000


def test_domain__held_emptied_and_unregistered__gives_the_deposit_back(lab: Any) -> None:
    lab.domain()
    lab.prove(lab.bob, 0)
    unregister = ("Aggregate", "unregister_domain")
    assert lab.failure(lab.alice, *unregister, domain_id=0) == _error("InvalidDomainState")
    assert lab.failure(lab.bob, "Aggregate", "hold_domain", domain_id=0) == BAD_ORIGIN
    events = lab.act(lab.alice, "Aggregate", "hold_domain", domain_id=0)
    assert dict(events)["Aggregate.DomainStateChanged"]["state"] == Case("Hold")
    assert lab.failure(lab.alice, "Aggregate", "hold_domain", domain_id=0) == _error(
        "InvalidDomainState"
    )
    events = lab.act(lab.charlie, "Aggregate", "aggregate", domain_id=0, aggregation_id=1)
    assert dict(events)["Aggregate.DomainStateChanged"]["state"] == Case("Removable")
    events = lab.act(lab.alice, *unregister, domain_id=0)
    assert dict(events)["Aggregate.DomainStateChanged"]["state"] == Case("Removed")
    assert lab.account(lab.alice)["data"]["reserved"] == 0
    assert lab.get("Aggregate", "Domains", 0) is None
    assert lab.failure(lab.alice, *unregister, domain_id=0) == _error("UnknownDomainId")


def test_set_total_delivery_fee__by_owner_and_stranger__is_allowed_and_refused(lab: Any) -> None:
    lab.domain()
    args = {"domain_id": 0, "fee": 5, "owner_tip": 6}
    assert lab.failure(lab.bob, "Aggregate", "set_total_delivery_fee", **args) == BAD_ORIGIN
    lab.act(lab.alice, "Aggregate", "set_total_delivery_fee", **args)
    data = lab.get("Aggregate", "Domains", 0)["delivery"]["data"]
    assert (data["fee"], data["owner_tip"]) == (5, 6)
