"""The daemon: start in order, resolve what a crash left open, run, drain, end in reverse order."""

import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from importlib.metadata import version

import anyio
import structlog

from zk_acts.domain.acts import IntentState
from zk_acts.domain.errors import Disposition, OperatorError
from zk_acts.domain.ids import Hash32, hex0x
from zk_acts.runtime.clock import SteadyClock, SystemClock, elapsed_ms
from zk_acts.runtime.fault import asked_for
from zk_acts.runtime.lock import exclusive, key_lock
from zk_acts.runtime.logs import configure_logs
from zk_operator.adapters.evm.rpc import EndpointAlert, RpcObserver
from zk_operator.adapters.storage.sqlite_store import SqliteStore, open_store
from zk_operator.adapters.web.server import NodeApi, WebConfig, serve_node_api
from zk_operator.app.acts import Acts, build_acts
from zk_operator.app.checks import build_checks
from zk_operator.app.clients import Clients, open_clients
from zk_operator.app.keys import Keys, zkverify_address
from zk_operator.app.life import Life, ReadSettings
from zk_operator.app.materials import read_materials
from zk_operator.app.overview import build_overview, foreign_provers
from zk_operator.app.policies import intervals
from zk_operator.app.preflight import check_contract_at_start, check_depths, check_endpoints
from zk_operator.app.provers import LocalProvers, open_local_provers
from zk_operator.app.services import Services
from zk_operator.domain.failures import WrongChain
from zk_operator.ports.chain import ContractTerms
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.supervisor import Supervisor
from zk_operator.runtime.telemetry import Telemetry
from zk_operator.services.batcher import Batcher
from zk_operator.services.lease_keeper import LeaseKeeper
from zk_operator.services.market import IN_FLIGHT
from zk_operator.services.overview import Overview
from zk_operator.services.purchase_gate import PurchaseGate
from zk_operator.services.tools import Process, Tools
from zk_operator.settings import Settings, load_circuit, redacted

log = structlog.get_logger("daemon")
ENDPOINT_ALERT = "endpoint."
RECOVERY_S = 10.0  # for each side: one that hangs must not keep the others from going on


async def run_operator(read: ReadSettings) -> None:
    """Run until SIGTERM or SIGINT; `read` gives the configuration, at start and at each SIGHUP.

    Errors: whatever makes going on pointless, with its code and exit code.
    """
    try:
        await _run(read)
    except BaseExceptionGroup as group:
        raise first_cause(group) from None


def first_cause(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error that ended the process: ours before others, the first before later ones."""
    leaves: list[BaseException] = []
    pending: list[BaseException] = [group]
    while pending:
        error = pending.pop(0)
        if isinstance(error, BaseExceptionGroup):
            pending.extend(error.exceptions)
        else:
            leaves.append(error)
    return next((leaf for leaf in leaves if isinstance(leaf, OperatorError)), leaves[0])


async def _run(read: ReadSettings) -> None:
    loaded = read()
    settings = loaded.settings
    configure_logs(level=settings.log.level, form=settings.log.format)
    if loaded.ignored:
        log.info("variables.ignored", names=loaded.ignored)
    materials = await read_materials(settings)
    for warning in materials.warnings:
        log.warning("config.unwise", problem=warning)
    process, keys = _process(), materials.keys
    life = Life(settings=settings, reread=read, check=read_materials, telemetry=process.telemetry)
    async with AsyncExitStack() as stack:
        _lock(stack, settings, keys)
        store = await stack.enter_async_context(
            open_store(settings.store.path, clock=process.clock)
        )
        lease = await stack.enter_async_context(
            LeaseKeeper(
                store=store.leases, holder=socket.gethostname(), ttl_s=settings.timing.lease_ttl_s
            )
        )
        node = _Node(keys=keys, store=store, process=process, lease=lease, life=life)
        await stack.enter_async_context(node.serve_web(settings))
        await node.live()
    log.info("daemon.stopped")


def _process() -> Process:
    clock = SteadyClock(wall=SystemClock(), elapsed_ms=elapsed_ms)
    telemetry, board = Telemetry(), HealthBoard(clock=clock)
    gate = PurchaseGate(clock=clock, board=board, telemetry=telemetry)
    return Process(clock=clock, faults=asked_for(), telemetry=telemetry, board=board, gate=gate)


def rpc_observer(telemetry: Telemetry) -> RpcObserver:
    """Counts and times the EVM requests. The endpoint stands where the specification has the node's version."""

    def observe(method: str, endpoint: str, elapsed_s: float) -> None:
        telemetry.count("rpc_total", method=method, client_version=endpoint)
        telemetry.observe("rpc_seconds", elapsed_s, method=method, client_version=endpoint)

    return observe


def endpoint_alert(board: HealthBoard) -> EndpointAlert:
    """An alert for each EVM endpoint that serves another chain, for as long as it does, or is configured at all."""
    for name in [name for name in board.alerts if name.startswith(ENDPOINT_ALERT)]:
        board.clear_alert(name)

    def tell(endpoint: str, text: str | None) -> None:
        if text is None:
            board.clear_alert(ENDPOINT_ALERT + endpoint)
        elif board.raise_alert(ENDPOINT_ALERT + endpoint, text):
            log.error("endpoint.wrong", endpoint=endpoint, code=WrongChain.code, error=text)

    return tell


def _digest(settings: Settings) -> str:
    return sha256(repr(sorted(redacted(settings).items())).encode()).hexdigest()[:12]


def _lock(stack: AsyncExitStack, settings: Settings, keys: Keys) -> None:
    """One daemon per database, and one per account and chain, on this machine."""
    # Kernel locks vanish with the process; the lease covers what they cannot see, such as a shared volume
    # (ADR 0006).
    database = settings.store.path
    stack.enter_context(exclusive(database.with_name(database.name + ".lock"), "database"))
    evm, sp1 = hex0x(keys.evm.address), hex0x(keys.sp1.address)
    shown = zkverify_address(keys.zkverify, settings.zkverify.genesis_hash)
    stack.enter_context(key_lock("evm", f"{settings.evm.chain_id}-{evm}", evm))
    stack.enter_context(key_lock("sp1", sp1, sp1))
    stack.enter_context(key_lock("zkverify", keys.zkverify.ss58_address, shown))


@dataclass(slots=True, kw_only=True)
class _Node:
    """What outlives a reload: keys, database, lease, HTTP server, provers on this machine. Other clients and services are built anew for each."""

    keys: Keys
    store: SqliteStore
    process: Process
    lease: LeaseKeeper
    life: Life
    terms: ContractTerms | None = None
    overview: Overview | None = None

    @asynccontextmanager
    async def serve_web(self, settings: Settings) -> AsyncIterator[None]:
        """The HTTP server, from before the first client is opened until after the last one is closed."""
        server = settings.server
        config = WebConfig(host=server.host, port=server.port, node_name=server.node_name)
        process = self.process
        api = NodeApi(
            config=config, board=process.board, telemetry=process.telemetry, status=self._report
        )
        async with serve_node_api(api, config) as url:
            log.info("server.started", url=url)
            yield

    async def _report(self) -> dict[str, object]:
        """The status; empty while there are no clients to ask."""
        return {} if self.overview is None else await self.overview.report()

    async def live(self) -> None:
        """Run the services until a signal ends them; after a reload, run others under the new settings."""
        process = self.process
        async with (
            open_local_provers(self.life.settings, process.clock.chain, process.telemetry) as local,
            anyio.create_task_group() as group,
        ):
            group.start_soon(self.life.obey_signals, group.cancel_scope, name="signals")
            group.start_soon(self._hold_lease, name="lease")
            while not self.life.is_ending:
                await self._live_under(self.life.settings, local)
            group.cancel_scope.cancel()

    async def _hold_lease(self) -> None:
        """Also while no services run: an endpoint that hangs may hold up the first or the next ones for long."""
        keeper = Supervisor(
            services=(self.lease,),
            board=self.process.board,
            telemetry=self.process.telemetry,
            interval_s=self.life.settings.timing.lease_ttl_s / 3,
        )
        await keeper.run()

    async def _live_under(self, settings: Settings, local: LocalProvers) -> None:
        process = self.process
        process.telemetry.clear("info")
        process.telemetry.gauge(
            "info", 1, version=version("zk-operator"), config_hash=_digest(settings)
        )
        observe = rpc_observer(process.telemetry)
        async with open_clients(
            settings,
            self.keys,
            load_circuit(settings),
            process.clock,
            observe,
            local,
            endpoint_alert(process.board),
        ) as clients:
            await check_endpoints(clients.evm.pool, at_start=self.terms is None)
            evm = clients.evm
            tools = Tools.of(process, store=self.store, source=evm.source, reader=evm.reader)
            foreign = foreign_provers(settings, clients, process.clock)
            self.overview = build_overview(clients, self.store, process.clock, foreign)
            terms = await self._agreed_terms(clients, settings)
            checks = build_checks(terms, clients, settings, tools)
            services = Services(
                settings=settings,
                terms=terms,
                keys=self.keys,
                clients=clients,
                acts=build_acts(clients, settings, tools, checks.spend),
                tools=tools,
                checks=checks,
                foreign=foreign,
            )
            # Before anything new: an act that a crash left open may be the one that is about to be issued
            # (ADR 0002).
            await recover(services.acts)
            await self._run_services(services)
            self.overview = None

    async def _agreed_terms(self, clients: Clients, settings: Settings) -> ContractTerms:
        """What contract and configuration agree on; no live key is part of it, so it is asked for once, and then watched."""
        if self.terms is None:
            await check_depths(clients.evm.source, settings)
            evm = clients.evm
            self.terms = await check_contract_at_start(
                evm.reader, evm.source, settings, clients.circuit.facts
            )
        return self.terms

    async def _run_services(self, services: Services) -> None:
        settings, feed = services.settings, services.clients.evm.feed
        supervisor = Supervisor(
            services=services.all(),
            board=self.process.board,
            telemetry=self.process.telemetry,
            interval_s=settings.timing.tick_s,
            intervals=intervals(settings),
        )
        async with anyio.create_task_group() as group:
            if feed is not None:
                group.start_soon(feed.run, name="evm:heads")
            self.life.begin(supervisor, settings)
            self._say_started(settings)
            await supervisor.run(partial(self._drain, settings, services.batcher))
            self.life.pause()
            group.cancel_scope.cancel()

    def _say_started(self, settings: Settings) -> None:
        if not self.process.board.ready:
            self.process.board.ready = True
            log.info(
                "daemon.started",
                manager=hex0x(settings.evm.manager),
                account=keys_line(self.keys, settings.zkverify.genesis_hash),
            )

    async def _drain(self, settings: Settings, batcher: Batcher) -> None:
        """Close no new batch, finish those in hand; what is not finished in time goes on after the next start.

        Nothing is drained for a reload: the next services go on with the same rows.
        """
        if not self.life.is_ending:
            return
        self.process.board.ready = False
        await drain(batcher, self.store, settings.timing.drain_timeout_s)


async def drain(batcher: Batcher, store: SqliteStore, timeout_s: float) -> None:
    """Close no new batch, and wait for those in hand, so long at most."""
    batcher.stop_accepting()
    log.info("drain.started", timeout_s=timeout_s)
    left = -1
    with anyio.move_on_after(timeout_s):
        while left:
            left = len(await store.batches.in_state(*IN_FLIGHT))
            if left:
                await anyio.sleep(0.2)
    log.info("drain.finished", batches_left=max(left, 0))


def keys_line(keys: Keys, genesis_hash: Hash32) -> dict[str, str]:
    """The three accounts, as the log shows them."""
    return {
        "evm": hex0x(keys.evm.address),
        "sp1": hex0x(keys.sp1.address),
        "zkverify": zkverify_address(keys.zkverify, genesis_hash),
    }


async def recover(acts: Acts, timeout_s: float = RECOVERY_S) -> None:
    """Resolve every paid act that a crash may have left open, before anything new is issued.

    A side that cannot be reached now, or not in that time, is resolved later by its service: `issue` refuses until then.
    """
    for owner in acts.all:
        before = await owner.live()
        try:
            # In turn and bounded: a side that hangs is resolved later, by its service (ADR 0180).
            with anyio.fail_after(timeout_s):
                await owner.keep()
        except TimeoutError:
            log.warning("recovery.delayed", backend=owner.channel.name, timeout_s=timeout_s)
        except OperatorError as error:
            if error.disposition is Disposition.FATAL:
                raise
            log.warning(
                "recovery.delayed",
                backend=owner.channel.name,
                code=error.code,
                error=str(error),
            )
        after = await owner.live()
        log.info(
            "recovery.finished",
            backend=owner.channel.name,
            found=len(before),
            live=len(after),
            ambiguous=sum(1 for row in after if row.state is IntentState.INTENDED),
        )
