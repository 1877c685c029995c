"""One pass over several pieces of work: what it says of its troubles."""

import pytest

from zk_acts.domain.errors import Disposition
from zk_acts.domain.failures import AmbiguousOutcome
from zk_acts.services.work_pass import BY_WEIGHT, Pass
from zk_operator.domain.failures import EvmUnreachable
from zkverify_client.adapters.errors import StatePruned
from zkverify_client.domain.failures import ZkVerifyUnreachable


def test_pass__one_that_needs_a_human_among_many_that_wait_for_it__raised_and_all_are_named() -> (
    None
):
    turn = Pass()
    troubles = [AmbiguousOutcome() for _ in range(122)]
    for error in (*troubles[:60], StatePruned(block=7), *troubles[60:], EvmUnreachable()):
        with turn.item():
            raise error

    with pytest.raises(StatePruned) as raised:
        turn.finish()

    assert raised.value.context == {
        "block": 7,
        "troubles": "122 x ZKO-ACT-001, 1 x ZKO-ZKV-005, 1 x ZKO-EVM-001",
    }
    assert "122 x ZKO-ACT-001" in str(raised.value)


def test_pass__equally_serious__the_last_one() -> None:
    turn = Pass()
    for error in (EvmUnreachable(which=1), ZkVerifyUnreachable(), EvmUnreachable(which=2)):
        with turn.item():
            raise error

    with pytest.raises(EvmUnreachable, match="which=2"):
        turn.finish()


def test_pass__one_trouble__raised_as_it_is() -> None:
    turn = Pass()
    with turn.item():
        raise EvmUnreachable(which=1)

    with pytest.raises(EvmUnreachable) as raised:
        turn.finish()
    assert raised.value.context == {"which": 1}


def test_pass__every_disposition__has_a_weight() -> None:
    assert set(BY_WEIGHT) == set(Disposition)
    assert BY_WEIGHT.index(Disposition.AMBIGUOUS) == len(BY_WEIGHT) - 1
