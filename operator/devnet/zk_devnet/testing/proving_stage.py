"""One batch, the dispatcher that has it proved, and the prover-network dev server, over real sockets.

Acts, rows and database are the daemon's own; so are the network backend and the local one. `judge` looks at the server's side
first: what it charged, what is left in the account, and how many requests it fulfilled.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import anyio
from aiohttp import ClientSession

from zk_acts.domain.acts import LIVE_STATES, Intent, Purpose, Resource
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.ids import Hash32
from zk_acts.ports.fault import FaultPoints
from zk_acts.ports.store import SpendCap
from zk_acts.runtime.clock import SystemClock
from zk_acts.runtime.fault import NoFaults
from zk_acts.services.paid_act import PaidActs
from zk_acts.services.spend_guard import SpendPolicy
from zk_devnet.groth16_dev import prove
from zk_devnet.groth16_dev.encoding import gnark_vk_bytes
from zk_devnet.groth16_dev.key import GNARK_VK_SHA256, RECURSION_ROOT
from zk_devnet.groth16_dev.trapdoor import dev_verifying_key
from zk_devnet.prover_network.bincode import Groth16Blob
from zk_devnet.prover_network.config import ProverNetworkConfig, Timing
from zk_devnet.prover_network.faults import Faults
from zk_devnet.prover_network.server import serve
from zk_devnet.prover_network.states import NetworkMode
from zk_devnet.testing.everything_open import EverythingOpen
from zk_devnet.testing.store_builders import a_log, scanned
from zk_devnet.testing.tcp_gate import TcpGate, open_gate
from zk_devnet.testing.tools import some_tools
from zk_operator.adapters.signing.evm import EvmSigner
from zk_operator.adapters.sp1.checker import Groth16Checker
from zk_operator.adapters.sp1.local import (
    Engine,
    LocalBackend,
    LocalConfig,
    ProofJob,
    open_local_backend,
)
from zk_operator.adapters.sp1.network import (
    Limits,
    NetworkBackend,
    NetworkConfig,
    NetworkTree,
    PricePolicy,
    limits_by_order,
    open_network_backend,
)
from zk_operator.adapters.sp1.saved_proof import Mode
from zk_operator.adapters.storage.sqlite_store import SqliteStore, open_store
from zk_operator.domain.chain_event import OrderPlaced
from zk_operator.domain.ids import Address, BatchId, PoolId
from zk_operator.domain.order import Order, SigningDomain, order_id
from zk_operator.domain.public_values import public_values_of
from zk_operator.domain.records import Batch, BatchState, CloseReason
from zk_operator.domain.section import Section
from zk_operator.ports.prover import ProverDetail, ProverWork
from zk_operator.program import batch_program
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.telemetry import Telemetry
from zk_operator.services.dispatcher import Dispatcher, DispatchPolicy
from zk_operator.services.prover_lanes import LanePolicy, ProverLane, ProverLanes
from zk_operator.services.purchase_use import is_in_place

PROGRAM = batch_program()
VKEY, ROOT = Hash32(PROGRAM.vkey), Hash32(RECURSION_ROOT)
DOMAIN = SigningDomain(chain_id=31337, manager=Address(b"\x0d" * 20))
BATCH_ID = BatchId("batch-1")
RESERVE_MS = 1_000
UNLIMITED = Limits(cycles=2**64 - 1, gas=2**64 - 1)
FAST = Timing(execution_s=0.02, auction_s=0.02, proving_s=0.05)
NETWORK = NetworkConfig(
    tree=NetworkTree.AUCTION,
    version="sp1-v6.1.0",
    program_vkey=VKEY,
    program_elf=PROGRAM.elf,
    program_vk=PROGRAM.vk,
    prices=PricePolicy(max_price_per_pgu=2_000_000_000, max_base_fee=10**18),
    limits=limits_by_order(
        cycles_base=1_000_000, cycles_per_order=500_000, gas_base=2_000_000, gas_per_order=1_000_000
    ),
    min_auction_period_s=0,
    auction_timeout_s=0.3,
    lapse_grace_s=0.2,
    request_timeout_s=2,
    transfer_timeout_s=2,
)
CLUSTER = replace(NETWORK, name="cluster", tree=NetworkTree.RESERVED, limits=lambda _: UNLIMITED)


@dataclass(slots=True)
class DevEngine:
    """A local prover that needs no machine: proofs under the devnet's key, and trouble on demand."""

    values: bytes = b""
    trouble: list[OperatorError] = field(default_factory=list)
    hang: bool = False
    jobs: int = 0
    capacity: int = 1

    async def require_ready(self) -> None:
        """Always."""

    async def prove(self, job: ProofJob) -> bytes:
        """At once, unless it is told otherwise."""
        self.jobs += 1
        if self.hang:
            await anyio.sleep_forever()
        if self.trouble:
            raise self.trouble.pop(0)
        inputs = prove.public_inputs(
            program_vkey=VKEY, public_values=self.values, exit_code=0, nonce=job.nonce
        )
        proof = prove.prove(inputs, lambda n: 12_345 % n)
        return Groth16Blob(
            public_inputs=inputs.as_tuple(),
            encoded_proof=prove.encoded_proof(proof, inputs),
            raw_proof=prove.raw_proof(proof),
            vkey_hash=GNARK_VK_SHA256,
            public_values=self.values,
            sp1_version="v6.1.0",
        ).encode()

    async def status(self) -> Mapping[str, object]:
        """Nothing to say."""
        return {}


@dataclass(slots=True, kw_only=True)
class Stage:
    """Everything that outlives a process, and the process of the moment."""

    network: NetworkBackend
    local: LocalBackend | None
    engine: DevEngine
    faults: Faults
    gate: TcpGate
    status_url: str
    store: SqliteStore
    board: HealthBoard
    telemetry: Telemetry
    clock: SystemClock
    network_assumed_ms: int = 1_000
    network_cost: int = 1
    local_assumed_ms: int = 5_000
    cap: int = 10**30
    dispatcher: Dispatcher | None = None

    def start(self, faults: FaultPoints | None = None) -> Dispatcher:
        """A process on the same rows; also after a crash."""
        points = faults or NoFaults()
        lanes = [self._lane(self.network, points, self.network_assumed_ms, cost=self.network_cost)]
        if self.local is not None:
            lanes.append(self._lane(self.local, points, self.local_assumed_ms, cost=0))
        tools = some_tools(
            self.store, self.clock, telemetry=self.telemetry, board=self.board, faults=points
        )
        self.dispatcher = Dispatcher(
            tools,
            lanes=ProverLanes(
                lanes=lanes,
                batches=self.store.batches,
                clock=self.clock,
                telemetry=self.telemetry,
                policy=LanePolicy(assumed_reserve_ms=RESERVE_MS, rest_ms=500),
            ),
            checker=Groth16Checker(
                circuit_vk=gnark_vk_bytes(dev_verifying_key()), sp1_version="v6.1.0"
            ),
            spend=EverythingOpen(self.clock),
            policy=DispatchPolicy(
                max_fetches=3,  # the pauses between them double
                program_vkey=VKEY,
                recursion_root=ROOT,
                signing_domain=DOMAIN,
                retry_after_ms=50,
            ),
        )
        return self.dispatcher

    def _lane(
        self,
        backend: NetworkBackend | LocalBackend,
        points: FaultPoints,
        assumed_ms: int,
        *,
        cost: int,
    ) -> ProverLane:
        cap = SpendCap(resource=Resource.PROVE, window_s=3_600, limit=self.cap)
        acts: PaidActs[ProverWork, ProverDetail] = PaidActs(
            channel=backend,
            store=self.store.intents,
            policy=SpendPolicy(caps=[cap], reserve=0, resend_after_ms=100),
            clock=self.clock,
            faults=points,
            telemetry=self.telemetry,
            board=self.board,
            is_wanted=partial(is_in_place, self.store.batches),
        )
        return ProverLane(backend=backend, acts=acts, cost=cost, assumed_ms=assumed_ms)

    async def tick(self) -> OperatorError | None:
        """One pass; its trouble."""
        assert self.dispatcher is not None
        try:
            await self.dispatcher.tick()
        except OperatorError as error:
            return error
        return None

    async def batch(self) -> Batch:
        """The one batch, as it is now."""
        return (await self.store.batches.recent(1))[0]

    async def until_ended(self, *, timeout_s: float = 20.0) -> Batch:
        """Until the batch is proved or given up."""
        with anyio.fail_after(timeout_s):
            while (batch := await self.batch()).state is BatchState.CLOSED:
                await self.tick()
                await anyio.sleep(0.05)
        return batch

    async def until_proved(self, *, timeout_s: float = 20.0) -> Batch:
        """Until the batch is proved."""
        batch = await self.until_ended(timeout_s=timeout_s)
        assert batch.state is BatchState.PROVED, batch.error_code
        return batch

    async def until_accepted(self) -> None:
        """Until the network has a request."""
        with anyio.fail_after(10):
            while not await self.server():
                await self.tick()
                await anyio.sleep(0.01)

    async def rows(self, backend: str | None = None) -> list[Intent]:
        """Every request for the batch, oldest first."""
        rows = await self.store.intents.of_subject(Purpose.PROVE, BATCH_ID)
        return [row for row in rows if backend in (None, row.backend)]

    async def server(self) -> list[dict[str, object]]:
        """Every request that the network has accepted."""
        found = (await self._status())["requests"]
        assert isinstance(found, list)
        return found

    async def _status(self) -> dict[str, object]:
        async with ClientSession() as session, session.get(self.status_url) as answer:
            status: dict[str, object] = await answer.json()
        return status

    async def judge(self, *, by: str, paid: int = 1) -> None:
        """Proved by that backend; `paid` requests fulfilled at the network, and every charge is in the rows."""
        proof = await self.store.proofs.find(VKEY, (await self.batch()).public_values)
        assert proof is not None
        assert proof.backend == by
        await self.settle_up(paid=paid)

    async def _is_open(self) -> bool:
        """Whether a row is undecided, or the network still holds money for a request."""
        if any(row.state in LIVE_STATES for row in await self.rows()):
            return True
        return any(request["cost"] is None for request in await self.server())

    async def settle_up(self, *, paid: int) -> None:
        """What the network fulfilled and charged, against the rows and the account."""
        self.faults.clear()
        self.gate.resume()
        with anyio.fail_after(20):
            while await self._is_open():
                await self.tick()
                await anyio.sleep(0.05)
        requests = await self.server()
        assert sum(request["fulfillment"] == "fulfilled" for request in requests) == paid
        charged = sum(int(str(request["cost"] or 0)) for request in requests)
        rows = await self.rows("network")
        assert sum(row.paid or 0 for row in rows) == charged
        assert await self.network.balance() == ProverNetworkConfig().default_balance - charged
        known = {"0x" + row.reference.hex() for row in rows}
        assert {request["request_id"] for request in requests} <= known


@asynccontextmanager
async def proving_stage(
    folder: Path,
    *,
    local: bool = False,
    engine: Engine | None = None,
    config: NetworkConfig = NETWORK,
    valid_for_s: int = 600,
    timing: Timing = FAST,
    mode: NetworkMode = NetworkMode.MAINNET,
) -> AsyncIterator[Stage]:
    """With one closed batch. `local`: there is a local prover as well, which makes proofs with `engine`."""
    clock, scripted = SystemClock(), DevEngine()
    async with AsyncExitStack() as stack:
        tasks = await stack.enter_async_context(anyio.create_task_group())
        stack.callback(tasks.cancel_scope.cancel)
        server = ProverNetworkConfig(mode=mode, timing=timing, seed=1)
        endpoints = await tasks.start(lambda task_status: serve(server, task_status=task_status))
        gate = await stack.enter_async_context(open_gate(endpoints.grpc_url))
        store = await stack.enter_async_context(open_store(folder / "rows.sqlite", clock=clock))
        network = await stack.enter_async_context(
            open_network_backend(
                endpoint=gate.url, config=config, signer=EvmSigner(b"\x07" * 32), clock=clock
            )
        )
        cpu = await stack.enter_async_context(
            open_local_backend(config=_local_config(folder), engine=engine or scripted, clock=clock)
        )
        made = Stage(
            network=network,
            network_cost=int(mode is NetworkMode.MAINNET),
            local=cpu if local or engine is not None else None,
            engine=scripted,
            faults=endpoints.faults,
            gate=gate,
            status_url=endpoints.http_url + "/dev/status",
            store=store,
            board=HealthBoard(clock=clock),
            telemetry=Telemetry(),
            clock=clock,
        )
        scripted.values = (await closed_batch(made.store, valid_for_s)).public_values
        made.start()
        yield made


def _local_config(folder: Path) -> LocalConfig:
    return LocalConfig(
        name="cpu",
        program_vkey=VKEY,
        program_elf=PROGRAM.elf,
        mode=Mode.GROTH16,
        spool=folder / "spool",
    )


async def closed_batch(store: SqliteStore, valid_for_s: int) -> Batch:
    """Two orders that meet exactly at price 1."""
    pool, valid_until = PoolId(b"\x33" * 32), SystemClock().now_ms() // 1000 + valid_for_s
    orders = sorted(
        (
            Order(
                owner=Address(bytes([side + 1]) * 20),
                pool_id=pool,
                zero_for_one=bool(side),
                amount_in=1_000,
                min_out=1,
                deadline=valid_until + 60,
                salt=side,
            )
            for side in (0, 1)
        ),
        key=lambda order: order_id(order, DOMAIN),
    )
    ids = tuple(order_id(order, DOMAIN) for order in orders)
    placements = [
        OrderPlaced(at=a_log(1, index), task_index=index, order_id=ids[index], order=order)
        for index, order in enumerate(orders)
    ]
    await store.chain.apply([scanned(1, *placements)])
    section = Section(
        pool_id=pool,
        price_x128=2**128,
        remainder_zero_for_one=True,
        remainder_in=0,
        min_out=0,
        fee_bps=30,
        order_ids=ids,
    )
    values = public_values_of(
        [section], chain_id=DOMAIN.chain_id, manager=DOMAIN.manager, valid_until=valid_until
    )
    batch = Batch(
        batch_id=BATCH_ID,
        state=BatchState.CLOSED,
        sections=(section,),
        order_ids=ids,
        public_values=values.encode(),
        valid_until_s=valid_until,
        close_reason=CloseReason.SIZE,
        closed_at=SystemClock().now_ms(),
    )
    await store.batches.close(batch)
    return batch
