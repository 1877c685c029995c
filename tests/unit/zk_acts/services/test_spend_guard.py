"""Who is named when an account cannot pay: the account that is to be funded, as its chain writes it."""

import pytest

from zk_acts.domain.acts import Resource
from zk_acts.domain.failures import BalanceTooLow
from zk_acts.ports.act import Prepared
from zk_acts.services.spend_guard import SpendGuard
from zk_devnet.testing.manual_clock import ManualClock
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.telemetry import Telemetry


@pytest.mark.parametrize(("payer", "named"), [("ZDmainnet", "ZDmainnet"), (None, "xpvolta")])
def test_require__too_little_to_pay__names_the_account_as_its_chain_does(
    payer: str | None, named: str
) -> None:
    board = HealthBoard(clock=ManualClock())
    guard = SpendGuard(resource=Resource.VFY, reserve=1, telemetry=Telemetry(), board=board)
    wanted = Prepared(nonce=0, payload=b"", reference=b"", quoted=5, payer=payer)
    with pytest.raises(BalanceTooLow) as error:
        guard.require(account="xpvolta", balance=5, wanted=[wanted], live=())
    assert error.value.context["account"] == named
    [alert] = board.alerts.values()
    assert named in str(alert)
    guard.require(account="xpvolta", balance=6, wanted=[wanted], live=())
    assert not board.alerts
