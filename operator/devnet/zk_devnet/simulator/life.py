"""One process of the operator: put together as the daemon does it, with the simulated outsides in place of the clients.

It can end at any await, at the labelled points, and before any statement of a transaction: then nothing of it has an
effect any more, and its tasks are taken away.
"""

import asyncio
import contextvars
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from types import FrameType
from typing import Any
from weakref import WeakSet

import anyio

from zk_acts.domain.errors import OperatorError
from zk_acts.runtime.clock import SteadyClock
from zk_devnet.simulator import config, storage
from zk_devnet.simulator.ambient import Killed
from zk_devnet.simulator.awaits import Cut, place_at
from zk_devnet.simulator.case import MOMENTS
from zk_devnet.simulator.loop import WATCHED
from zk_devnet.simulator.weather import Kind
from zk_operator.app.acts import build_acts
from zk_operator.app.checks import build_checks
from zk_operator.app.clients import Clients
from zk_operator.app.daemon import drain, first_cause, recover
from zk_operator.app.overview import build_overview, foreign_provers
from zk_operator.app.policies import intervals
from zk_operator.app.preflight import check_contract, check_depths, check_endpoints
from zk_operator.app.services import Services
from zk_operator.domain.chain_event import BlockTag
from zk_operator.ports.chain import ContractTerms
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.supervisor import Supervisor
from zk_operator.runtime.telemetry import Telemetry
from zk_operator.services.batcher import Batcher
from zk_operator.services.lease_keeper import LeaseKeeper
from zk_operator.services.purchase_gate import PurchaseGate
from zk_operator.services.tools import Process, Tools
from zk_operator.settings import Settings

HOLDER = "simulated"
STATUS_S = 30.0


class Life:
    """One process. `crash`: how it ends, and at which count or place.

    `cut`: where it ends as soon as a task waits there, and what that waits for has come. `looks`: note where tasks wait.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        clients: Callable[[HealthBoard], Clients],
        connection: storage.SimDatabase,
        clock: SteadyClock,
        crash: tuple[Kind, int] | None,
        cut: Cut | None = None,
        looks: bool = False,
        is_watched: bool = False,
    ) -> None:
        self.is_dead = False
        self.is_killed = False
        self.began_s = 0.0
        self.cuts: set[Cut] = set()
        self.waits: set[Cut] = set()
        self.board = HealthBoard(clock=clock)
        self._settings = settings
        self._clients = clients
        self._connection = connection
        self._clock = clock
        self._crash = crash
        self._cut = cut
        self._looks = looks or cut is not None
        self._is_watched = is_watched
        self._is_ending = False
        self._supervisor: Supervisor | None = None
        self._terms: ContractTerms | None = None
        self._last_step = crash[1] if crash and crash[0] is Kind.CRASH_STEP else 0
        self._steps = self._statements = 0
        self._points: Counter[str] = Counter()
        self._task: asyncio.Task[None] | None = None
        self._tasks: WeakSet[asyncio.Task[Any]] = WeakSet()
        self._store = storage.rows(connection, clock)

    # --- how it ends ---

    def step(self, callback: Callable[..., object]) -> Callable[[], None] | None:
        """Counts the steps of its tasks, and sees where they have waited."""
        self._steps += 1
        strikes = self._steps == self._last_step
        if (
            self._looks
            and not self.is_dead
            and isinstance(task := getattr(callback, "__self__", None), asyncio.Task)
        ):
            found = _waits_of(task)
            self.waits |= found
            strikes = strikes or self._cut in found
        return self._strike if strikes and not self.is_dead else None

    def hit(self, label: str) -> None:
        """A labelled point, as FaultPoints."""
        self._points[label] += 1
        if self._is_now(Kind.CRASH_POINT, _place(label, self._points[label])):
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

    def _is_now(self, kind: Kind, count: int | None) -> bool:
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
        self.cuts = {cut for task in self._tasks for cut in _waits_of(task)}
        self._task.cancel()

    def stop(self, *, is_reload: bool) -> None:
        """As SIGTERM does it, or SIGHUP; without effect while it starts."""
        if self._supervisor is not None:
            self._is_ending = self._is_ending or not is_reload
            self._supervisor.stop()

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
            while not self._is_ending:
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
        """Until it is stopped; the next one goes on with the same rows."""
        async with self._services() as services:
            await recover(services.acts)
            supervisor = Supervisor(
                services=services.all(),
                board=self.board,
                telemetry=services.tools.telemetry,
                interval_s=self._settings.timing.tick_s,
                intervals=intervals(self._settings),
            )
            self.board.ready = True
            self._supervisor = supervisor
            async with anyio.create_task_group() as group:
                if self._is_watched:
                    group.start_soon(self._read_status, services, name="status")
                await supervisor.run(partial(self._drain, services.batcher))
                group.cancel_scope.cancel()
            self._supervisor = None

    async def _drain(self, batcher: Batcher) -> None:
        if self._is_ending:
            self.board.ready = False
            await drain(batcher, self._store, self._settings.timing.drain_timeout_s)

    async def _read_status(self, services: Services) -> None:
        """Somebody reads the status page now and then."""
        overview = build_overview(services.clients, self._store, self._clock, services.foreign)
        while True:
            await overview.report()
            await anyio.sleep(STATUS_S)

    @asynccontextmanager
    async def _services(self) -> AsyncIterator[Services]:
        clients, settings, clock = self._clients(self.board), self._settings, self._clock
        telemetry, evm = Telemetry(), clients.evm
        gate = PurchaseGate(clock=clock, board=self.board, telemetry=telemetry)
        process = Process(
            clock=clock, faults=self, telemetry=telemetry, board=self.board, gate=gate
        )
        tools = Tools.of(process, store=self._store, source=evm.source, reader=evm.reader)
        await check_endpoints(evm.pool, at_start=self._terms is None)
        if self._terms is None:  # asked for once, and then watched
            await check_depths(evm.source, settings)
            contract = evm.reader.at(await evm.source.head(BlockTag.LATEST))
            self._terms = await check_contract(contract, settings, clients.circuit.facts)
        checks = build_checks(self._terms, clients, settings, tools)
        yield Services(
            settings=settings,
            terms=self._terms,
            keys=config.keys(),
            clients=clients,
            acts=build_acts(clients, settings, tools, checks.spend),
            tools=tools,
            checks=checks,
            foreign=foreign_provers(settings, clients, clock),
        )


def _place(label: str, hit: int) -> int | None:
    moment = (label, hit)
    return MOMENTS.index(moment) if moment in MOMENTS else None


def _waits_of(task: asyncio.Task[Any]) -> set[Cut]:
    """The services' places at which a task waits, from its outermost coroutine to the innermost."""
    found: set[Cut] = set()
    awaited: Any = task.get_coro()
    while awaited is not None:
        frame: FrameType | None = getattr(awaited, "cr_frame", None) or getattr(
            awaited, "ag_frame", None
        )
        if frame is not None and (cut := place_at(frame.f_code, frame.f_lasti)) is not None:
            found.add(cut)
        awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "ag_await", None)
    return found
