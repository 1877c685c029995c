"""What a person reads: amounts in VFY, the chain's own addresses, progress without repetition."""

from typing import Any

import pytest

from zk_acts.domain.failures import BalanceTooLow
from zk_acts.domain.ids import Hash32
from zk_acts.services.task_runner import Progress
from zk_operator.app.keys import zkverify_address
from zkverify_client.cli.options import GENESIS, SS58_PREFIXES, Network, show_vfy
from zkverify_client.cli.progress import Narrator
from zkverify_client.cli.words import in_words, show
from zkverify_client.domain.failures import ZkVerifyUnreachable
from zkverify_client.signing.signer import ZkVerifySigner
from zkverify_client.signing.ss58 import MAINNET_GENESIS, MAINNET_PREFIX

SIGNER = ZkVerifySigner.from_seed(bytes(range(32)))


@pytest.mark.parametrize(
    ("planck", "shown"),
    [
        (0, "0 VFY"),
        (1, "0.000000000000000001 VFY"),
        (10 * 10**18, "10 VFY"),
        (12345678901234567890123456789, "12345678901.234567890123456789 VFY"),
    ],
)
def test_show_vfy__any_amount__is_exact(planck: int, shown: str) -> None:
    assert show_vfy(planck) == shown


def test_in_words__amounts_and_account__are_shown_as_the_chain_does() -> None:
    error = BalanceTooLow(account=SIGNER.ss58_address, needed=5 * 10**17, spendable=0, domain_id=3)
    said = in_words(error, MAINNET_PREFIX)
    assert said.context == {
        "account": SIGNER.address(MAINNET_PREFIX),
        "needed": "0.5 VFY",
        "spendable": "0 VFY",
        "domain_id": 3,
    }
    assert said.context["account"] != SIGNER.ss58_address
    assert "spending stops" not in str(said)  # a daemon's words


def test_address__of_each_network__has_its_prefix() -> None:
    assert GENESIS[Network.MAINNET] == MAINNET_GENESIS.hex()
    assert SS58_PREFIXES[Network.MAINNET] == MAINNET_PREFIX
    assert zkverify_address(SIGNER, MAINNET_GENESIS) == SIGNER.address(8741)
    assert zkverify_address(SIGNER, Hash32(bytes(32))) == SIGNER.address(251)
    assert SIGNER.address(8741).startswith("ZK")


def test_show__for_a_person__has_each_amount_once(capsys: pytest.CaptureFixture[str]) -> None:
    shown = {"paid": "17", "paid_vfy": "0.5 VFY", "block": 3}
    show("title", shown, as_json=False)
    assert "17" not in capsys.readouterr().out
    show("title", shown, as_json=True)
    assert '"paid": "17"' in capsys.readouterr().out


def test_narrator__same_news_again__is_repeated_four_times_a_minute() -> None:
    said: list[str] = []
    now = [0.0]
    narrator = Narrator(say=said.append, now=lambda: now[0])
    trouble: Progress[Any] = Progress(act=None, trouble=ZkVerifyUnreachable())
    for second in range(60):
        now[0] = float(second)
        narrator.tell(trouble)
    assert len(said) == 4
    assert all("ZKO-ZKV-001" in line for line in said)
    narrator.tell(Progress(act=None))
    assert len(said) == 5
