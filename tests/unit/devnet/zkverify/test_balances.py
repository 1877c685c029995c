"""Balances and Utility through extrinsics."""

from typing import Any

import pytest

from zk_devnet.zkverify.scale import Case
from zk_devnet.zkverify.schema.runtime import EXISTENTIAL_DEPOSIT, VFY, module_error
from zk_devnet.zkverify.signature import key_pair

FRESH = key_pair("//Fresh")


def _to(account: bytes, value: int) -> dict[str, Any]:
    return {"dest": Case("Id", account), "value": value}


def _call(name: str, account: bytes, value: int) -> Case:
    return Case("Balances", Case(name, _to(account, value)))


def test_transfer__to_a_new_account__brings_it_into_existence(lab: Any) -> None:
    names = lab.names(lab.alice, "Balances", "transfer_keep_alive", **_to(FRESH.public, VFY))
    assert names[1:4] == ["System.NewAccount", "Balances.Endowed", "Balances.Transfer"]
    assert lab.account(FRESH)["data"]["free"] == VFY
    assert lab.account(FRESH)["providers"] == 1


def test_transfer__below_the_existential_deposit__is_refused(lab: Any) -> None:
    error = lab.failure(
        lab.alice, "Balances", "transfer_keep_alive", **_to(FRESH.public, EXISTENTIAL_DEPOSIT - 1)
    )
    assert error == Case("Token", Case("BelowMinimum"))


@pytest.mark.parametrize(
    ("name", "error"), [("transfer_keep_alive", "NotExpendable"), ("transfer_allow_death", None)]
)
def test_transfer__of_nearly_everything__depends_on_keeping_alive(
    lab: Any, name: str, error: str | None
) -> None:
    lab.act(lab.alice, "Balances", "transfer_keep_alive", **_to(FRESH.public, VFY))
    value = VFY - 4 * VFY // 1000
    events = lab.act(FRESH, "Balances", name, **_to(lab.bob.public, value))
    if error:
        assert events[-1][1]["dispatch_error"] == Case("Token", Case(error))
        return
    names = [event for event, _ in events]
    assert "System.KilledAccount" in names
    assert "Balances.DustLost" in names
    assert events[-1][0] == "System.ExtrinsicSuccess"


def test_transfer__more_than_there_is__lacks_funds(lab: Any) -> None:
    error = lab.failure(lab.alice, "Balances", "transfer_keep_alive", **_to(lab.bob.public, 10**25))
    assert error == Case("Token", Case("FundsUnavailable"))


def test_transfer__to_an_index_address__cannot_be_looked_up(lab: Any) -> None:
    dest = Case("Raw", b"abc")
    error = lab.failure(lab.alice, "Balances", "transfer_keep_alive", dest=dest, value=1)
    assert error == Case("CannotLookup")


def test_fee__70_percent__is_burned_and_the_rest_is_the_authors(lab: Any) -> None:
    issued = lab.get("Balances", "TotalIssuance")
    author = lab.get("System", "Account", lab.node.config.author)["data"]["free"]
    events = dict(lab.act(lab.alice, "System", "remark", remark=b""))
    fee = events["TransactionPayment.TransactionFeePaid"]["actual_fee"]
    assert issued - lab.get("Balances", "TotalIssuance") == fee * 70 // 100
    gained = lab.get("System", "Account", lab.node.config.author)["data"]["free"] - author
    assert gained == fee - fee * 70 // 100


def test_batch_all__one_fails__undoes_the_others(lab: Any) -> None:
    calls = [
        _call("transfer_keep_alive", FRESH.public, VFY),
        _call("transfer_keep_alive", FRESH.public, 10**25),
    ]
    assert lab.failure(lab.alice, "Utility", "batch_all", calls=calls) == Case(
        "Token", Case("FundsUnavailable")
    )
    assert lab.account(FRESH)["providers"] == 0


def test_batch__one_fails__keeps_what_came_before(lab: Any) -> None:
    calls = [
        _call("transfer_keep_alive", FRESH.public, VFY),
        _call("transfer_keep_alive", FRESH.public, 10**25),
        _call("transfer_keep_alive", FRESH.public, VFY),
    ]
    events = lab.act(lab.alice, "Utility", "batch", calls=calls)
    interrupted = dict(events)["Utility.BatchInterrupted"]
    assert interrupted == {"index": 1, "error": Case("Token", Case("FundsUnavailable"))}
    assert lab.account(FRESH)["data"]["free"] == VFY


def test_force_batch__one_fails__goes_on(lab: Any) -> None:
    calls = [
        _call("transfer_keep_alive", FRESH.public, 10**25),
        _call("transfer_keep_alive", FRESH.public, VFY),
    ]
    names = lab.names(lab.alice, "Utility", "force_batch", calls=calls)
    assert [name for name in names if name.startswith("Utility")] == [
        *("Utility.ItemFailed", "Utility.ItemCompleted", "Utility.BatchCompletedWithErrors"),
    ]


def test_batch_all__of_two__ends_with_completion(lab: Any) -> None:
    calls = [_call("transfer_keep_alive", FRESH.public, VFY)] * 2
    names = lab.names(lab.alice, "Utility", "batch_all", calls=calls)
    assert [name for name in names if name.startswith("Utility")] == [
        *("Utility.ItemCompleted", "Utility.ItemCompleted", "Utility.BatchCompleted")
    ]


def test_call__only_root_may__is_bad_origin(lab: Any) -> None:
    assert lab.failure(lab.alice, "System", "set_heap_pages", pages=1) == Case("BadOrigin")


def test_module_error__utility__has_its_index() -> None:
    assert module_error("Utility", "TooManyCalls")["index"] == 30
