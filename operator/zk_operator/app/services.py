"""Services from clients, store and settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zk_acts.domain.acts import Resource
from zk_acts.domain.details import Mined
from zk_acts.ports.store import SpendCap
from zk_acts.services.paid_act import PaidActs
from zk_acts.services.spend_guard import SpendPolicy
from zk_operator.adapters.sp1.local import LocalBackend
from zk_operator.adapters.storage.sqlite_store import SqliteStore
from zk_operator.app.batching import batcher_policy, priority_rules, waiting_too_long_s
from zk_operator.app.checks import Checks
from zk_operator.app.clients import Clients
from zk_operator.app.keys import Keys, zkverify_address
from zk_operator.app.overview import foreign_provers, paying
from zk_operator.app.preflight import depths
from zk_operator.app.submission import SubmissionParts, build_submission
from zk_operator.app.tools import Tools, WakeUps
from zk_operator.ports.chain import Call, ContractTerms
from zk_operator.ports.prover import ProverDetail, ProverWork
from zk_operator.runtime.supervisor import Service
from zk_operator.services.appraiser import Appraiser
from zk_operator.services.balance_monitor import BalanceMonitor, MonitoredBalance
from zk_operator.services.batcher import Batcher
from zk_operator.services.candidates import Candidates
from zk_operator.services.clock_watch import ClockWatch
from zk_operator.services.depth_watch import DepthWatch
from zk_operator.services.dispatcher import Dispatcher, DispatchPolicy
from zk_operator.services.head_watch import PATIENCE_S, HeadWatch
from zk_operator.services.intake import Intake, IntakePolicy
from zk_operator.services.order_audit import AuditPolicy, OrderAudit
from zk_operator.services.prover_lanes import LanePolicy, ProverLane, ProverLanes
from zk_operator.services.publisher import Publisher, PublishPolicy
from zk_operator.services.purchase_use import PurchaseUse
from zk_operator.services.ranking import Ranking
from zk_operator.services.reaper import Reaper, ReapPolicy
from zk_operator.services.scan import Scanner
from zk_operator.services.settler import SettlePolicy, Settler
from zk_operator.services.spend_check import SpendCheck
from zk_operator.services.submission_routes import SubmissionRoutes
from zk_operator.services.submitter import SubmitPolicy, Submitter
from zk_operator.services.terms_watch import TermsWatch
from zk_operator.services.transaction_use import TransactionUse
from zk_operator.services.transitions import BatchTransitions
from zk_operator.settings import Settings
from zkverify_client.domain.aggregation_rules import PublishWhen
from zkverify_client.ports.zkverify import ZkVerifyDetail, ZkVerifyRequest

HOUR_S, DAY_S = 3_600, 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """The nonce sequences: one per prover, and two more."""

    prove: tuple[PaidActs[ProverWork, ProverDetail], ...]  # in the order of the provers
    extrinsic: PaidActs[ZkVerifyRequest, ZkVerifyDetail]
    transaction: PaidActs[Call, Mined]
    routes: SubmissionRoutes  # of proofs to zkVerify
    job: PaidActs[ZkVerifyRequest, ZkVerifyDetail] | None = None  # Kurier's, where it is used

    @property
    def all(self) -> tuple[PaidActs[Any, Any], ...]:
        """Each sequence once."""
        job = () if self.job is None else (self.job,)
        return (*self.prove, self.extrinsic, *job, self.transaction)


def build_acts(
    clients: Clients,
    store: SqliteStore,
    settings: Settings,
    tools: Tools,
    *,
    wake_ups: WakeUps,
    spend: SpendCheck,
) -> Acts:
    """One owner per nonce sequence, each with the caps of its resource.

    The dispatcher keeps the provers', the submitter the extrinsics', the settler the transactions'.
    """
    evm, bought = clients.evm, PurchaseUse(batches=store.batches, spend=spend)
    submission = build_submission(
        clients,
        settings.zkverify.kurier,
        SubmissionParts(
            store=store.intents,
            clock=tools.clock,
            faults=tools.faults,
            telemetry=tools.telemetry,
            board=tools.board,
            vfy=_policy(settings, Resource.VFY),
            jobs=SpendPolicy(caps=caps(settings, Resource.KURIER), reserve=0),
            use=bought,
        ),
    )
    return Acts(
        prove=tuple(
            PaidActs(
                channel=prover.backend,
                store=store.intents,
                policy=_policy(settings, Resource.PROVE),
                clock=tools.clock,
                faults=tools.faults,
                telemetry=tools.telemetry,
                board=tools.board,
                is_wanted=bought.is_wanted,
            )
            for prover in clients.provers
        ),
        extrinsic=submission.own,
        job=submission.kurier,
        routes=submission.routes,
        transaction=PaidActs(
            channel=evm.channel,
            store=store.intents,
            policy=_policy(settings, Resource.GAS),
            clock=tools.clock,
            faults=tools.faults,
            telemetry=tools.telemetry,
            board=tools.board,
            is_wanted=TransactionUse(
                source=evm.source, reader=evm.reader, calls=evm.calls
            ).is_wanted,
            readers=(wake_ups.reaper,),
        ),
    )


def _policy(settings: Settings, resource: Resource) -> SpendPolicy:
    return SpendPolicy(caps=caps(settings, resource), reserve=minimum(settings, resource))


def caps(settings: Settings, resource: Resource) -> Sequence[SpendCap]:
    """The resource's caps per hour and per day."""
    name = resource.value.lower()
    return [
        SpendCap(
            resource=resource, window_s=window, limit=getattr(settings.limits, f"{name}_per_{span}")
        )
        for span, window in (("hour", HOUR_S), ("day", DAY_S))
    ]


def minimum(settings: Settings, resource: Resource) -> int:
    """What always stays in the account."""
    least: int = getattr(settings.limits, f"min_{resource.value.lower()}_balance")
    return least


@dataclass(frozen=True, slots=True, kw_only=True)
class Builder:
    """Builds the services, each with exactly the ports that it needs."""

    settings: Settings
    terms: ContractTerms
    keys: Keys
    clients: Clients
    store: SqliteStore
    acts: Acts
    tools: Tools
    wake_ups: WakeUps
    checks: Checks
    transitions: BatchTransitions

    def intake(self) -> Intake:
        """Follows the chain."""
        evm, tools = self.settings.evm, self.tools
        scanner = Scanner(source=self.clients.evm.source, signing_domain=self.terms.signing_domain)
        return Intake(
            source=self.clients.evm.source,
            scanner=scanner,
            audit=OrderAudit(
                scanner=scanner,
                source=self.clients.evm.source,
                reader=self.clients.evm.reader,
                chain=self.store.chain,
                orders=self.store.orders,
                policy=AuditPolicy(start_block=evm.start_block),
                clock=tools.clock,
                telemetry=tools.telemetry,
                board=tools.board,
            ),
            store=self.store.chain,
            policy=IntakePolicy(start_block=evm.start_block, see_at=evm.see_at),
            telemetry=tools.telemetry,
            board=tools.board,
            downstream=(self.wake_ups.batcher, self.wake_ups.settler, self.wake_ups.reaper),
            each_block=(self.wake_ups.settler,),  # a root was relayed, or a transaction mined
            announce=self.checks.terms.announce,
        )

    def depth_watch(self) -> DepthWatch:
        """Watches the configured depths."""
        return DepthWatch(
            source=self.clients.evm.source, depths=depths(self.settings), gate=self.tools.gate
        )

    def batcher(self) -> Batcher:
        """Closes batches."""
        return Batcher(
            source=self.clients.evm.source,
            reader=self.clients.evm.reader,
            terms=self.checks.terms,
            gate=self.tools.gate,
            spend=self.checks.spend,
            candidates=Candidates(
                orders=self.store.orders,
                back_offs=self.store.back_offs,
                batches=self.store.batches,
                ranking=Ranking(ranks=self.store.ranks, rules=priority_rules(self.settings)),
                clock=self.tools.clock,
            ),
            appraiser=Appraiser(orders=self.store.orders),
            orders=self.store.orders,
            batches=self.store.batches,
            intents=self.store.intents,
            transitions=self.transitions,
            policy=batcher_policy(self.settings, self.terms),
            clock=self.tools.clock,
            wake_up=self.wake_ups.batcher,
            downstream=self.wake_ups.dispatcher,
        )

    def dispatcher(self) -> Dispatcher:
        """Has them proved."""
        prover = self.settings.prover
        for opened in self.clients.provers:
            if isinstance(opened.backend, LocalBackend):
                opened.backend.wakes(self.wake_ups.dispatcher)
        return Dispatcher(
            lanes=self._lanes(),
            checker=self.clients.checker,
            batches=self.store.batches,
            orders=self.store.orders,
            proofs=self.store.proofs,
            transitions=self.transitions,
            spend=self.checks.spend,
            policy=DispatchPolicy(
                program_vkey=prover.program_vkey,
                recursion_root=self.clients.circuit.facts.recursion_root,
                signing_domain=self.terms.signing_domain,
                poll_ms=int(prover.network.poll_interval_s * 1000),
            ),
            clock=self.tools.clock,
            wake_up=self.wake_ups.dispatcher,
            downstream=self.wake_ups.submitter,
        )

    def _lanes(self) -> ProverLanes:
        prover = self.settings.prover
        lanes = [
            ProverLane(
                backend=each.backend,
                acts=acts,
                capacity=each.capacity,
                max_attempts=prover.max_attempts,
                assumed_ms=each.assumed_ms,
                cost=each.cost,
            )
            for each, acts in zip(self.clients.provers, self.acts.prove, strict=True)
        ]
        return ProverLanes(
            lanes=lanes,
            batches=self.store.batches,
            clock=self.tools.clock,
            telemetry=self.tools.telemetry,
            policy=LanePolicy(
                assumed_reserve_ms=int(prover.reserve_s * 1000), rest_ms=int(prover.rest_s * 1000)
            ),
            foreign=foreign_provers(self.settings, self.clients, self.tools.clock),
        )

    def submitter(self) -> Submitter:
        """Has them verified."""
        prover = self.settings.prover
        return Submitter(
            acts=self.acts.extrinsic,
            routes=self.acts.routes,
            reader=self.clients.zk_reader,
            batches=self.store.batches,
            orders=self.store.orders,
            proofs=self.store.proofs,
            transitions=self.transitions,
            spend=self.checks.spend,
            policy=SubmitPolicy(
                program_vkey=prover.program_vkey,
                recursion_root=self.clients.circuit.facts.recursion_root,
                vk_hash=self.clients.circuit.facts.zkverify_vk_hash,
                domain_id=self.settings.zkverify.domain_id,
                reorg_grace_ms=int(self.settings.evm.reorg_patience_s * 1000),
            ),
            clock=self.tools.clock,
            board=self.tools.board,
            wake_up=self.wake_ups.submitter,
            downstream=self.wake_ups.settler,
        )

    def settler(self) -> Settler:
        """Posts them."""
        evm = self.settings.evm
        return Settler(
            acts=self.acts.transaction,
            source=self.clients.evm.source,
            reader=self.clients.evm.reader,
            calls=self.clients.evm.calls,
            signer=self.keys.evm,
            batches=self.store.batches,
            orders=self.store.orders,
            transitions=self.transitions,
            gate=self.tools.gate,
            policy=SettlePolicy(
                signing_domain=self.terms.signing_domain,
                done_at=evm.done_at,
                replace_after_ms=int(evm.replace_after_s * 1000),
                max_replacements=evm.max_replacements,
                reorg_grace_ms=int(evm.reorg_patience_s * 1000),
            ),
            clock=self.tools.clock,
            chain_clock=self.tools.clock.chain,
            wake_up=self.wake_ups.settler,
            downstream=self.wake_ups.batcher,
        )

    def reaper(self) -> Reaper:
        """Refunds what is over."""
        return Reaper(
            acts=self.acts.transaction,
            source=self.clients.evm.source,
            reader=self.clients.evm.reader,
            calls=self.clients.evm.calls,
            orders=self.store.orders,
            policy=ReapPolicy(
                replace_after_ms=int(self.settings.evm.replace_after_s * 1000),
                max_replacements=self.settings.evm.max_replacements,
            ),
            clock=self.tools.clock,
            wake_up=self.wake_ups.reaper,
        )

    def publisher(self) -> Publisher:
        """Publishes aggregations."""
        zkverify = self.settings.zkverify
        return Publisher(
            acts=self.acts.extrinsic,
            account=self.keys.zkverify.public_key,
            registry=self.clients.zk_registry,
            policy=PublishPolicy(
                domain_id=zkverify.domain_id,
                when=zkverify.publish,
                age_ms=int(zkverify.publish_after_s * 1000),
            ),
            clock=self.tools.clock,
            wake_up=self.wake_ups.publisher,
        )

    def head_watch(self) -> HeadWatch:
        """Wakes what waits for zkVerify's finality."""
        return HeadWatch(
            source=self.clients.zk_reader,
            downstream=(self.wake_ups.submitter, self.wake_ups.publisher),
        )

    def balance_monitor(self) -> BalanceMonitor:
        """Watches the balances."""
        genesis = self.settings.zkverify.genesis_hash
        shown = {Resource.VFY: zkverify_address(self.keys.zkverify, genesis)}
        channels = (
            *(each.backend for each in paying(self.clients)),
            self.clients.zk_channel,
            self.clients.evm.channel,
        )
        balances = {
            channel.resource: MonitoredBalance(
                account=shown.get(channel.resource, channel.account),
                balance=channel.balance,
                minimum=minimum(self.settings, channel.resource),
            )
            for channel in channels
        }
        return BalanceMonitor(
            balances=balances,
            orders=self.store.orders,
            back_offs=self.store.back_offs,
            batches=self.store.batches,
            intents=self.store.intents,
            clock=self.tools.clock,
            telemetry=self.tools.telemetry,
            board=self.tools.board,
            spend=self.checks.spend,
            waiting_too_long_s=waiting_too_long_s(self.settings),
        )


def intervals(settings: Settings) -> Mapping[str, float]:
    """Longest pause of each service, in seconds."""
    timing = settings.timing
    return {
        Intake.name: settings.evm.poll_interval_s,
        Settler.name: settings.evm.poll_interval_s,
        Dispatcher.name: settings.prover.network.poll_interval_s,
        Submitter.name: settings.zkverify.poll_interval_s,
        Publisher.name: settings.zkverify.poll_interval_s,
        HeadWatch.name: 1.5 * PATIENCE_S,
        Reaper.name: timing.refund_interval_s,
        BalanceMonitor.name: timing.balance_interval_s,
        ClockWatch.name: timing.balance_interval_s,
        TermsWatch.name: timing.terms_interval_s,
        DepthWatch.name: timing.balance_interval_s,
    }


def all_services(builder: Builder, batcher: Batcher) -> Sequence[Service]:
    """In the order in which an order meets them; the publisher only where it is wanted."""
    publishing = (
        () if builder.settings.zkverify.publish is PublishWhen.NEVER else (builder.publisher(),)
    )
    return (
        builder.intake(),
        batcher,
        builder.dispatcher(),
        builder.submitter(),
        builder.settler(),
        builder.reaper(),
        builder.balance_monitor(),
        builder.checks.clocks,
        builder.checks.terms,
        builder.depth_watch(),
        builder.head_watch(),
        *publishing,
    )
