"""Kurier in memory: a paid channel that submits to a ScriptedZkVerify from an account of its own.

It is to KurierChannel what ScriptedExtrinsics is to ZkVerifyChannel: the same rules, without HTTP and without proofs.
"""

import hashlib
from dataclasses import dataclass, field

from anyio.lowlevel import checkpoint

from zk_acts.domain.acts import ActKind, Intent, Resource
from zk_acts.domain.failures import ActRefused, AmbiguousOutcome
from zk_acts.ports.act import Failed, Fees, Included, Lapsed, Outcome, Pending, Prepared
from zk_devnet.testing.manual_clock import ManualClock
from zk_devnet.testing.scripted_transactions import SendFault
from zk_devnet.testing.scripted_zkverify import ScriptedZkVerify
from zkverify_client.kurier.errors import KurierJobFailed, KurierUnfulfilled
from zkverify_client.ports.zkverify import SubmitProof, ZkVerifyDetail, ZkVerifyRequest

JOB = 10**18
WINDOW_BLOCKS = 12
KURIERS_OWN = "kuriers-own"


@dataclass(slots=True)
class ScriptedKurier:
    """`faults` are of the next sends; a job is held back while `holds`, and ends as failed where its id is in `failed`."""

    chain: ScriptedZkVerify
    clock: ManualClock
    kind: ActKind = ActKind.JOB
    resource: Resource = Resource.KURIER
    name: str = "kurier"
    account: str = "kurier-scripted"
    faults: list[SendFault | ActRefused] = field(default_factory=list)
    holds: bool = False
    jobs: list[bytes] = field(default_factory=list)  # references, in their order
    failed: set[bytes] = field(default_factory=set)
    _requests: dict[bytes, SubmitProof] = field(default_factory=dict)
    _held: list[SubmitProof] = field(default_factory=list)

    def release(self) -> None:
        """Bring to the chain what was held back."""
        held, self._held, self.holds = self._held, [], False
        for request in held:
            self._bring(request)

    async def next_nonce(self) -> int:
        """As `unused_nonce`."""
        return await self.unused_nonce()

    async def unused_nonce(self) -> int:
        """The time."""
        await checkpoint()
        return self.clock.now_ms()

    async def is_nonce_free(self, nonce: int) -> bool:  # noqa: ARG002  # as the adapter
        """Always."""
        await checkpoint()
        return True

    async def balance(self) -> None:
        """Not known."""
        await checkpoint()

    async def prepare(
        self,
        request: ZkVerifyRequest,
        nonce: int,
        beat: Fees | None = None,  # noqa: ARG002  # as the adapter
    ) -> Prepared:
        """A body of its own."""
        assert isinstance(request, SubmitProof)
        head = await self.chain.finalized_head()
        payload = f"{nonce} {request!r}".encode()
        reference = hashlib.sha256(payload).digest()
        self._requests[reference] = request
        return Prepared(
            nonce=nonce,
            payload=payload,
            reference=reference,
            quoted=JOB,
            born_block=head,
            expires=head + WINDOW_BLOCKS,
        )

    async def send(self, intent: Intent) -> bytes:
        """A job, with the next fault."""
        await checkpoint()
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, ActRefused):
            raise fault
        if fault is not SendFault.LOST_REQUEST:
            self.jobs.append(intent.reference)
            request = self._requests[intent.reference]
            self._held.append(request) if self.holds else self._bring(request)
        if fault is not None:
            raise AmbiguousOutcome(intent=intent.intent_id, cause=str(fault))
        return f"job-{len(self.jobs)}".encode()

    async def outcome(self, intent: Intent) -> Outcome[ZkVerifyDetail]:
        """By the chain's finalized blocks; the job is asked only whether it failed."""
        over = await self.chain.finalized_head() >= intent.expires
        found = self.chain.placed(self._requests[intent.reference].statement, intent.born_block + 1)
        if found is not None:
            return Included(
                detail=found, final=True, paid=intent.quoted, block_number=found.block_number
            )
        if not over:
            is_failed = intent.known_as is not None and intent.reference in self.failed
            return _failed(intent, KurierJobFailed.code) if is_failed else Pending()
        if intent.known_as is None:
            return Lapsed()
        return _failed(intent, KurierUnfulfilled.code)

    def _bring(self, request: SubmitProof) -> None:
        self.chain.bring_keys.add(KURIERS_OWN)
        nonce = self.chain.next_nonce(KURIERS_OWN)
        signed = self.chain.sign(KURIERS_OWN, nonce, tip=0, request=request)
        self.chain.arrive(signed.reference)
        self.chain.sent.remove(signed.payload)  # that is of what the operator sends


def _failed(intent: Intent, code: str) -> Failed:
    return Failed(code=code, detail="scripted", final=True, paid=intent.quoted)
