"""Kurier as a paid channel: it submits, but whether it did is read from the chain itself.

There is no nonce, and no way to ask Kurier for a job whose id was lost: then only the chain can tell, by the statement,
and nothing is submitted again before the act's window is over.
"""

import hashlib
import json
from typing import Any, Protocol

import structlog

from zk_acts.domain.acts import ActKind, Intent, Resource
from zk_acts.domain.details import Aggregation
from zk_acts.domain.failures import AmbiguousOutcome
from zk_acts.domain.ids import Hash32, Statement, hex0x
from zk_acts.ports.act import Failed, Fees, Included, Lapsed, Outcome, Pending, Prepared
from zk_acts.ports.clock import Clock
from zkverify_client.adapters.errors import ArchiveUnreachable, StatePruned
from zkverify_client.adapters.groth16_json import snarkjs_key, snarkjs_proof
from zkverify_client.adapters.verdicts import OutcomeUnreadable
from zkverify_client.domain.failures import ZkVerifyUnreachable
from zkverify_client.domain.groth16 import Groth16Proof, Groth16Vk
from zkverify_client.domain.proof_errors import ProofFormatError
from zkverify_client.domain.sp1_proof import decode_sp1_proof
from zkverify_client.domain.statement import groth16_vk_hash, scalar_from_le
from zkverify_client.kurier.client import JobState
from zkverify_client.kurier.errors import (
    KurierJobFailed,
    KurierMalformed,
    KurierUnfulfilled,
    KurierUnreachable,
)
from zkverify_client.ports.zkverify import (
    SubmitGroth16,
    SubmitProof,
    SubmitShrink,
    ZkVerifyDetail,
    ZkVerifyRequest,
)

_log = structlog.get_logger(__name__)
ONE_JOB = 10**18
_BLOCK_MS = 6_000  # of the real chain; where the head cannot be read, it is guessed from the last one that was


class StatementFinder(Protocol):
    """Finds statements on the chain, whoever submitted them. Errors: ZkVerifyUnreachable, StatePruned and others."""

    async def find(
        self, statement: Statement, domain_id: int, first_block: int
    ) -> Aggregation | None:
        """Where a finalized block from that one on put the statement into the domain; None where none did (yet)."""
        ...

    async def finalized_head(self) -> int: ...


class Jobs(Protocol):
    """Kurier's calls for one API key. Errors: all of Kurier's."""

    async def submit(self, body: dict[str, Any]) -> str:
        """The id of a new job. Not idempotent."""
        ...

    async def state(self, job_id: str) -> JobState: ...


class KurierChannel:
    """PaidChannel of one API key. `vk` is the key of SubmitProof requests; it goes along with each of them.

    `window_blocks`: how long an act that the chain does not show, and that Kurier does not call failed, may still appear.
    """

    def __init__(
        self,
        *,
        jobs: Jobs,
        finder: StatementFinder,
        clock: Clock,
        api_key: str,
        chain_id: int | None,
        vk: Groth16Vk | None = None,
        window_blocks: int = 300,
    ) -> None:
        self._jobs = jobs
        self._finder = finder
        self._clock = clock
        self._chain_id = chain_id
        self._vk = vk
        self._vk_hash = None if vk is None else groth16_vk_hash(vk)
        self._window_blocks = window_blocks
        # A hash of the key: rows tell jobs of two keys apart, and show neither (ADR 0229).
        self._account = "kurier-" + hashlib.sha256(api_key.encode()).hexdigest()[:12]
        self._last_head: tuple[int, int] | None = None  # its number, and when it was read

    @property
    def kind(self) -> ActKind:
        return ActKind.JOB

    @property
    def resource(self) -> Resource:
        return Resource.KURIER

    @property
    def name(self) -> str:
        return "kurier"

    @property
    def account(self) -> str:
        return self._account

    async def next_nonce(self) -> int:
        """The time in milliseconds: acts are told apart by it, nothing else."""
        return self._clock.now_ms()

    async def unused_nonce(self) -> int:
        """As `next_nonce`."""
        return await self.next_nonce()

    async def is_nonce_free(self, nonce: int) -> bool:  # noqa: ARG002  # nothing uses one up
        """Always: acts are not put in order by nonces."""
        return True

    async def balance(self) -> None:
        """Not known: Kurier's plans are paid for elsewhere, and it does not say what is left."""
        return

    async def prepare(
        self,
        request: ZkVerifyRequest,
        nonce: int,
        beat: Fees | None = None,  # noqa: ARG002  # there is no fee to beat
    ) -> Prepared:
        """The body of the call. Errors: ProofFormatError for anything but a proof for a domain; ZkVerifyUnreachable
        where the chain was never seen: a job that could not be looked for later is not made."""
        if not isinstance(request, (SubmitProof, SubmitGroth16, SubmitShrink)):
            raise ProofFormatError("Kurier only takes proofs", request=type(request).__name__)
        if request.domain_id is None:
            raise ProofFormatError("a proof for no domain cannot be found again on the chain")
        seen, now = await self._heads()
        document = {
            "statement": request.statement.hex(),
            "domain": request.domain_id,
            "body": self._body(request),
            "nonce": nonce,
        }
        payload = json.dumps(document, sort_keys=True).encode()
        return Prepared(
            nonce=nonce,
            payload=payload,
            reference=hashlib.sha256(payload).digest(),
            quoted=ONE_JOB,
            born_block=seen,
            expires=now + self._window_blocks,
        )

    async def send(self, intent: Intent) -> bytes:
        """Make the job; its id. Errors: AmbiguousOutcome where a job may exist; KurierRefused and others where none does."""
        try:
            job_id = await self._jobs.submit(json.loads(intent.payload)["body"])
        except (KurierUnreachable, KurierMalformed) as error:
            raise AmbiguousOutcome(intent=intent.intent_id, cause=str(error)) from error
        _log.info("kurier_job.created", intent_id=intent.intent_id, job_id=job_id)
        return job_id.encode()

    async def outcome(self, intent: Intent) -> Outcome[ZkVerifyDetail]:
        """By the chain; Kurier is only asked whether the job failed.

        Blocks that no endpoint keeps may have had the proof: then it is Failed with OutcomeUnreadable's code.
        """
        document = json.loads(intent.payload)
        statement = Statement(bytes.fromhex(document["statement"]))
        lost = False
        # Read first: a proof that comes in while blocks are searched must not be in none of them and its window over.
        over = (await self._heads())[0] >= intent.expires
        try:
            # By the chain, whoever submitted it: what Kurier says of a job is a third party's word (ADR 0076).
            found = await self._finder.find(statement, document["domain"], intent.born_block + 1)
        except ArchiveUnreachable:
            raise
        except StatePruned:
            found, lost = None, True
        if found is not None:
            return Included(
                detail=found, final=True, paid=intent.quoted, block_number=found.block_number
            )
        return await self._without_a_trace(intent, lost=lost, over=over)

    async def _without_a_trace(
        self, intent: Intent, *, lost: bool, over: bool
    ) -> Outcome[ZkVerifyDetail]:
        """What to make of an act whose proof is in no block that can be read. `lost`: some cannot be."""
        job_id = None if intent.known_as is None else intent.known_as.decode()
        if not over:
            # That it failed is the one thing that Kurier is believed: it ends nothing that was paid for (ADR 0076).
            if job_id is not None and await self._jobs.state(job_id) is JobState.FAILED:
                return _failure(intent, KurierJobFailed.code, job_id)
            return Pending()
        if lost:
            _log.error(
                "kurier_job.given_up", intent_id=intent.intent_id, code=OutcomeUnreadable.code
            )
            return _failure(
                intent, OutcomeUnreadable.code, "no endpoint keeps the blocks of its window"
            )
        # Without an id nobody knows that there was a job at all.
        return Lapsed() if job_id is None else _failure(intent, KurierUnfulfilled.code, job_id)

    async def _heads(self) -> tuple[int, int]:
        """The last finalized head that was seen, and the one of now: a guess, where no endpoint tells."""
        try:
            head = await self._finder.finalized_head()
        except ZkVerifyUnreachable:
            if self._last_head is None:
                raise
            seen, at_ms = self._last_head
            return seen, seen + (self._clock.now_ms() - at_ms) // _BLOCK_MS
        self._last_head = (head, self._clock.now_ms())
        return head, head

    def _body(self, request: SubmitProof | SubmitGroth16 | SubmitShrink) -> dict[str, Any]:
        match request:
            case SubmitShrink():
                proof = {
                    "proof": hex0x(request.proof),
                    "publicSignals": hex0x(request.public_values),
                    "vk": hex0x(request.vk),
                }
                return self._envelope("sp1", proof, registered=False)
            case SubmitGroth16(vk_hash=vk_hash, proof=points):
                return self._groth16(vk_hash, points, request.public_inputs)
            case SubmitProof():
                if self._vk_hash is None:
                    raise ProofFormatError("no circuit is configured")
                points = decode_sp1_proof(request.onchain_proof).proof
                return self._groth16(self._vk_hash, points, request.public_inputs)

    def _groth16(
        self, vk_hash: Hash32, proof: Groth16Proof, public_inputs: tuple[bytes, ...]
    ) -> dict[str, Any]:
        # A hash is only taken for a key that was registered through Kurier itself; our circuit's goes along in full.
        own = self._vk is not None and vk_hash == self._vk_hash
        data = {
            "proof": snarkjs_proof(proof),
            "publicSignals": [str(scalar_from_le(scalar)) for scalar in public_inputs],
            "vk": snarkjs_key(self._vk) if own and self._vk else hex0x(vk_hash),
        }
        body = self._envelope("groth16", data, registered=not own)
        return {**body, "proofOptions": {"library": "snarkjs", "curve": "bn128"}}

    def _envelope(
        self, proof_type: str, data: dict[str, Any], *, registered: bool
    ) -> dict[str, Any]:
        destination = {} if self._chain_id is None else {"chainId": self._chain_id}
        return {
            "proofType": proof_type,
            "vkRegistered": registered,
            "proofData": data,
            **destination,
        }


def _failure(intent: Intent, code: str, detail: str) -> Failed:
    """A job was made, and Kurier's plan may count it."""
    return Failed(code=code, detail=detail, final=True, paid=intent.quoted)
