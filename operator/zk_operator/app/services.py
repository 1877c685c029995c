"""The services, in the order in which an order meets them, and what each is built of."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from zk_acts.domain.acts import Resource
from zk_operator.adapters.sp1.local import LocalBackend
from zk_operator.app.acts import Acts
from zk_operator.app.checks import Checks
from zk_operator.app.clients import Clients
from zk_operator.app.keys import Keys, zkverify_address
from zk_operator.app.overview import paying
from zk_operator.app.policies import (
    batcher_policy,
    dispatch_policy,
    intake_policy,
    lane_policy,
    minimum,
    publish_policy,
    reap_policy,
    settle_policy,
    submit_policy,
    waiting_too_long_s,
)
from zk_operator.app.preflight import depths
from zk_operator.domain.publishing import PublishWhen
from zk_operator.ports.chain import ContractTerms
from zk_operator.runtime.supervisor import Service
from zk_operator.services.balance_monitor import BalanceMonitor, MonitoredBalance
from zk_operator.services.batcher import Batcher
from zk_operator.services.depth import DepthWatch
from zk_operator.services.dispatcher import Dispatcher
from zk_operator.services.foreign_provers import ForeignProvers
from zk_operator.services.head_watch import HeadWatch
from zk_operator.services.intake import Intake
from zk_operator.services.order_audit import AuditPolicy, OrderAudit
from zk_operator.services.prover_lanes import ProverLane, ProverLanes
from zk_operator.services.publisher import Publisher
from zk_operator.services.reaper import Reaper
from zk_operator.services.scan import Scanner
from zk_operator.services.settler import Settler
from zk_operator.services.submitter import Submitter
from zk_operator.services.tools import Tools
from zk_operator.settings import Settings


@dataclass(slots=True, kw_only=True)
class Services:
    """An order's way through the operator, and those who watch over it."""

    settings: Settings
    terms: ContractTerms  # that contract and configuration agreed on at the start
    keys: Keys
    clients: Clients
    acts: Acts
    tools: Tools
    checks: Checks
    foreign: ForeignProvers
    batcher: Batcher = field(init=False)  # the drain tells it to take no more orders

    def __post_init__(self) -> None:
        self.batcher = self._batcher()

    def all(self) -> Sequence[Service]:
        """Orders come from the chain, and are matched in batches; each batch has a proof made, has zkVerify verify it, and is
        posted to the contract; what was not settled in time is refunded. Nothing is bought while one of the watches objects.
        """
        return (
            self._intake(),
            self.batcher,
            self._dispatcher(),
            self._submitter(),
            self._settler(),
            self._reaper(),
            *self._publishers(),
            self.checks.terms,  # the contract's terms are those that we are configured for
            self.checks.clocks,  # this machine's clock and the chain's agree
            self._depth_watch(),
            self._head_watch(),
            # What provers of other proof systems would cost, where there are any (ADR 0228).
            *((self.foreign,) if self.foreign.provers else ()),
            self._balance_monitor(),
        )

    # --- an order's way ---

    def _intake(self) -> Intake:
        """Reads the chain's events into rows, and has read again what an answer left out."""
        source, domain = self.tools.source, self.terms.signing_domain
        scanner, policy = (
            Scanner(source=source, signing_domain=domain),
            intake_policy(self.settings),
        )
        audit = AuditPolicy(start_block=policy.start_block)
        return Intake(
            self.tools,
            scanner=scanner,
            audit=OrderAudit(self.tools, scanner=scanner, policy=audit),
            policy=policy,
            announce=self.checks.terms.announce,
        )

    def _batcher(self) -> Batcher:
        """Makes a batch of what waits, at one price per pool."""
        policy = batcher_policy(self.settings, self.terms)
        return Batcher(self.tools, terms=self.checks.terms, spend=self.checks.spend, policy=policy)

    def _dispatcher(self) -> Dispatcher:
        """Has each batch proved by whoever the router names, and checks the proof."""
        for opened in self.clients.provers:
            # A machine of one's own can say that it is done; a network has to be asked (ADR 0194).
            if isinstance(opened.backend, LocalBackend):
                opened.backend.wakes(self.tools.wake_ups.dispatcher)
        return Dispatcher(
            self.tools,
            lanes=self._lanes(),
            checker=self.clients.checker,
            spend=self.checks.spend,
            policy=dispatch_policy(self.settings, self.terms, self.clients.circuit.facts),
        )

    def _lanes(self) -> ProverLanes:
        """The provers in use, among which the router chooses for each batch."""
        lanes = [
            ProverLane(
                backend=each.backend,
                acts=acts,
                capacity=each.capacity,
                max_attempts=self.settings.prover.max_attempts,
                assumed_ms=each.assumed_ms,
                cost=each.cost,
            )
            for each, acts in zip(self.clients.provers, self.acts.prove, strict=True)
        ]
        return ProverLanes(
            lanes=lanes,
            batches=self.tools.store.batches,
            clock=self.tools.clock,
            telemetry=self.tools.telemetry,
            policy=lane_policy(self.settings),
            foreign=self.foreign,
        )

    def _submitter(self) -> Submitter:
        """Has each proof verified by zkVerify, and fetches the receipt."""
        return Submitter(
            self.tools,
            acts=self.acts.extrinsic,
            routes=self.acts.routes,
            reader=self.clients.zk_reader,
            spend=self.checks.spend,
            policy=submit_policy(self.settings, self.clients.circuit.facts),
        )

    def _settler(self) -> Settler:
        """Posts each batch with receipt and certificate, until that is final."""
        return Settler(
            self.tools,
            acts=self.acts.transaction,
            calls=self.clients.evm.calls,
            signer=self.keys.evm,
            policy=settle_policy(self.settings, self.terms),
        )

    def _reaper(self) -> Reaper:
        """Refunds what expired or was cancelled."""
        return Reaper(
            self.tools,
            acts=self.acts.transaction,
            calls=self.clients.evm.calls,
            policy=reap_policy(self.settings),
        )

    def _publishers(self) -> Sequence[Publisher]:
        """Publishes our aggregations, where nobody else is relied on to do it."""
        if self.settings.zkverify.publish is PublishWhen.NEVER:
            return ()
        publisher = Publisher(
            self.tools,
            acts=self.acts.extrinsic,
            account=self.keys.zkverify.public_key,
            registry=self.clients.zk_registry,
            policy=publish_policy(self.settings),
        )
        return (publisher,)

    # --- who watches over it ---

    def _depth_watch(self) -> DepthWatch:
        """The endpoints know the depths at which we see, spend and finish."""
        return DepthWatch(self.tools, depths=depths(self.settings))

    def _head_watch(self) -> HeadWatch:
        """Wakes those that wait for zkVerify's finality."""
        wake_ups = self.tools.wake_ups
        return HeadWatch(
            source=self.clients.zk_reader, downstream=(wake_ups.submitter, wake_ups.publisher)
        )

    def _balance_monitor(self) -> BalanceMonitor:
        """The accounts have enough to go on with, and nothing waits for too long."""
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
            self.tools,
            balances=balances,
            spend=self.checks.spend,
            waiting_too_long_s=waiting_too_long_s(self.settings),
        )
