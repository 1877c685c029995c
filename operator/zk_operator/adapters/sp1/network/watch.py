"""Follows requests to their end: finds them, reads their status, cancels those that no prover takes."""

import structlog
from google.protobuf.descriptor import EnumDescriptor

from zk_acts.domain.acts import Intent, IntentState
from zk_acts.domain.details import FailureReason, Fulfilled
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.failures import ActRefused
from zk_acts.domain.ids import hex0x
from zk_acts.ports.act import Failed, Included, Lapsed, Outcome, Pending, Unknown
from zk_acts.ports.clock import Clock
from zk_operator.adapters.sp1.errors import (
    AuctionTimedOut,
    ProofUriMissing,
    RequestExpired,
    RequestReverted,
    RequestUnfulfillable,
)
from zk_operator.adapters.sp1.network.account import NetworkAccount
from zk_operator.adapters.sp1.network.artifacts import ProofDownloads
from zk_operator.adapters.sp1.network.client import NetworkClient, Status
from zk_operator.adapters.sp1.network.config import NetworkConfig, NetworkTree
from zk_operator.adapters.sp1.network.together import together
from zk_operator.adapters.sp1.network.tree import Details
from zk_operator.adapters.sp1.network.verdict import Verdict, is_unclaimed, verdict
from zk_operator.domain.failures import ProverUnreachable, RequestUnexecutable
from zk_operator.ports.prover import ProverDetail
from zk_operator.proto import auction_pb2 as auction

log = structlog.get_logger(__name__)
_FAILURES: dict[Verdict, type[OperatorError]] = {
    Verdict.UNEXECUTABLE: RequestUnexecutable,
    Verdict.UNFULFILLABLE: RequestUnfulfillable,
    Verdict.REVERTED: RequestReverted,
    Verdict.EXPIRED: RequestExpired,
    Verdict.OVERDUE: RequestExpired,
}


class RequestWatch:
    """What became of requests. Its memory is a cache: a restart loses nothing but waiting times."""

    def __init__(
        self,
        *,
        config: NetworkConfig,
        client: NetworkClient,
        account: NetworkAccount,
        downloads: ProofDownloads,
        clock: Clock,
        deadlines: Clock,
    ) -> None:
        """`deadlines`: what the network's clock shows; `clock`: this machine's, for how long something took."""
        self._config = config
        self._client = client
        self._account = account
        self._downloads = downloads
        self._clock = clock
        self._deadlines = deadlines
        self._found: dict[bytes, bytes] = {}  # ids of the network's own that a search has told
        self._unclaimed_since: dict[bytes, float] = {}
        self._cancelled: set[bytes] = set()
        self._untold_since: dict[bytes, float] = {}  # what they cost

    async def outcome(self, intent: Intent) -> Outcome[ProverDetail]:
        """By query; cancels a request whose auction took too long. Errors: ProverUnreachable, refusals."""
        status = await self._status(intent)
        if status is None:
            return await self._absent(intent)
        found = verdict(status, is_over=self._is_over(intent, status))
        if found is Verdict.UNCLAIMED:
            return await self._unclaimed(intent)
        self._forget(intent.reference)
        return await self._judged(intent, status, found)

    async def cancel(self, intent: Intent) -> None:
        """Ask the network to drop a request; harmless when it is too late or not offered."""
        if self._config.tree is not NetworkTree.AUCTION:
            return
        request_id = self._id(intent)
        try:
            await self._account.cancel(request_id)
        except ActRefused as error:
            log.info(
                "request.cancel_refused",
                request_id=hex0x(request_id),
                code=error.code,
                error=str(error),
            )
            return
        self._cancelled.add(intent.reference)
        log.info("request.cancelled", request_id=hex0x(request_id))

    def _id(self, intent: Intent) -> bytes:
        return self._found.get(intent.reference) or intent.known_as or intent.reference

    def _forget(self, reference: bytes) -> None:
        self._unclaimed_since.pop(reference, None)
        self._cancelled.discard(reference)

    def _now_s(self) -> float:
        return self._clock.now_ms() / 1000

    async def _status(self, intent: Intent) -> Status | None:
        """By id, and by its input where the network gives ids of its own."""
        status = await self._client.status(self._id(intent))
        if status is not None:
            return status
        # An input's address is unique per prepared request, so it names a request whose answer was lost (ADR 0081).
        uri = self._client.tree.stdin_uri(intent.payload)
        request_id = await self._client.search(self._account.address, uri, intent.expires)
        if request_id is None:
            return None
        self._found[intent.reference] = request_id
        return await self._client.status(request_id)

    async def _absent(self, intent: Intent) -> Outcome[ProverDetail]:
        """Lapsed only when it can never come: its time is over, or its nonce is used and it still is not there."""
        if intent.state is IntentState.INCLUDED:
            return _forgotten(intent)
        if self._late_s(intent) > 0:
            return Lapsed()
        settled_s = intent.created_at / 1000 + self._config.lapse_grace_s
        # Read before the second look: a request that used the nonce would be seen by that (ADR 0081).
        if await self._client.nonce(self._account.address) <= intent.nonce:
            return Unknown()
        # The request may have arrived between the two questions, or the answer lag behind.
        if await self._status(intent) is not None or self._now_s() < settled_s:
            return Pending()
        return Lapsed(by_nonce=True)

    async def _unclaimed(self, intent: Intent) -> Outcome[ProverDetail]:
        now = self._now_s()
        since = self._unclaimed_since.setdefault(intent.reference, now)
        if (
            self._config.tree is not NetworkTree.AUCTION
            or now - since < self._config.auction_timeout_s
        ):
            return Pending()
        # An unclaimed request keeps its price reserved; before another is made it has to be gone (ADR 0080).
        if intent.reference not in self._cancelled:  # networks may take a while to show it
            await self.cancel(intent)
        details = await self._client.details(self._id(intent))
        # Only the network's word ends it: a prover may have taken it in the moment of the cancel (ADR 0080).
        if details is None or not details.is_canceled:
            return Pending()
        self._forget(intent.reference)
        return _failed(AuctionTimedOut, details, paid=details.deduction or 0)

    def _late_s(self, intent: Intent) -> float:
        """By the deadline that was signed: an earlier one of the network's would give up a proof that is charged."""
        return self._past_s(intent) - self._config.overdue_grace_s

    def _past_s(self, intent: Intent) -> float:
        # The network judges by a clock of its own: of ours, the chain's time is the nearest to it (ADR 0234).
        return self._deadlines.now_ms() / 1000 - intent.expires

    def _is_over(self, intent: Intent, status: Status) -> bool:
        """A prover that took it may still prove it, and be paid: that is followed for long.

        But not for ever: what the row holds back would never be free.
        """
        return self._late_s(intent) > (0 if is_unclaimed(status) else self._config.overdue_watch_s)

    async def _judged(
        self, intent: Intent, status: Status, found: Verdict
    ) -> Outcome[ProverDetail]:
        # Past its deadline a prover may still fulfil it, and be paid: followed, but waited for by nobody (ADR 0182).
        if found is Verdict.WORKING:
            return Pending(is_overdue=self._late_s(intent) > 0)
        if found is Verdict.UNADDRESSED and self._past_s(intent) <= 0:
            return Pending()
        details, is_told = await self._ended(intent, status, found)
        deduction = details.deduction if details else None
        # What the network charges for unless it says otherwise.
        likely = intent.quoted if found in _CHARGED else 0
        paid = likely if deduction is None else deduction
        if found is Verdict.FULFILLED:
            # The proof is used before its price is told (ADR 0214).
            return Included(detail=Fulfilled(proof_uri=status.proof_uri), final=is_told, paid=paid)
        if found is Verdict.UNEXECUTABLE and not paid and not (details and details.fail_cause):
            # A gateway's word for whatever failed: of the program it says nothing.
            found = Verdict.UNFULFILLABLE
        return _failed(_leaf(found, details), details, paid=paid, final=is_told)

    async def _ended(
        self, intent: Intent, status: Status, found: Verdict
    ) -> tuple[Details | None, bool]:
        """What an ended request cost and why it failed; and whether that is all that will ever be told.

        Nobody waits for a price: until it is told, what it can be at most is in the row, which stays live.
        """
        try:
            async with together() as questions:
                asked = questions.ask(self._client.details, self._id(intent))
                if found is Verdict.FULFILLED:
                    questions.ask(self._downloads.get_ahead, status.proof_uri)
        except (ActRefused, ProverUnreachable) as error:
            return None, self._is_untold_for_good(intent, error)
        self._untold_since.pop(intent.reference, None)
        return asked.value, True

    def _is_untold_for_good(self, intent: Intent, error: OperatorError) -> bool:
        since = self._untold_since.get(intent.reference)
        if since is None:
            since = self._untold_since[intent.reference] = self._now_s()
            log.warning(
                "request.cost_unknown",
                request_id=hex0x(intent.reference),
                code=error.code,
                error=str(error),
            )
        if self._now_s() - since < self._config.overdue_watch_s:
            return False
        del self._untold_since[intent.reference]
        return True


_CHARGED = frozenset({Verdict.FULFILLED, Verdict.UNADDRESSED, Verdict.UNEXECUTABLE})


def _leaf(found: Verdict, details: Details | None) -> type[OperatorError]:
    if details is not None and details.is_canceled:
        return AuctionTimedOut
    return _FAILURES.get(found, ProofUriMissing)


def _forgotten(intent: Intent) -> Included[ProverDetail] | Failed:
    """It ended, and the network knows it no more: what the row says is all that there will be."""
    paid = intent.quoted if intent.paid is None else intent.paid
    if isinstance(intent.detail, Fulfilled):
        return Included(detail=intent.detail, final=True, paid=paid)
    reason = intent.detail.reason if isinstance(intent.detail, FailureReason) else ""
    code = intent.error_code or RequestUnfulfillable.code
    return Failed(code=code, detail=reason, final=True, paid=paid)


def _failed(
    leaf: type[OperatorError], details: Details | None, *, paid: int, final: bool = True
) -> Failed:
    causes = [] if details is None else _causes(details)
    detail = leaf().message + (f" ({', '.join(causes)})" if causes else "")
    return Failed(code=leaf.code, detail=detail, final=final, paid=paid)


def _causes(details: Details) -> list[str]:
    """Why, in the network's words."""
    named = (
        (details.fail_cause, auction.ExecuteFailureCause.DESCRIPTOR, "EXECUTE_FAILURE_CAUSE_"),
        (details.error, auction.ProofRequestError.DESCRIPTOR, "PROOF_REQUEST_ERROR_"),
    )
    return [_named(number, kind, prefix) for number, kind, prefix in named if number]


def _named(number: int, kind: EnumDescriptor, prefix: str) -> str:
    known = kind.values_by_number.get(number)
    return known.name.removeprefix(prefix).lower() if known else str(number)
