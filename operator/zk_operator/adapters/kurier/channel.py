"""Kurier as a paid channel: it submits, but whether it did is read from the chain itself.

There is no nonce, and no way to ask Kurier for a job whose id was lost: then only the chain can tell, by the statement,
and nothing is submitted again before the act's time is over.
"""

import hashlib
import json
from typing import Any, Protocol

import structlog
from anyio import to_thread

from zk_operator.adapters.kurier.client import JobState, KurierClient
from zk_operator.adapters.kurier.errors import KurierJobFailed, KurierMalformed, KurierUnreachable
from zk_operator.adapters.kurier.job_book import JobBook
from zk_operator.adapters.zkverify.errors import ArchiveUnreachable, StatePruned
from zk_operator.adapters.zkverify.verdicts import OutcomeUnreadable
from zk_operator.domain.failures import AmbiguousOutcome
from zk_operator.domain.groth16 import Groth16Proof
from zk_operator.domain.ids import Hash32, Statement, hex0x
from zk_operator.domain.proof_errors import ProofFormatError
from zk_operator.domain.records import ActKind, Aggregation, Intent, Resource
from zk_operator.domain.sp1_proof import decode_sp1_proof
from zk_operator.domain.statement import scalar_from_le
from zk_operator.ports.act import Failed, Fees, Included, Lapsed, Outcome, Pending, Prepared
from zk_operator.ports.clock import Clock
from zk_operator.ports.zkverify import (
    SubmitGroth16,
    SubmitProof,
    SubmitShrink,
    ZkVerifyDetail,
    ZkVerifyRequest,
)

_log = structlog.get_logger(__name__)


class StatementFinder(Protocol):
    """Finds statements on the chain, whoever submitted them."""

    async def find(
        self, statement: Statement, domain_id: int, first_block: int
    ) -> Aggregation | None:
        """Where a finalized block from that one on put the statement into the domain; None where none did (yet)."""
        ...

    async def finalized_head(self) -> int: ...


class KurierChannel:
    """PaidChannel of one API key. `vk_hash` is the key of SubmitProof requests; it has to be registered.

    `window_blocks`: how long an act whose job is unknown may still appear on the chain.
    """

    def __init__(
        self,
        *,
        client: KurierClient,
        finder: StatementFinder,
        jobs: JobBook,
        clock: Clock,
        api_key: str,
        chain_id: int | None,
        vk_hash: Hash32 | None = None,
        window_blocks: int = 300,
    ) -> None:
        self._client = client
        self._finder = finder
        self._jobs = jobs
        self._clock = clock
        self._chain_id = chain_id
        self._vk_hash = vk_hash
        self._window_blocks = window_blocks
        self._account = "kurier-" + hashlib.sha256(api_key.encode()).hexdigest()[:12]

    @property
    def kind(self) -> ActKind:
        return ActKind.EXTRINSIC

    @property
    def resource(self) -> Resource:
        return Resource.VFY

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

    async def balance(self) -> int:
        """0: Kurier's plans are paid elsewhere, and acts cost nothing here."""
        return 0

    async def prepare(
        self,
        request: ZkVerifyRequest,
        nonce: int,
        beat: Fees | None = None,  # noqa: ARG002  # there is no fee to beat
    ) -> Prepared:
        """The body of the call. ProofFormatError for anything but a proof for a domain."""
        if not isinstance(request, (SubmitProof, SubmitGroth16, SubmitShrink)):
            raise ProofFormatError("Kurier only takes proofs", request=type(request).__name__)
        if request.domain_id is None:
            raise ProofFormatError("a proof for no domain cannot be found again on the chain")
        born = await self._finder.finalized_head()
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
            quoted=0,
            born_block=born,
            expires=born + self._window_blocks,
        )

    async def send(self, intent: Intent) -> None:
        """Make the job, unless one is known. Errors: AmbiguousOutcome where a job may exist; KurierRefused and others."""
        if self._jobs.find(intent.reference) is not None:
            return
        body = json.loads(intent.payload)["body"]
        try:
            job_id = await self._client.submit(body)
        except (KurierUnreachable, KurierMalformed) as error:
            raise AmbiguousOutcome(intent=intent.intent_id, cause=str(error)) from error
        await to_thread.run_sync(self._jobs.note, intent.reference, job_id)
        _log.info("kurier_job.created", intent_id=intent.intent_id, job_id=job_id)

    async def outcome(self, intent: Intent) -> Outcome[ZkVerifyDetail]:
        """By the chain; Kurier is only asked whether the job failed.

        Blocks that no endpoint keeps may have had the proof: then it is Failed with OutcomeUnreadable's code.
        """
        document = json.loads(intent.payload)
        statement = Statement(bytes.fromhex(document["statement"]))
        lost = False
        try:
            found = await self._finder.find(statement, document["domain"], intent.born_block + 1)
        except ArchiveUnreachable:
            raise
        except StatePruned:
            found, lost = None, True
        if found is not None:
            return Included(detail=found, final=True, paid=0, block_number=found.block_number)
        return await self._without_a_trace(intent, lost=lost)

    async def _without_a_trace(self, intent: Intent, *, lost: bool) -> Outcome[ZkVerifyDetail]:
        """What to make of an act whose proof is in no block that can be read. `lost`: some cannot be."""
        job_id = self._jobs.find(intent.reference)
        if job_id is not None and await self._client.state(job_id) is JobState.FAILED:
            return _failure(KurierJobFailed.code, job_id)
        over = await self._finder.finalized_head() >= intent.expires
        if lost and over:
            _log.error(
                "kurier_job.given_up", intent_id=intent.intent_id, code=OutcomeUnreadable.code
            )
            return _failure(OutcomeUnreadable.code, "no endpoint keeps the blocks of its window")
        return Lapsed() if over and job_id is None else Pending()

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
        data = {
            "proof": snarkjs_proof(proof),
            "publicSignals": [str(scalar_from_le(scalar)) for scalar in public_inputs],
            "vk": hex0x(vk_hash),
        }
        body = self._envelope("groth16", data, registered=True)
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


def snarkjs_proof(proof: Groth16Proof) -> dict[str, Any]:
    """A BN254 proof as snarkjs writes it: decimal projective coordinates, real part first."""
    b = proof.b
    return {
        "pi_a": [str(proof.a.x), str(proof.a.y), "1"],
        "pi_b": [[str(b.x.c0), str(b.x.c1)], [str(b.y.c0), str(b.y.c1)], ["1", "0"]],
        "pi_c": [str(proof.c.x), str(proof.c.y), "1"],
        "protocol": "groth16",
        "curve": "bn128",
    }


def _failure(code: str, detail: str) -> Failed:
    return Failed(code=code, detail=detail, final=True, paid=0)
