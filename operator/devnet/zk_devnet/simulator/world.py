"""Everything around the operator, and the operator itself, from one plan: built, run, and ended."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random

import anyio
from anyio.abc import TaskGroup

from zk_acts.runtime.clock import SteadyClock
from zk_devnet.prover_network.states import NetworkMode
from zk_devnet.simulator import config, storage
from zk_devnet.simulator.awaits import Cut
from zk_devnet.simulator.books import VerificationBook
from zk_devnet.simulator.case import Case, Plan, plan_of
from zk_devnet.simulator.chance import stream
from zk_devnet.simulator.evm.chain import EvmChain
from zk_devnet.simulator.evm.deployment import EPOCH_S, ETHER
from zk_devnet.simulator.evm.node import Depths
from zk_devnet.simulator.evm.state import State
from zk_devnet.simulator.evm.transport import Endpoint, SimTransport, Site
from zk_devnet.simulator.life import Life
from zk_devnet.simulator.proofs import ProvedInputs, SimChecker
from zk_devnet.simulator.prover.network import ProverWorld
from zk_devnet.simulator.trace import Trace
from zk_devnet.simulator.weather import Weather
from zk_devnet.simulator.zkverify.aggregator import LATE_S, PUBLISH_AFTER_S, Aggregator
from zk_devnet.simulator.zkverify.network import SimNode, ZkNetwork
from zk_operator.adapters.evm.block_source import EvmBlockSource
from zk_operator.adapters.evm.client import EvmClient
from zk_operator.adapters.evm.endpoint import EndpointPool
from zk_operator.adapters.evm.headers import ChainHead
from zk_operator.adapters.evm.settlement_calls import ManagerCalls
from zk_operator.adapters.evm.settlement_reader import EvmSettlementReader
from zk_operator.adapters.evm.transaction_channel import TransactionChannel
from zk_operator.adapters.sp1.network import NetworkBackend
from zk_operator.app.clients import Clients, evm_config, zkverify_config
from zk_operator.app.daemon import endpoint_alert
from zk_operator.app.provers import FREE, PAID, OpenProver, cluster_config, network_config
from zk_operator.runtime.health import HealthBoard
from zk_operator.settings import Backend, Settings
from zkverify_client.adapters.client import ZkVerifyClient
from zkverify_client.adapters.pool import ConnectionPool

GAS_BALANCE, VFY_BALANCE, PROVE_BALANCE = 5 * ETHER, 50 * ETHER, 50 * ETHER


@dataclass(slots=True, kw_only=True)
class SimClock:
    """The operator's wall clock: virtual time, and what a jump has added."""

    now_s: Callable[[], float]
    ahead_s: float = 0.0

    def now_ms(self) -> int:
        """Unix milliseconds."""
        return EPOCH_S * 1000 + int((self.now_s() + self.ahead_s) * 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a process of the operator ended: its error, or None where it was killed."""

    at_s: float
    error: BaseException | None


@dataclass(slots=True, kw_only=True)
class World:
    """The outsides and the operator of one case. `depths`: how far behind the head safe and finalized are.

    `cuts`: where crashes cut the operator; `waits`: where its tasks have waited, known only if the world `looks`.
    """

    case: Case
    plan: Plan
    trace: Trace
    weather: Weather
    clock: SimClock
    chain: EvmChain
    node: SimNode
    zkverify: ZkNetwork
    prover: ProverWorld
    cluster: ProverWorld
    aggregator: Aggregator
    verifications: VerificationBook
    book: ProvedInputs
    connection: storage.SimDatabase
    depths: Depths
    now_s: Callable[[], float]
    life: Life | None = None
    ends: list[End] = field(default_factory=list)
    longest_absence_s: float = 0.0
    cuts: set[Cut] = field(default_factory=set)
    waits: set[Cut] = field(default_factory=set)
    looks: bool = False
    is_over: bool = False

    @classmethod
    def build(cls, case: Case, trace: Trace, tasks: TaskGroup) -> "World":
        """Inside a running loop; nothing moves yet."""
        plan, now_s = plan_of(case), asyncio.get_running_loop().time
        weather = Weather(
            spells=plan.spells,
            seed=case.seed,
            now_s=now_s,
            note=lambda kind: trace.say("weather", kind),
        )
        own = config.keys()
        state = State(allowed=frozenset({own.evm.address}), balances={own.evm.address: GAS_BALANCE})
        chain = EvmChain(state=state, chance=stream(case.seed, "evm"), trace=trace)
        book, verifications = ProvedInputs(), VerificationBook(own.zkverify.public_key)
        node = SimNode(
            operator=own.zkverify.public_key,
            balance=VFY_BALANCE,
            book=book,
            size=plan.aggregation_size,
            now_s=now_s,
        )
        prover = partial(_prover, case.seed, book, weather, now_s, tasks)

        return cls(
            case=case,
            plan=plan,
            trace=trace,
            weather=weather,
            clock=SimClock(now_s=now_s),
            chain=chain,
            node=node,
            zkverify=ZkNetwork(
                node=node,
                weather=weather,
                chance=stream(case.seed, "zkverify"),
                timeout_s=config.ZK_TIMEOUT_S,
            ),
            prover=prover("prover", NetworkMode.MAINNET),
            cluster=prover("cluster", NetworkMode.RESERVED),
            aggregator=Aggregator(
                node=node,
                chain=chain,
                weather=weather,
                chance=stream(case.seed, "relayer"),
                now_s=now_s,
                note=verifications.note,
                publish_after_s=PUBLISH_AFTER_S if plan.setup.publish == "never" else LATE_S,
            ),
            verifications=verifications,
            book=book,
            connection=storage.open_empty(),
            depths=Depths(),
            now_s=now_s,
        )

    # --- the operator ---

    async def operate(self) -> None:
        """Start the operator, and start it again whenever it ends, as a service manager does."""
        plan = self.plan
        settings = config.settings(
            genesis_hash=self.node.genesis_hash, caps=plan.caps, setup=plan.setup
        )
        crashes, pauses = list(self.plan.crashes), stream(self.case.seed, "restarts")
        while not self.is_over:
            calm = self.now_s() >= self.plan.calm_at_s
            clock = SteadyClock(wall=self.clock, elapsed_ms=self._elapsed_ms)
            self.life = Life(
                settings=settings,
                clients=partial(self._clients, settings, clock),
                connection=self.connection,
                clock=clock,
                crash=crashes.pop(0) if crashes and not calm else None,
                cut=next((cut for cut in self.case.cuts if cut not in self.cuts), None),
                looks=self.looks,
                is_watched=plan.setup.is_watched,
            )
            self.trace.say("operator", "started")
            error = await self.life.run()
            self.cuts |= self.life.cuts if self.life.is_killed else set()
            self.waits |= self.life.waits
            self.ends.append(End(at_s=self.now_s(), error=error))
            self.trace.say("operator", "ended", error=error)
            absence_s = self._absence_s(self.life, pauses)
            self.longest_absence_s = max(self.longest_absence_s, absence_s)
            await anyio.sleep(absence_s)

    def _absence_s(self, life: Life, chance: Random) -> float:
        """Until it is started again. One that does not come up is looked after; one that was killed may be away for long."""
        now = self.now_s()
        if life.is_killed and now - life.began_s >= config.SERVED_S:
            return chance.choice(config.ABSENCES_S)
        calm = now >= self.plan.calm_at_s
        return min(config.RESTARTS_S) if calm else chance.choice(config.RESTARTS_S)

    async def administer(self) -> None:
        """Whoever runs the operator ends it in order now and then, or has it read its configuration again."""
        for at_s, is_reload in self.plan.setup.stops:
            await anyio.sleep(at_s - self.now_s())
            if self.life is not None:
                self.life.stop(is_reload=is_reload)

    def end(self) -> None:
        """The operator's last moment."""
        self.is_over = True
        if self.life is not None:
            self.life.kill()

    def _elapsed_ms(self) -> int:
        return int(self.now_s() * 1000)

    def _clients(self, settings: Settings, clock: SteadyClock, board: HealthBoard) -> Clients:
        own, circuit = config.keys(), config.circuit()
        zkverify = self._zkverify_client(settings)
        return Clients(
            evm=self._evm_client(settings, clock, board),
            zk_reader=zkverify.reader,
            zk_channel=zkverify.channel(own.zkverify, config.circuit_key()),
            zk_endpoints=zkverify.pool.health,
            zk_registry=zkverify.registry,
            provers=tuple(self._prover(kind, settings, clock) for kind in settings.prover.backends),
            checker=SimChecker(self.book),  # type: ignore[arg-type]  # the port that services take
            circuit=circuit,
        )

    def _evm_client(self, settings: Settings, clock: SteadyClock, board: HealthBoard) -> EvmClient:
        evm = evm_config(settings)
        pool = EndpointPool(
            transports=[self._transport(at, url) for at, url in enumerate(evm.http_urls)],
            chain_id=evm.chain_id,
            alert=endpoint_alert(board),
        )
        head, signer = ChainHead(pool=pool, saw=clock.chain.see), config.keys().evm
        return EvmClient(
            pool=pool,
            source=EvmBlockSource(
                pool=pool,
                addresses=[evm.contracts.manager],
                head=head,
                max_range=evm.max_log_range,
                near_blocks=config.NEAR_BLOCKS,
            ),
            reader=EvmSettlementReader(pool=pool, contracts=evm.contracts, signer=signer.address),
            calls=ManagerCalls(manager=evm.contracts.manager),
            channel=TransactionChannel(
                pool=pool, signer=signer, policy=evm.fees, done_at=evm.done_at, head=head
            ),
            feed=None,
        )

    def _transport(self, at: int, url: str) -> SimTransport:
        site = Site(
            url=url,
            is_first=at == 0,
            chain=self.chain,
            depths=self.depths,
            now_s=self.now_s,
            timeout_s=config.EVM_TIMEOUT_S,
        )
        chance = stream(self.case.seed, "endpoint", url, len(self.ends))
        endpoint = Endpoint(site=site, weather=self.weather, chance=chance)
        return SimTransport(endpoint, url=url, timeout_s=config.EVM_TIMEOUT_S)

    def _zkverify_client(self, settings: Settings) -> ZkVerifyClient:
        zkverify = zkverify_config(settings)
        pool = ConnectionPool(zkverify.network, connect=self.zkverify.connect, now=self.now_s)
        return ZkVerifyClient(zkverify, pool)

    def _prover(self, kind: Backend, settings: Settings, clock: SteadyClock) -> OpenProver:
        is_cluster = kind is Backend.CLUSTER
        section = settings.prover.cluster if is_cluster else settings.prover.network
        outside = self.cluster if is_cluster else self.prover
        return OpenProver(
            kind=kind,
            backend=NetworkBackend(
                config=cluster_config(settings) if is_cluster else network_config(settings),
                rpc=outside,
                transfer=outside,
                signer=config.keys().sp1,
                clock=clock,
                deadlines=clock.chain,
            ),
            capacity=section.capacity,
            assumed_ms=int(section.assumed_s * 1000),
            cost=FREE if is_cluster else PAID,
        )


def _prover(
    seed: int,
    book: ProvedInputs,
    weather: Weather,
    now_s: Callable[[], float],
    tasks: TaskGroup,
    name: str,
    mode: NetworkMode,
) -> ProverWorld:
    return ProverWorld(
        mode=mode,
        book=book,
        balance=PROVE_BALANCE,
        weather=weather,
        chance=stream(seed, name),
        now_s=now_s,
        timeout_s=config.PROVER_TIMEOUT_S,
        tasks=tasks,
    )
