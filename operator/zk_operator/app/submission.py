"""The ways of proofs to zkVerify, from settings: the own account, and Kurier where it is used."""

import math
from dataclasses import dataclass
from functools import partial

from zk_acts.ports.clock import Clock
from zk_acts.ports.fault import FaultPoints
from zk_acts.ports.store import IntentStore
from zk_acts.services.paid_act import PaidActs
from zk_acts.services.spend_guard import SpendPolicy
from zk_operator.app.clients import Clients
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.telemetry import Telemetry
from zk_operator.services.bulk_acts import BulkActs
from zk_operator.services.purchase_use import PurchaseUse, all_of
from zk_operator.services.submission_routes import Breaker, Route, SubmissionRoutes
from zk_operator.settings import KurierUse
from zk_operator.settings.chains import KurierSettings
from zkverify_client.ports.zkverify import ZkVerifyDetail, ZkVerifyRequest

Acts = PaidActs[ZkVerifyRequest, ZkVerifyDetail]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionParts:
    """What both ways are built of. Policies: what may be spent of VFY, and of Kurier's jobs. `use`: of what is sent again."""

    store: IntentStore
    clock: Clock
    faults: FaultPoints
    telemetry: Telemetry
    board: HealthBoard
    vfy: SpendPolicy
    jobs: SpendPolicy
    use: PurchaseUse


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
    breaker = partial(
        Breaker,
        after_ms=after_ms,
        clock=parts.clock,
        board=parts.board,
        telemetry=parts.telemetry,
    )
    own_breaker = breaker(name=clients.zk_channel.name)
    own: Acts = BulkActs(
        channel=clients.zk_channel,
        store=parts.store,
        policy=parts.vfy,
        clock=parts.clock,
        faults=parts.faults,
        telemetry=parts.telemetry,
        board=parts.board,
        resigner=clients.zk_channel,
        is_wanted=all_of(own_breaker.wants, parts.use.is_wanted),
    )
    kurier: Acts | None = None
    if clients.kurier is not None:
        kurier = PaidActs(
            channel=clients.kurier,
            store=parts.store,
            policy=parts.jobs,
            clock=parts.clock,
            faults=parts.faults,
            telemetry=parts.telemetry,
            board=parts.board,
            is_wanted=parts.use.is_wanted,
        )
    routes = SubmissionRoutes(
        own=Route(own, own_breaker),
        kurier=None if kurier is None else Route(kurier, breaker(name=kurier.channel.name)),
        prefers_own=settings.use is not KurierUse.PRIMARY,
    )
    return Submission(own=own, kurier=kurier, routes=routes)
