"""The named faults of proving: whatever happens, the batch is proved once and paid once.

The dispatcher with its real acts and rows, the network backend and the local one, against the prover-network dev server
over real sockets. A test's `judge` looks at the server's side first: what it charged, and how many requests it fulfilled.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio
import pytest
from aiohttp import ClientSession

from zk_operator.adapters.signing.evm import EvmSigner
from zk_operator.adapters.sp1.checker import Groth16Checker
from zk_operator.adapters.sp1.host.errors import HostUnreachable
from zk_operator.adapters.sp1.local import LocalBackend, LocalConfig, ProofJob, open_local_backend
from zk_operator.adapters.sp1.network import (
    NetworkBackend,
    NetworkConfig,
    NetworkTree,
    PricePolicy,
    limits_by_order,
    open_network_backend,
)
from zk_operator.adapters.sp1.saved_proof import Mode
from zk_operator.devnet.groth16_dev import prove
from zk_operator.devnet.groth16_dev.encoding import gnark_vk_bytes
from zk_operator.devnet.groth16_dev.key import GNARK_VK_SHA256, RECURSION_ROOT
from zk_operator.devnet.groth16_dev.trapdoor import dev_verifying_key
from zk_operator.devnet.prover_network.bincode import Groth16Blob
from zk_operator.devnet.prover_network.config import ProverNetworkConfig, Timing
from zk_operator.devnet.prover_network.faults import ALWAYS, Fault, Faults
from zk_operator.devnet.prover_network.server import serve
from zk_operator.domain.chain_event import OrderPlaced
from zk_operator.domain.errors import OperatorError
from zk_operator.domain.failures import BudgetExceeded
from zk_operator.domain.ids import Address, BatchId, Hash32, PoolId
from zk_operator.domain.order import Order, SigningDomain, order_id
from zk_operator.domain.public_values import public_values_of
from zk_operator.domain.records import (
    Batch,
    BatchState,
    Intent,
    IntentState,
    Resource,
)
from zk_operator.domain.section import Section
from zk_operator.ports.fault import FaultPoints
from zk_operator.ports.prover import ProverDetail, ProverWork
from zk_operator.ports.store import SpendCap
from zk_operator.program import batch_program
from zk_operator.runtime.bell import Bell
from zk_operator.runtime.clock import SystemClock
from zk_operator.runtime.fault import NoFaults
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.telemetry import Telemetry
from zk_operator.services.dispatcher import Dispatcher, DispatchPolicy
from zk_operator.services.journal import BatchJournal
from zk_operator.services.paid_act import PaidActs
from zk_operator.services.prover_lanes import LanePolicy, ProverLane, ProverLanes
from zk_operator.services.spend_guard import SpendPolicy
from zk_operator.testing.memory_store import MemoryStore
from zk_operator.testing.store_builders import a_log, scanned
from zk_operator.testing.world import Crash, CrashAt

pytestmark = pytest.mark.devnet
PROGRAM = batch_program()
VKEY, ROOT = Hash32(PROGRAM.vkey), Hash32(RECURSION_ROOT)
DOMAIN = SigningDomain(chain_id=31337, manager=Address(b"\x0d" * 20))
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
        return {}


@dataclass(slots=True, kw_only=True)
class Stage:
    """Everything that outlives a process, and the process of the moment."""

    network: NetworkBackend
    local: LocalBackend | None
    engine: DevEngine
    faults: Faults
    status_url: str
    store: MemoryStore
    board: HealthBoard
    telemetry: Telemetry
    cap: int = 10**30
    dispatcher: Dispatcher | None = None

    def start(self, faults: FaultPoints | None = None) -> Dispatcher:
        """A process on the same rows; also after a crash."""
        clock, points = SystemClock(), faults or NoFaults()
        backends: list[NetworkBackend | LocalBackend] = [self.network]
        if self.local is not None:
            backends.append(self.local)
        lanes = [
            ProverLane(
                backend=backend,
                acts=self._acts(backend, points),
                cost=int(backend is self.network),
                assumed_ms=1_000 if backend is self.network else 5_000,
            )
            for backend in backends
        ]
        journal = BatchJournal(
            batches=self.store.batches,
            orders=self.store.orders,
            clock=clock,
            telemetry=self.telemetry,
        )
        self.dispatcher = Dispatcher(
            lanes=ProverLanes(
                lanes=lanes,
                batches=self.store.batches,
                clock=clock,
                telemetry=self.telemetry,
                policy=LanePolicy(assumed_reserve_ms=1_000, rest_ms=500),
            ),
            checker=Groth16Checker(
                circuit_vk=gnark_vk_bytes(dev_verifying_key()), sp1_version="v6.1.0"
            ),
            batches=self.store.batches,
            orders=self.store.orders,
            proofs=self.store.proofs,
            journal=journal,
            policy=DispatchPolicy(
                program_vkey=VKEY, recursion_root=ROOT, signing_domain=DOMAIN, retry_after_ms=50
            ),
            clock=clock,
            bell=Bell(),
            downstream=Bell(),
        )
        return self.dispatcher

    def _acts(
        self, backend: NetworkBackend | LocalBackend, points: FaultPoints
    ) -> PaidActs[ProverWork, ProverDetail]:
        cap = SpendCap(resource=Resource.PROVE, window_s=3_600, limit=self.cap)
        return PaidActs(
            channel=backend,
            store=self.store.intents,
            policy=SpendPolicy(caps=[cap], reserve=0, resend_after_ms=100),
            clock=SystemClock(),
            faults=points,
            telemetry=self.telemetry,
            board=self.board,
        )

    async def tick(self) -> OperatorError | None:
        """One pass; its trouble."""
        assert self.dispatcher is not None
        try:
            await self.dispatcher.tick()
        except OperatorError as error:
            return error
        return None

    async def until_proved(self) -> Batch:
        with anyio.fail_after(20):
            while True:
                await self.tick()
                batch = (await self.store.batches.recent(1))[0]
                if batch.state is not BatchState.CLOSED:
                    assert batch.state is BatchState.PROVED, batch.error_code
                    return batch
                await anyio.sleep(0.05)

    async def rows(self) -> list[Intent]:
        return list(await self.store.intents.of_subject("prove", "batch-1"))

    async def server(self) -> list[dict[str, object]]:
        """Every request that the network has accepted."""
        async with ClientSession() as session, session.get(self.status_url) as answer:
            requests = (await answer.json())["requests"]
        assert isinstance(requests, list)
        return requests

    async def judge(self, *, by: str, paid: int = 1) -> None:
        """Proved by that backend; `paid` requests fulfilled at the network, and every charge is in the rows."""
        proof = await self.store.proofs.find(
            VKEY, (await self.store.batches.recent(1))[0].public_values
        )
        assert proof is not None
        assert proof.backend == by
        self.faults.clear()
        await self.tick()
        requests = await self.server()
        assert sum(request["fulfillment"] == "fulfilled" for request in requests) == paid
        charged = sum(int(str(request["cost"] or 0)) for request in requests)
        rows = await self.rows()
        assert sum(row.paid or 0 for row in rows if row.backend == "network") == charged
        known = {"0x" + row.reference.hex() for row in rows}
        assert {request["request_id"] for request in requests} <= known


@asynccontextmanager
async def stage(
    tmp_path: Path,
    *,
    local: bool = False,
    config: NetworkConfig = NETWORK,
    valid_for_s: int = 600,
) -> AsyncIterator[Stage]:
    clock = SystemClock()
    async with anyio.create_task_group() as tasks:
        server = ProverNetworkConfig(timing=FAST, seed=1)
        endpoints = await tasks.start(lambda task_status: serve(server, task_status=task_status))
        engine = DevEngine()
        local_config = LocalConfig(
            name="cpu",
            program_vkey=VKEY,
            program_elf=PROGRAM.elf,
            mode=Mode.GROTH16,
            spool=tmp_path / "spool",
        )
        async with (
            open_network_backend(
                endpoint=endpoints.grpc_url,
                config=config,
                signer=EvmSigner(b"\x07" * 32),
                clock=clock,
            ) as network,
            open_local_backend(config=local_config, engine=engine, clock=clock) as cpu,
        ):
            made = Stage(
                network=network,
                local=cpu if local else None,
                engine=engine,
                faults=endpoints.faults,
                status_url=endpoints.http_url + "/dev/status",
                store=MemoryStore(clock=clock),
                board=HealthBoard(clock=clock),
                telemetry=Telemetry(),
            )
            engine.values = (await closed_batch(made.store, valid_for_s)).public_values
            made.start()
            yield made
        tasks.cancel_scope.cancel()


async def closed_batch(store: MemoryStore, valid_for_s: int) -> Batch:
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
        batch_id=BatchId("batch-1"),
        state=BatchState.CLOSED,
        sections=(section,),
        order_ids=ids,
        public_values=values.encode(),
        valid_until_s=valid_until,
        close_reason="size",
        closed_at=SystemClock().now_ms(),
    )
    await store.batches.close(batch)
    return batch


@pytest.mark.parametrize(
    "label", ["prove.before_row", "prove.after_row", "prove.after_send", "prove.after_answer"]
)
async def test_crash__before_and_after_the_request_was_sent__proved_and_paid_once(
    label: str, tmp_path: Path
) -> None:
    async with stage(tmp_path) as made:
        # The second hit: the first act registers the program.
        made.start(CrashAt(label=label, count=2))
        with pytest.raises(Crash):
            await made.until_proved()
        made.start()
        await made.until_proved()
        await made.judge(by="network")


async def test_answer_lost__found_by_its_id__proved_and_paid_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        made.faults.arm(Fault.LOST_ANSWER)
        await made.until_proved()
        await made.judge(by="network")
        assert len(await made.rows()) == 1


async def test_request_lost__sent_again_with_the_same_bytes__proved_and_paid_once(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as made:
        made.faults.arm(Fault.LOST_REQUEST)
        await made.until_proved()
        await made.judge(by="network")
        assert len(await made.rows()) == 1


async def test_nonce_race__another_client_of_the_key__proved_and_paid_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        while not await made.network.program_registered():
            await made.tick()
        made.faults.arm(Fault.NONCE_ERROR)
        await made.until_proved()
        await made.judge(by="network")


async def test_no_bids__cancelled_and_offered_more__proved_and_paid_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        made.faults.arm(Fault.NO_BIDS)
        await made.until_proved()
        await made.judge(by="network")
        first, second = await made.rows()
        assert (first.error_code, first.paid) == ("ZKO-PRV-045", 0)
        assert second.quoted > first.quoted


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.UNFULFILLABLE, "ZKO-PRV-042"),
        (Fault.REVERTED, "ZKO-PRV-043"),
        (Fault.EXPIRED, "ZKO-PRV-044"),
    ],
)
async def test_given_up_by_the_network__asked_again__proved_and_paid_once(
    fault: Fault, code: str, tmp_path: Path
) -> None:
    async with stage(tmp_path) as made:
        made.faults.arm(fault)
        await made.until_proved()
        await made.judge(by="network")
        assert [row.error_code for row in await made.rows()] == [code, None]


async def test_late_proof__fulfilled_after_its_deadline__is_taken(tmp_path: Path) -> None:
    config = replace(NETWORK, proof_timeout_s=1.0, overdue_grace_s=10.0)
    async with stage(tmp_path, config=config) as made:
        while not await made.rows():
            await made.tick()
            await anyio.sleep(0.02)
        await anyio.sleep(2.1)  # past the deadline; nobody looked
        await made.until_proved()
        await made.judge(by="network")
        assert len(await made.rows()) == 1


async def test_network_down__falls_back_to_the_local_prover__nothing_is_paid(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, local=True) as made:
        made.engine.trouble = [HostUnreachable("killed")]  # so that the network is tried
        made.faults.arm(Fault.DOWN, count=ALWAYS)
        await made.until_proved()
        await made.judge(by="cpu", paid=0)


async def test_local_host_killed__changes_to_the_network__proved_and_paid_once(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, local=True) as made:
        made.engine.trouble = [HostUnreachable("killed")]
        await made.until_proved()
        await made.judge(by="network")
        assert made.engine.jobs == 1
        failed = next(row for row in await made.rows() if row.backend == "cpu")
        assert (failed.state, failed.error_code, failed.paid) == (
            IntentState.FAILED,
            "ZKO-HST-004",
            0,
        )


async def test_local_prover_hangs__the_network_is_asked_at_the_last_moment_and_the_loser_cancelled(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, local=True, valid_for_s=8) as made:
        made.engine.hang = True
        batch = await made.until_proved()
        assert SystemClock().now_ms() < (batch.valid_until_s - 1) * 1000  # before the reserve
        await made.judge(by="network")
        reasons = {"backend": "network", "decision": "hedge", "reason": "deadline"}
        name = "zk_operator_prover_routes_total"
        assert made.telemetry.registry.get_sample_value(name, reasons) == 1
        loser = next(row for row in await made.rows() if row.backend == "cpu")
        assert (loser.state, loser.error_code) == (IntentState.FAILED, "ZKO-PRV-047")


async def test_artifact_store_failing__uploads_and_downloads__proved_and_paid_once(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as made:
        made.faults.arm(Fault.UPLOAD_REFUSED, count=6)
        made.faults.arm(Fault.DOWNLOAD_REFUSED, count=6)
        await made.until_proved()
        await made.judge(by="network")
        assert len(await made.rows()) == 1


async def test_budget_exhausted__stops_with_an_alert__resumes_when_raised(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        made.cap = 1
        made.start()
        troubles = [await made.tick() for _ in range(5)]
        assert isinstance(troubles[-1], BudgetExceeded)
        assert list(made.board.alerts) == ["spending.PROVE.budget"]
        assert await made.server() == []
        made.cap = 10**30
        made.start()
        await made.until_proved()
        await made.judge(by="network")
        assert made.board.alerts == {}


async def test_budget_exhausted__with_a_local_prover__goes_on_there(tmp_path: Path) -> None:
    async with stage(tmp_path, local=True) as made:
        made.cap = 1
        made.engine.trouble = [HostUnreachable("killed")]  # so that the network is tried
        made.start()
        await made.until_proved()
        await made.judge(by="cpu", paid=0)
        assert list(made.board.alerts) == ["spending.PROVE.budget"]
