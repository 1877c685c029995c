"""The ways of proofs to zkVerify, from settings: the own account, and Kurier where it is used."""

import math
from dataclasses import dataclass
from functools import partial

from zk_operator.app.clients import Clients
from zk_operator.ports.clock import Clock
from zk_operator.ports.fault import FaultPoints
from zk_operator.ports.store import IntentStore
from zk_operator.ports.zkverify import ZkVerifyDetail, ZkVerifyRequest
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.telemetry import Telemetry
from zk_operator.services.paid_act import PaidActs
from zk_operator.services.spend_guard import SpendPolicy
from zk_operator.services.submission_routes import Breaker, Route, SubmissionRoutes
from zk_operator.settings import KurierUse
from zk_operator.settings.chains import KurierSettings

Acts = PaidActs[ZkVerifyRequest, ZkVerifyDetail]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionParts:
    """What both ways are built of. Policies: what may be spent of VFY, and of Kurier's jobs."""

    store: IntentStore
    clock: Clock
    faults: FaultPoints
    telemetry: Telemetry
    board: HealthBoard
    vfy: SpendPolicy
    jobs: SpendPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """The acts of each way, and the choice between them."""

    own: Acts
    kurier: Acts | None
    routes: SubmissionRoutes


def build_submission(
    clients: Clients, settings: KurierSettings, parts: SubmissionParts
) -> Submission:
    """Without Kurier there is no other way: the own one is never given up."""
    after_ms = math.inf if clients.kurier is None else settings.after_s * 1000
    acts = partial(
        PaidActs,
        store=parts.store,
        clock=parts.clock,
        faults=parts.faults,
        telemetry=parts.telemetry,
        board=parts.board,
    )
    breaker = partial(
        Breaker,
        after_ms=after_ms,
        clock=parts.clock,
        board=parts.board,
        telemetry=parts.telemetry,
    )
    own_breaker = breaker(name=clients.zk_channel.name)
    own: Acts = acts(
        channel=clients.zk_channel,
        policy=parts.vfy,
        resigner=clients.zk_channel,
        is_wanted=own_breaker.wants,
    )
    kurier: Acts | None = None
    if clients.kurier is not None:
        kurier = acts(channel=clients.kurier, policy=parts.jobs)
    routes = SubmissionRoutes(
        own=Route(own, own_breaker),
        kurier=kurier and Route(kurier, breaker(name=kurier.channel.name)),
        prefers_own=settings.use is not KurierUse.PRIMARY,
    )
    return Submission(own=own, kurier=kurier, routes=routes)
