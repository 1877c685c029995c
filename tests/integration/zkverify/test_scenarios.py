"""Named fault scenarios: each ends with every proof verified exactly once, and no fee paid twice.

A scenario runs real paid acts, with their rows in SQLite, against the dev node; a fault happens on the way. Then the
books are closed: the chain's own events, and what is missing from the account, against the rows.
"""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import anyio
import pytest
from anyio.abc import TaskStatus

from zk_acts.domain.acts import Intent, IntentState, Purpose
from zk_acts.domain.details import Aggregation
from zk_acts.domain.failures import BalanceTooLow
from zk_acts.domain.ids import hex0x
from zk_acts.ports.act import Included
from zk_acts.runtime.clock import SystemClock
from zk_acts.runtime.fault import NoFaults
from zk_acts.services.paid_act import PaidActs
from zk_acts.services.spend_guard import SpendPolicy
from zk_acts.services.task_runner import ActFailed, TaskRunner
from zk_devnet.zkverify.faults import Fate
from zk_devnet.zkverify.rpc.server import RpcServer
from zk_devnet.zkverify.scale import Case
from zk_devnet.zkverify.serve import ZkVerifyDevNode
from zk_devnet.zkverify.signature import key_pair
from zk_operator.adapters.storage.sqlite_store import SqliteStore, open_store
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.telemetry import Telemetry
from zkverify_client.adapters.channel import ZkVerifyChannel
from zkverify_client.adapters.client import ZkVerifyConfig, open_zkverify
from zkverify_client.adapters.verdicts import OutcomeUnreadable
from zkverify_client.ports.zkverify import SubmitProof, ZkVerifyDetail, ZkVerifyRequest

pytestmark = pytest.mark.devnet
VFY = 10**18
OUR_KEY = key_pair("0x" + bytes(range(32)).hex())
Hook = Callable[[], Awaitable[None] | None]


class Worlds(Protocol):
    def __call__(self, **settings: Any) -> AbstractAsyncContextManager[Any]: ...


@dataclass(slots=True)
class Desk:
    """An account's paid acts in a world. Each wait makes a block; `hooks` happen at the waits given."""

    world: Any
    store: SqliteStore
    acts: PaidActs[ZkVerifyRequest, ZkVerifyDetail]
    spent_before: int
    hooks: dict[int, Hook] = field(default_factory=dict)
    waits: int = 0

    async def verify(self, request: SubmitProof) -> Included[ZkVerifyDetail]:
        """Until it is final."""
        runner = TaskRunner(acts=self.acts, wait=self._wait, max_attempts=10)
        with anyio.fail_after(60):
            return await runner.run(
                purpose=Purpose.VERIFY, subject=request.statement.hex(), request=request
            )

    async def _wait(self) -> None:
        self.waits += 1
        happening = self.hooks.pop(self.waits, None)
        if happening is not None and (pending := happening()) is not None:
            await pending
        self.world.mine()

    async def close_the_books(self, *requests: SubmitProof, strangers_spent: int = 0) -> None:
        """Each statement once in finalized blocks; the account is short of exactly what the rows say."""
        self.world.mine(3)
        await self.acts.keep()
        seen: Counter[str] = Counter()
        last = await self.world.client.reader.finalized_head()
        async for number, events in self.world.client.events.follow(0):
            for item in events:
                if item.event.name == "ProofVerified":
                    seen[item.event.fields["statement"]] += 1
            if number >= last:
                break
        assert seen == Counter({hex0x(request.statement): 1 for request in requests})
        rows = [
            row for r in requests for row in await self.acts.of(Purpose.VERIFY, r.statement.hex())
        ]
        assert [row.state for row in rows].count(IntentState.FINAL) == len(requests)
        assert not [row for row in rows if row.state in {IntentState.SENT, IntentState.INTENDED}]
        paid = sum(row.paid or 0 for row in rows)
        assert self.spent_before - await self.world.channel.balance() == paid + strangers_spent


@asynccontextmanager
async def opened_desk(
    world: Any, folder: Path, channel: ZkVerifyChannel | None = None
) -> AsyncIterator[Desk]:
    clock = SystemClock()
    used = channel or world.channel
    async with open_store(folder / "acts.sqlite", clock=clock) as store:
        acts = PaidActs(
            channel=used,
            store=store.intents,
            policy=SpendPolicy(caps=(), reserve=0, resend_after_ms=0),
            clock=clock,
            faults=NoFaults(),
            telemetry=Telemetry(),
            board=HealthBoard(clock=clock),
            resigner=used,
        )
        balance = await used.balance()
        yield Desk(world=world, store=store, acts=acts, spent_before=balance)


async def _ready(world: Any, size: int = 4, queue: int = 16) -> None:
    await world.registered()
    await world.domain(size, queue)


async def test_half_open_connection(worlds: Worlds, tmp_path: Path) -> None:
    async with worlds() as world:
        await _ready(world)
        async with opened_desk(world, tmp_path) as desk:
            silenced = world.dev.faults.silenced
            silenced.add("author_submitExtrinsic")
            desk.hooks = {2: silenced.clear}
            request = world.proof()
            await desk.verify(request)
            await desk.close_the_books(request)


async def test_answer_lost_after_it_arrived(worlds: Worlds, tmp_path: Path) -> None:
    async with worlds() as world:
        await _ready(world)
        async with opened_desk(world, tmp_path) as desk:
            delays = world.dev.faults.method_delays_s
            delays["author_submitExtrinsic"] = 2.0  # the client waits for one second
            desk.hooks = {1: delays.clear}
            request = world.proof()
            await desk.verify(request)
            await desk.close_the_books(request)


async def test_runtime_upgrade_in_flight(worlds: Worlds, tmp_path: Path) -> None:
    async with worlds() as world:
        await _ready(world)
        async with opened_desk(world, tmp_path) as desk:
            request = world.proof()
            row = await desk.acts.issue(
                purpose=Purpose.VERIFY, subject=request.statement.hex(), request=request
            )
            world.dev.node.pool.remove(row.reference, _status("dropped"))
            world.dev.node.schedule_upgrade(world.dev.node.spec_version() + 1)
            world.mine()
            await desk.verify(request)
            rows = await desk.acts.of(Purpose.VERIFY, request.statement.hex())
            assert [(r.nonce, r.replaces) for r in rows] == [
                (row.nonce, None),
                (row.nonce, row.intent_id),
            ]
            await desk.close_the_books(request)


async def test_retracted_block(worlds: Worlds, tmp_path: Path) -> None:
    async with worlds() as world:
        await _ready(world)
        async with opened_desk(world, tmp_path) as desk:
            desk.hooks = {2: lambda: world.dev.node.retract(1, lose=True) and None}
            request = world.proof()
            await desk.verify(request)
            await desk.close_the_books(request)


async def test_usurped_nonce(worlds: Worlds, tmp_path: Path) -> None:
    async with worlds() as world:
        await _ready(world)
        async with opened_desk(world, tmp_path) as desk:
            request = world.proof()
            row = await desk.acts.issue(
                purpose=Purpose.VERIFY, subject=request.statement.hex(), request=request
            )
            before = await world.channel.balance()
            remark = Case("System", Case("remark", {"remark": b"somebody else has the key"}))
            usurper = await world.other_side.sign(OUR_KEY, remark, nonce=row.nonce, tip=10**12)
            await world.other_side.call("author_submitExtrinsic", hex0x(usurper))
            world.mine(3)
            strangers = before - await world.channel.balance()
            assert strangers > 0
            await desk.verify(request)
            rows = await desk.acts.of(Purpose.VERIFY, request.statement.hex())
            assert [r.state for r in rows] == [IntentState.REPLACED, IntentState.FINAL]
            assert rows[1].nonce == row.nonce + 1
            await desk.close_the_books(request, strangers_spent=strangers)


async def test_dropped_by_a_full_pool(worlds: Worlds, tmp_path: Path) -> None:
    async with worlds() as world:
        await _ready(world)
        async with opened_desk(world, tmp_path) as desk:

            def room_again() -> None:
                world.dev.faults.pool_full = False

            world.dev.faults.pool_full = True
            desk.hooks = {3: room_again}
            request = world.proof()
            await desk.verify(request)
            await desk.close_the_books(request)


@pytest.mark.parametrize("fate", [Fate.DROPPED, Fate.INVALID, Fate.LOST])
async def test_banned(worlds: Worlds, tmp_path: Path, fate: Fate) -> None:
    async with worlds() as world:
        await _ready(world)
        async with opened_desk(world, tmp_path) as desk:
            world.dev.faults.fates.append(fate)
            request = world.proof()
            await desk.verify(request)
            await desk.close_the_books(request)


async def test_domain_full(worlds: Worlds, tmp_path: Path) -> None:
    async with worlds() as world:
        await _ready(world, size=1, queue=1)
        async with opened_desk(world, tmp_path) as desk:
            first, second = world.proof(seed=1), world.proof(seed=2)
            await desk.verify(first)
            desk.hooks = {desk.waits + 3: lambda: world.publish(1)}
            await desk.verify(second)
            await desk.close_the_books(first, second)


async def test_missed_receipt(worlds: Worlds, tmp_path: Path) -> None:
    async with worlds() as world:
        await _ready(world, size=1)
        async with opened_desk(world, tmp_path) as desk:
            request = world.proof()
            outcome = await desk.verify(request)
            assert isinstance(outcome.detail, Aggregation)
            await world.publish(outcome.detail.aggregation_id)
            world.mine(30)
            async with open_zkverify(ZkVerifyConfig(network=world.network)) as late:
                receipt = await late.reader.receipt(outcome.detail)
            assert receipt is not None
            await desk.close_the_books(request)


async def test_pruned_state__still_waiting_in_its_domain__is_told_from_there(
    worlds: Worlds, tmp_path: Path
) -> None:
    async with worlds(state_pruning=4) as world:
        await _ready(world)
        async with opened_desk(world, tmp_path) as desk:
            request = world.proof()
            row = await _unnoticed(world, desk, request)
            outcome = await desk.verify(request)
            assert isinstance(outcome.detail, Aggregation)
            assert outcome.paid == row.quoted


async def test_pruned_state__nothing_tells__is_given_up_and_the_account_goes_on(
    worlds: Worlds, tmp_path: Path
) -> None:
    async with worlds(state_pruning=4) as world:
        await _ready(world, size=1)
        async with opened_desk(world, tmp_path) as desk:
            request = world.proof()
            row = await _unnoticed(world, desk, request)
            await world.publish(1)
            world.mine(30)
            with pytest.raises(ActFailed) as failed:
                await desk.verify(request)
            assert failed.value.context["cause"] == OutcomeUnreadable.code
            [given_up] = await desk.acts.of(Purpose.VERIFY, request.statement.hex())
            assert (given_up.state, given_up.paid) == (IntentState.FAILED, row.quoted)
            await desk.verify(world.proof())


async def _unnoticed(world: Any, desk: Desk, request: SubmitProof) -> Intent:
    """An extrinsic whose answer was lost, and at which nobody looked until its block's state was gone."""
    subject = request.statement.hex()
    row = await desk.acts.issue(purpose=Purpose.VERIFY, subject=subject, request=request)
    world.mine(30)
    return row


async def test_account_out_of_funds(worlds: Worlds, tmp_path: Path) -> None:
    async with worlds(balance=3 * 10**16) as world:
        await world.domain(4)
        await world.registered_by_another()
        async with opened_desk(world, tmp_path) as desk:
            request = world.proof()
            with pytest.raises(BalanceTooLow):
                await desk.verify(request)
            assert not await desk.acts.of(Purpose.VERIFY, request.statement.hex())
            await _fund(world, 10 * VFY)
            desk.spent_before = await world.channel.balance()
            await desk.verify(request)
            await desk.close_the_books(request)


async def test_node_restart(worlds: Worlds, tmp_path: Path) -> None:
    async with worlds() as world, anyio.create_task_group() as group:
        await _ready(world)
        # The same chain behind another server that can be stopped: its pool dies with it, as a real node's does.
        first = Served(world)
        endpoint = await group.start(first.run, 0)
        config = _one_endpoint(world, endpoint)
        async with open_zkverify(config) as client:
            channel = client.channel(_signer(world), world.vk)
            async with opened_desk(world, tmp_path, channel) as desk:
                request = world.proof()
                row = await desk.acts.issue(
                    purpose=Purpose.VERIFY, subject=request.statement.hex(), request=request
                )
                world.dev.node.pool.remove(row.reference, _status("dropped"))
                await first.stop()
                second = Served(world)

                async def start_again() -> None:
                    await group.start(second.run, int(endpoint.rpartition(":")[2]))

                desk.hooks = {3: start_again}
                await desk.verify(request)
                await desk.close_the_books(request)
                await second.stop()


class Served:
    """A server of the world's chain that can be stopped."""

    def __init__(self, world: Any) -> None:
        self._world = world
        self._scope = anyio.CancelScope()
        self._over = anyio.Event()

    async def run(self, port: int, *, task_status: TaskStatus[str]) -> None:
        """Until stopped; the endpoint, once it listens."""
        dev = ZkVerifyDevNode(_config(self._world, port))
        dev.node = self._world.dev.node
        dev.faults = dev.node.faults
        dev.server = RpcServer(dev.node)
        with self._scope:
            async with dev.running():
                task_status.started(dev.endpoint)
                await anyio.sleep_forever()
        self._over.set()

    async def stop(self) -> None:
        """Stop listening and drop every connection."""
        self._scope.cancel()
        await self._over.wait()


def _config(world: Any, port: int) -> Any:
    return replace(world.dev.config, port=port)


def _one_endpoint(world: Any, endpoint: str) -> ZkVerifyConfig:
    return ZkVerifyConfig(network=replace(world.network, endpoints=(endpoint,)))


def _signer(world: Any) -> Any:
    return world.channel._signer


def _status(name: str) -> Any:
    from zk_devnet.zkverify.pool import Status

    return Status(name)


async def _fund(world: Any, planck: int) -> None:
    body = {"dest": Case("Id", OUR_KEY.public), "value": planck}
    call = Case("Balances", Case("transfer_keep_alive", body))
    await world.other_side.submit(key_pair("//Bob"), call)
    world.mine(3)
