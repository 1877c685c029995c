"""One process of the operator: put together as the daemon does it, with the simulated outsides in place of the clients.

It can end at any await, at the labelled points, and before any statement of a transaction: then nothing of it has an
effect any more, and its tasks are taken away.
"""

import asyncio
import contextvars
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import FrameType
from typing import Any
from weakref import WeakSet

import anyio

from zk_devnet.simulator import config, storage
from zk_devnet.simulator.ambient import Killed
from zk_devnet.simulator.loop import WATCHED
from zk_devnet.simulator.weather import Kind
from zk_operator.app.clients import Clients
from zk_operator.app.daemon import first_cause, recover
from zk_operator.app.preflight import check_contract, check_depths, check_endpoints
from zk_operator.app.services import Bells, Builder, Tools, all_services, build_acts, intervals
from zk_operator.domain.chain_event import BlockTag
from zk_operator.domain.errors import OperatorError
from zk_operator.ports.clock import Clock
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.supervisor import Supervisor
from zk_operator.runtime.telemetry import Telemetry
from zk_operator.services.journal import BatchJournal
from zk_operator.services.lease_keeper import LeaseKeeper
from zk_operator.services.purchase_gate import PurchaseGate
from zk_operator.settings import Settings

HOLDER = "simulated"
Cut = tuple[str, int]  # a file of the package, and a line


class Life:
    """One process. `crash`: how it ends, and at which count."""

    def __init__(
        self,
        *,
        settings: Settings,
        clients: Callable[[HealthBoard], Clients],
        connection: storage.SimDatabase,
        clock: Clock,
        crash: tuple[Kind, int] | None,
    ) -> None:
        self.is_dead = False
        self.is_killed = False
        self.began_s = 0.0
        self.cuts: list[Cut] = []
        self.board = HealthBoard(clock=clock)
        self._settings = settings
        self._clients = clients
        self._connection = connection
        self._clock = clock
        self._crash = crash
        self._steps = self._points = self._statements = 0
        self._task: asyncio.Task[None] | None = None
        self._tasks: WeakSet[asyncio.Task[Any]] = WeakSet()
        self._store = storage.rows(connection, clock)

    # --- how it ends ---

    def step(self) -> Callable[[], None] | None:
        """Counts the steps of its tasks."""
        self._steps += 1
        return self._strike if self._is_now(Kind.CRASH_STEP, self._steps) else None

    def hit(self, label: str) -> None:
        """A labelled point, as FaultPoints."""
        del label
        self._points += 1
        if self._is_now(Kind.CRASH_POINT, self._points):
            self._strike()
            raise Killed

    def _statement(self, sql: str) -> None:
        del sql
        if WATCHED.get() is not self:
            return  # whoever looks at the rows from outside
        if self.is_dead:
            raise Killed
        self._statements += 1
        if self._is_now(Kind.CRASH_STATEMENT, self._statements):
            self._strike()
            raise Killed

    def _is_now(self, kind: Kind, count: int) -> bool:
        return not self.is_dead and self._crash == (kind, count)

    def _strike(self) -> None:
        """The power is gone."""
        self.is_killed = True
        self.kill()

    def kill(self) -> None:
        """Nothing of it has an effect from now on."""
        self.is_dead = True
        if self._task is None:
            return
        self.cuts = [cut for task in self._tasks for cut in _suspended_at(task)]
        self._task.cancel()

    def began(self, task: asyncio.Task[Any]) -> None:
        """One more task of it."""
        self._tasks.add(task)

    # --- how it runs ---

    async def run(self) -> OperatorError | BaseException | None:
        """Until it ends; the error that ended it, if it was not killed."""
        context = contextvars.copy_context()
        context.run(WATCHED.set, self)
        self._connection.before = self._statement
        loop = asyncio.get_running_loop()
        self.began_s = loop.time()
        self._task = loop.create_task(self._live(), context=context)
        await asyncio.wait([self._task])
        self._connection.before = None
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        if self.is_dead or self._task.cancelled():
            self.is_dead = True
            self._task.cancelled() or self._task.exception()
            return None
        self.is_dead = True
        error = self._task.exception()
        return first_cause(error) if isinstance(error, BaseExceptionGroup) else error

    async def _live(self) -> None:
        timing = self._settings.timing
        keeper = LeaseKeeper(store=self._store.leases, holder=HOLDER, ttl_s=timing.lease_ttl_s)
        async with keeper as lease, anyio.create_task_group() as group:
            group.start_soon(self._hold, lease, name="lease")
            await self._serve()
            group.cancel_scope.cancel()

    async def _hold(self, lease: LeaseKeeper) -> None:
        await Supervisor(
            services=(lease,),
            board=self.board,
            telemetry=Telemetry(),
            interval_s=self._settings.timing.lease_ttl_s / 3,
        ).run()

    async def _serve(self) -> None:
        async with self._builder() as builder:
            await recover(builder.acts)
            terms = builder.terms_watch()
            supervisor = Supervisor(
                services=all_services(builder, builder.batcher(terms), terms),
                board=self.board,
                telemetry=builder.tools.telemetry,
                interval_s=self._settings.timing.tick_s,
                intervals=intervals(self._settings),
            )
            self.board.ready = True
            await supervisor.run()

    @asynccontextmanager
    async def _builder(self) -> AsyncIterator[Builder]:
        clients, settings = self._clients(self.board), self._settings
        bells, telemetry, clock = Bells(), Telemetry(), self._clock
        gate = PurchaseGate(clock=clock, board=self.board, telemetry=telemetry)
        tools = Tools(clock=clock, faults=self, telemetry=telemetry, board=self.board, gate=gate)
        await check_endpoints(clients.evm.pool, at_start=True)
        await check_depths(clients.evm.source, settings)
        head = await clients.evm.source.head(BlockTag.LATEST)
        contract = clients.evm.reader.at(head)
        yield Builder(
            settings=settings,
            terms=await check_contract(contract, settings, clients.circuit.facts),
            keys=config.keys(),
            clients=clients,
            store=self._store,
            acts=build_acts(clients, self._store, settings, tools, bells),
            tools=tools,
            bells=bells,
            journal=BatchJournal(
                batches=self._store.batches,
                orders=self._store.orders,
                clock=self._clock,
                telemetry=tools.telemetry,
            ),
        )


def _suspended_at(task: asyncio.Task[Any]) -> list[Cut]:
    """Where a task waits: the lines of the package from its outermost coroutine to the innermost."""
    found: list[Cut] = []
    awaited: Any = task.get_coro()
    while awaited is not None:
        frame: FrameType | None = getattr(awaited, "cr_frame", None) or getattr(
            awaited, "ag_frame", None
        )
        if frame is not None and "/zk_operator/" in frame.f_code.co_filename:
            name = frame.f_code.co_filename.rpartition("/zk_operator/")[2]
            found.append((name, frame.f_lineno))
        awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "ag_await", None)
    return found
