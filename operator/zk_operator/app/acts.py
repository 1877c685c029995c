"""The paid acts, from settings: one owner per nonce sequence, each with the caps of its resource (ADR 0191)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from zk_acts.domain.acts import Resource
from zk_acts.domain.details import Mined
from zk_acts.ports.act import PaidChannel, Resigner
from zk_acts.runtime.wake_up import WakeUp
from zk_acts.services.act_sender import IsWanted
from zk_acts.services.paid_act import PaidActs
from zk_acts.services.spend_guard import SpendPolicy
from zk_operator.app.clients import Clients
from zk_operator.app.policies import spend_policy
from zk_operator.ports.chain import Call
from zk_operator.ports.prover import ProverDetail, ProverWork
from zk_operator.services.bulk_acts import BulkActs
from zk_operator.services.purchase_use import PurchaseUse, all_of
from zk_operator.services.spend_check import SpendCheck
from zk_operator.services.submission_routes import Breaker, Route, SubmissionRoutes
from zk_operator.services.tools import Tools
from zk_operator.services.transaction_use import TransactionUse
from zk_operator.settings import KurierUse, Settings
from zkverify_client.ports.zkverify import ZkVerifyDetail, ZkVerifyRequest

ProverActs = PaidActs[ProverWork, ProverDetail]
RequestT = TypeVar("RequestT")
DetailT = TypeVar("DetailT")
VerifierActs = PaidActs[ZkVerifyRequest, ZkVerifyDetail]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """The nonce sequences. The dispatcher keeps the provers', the submitter the extrinsics' and jobs', the settler the
    transactions'."""

    prove: tuple[ProverActs, ...]  # in the order of the provers
    extrinsic: VerifierActs
    transaction: PaidActs[Call, Mined]
    routes: SubmissionRoutes  # of proofs to zkVerify
    job: VerifierActs | None = None  # Kurier's, where it is used

    @property
    def all(self) -> tuple[PaidActs[Any, Any], ...]:
        """Each sequence once."""
        job = () if self.job is None else (self.job,)
        return (*self.prove, self.extrinsic, *job, self.transaction)


def build_acts(clients: Clients, settings: Settings, tools: Tools, spend: SpendCheck) -> Acts:
    """All of them, over the rows. `spend`: asked before something is sent again, as before it was sent first (ADR 0235)."""
    evm, bought = clients.evm, PurchaseUse(batches=tools.store.batches, spend=spend)
    has_other_way = clients.kurier is not None
    own_breaker = _breaker(clients.zk_channel.name, settings, tools, has_other=has_other_way)
    own = _owner(
        BulkActs,
        clients.zk_channel,
        spend_policy(settings, Resource.VFY),
        tools,
        resigner=clients.zk_channel,
        is_wanted=all_of(own_breaker.wants, bought.is_wanted),
    )
    job, kurier = None, None
    if clients.kurier is not None:
        job = _owner(
            PaidActs,
            clients.kurier,
            spend_policy(settings, Resource.KURIER),
            tools,
            is_wanted=bought.is_wanted,
        )
        kurier = Route(job, _breaker(job.channel.name, settings, tools, has_other=True))
    return Acts(
        prove=tuple(
            _owner(
                PaidActs,
                prover.backend,
                spend_policy(settings, Resource.PROVE),
                tools,
                is_wanted=bought.is_wanted,
            )
            for prover in clients.provers
        ),
        extrinsic=own,
        job=job,
        routes=SubmissionRoutes(
            own=Route(own, own_breaker),
            kurier=kurier,
            prefers_own=settings.zkverify.kurier.use is not KurierUse.PRIMARY,
        ),
        transaction=_owner(
            PaidActs,
            evm.channel,
            spend_policy(settings, Resource.GAS),
            tools,
            is_wanted=TransactionUse(
                tools, calls=evm.calls, can_replace=evm.channel.can_replace
            ).is_wanted,
            readers=(tools.wake_ups.reaper,),
        ),
    )


def _owner(
    kind: type[PaidActs[RequestT, DetailT]],
    channel: PaidChannel[RequestT, DetailT],
    policy: SpendPolicy,
    tools: Tools,
    *,
    resigner: Resigner | None = None,
    is_wanted: IsWanted | None = None,
    readers: Sequence[WakeUp] = (),
) -> PaidActs[RequestT, DetailT]:
    return kind(
        channel=channel,
        store=tools.store.intents,
        policy=policy,
        clock=tools.clock,
        faults=tools.faults,
        telemetry=tools.telemetry,
        board=tools.board,
        resigner=resigner,
        is_wanted=is_wanted,
        readers=readers,
    )


def _breaker(name: str, settings: Settings, tools: Tools, *, has_other: bool) -> Breaker:
    """Where there is no other way, the one is never given up."""
    return Breaker(
        name=name,
        after_ms=settings.zkverify.kurier.after_s * 1000 if has_other else math.inf,
        clock=tools.clock,
        board=tools.board,
        telemetry=tools.telemetry,
    )
