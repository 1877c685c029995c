"""The daemon: start in order, resolve what a crash left open, run, drain, end in reverse order."""

import os
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import anyio
import structlog

from zk_operator.adapters.evm.rpc import RpcObserver
from zk_operator.adapters.storage.sqlite_store import SqliteStore, open_store
from zk_operator.adapters.web.server import NodeApi, WebConfig, serve_node_api
from zk_operator.app.clients import Clients, open_clients
from zk_operator.app.keys import Keys, open_keys
from zk_operator.app.preflight import check_contract
from zk_operator.app.services import (
    Acts,
    Bells,
    Builder,
    Tools,
    all_services,
    build_acts,
    build_overview,
    intervals,
)
from zk_operator.domain.errors import Disposition, OperatorError
from zk_operator.domain.ids import hex0x
from zk_operator.domain.records import IntentState
from zk_operator.ports.fault import FaultPoints
from zk_operator.runtime.clock import SystemClock
from zk_operator.runtime.fault import NoFaults, parse_fault
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.lock import exclusive
from zk_operator.runtime.supervisor import Supervisor
from zk_operator.runtime.telemetry import Telemetry
from zk_operator.services.batcher import IN_FLIGHT, Batcher
from zk_operator.services.journal import BatchJournal
from zk_operator.services.lease_keeper import LeaseKeeper
from zk_operator.services.paid_act import PaidActs
from zk_operator.settings import LoadedSettings, Settings, load_circuit, redacted, require_files

log = structlog.get_logger("daemon")
CRASH_VARIABLE = "ZKO_CRASH_AT"  # for crash scenarios only, see docs/operate.md


async def run_operator(loaded: LoadedSettings) -> None:
    """Run until SIGTERM or SIGINT. Errors: whatever makes going on pointless, with its code and exit code."""
    try:
        await _run(loaded)
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


async def _run(loaded: LoadedSettings) -> None:
    settings = loaded.settings
    require_files(settings)
    tools = _tools()
    tools.telemetry.gauge("info", 1, version=version("zk-operator"), config_hash=_digest(settings))
    keys = await open_keys(settings.keys)
    async with AsyncExitStack() as stack:
        _lock(stack, settings, keys)
        store = await stack.enter_async_context(open_store(settings.store.path, clock=tools.clock))
        lease = await stack.enter_async_context(
            LeaseKeeper(
                store=store.leases, holder=socket.gethostname(), ttl_s=settings.timing.lease_ttl_s
            )
        )
        clients = await stack.enter_async_context(
            open_clients(
                settings, keys, load_circuit(settings), tools.clock, rpc_observer(tools.telemetry)
            )
        )
        await stack.enter_async_context(_web(settings, clients, store, tools))
        await _operate(settings, keys, clients, store, tools, lease)
    log.info("daemon.stopped")


def _tools() -> Tools:
    clock = SystemClock()
    crash = os.environ.get(CRASH_VARIABLE)
    faults: FaultPoints = parse_fault(crash) if crash else NoFaults()
    return Tools(clock=clock, faults=faults, telemetry=Telemetry(), board=HealthBoard(clock=clock))


def rpc_observer(telemetry: Telemetry) -> RpcObserver:
    """Counts and times the EVM requests. The endpoint stands where the specification has the node's version."""

    def observe(method: str, endpoint: str, elapsed_s: float) -> None:
        telemetry.count("rpc_total", method=method, client_version=endpoint)
        telemetry.observe("rpc_seconds", elapsed_s, method=method, client_version=endpoint)

    return observe


def _digest(settings: Settings) -> str:
    return sha256(repr(sorted(redacted(settings).items())).encode()).hexdigest()[:12]


def _lock(stack: AsyncExitStack, settings: Settings, keys: Keys) -> None:
    """One daemon per database, and one per account and chain, on this machine."""
    database = settings.store.path
    stack.enter_context(exclusive(database.with_name(database.name + ".lock"), "database"))
    folder = Path(tempfile.gettempdir()) / f"zk-operator-{os.getuid()}"
    chain = settings.evm.chain_id
    names = [
        f"evm-{chain}-{hex0x(keys.evm.address)}",
        f"sp1-{hex0x(keys.sp1.address)}",
        f"zkverify-{keys.zkverify.ss58_address}",
    ]
    for name in names:
        stack.enter_context(exclusive(folder / f"{name}.lock", f"key ({name})"))


@asynccontextmanager
async def _web(
    settings: Settings, clients: Clients, store: SqliteStore, tools: Tools
) -> AsyncIterator[None]:
    server = settings.server
    config = WebConfig(host=server.host, port=server.port, node_name=server.node_name)
    overview = build_overview(clients, store, tools.clock)
    api = NodeApi(
        config=config, board=tools.board, telemetry=tools.telemetry, status=overview.report
    )
    async with serve_node_api(api, config) as url:
        log.info("server.started", url=url)
        yield


async def _operate(
    settings: Settings,
    keys: Keys,
    clients: Clients,
    store: SqliteStore,
    tools: Tools,
    lease: LeaseKeeper,
) -> None:
    terms = await check_contract(clients.evm.reader, settings)
    tools.telemetry.gauge(
        "stakes", terms.signer_weight, quorum_number="0", quorum_name="allow-list"
    )
    builder = Builder(
        settings=settings,
        terms=terms,
        keys=keys,
        clients=clients,
        store=store,
        acts=build_acts(clients, store, settings, tools),
        tools=tools,
        bells=Bells(),
        journal=BatchJournal(
            batches=store.batches,
            orders=store.orders,
            clock=tools.clock,
            telemetry=tools.telemetry,
        ),
    )
    await recover(builder.acts)
    batcher = builder.batcher()
    supervisor = Supervisor(
        services=(*all_services(builder, batcher), lease),
        board=tools.board,
        telemetry=tools.telemetry,
        interval_s=settings.timing.tick_s,
        intervals=intervals(settings),
    )
    async with anyio.create_task_group() as group:
        if clients.evm.feed is not None:
            group.start_soon(clients.evm.feed.run, name="evm:heads")
        group.start_soon(_stop_on_signal, supervisor, name="signals")
        tools.board.ready = True
        log.info("daemon.started", manager=hex0x(settings.evm.manager), account=keys_line(keys))
        await supervisor.run(_drain(settings, batcher, store, tools))
        group.cancel_scope.cancel()


def keys_line(keys: Keys) -> dict[str, str]:
    """The three accounts, as the log shows them."""
    return {
        "evm": hex0x(keys.evm.address),
        "sp1": hex0x(keys.sp1.address),
        "zkverify": keys.zkverify.ss58_address,
    }


async def recover(acts: Acts) -> None:
    """Resolve every paid act that a crash may have left open, before anything new is issued.

    A side that cannot be reached now is resolved later by its service: `issue` refuses until then.
    """
    owners: tuple[PaidActs[Any, Any], ...] = (*acts.prove, acts.extrinsic, acts.transaction)
    for owner in owners:
        before = await owner.live()
        try:
            await owner.keep()
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


async def _stop_on_signal(supervisor: Supervisor) -> None:
    """The first signal drains, the second ends at once."""
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for number in signals:
            log.info("signal.received", signal=signal.Signals(number).name)
            if supervisor.is_stopping:
                supervisor.abort()
            supervisor.stop()


def _drain(
    settings: Settings, batcher: Batcher, store: SqliteStore, tools: Tools
) -> Callable[[], Awaitable[None]]:
    """Close no new batch, finish those in hand; what is not finished in time goes on after the next start."""

    async def drain() -> None:
        batcher.stop_accepting()
        tools.board.ready = False
        log.info("drain.started", timeout_s=settings.timing.drain_timeout_s)
        left = -1
        with anyio.move_on_after(settings.timing.drain_timeout_s):
            while left:
                left = len(await store.batches.in_state(*IN_FLIGHT))
                if left:
                    await anyio.sleep(0.2)
        log.info("drain.finished", batches_left=max(left, 0))

    return drain
