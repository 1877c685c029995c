"""One transaction of a trader: what is sent how often, and how each end is told."""

from collections.abc import Mapping

import anyio
import pytest
from anyio.lowlevel import checkpoint
from tests.unit.adapters.evm.trader.conftest import MANAGER, OWNER

from zk_acts.domain.acts import Intent, Purpose
from zk_acts.domain.details import Mined
from zk_acts.domain.ids import hex0x
from zk_acts.ports.act import Lapsed, Outcome
from zk_devnet.testing.scripted_chain import ScriptedChain
from zk_devnet.testing.scripted_transactions import (
    ScriptedRevert,
    ScriptedTransactions,
    SendFault,
)
from zk_operator.adapters.evm.errors import InsufficientFunds, TransactionReverted
from zk_operator.ports.chain import Call
from zk_trader.errors import NonceTaken, TransactionUndecided
from zk_trader.polling import Polling
from zk_trader.sender import MinedCall, Sender

CALL = Call(to=MANAGER, data=b"\x01")


class Bench:
    def __init__(self, *, timeout_s: float = 10.0) -> None:
        self.transactions = ScriptedTransactions(chain=ScriptedChain(), address=OWNER)
        self.told: list[tuple[str, Mapping[str, object]]] = []
        self.sender = Sender(
            channel=self.transactions,
            polling=Polling(timeout_s=timeout_s, poll_s=0),
            progress=lambda event, fields: self.told.append((event, fields)),
        )

    async def mine_when_sent(self, count: int = 1) -> None:
        while len(self.transactions.sent) < count:
            await checkpoint()
        self.transactions.mine()

    async def send(self, *, mined_after: int = 1) -> MinedCall:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.mine_when_sent, mined_after)
            return await self.sender.send(CALL, Purpose.PLACE)
        raise AssertionError


async def test_send__mined__tells_the_hash_before_and_the_block_after() -> None:
    bench = Bench()
    mined = await bench.send()
    tx_hash = hex0x(mined.tx_hash)
    assert mined.block_number == bench.transactions.chain.tip.number
    assert mined.paid > 0
    assert bench.told == [
        ("transaction.signed", {"purpose": "place", "tx_hash": tx_hash}),
        (
            "transaction.mined",
            {"purpose": "place", "tx_hash": tx_hash, "block": mined.block_number},
        ),
    ]


@pytest.mark.parametrize("fault", SendFault)
async def test_send__answer_or_request_lost__the_same_bytes_decide(fault: SendFault) -> None:
    bench = Bench()
    bench.transactions.faults.append(fault)
    await bench.send()
    assert len(set(bench.transactions.sent)) == 1


async def test_send__refused__nothing_is_waited_for() -> None:
    bench = Bench()
    bench.transactions.faults.append(InsufficientFunds())
    with pytest.raises(InsufficientFunds):
        await bench.sender.send(CALL, Purpose.PLACE)
    assert bench.transactions.sent == []


async def test_send__resending_is_refused__goes_on_looking() -> None:
    bench = Bench()
    bench.transactions.faults += [SendFault.LOST_REQUEST, InsufficientFunds()]
    await bench.send()
    assert len(set(bench.transactions.sent)) == 1


async def test_send__never_mined__is_undecided_with_its_hash() -> None:
    bench = Bench(timeout_s=0.01)
    with pytest.raises(TransactionUndecided) as caught:
        await bench.sender.send(CALL, Purpose.PLACE)
    assert caught.value.context["tx_hash"] == bench.told[0][1]["tx_hash"]


async def test_send__mined_and_reverted__says_why() -> None:
    bench = Bench()

    async def revert_when_sent() -> None:
        while not bench.transactions.sent:
            await checkpoint()

        def execute(_: Call) -> tuple[()]:
            raise ScriptedRevert("no longer open")

        bench.transactions.execute = execute
        bench.transactions.mine()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(revert_when_sent)
        with pytest.raises(TransactionReverted, match="no longer open"):
            await bench.sender.send(CALL, Purpose.REFUND)


class Overtaken(ScriptedTransactions):
    """A chain on which another transaction has used the nonce for good."""

    async def outcome(self, intent: Intent) -> Outcome[Mined]:
        await checkpoint()
        return Lapsed(by_nonce=True)


async def test_send__nonce_used_by_another_for_good__can_never_be() -> None:
    sender = Sender(
        channel=Overtaken(chain=ScriptedChain(), address=OWNER),
        polling=Polling(timeout_s=10, poll_s=0),
        progress=lambda _event, _fields: None,
    )
    with pytest.raises(NonceTaken) as caught:
        await sender.send(CALL, Purpose.PLACE)
    assert caught.value.context["nonce"] == 0
