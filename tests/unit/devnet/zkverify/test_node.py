"""Blocks, forks, finality, upgrades and fates, without the network side."""

from collections.abc import Callable
from typing import Any

import pytest

from zk_devnet.zkverify import builder
from zk_devnet.zkverify.chain import StatePruned
from zk_devnet.zkverify.config import GenesisDomain, ZkVerifyNodeConfig
from zk_devnet.zkverify.errors import DevNodeConfigInvalid
from zk_devnet.zkverify.faults import Fate
from zk_devnet.zkverify.hub import Topic
from zk_devnet.zkverify.node import DevNode
from zk_devnet.zkverify.pool import Status
from zk_devnet.zkverify.scale import Case

REMARK = Case("System", Case("remark", {"remark": b"x"}))


def test_genesis__same_configuration__has_the_same_hash_and_another_salt_another() -> None:
    config = ZkVerifyNodeConfig()
    assert DevNode(config=config).genesis_hash == DevNode(config=config).genesis_hash
    assert (
        DevNode(config=ZkVerifyNodeConfig(genesis_salt=b"x")).genesis_hash
        != DevNode(config=config).genesis_hash
    )


def test_genesis__of_another_runtime_of_the_same_version__is_another_chain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = DevNode(config=ZkVerifyNodeConfig()).genesis_hash
    monkeypatch.setattr(builder, "metadata_v14", lambda *_: b"a devnet of another release")
    assert DevNode(config=ZkVerifyNodeConfig()).genesis_hash != before


def test_genesis__total_issuance__is_the_sum_of_balances(lab: Any) -> None:
    accounts = lab.node.config.accounts
    total = sum(lab.get("System", "Account", account)["data"]["free"] for account in accounts)
    author = lab.get("System", "Account", lab.node.config.author)["data"]["free"]
    assert lab.get("Balances", "TotalIssuance") == total + author


def test_issuance__after_fees_holds_and_transfers__equals_all_balances(lab: Any) -> None:
    lab.domain()
    lab.prove(lab.bob, 0)
    lab.prove(lab.bob, 9)
    lab.act(
        lab.alice,
        "Balances",
        "transfer_allow_death",
        dest=Case("Id", bytes(32)[:31] + b"\x07"),
        value=10**18,
    )
    lab.act(lab.charlie, "Aggregate", "aggregate", domain_id=0, aggregation_id=1)
    prefix = bytes.fromhex("26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9")
    state = lab.node.best_state()
    people = [key[-32:] for key in state if key.startswith(prefix)]
    datas = [lab.get("System", "Account", who)["data"] for who in people]
    assert lab.get("Balances", "TotalIssuance") == sum(d["free"] + d["reserved"] for d in datas)


def test_genesis_domain__configured__is_domain_0_of_its_owner() -> None:
    node = DevNode(config=ZkVerifyNodeConfig(domains=(GenesisDomain(aggregation_size=8),)))
    from zk_devnet.zkverify.state import reader

    domain = reader(node.best_state())("Aggregate", "Domains", 0)
    assert domain["owner"] == Case("Account", GenesisDomain().owner)
    assert (domain["max_aggregation_size"], domain["state"]) == (8, Case("Ready"))


@pytest.mark.parametrize(
    "domain", [GenesisDomain(aggregation_size=0), GenesisDomain(aggregate_rules="Nobody")]
)
def test_genesis_domain__impossible__is_a_configuration_error(domain: GenesisDomain) -> None:
    with pytest.raises(DevNodeConfigInvalid):
        DevNode(config=ZkVerifyNodeConfig(domains=(domain,)))


def test_retract__one_block__puts_its_transaction_into_a_later_one(lab: Any) -> None:
    known = lab.submit(lab.alice, REMARK)
    lab.block()
    old = lab.node.chain.best
    lab.node.retract(1)
    assert lab.node.chain.best.number == old.number + 1
    assert not lab.node.chain.is_canonical(old)
    assert lab.account(lab.alice)["nonce"] == 0
    lab.block(4)
    assert lab.account(lab.alice)["nonce"] == 1
    assert lab.statuses[known] == [
        *(Status.READY, Status.BROADCAST, Status.IN_BLOCK, Status.RETRACTED),
        *(Status.READY, Status.BROADCAST, Status.IN_BLOCK, Status.FINALIZED),
    ]


def test_retract__losing_transactions__forgets_them(lab: Any) -> None:
    known = lab.submit(lab.alice, REMARK)
    lab.block()
    lab.node.retract(1, lose=True)
    lab.block(3)
    assert lab.account(lab.alice)["nonce"] == 0
    assert lab.statuses[known][-1] is Status.RETRACTED


@pytest.mark.parametrize("depth", [0, 3])
def test_retract__at_or_below_the_finalized_block__is_refused(lab: Any, depth: int) -> None:
    lab.block(5)
    with pytest.raises(ValueError, match="finalized"):
        lab.node.retract(depth)


def test_finality__stalled_then_resumed__tells_of_the_last_block_only(lab: Any) -> None:
    heard: list[int] = []
    lab.node.hub.listen(Topic.FINALIZED, lambda block: heard.append(block.number))
    lab.node.faults.finality_stalled = True
    lab.block(6)
    assert heard == []
    lab.node.faults.finality_stalled = False
    lab.block()
    assert heard == [5]


def test_finality__stalled_too_long__times_the_transaction_out(
    make_lab: Callable[..., Any],
) -> None:
    lab = make_lab(finality_timeout=3)
    lab.node.faults.finality_stalled = True
    known = lab.submit(lab.alice, REMARK)
    lab.block(6)
    assert lab.statuses[known][-1] is Status.FINALITY_TIMEOUT


def test_prune__old_state__is_gone_and_recent_state_stays(make_lab: Callable[..., Any]) -> None:
    lab = make_lab(state_pruning=3)
    lab.block(10)
    old, recent = lab.node.chain.hash_at(4), lab.node.chain.hash_at(5)
    with pytest.raises(StatePruned):
        lab.node.chain.state_at(old)
    assert lab.node.chain.state_at(recent)


@pytest.mark.parametrize("fate", [Fate.DROPPED, Fate.INVALID, Fate.USURPED])
def test_fate__of_the_next_extrinsic__ends_its_watch(lab: Any, fate: Fate) -> None:
    lab.node.faults.fates.append(fate)
    known = lab.submit(lab.alice, REMARK)
    lab.block()
    assert lab.statuses[known] == [Status.READY, Status.BROADCAST, Status(fate.value)]
    assert lab.account(lab.alice)["nonce"] == 0


def test_fate__lost__says_nothing_more(lab: Any) -> None:
    lab.node.faults.fates.append(Fate.LOST)
    known = lab.submit(lab.alice, REMARK)
    lab.block(2)
    assert lab.statuses[known] == [Status.READY, Status.BROADCAST]
    assert lab.account(lab.alice)["nonce"] == 0


def test_block__too_heavy_for_all__leaves_the_rest_for_the_next(lab: Any) -> None:
    call = Case(
        "SettlementSp1Pallet",
        Case(
            "submit_proof",
            {
                "vk_or_hash": Case("Vk", bytes(32)),
                "proof": bytes(670_335),
                "pubs": b"",
                "domain_id": None,
            },
        ),
    )
    for number in range(6):
        lab.submit(lab.alice, call, nonce=number)
    lab.block()
    assert lab.account(lab.alice)["nonce"] == 5  # five fit by length, as on the real chain
    lab.block()
    assert lab.account(lab.alice)["nonce"] == 6


def test_block__number_and_hashes__are_recorded_in_state(lab: Any) -> None:
    lab.block(3)
    best = lab.node.chain.best
    assert lab.get("System", "Number") == 3
    assert lab.get("System", "ParentHash") == best.header.parent_hash
    assert lab.get("System", "BlockHash", 2) == best.header.parent_hash
    assert lab.get("Timestamp", "Now") == int(lab.time * 1000)
