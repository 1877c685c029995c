"""A prover in memory: the ProverBackend port without a network, for tests of services.

Requests wait until a test (or `auto_fulfil`) ends them. Its promises are those of the port; one contract suite checks
it together with the real adapter.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from zk_acts.domain.acts import ActKind, Intent, Purpose, Resource
from zk_acts.domain.details import Fulfilled, ProgramRegistered
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.failures import ActRefused
from zk_acts.domain.ids import Hash32, IntentId
from zk_acts.ports.act import Failed, Fees, Included, Lapsed, Outcome, Pending, Prepared, Unknown
from zk_acts.ports.clock import Clock
from zk_operator.domain.failures import ProofMalformed, ProverUnreachable
from zk_operator.ports.prover import (
    Groth16Proof,
    ProverDetail,
    ProveRequest,
    ProverWork,
    RegisterProgram,
)

MakeProof = Callable[[ProveRequest], Groth16Proof]


@dataclass(slots=True, kw_only=True)
class AcceptedRequest:
    """A request that the prover has taken; `ended` is what it will answer from then on."""

    request: ProveRequest
    reference: bytes
    quoted: int
    ended: Included[ProverDetail] | Failed | None = None


@dataclass(slots=True, kw_only=True)
class ScriptedProver:
    """A ProverBackend.

    `make_proof` makes the proofs that `fetch` returns. `before_send` and `after_send` hold errors that the next
    sends raise before and after the request is taken.
    """

    program_vkey: Hash32
    make_proof: MakeProof
    clock: Clock
    registered: bool = True
    auto_fulfil: bool = False
    spendable: int = 1_000 * 10**18
    price: int = 10**17
    patience_s: int | None = None  # how long a request is open at most
    nonce: int = 0
    account: str = "0x" + "5c" * 20
    is_silent: bool = False  # about what became of requests
    own_ids: bool = False  # requests are found only by the id that the prover gave them
    name: str = "network"
    kind: ActKind = ActKind.PROVE
    resource: Resource = Resource.PROVE
    before_send: deque[OperatorError] = field(default_factory=deque)
    after_send: deque[OperatorError] = field(default_factory=deque)
    accepted: dict[bytes, AcceptedRequest] = field(default_factory=dict)
    cancelled: list[bytes] = field(default_factory=list)
    sends: int = 0
    asked: list[IntentId] = field(default_factory=list)  # the act of every query for an outcome
    _prepared: dict[bytes, ProverWork] = field(default_factory=dict)

    async def next_nonce(self) -> int:
        """The nonce that the next accepted act uses."""
        return self.nonce

    async def unused_nonce(self) -> int:
        """As `next_nonce`."""
        return await self.next_nonce()

    async def is_nonce_free(self, nonce: int) -> bool:
        """By the next one."""
        return self.nonce <= nonce

    async def balance(self) -> int:
        """What is left, open requests not counted."""
        return self.spendable

    async def program_registered(self) -> bool:
        """Whether a RegisterProgram was accepted, or was not needed."""
        return self.registered

    async def prepare(self, request: ProverWork, nonce: int, beat: Fees | None = None) -> Prepared:
        """Sign, so to speak: the payload is unique per request and nonce."""
        del beat
        payload = repr((nonce, request)).encode()
        reference = sha256(payload).digest()
        self._prepared[reference] = request
        if isinstance(request, RegisterProgram):
            return Prepared(nonce=nonce, payload=payload, reference=reference, quoted=0)
        return Prepared(
            nonce=nonce,
            payload=payload,
            reference=reference,
            quoted=self.price,
            expires=self._expires(request),
        )

    async def send(self, intent: Intent) -> bytes | None:
        """Take the request if its nonce is the next one."""
        self.sends += 1
        if self.before_send:
            raise self.before_send.popleft()
        self._accept(intent)
        if self.after_send:
            raise self.after_send.popleft()
        return _own_id(intent) if self.own_ids else None

    async def outcome(self, intent: Intent) -> Outcome[ProverDetail]:
        """What the request was ended with."""
        self.asked.append(intent.intent_id)
        if self.is_silent:
            raise ProverUnreachable(backend=self.name)
        if intent.purpose == Purpose.REGISTER_PROGRAM:
            return self._registration(intent)
        taken = self.accepted.get(intent.reference)
        is_found = not self.own_ids or intent.known_as == _own_id(intent)
        if taken is not None and is_found:
            return taken.ended or Pending(is_overdue=self.clock.now_ms() > intent.expires * 1000)
        if self.clock.now_ms() > intent.expires * 1000:
            return Lapsed()
        return Lapsed(by_nonce=True) if self.nonce > intent.nonce else Unknown()

    async def fetch(self, fulfilled: Fulfilled) -> Groth16Proof:
        """What `make_proof` makes. Errors: ProofMalformed for an address that was never given."""
        reference = bytes.fromhex(fulfilled.proof_uri.removeprefix("scripted:"))
        if reference not in self.accepted:
            raise ProofMalformed("no such proof")
        return self.make_proof(self.accepted[reference].request)

    async def cancel(self, intent: Intent) -> None:
        """End an open request as failed."""
        reference = intent.reference
        taken = self.accepted.get(reference)
        if taken is not None and taken.ended is None:
            self.cancelled.append(reference)
            self.nonce += 1
            self.fail(reference, code="ZKO-PRV-045", paid=0)

    def fulfil(self, reference: bytes) -> None:
        """End a request with a proof."""
        taken = self.accepted[reference]
        detail = Fulfilled(proof_uri=f"scripted:{reference.hex()}")
        taken.ended = Included(detail=detail, final=True, paid=taken.quoted)
        self.spendable -= taken.quoted

    def fail(self, reference: bytes, *, code: str, paid: int = 0) -> None:
        """End a request without one."""
        self.accepted[reference].ended = Failed(code=code, detail="scripted", final=True, paid=paid)
        self.spendable -= paid

    def _expires(self, request: ProveRequest) -> int:
        if self.patience_s is None:
            return request.deadline_s
        return min(request.deadline_s, self.clock.now_ms() // 1000 + self.patience_s)

    def _accept(self, intent: Intent) -> None:
        if intent.reference in self.accepted:
            return
        work = self._prepared.get(intent.reference)
        if work is None or intent.nonce != self.nonce:
            raise ActRefused("scripted: wrong nonce", expected=self.nonce, got=intent.nonce)
        self.nonce += 1
        if isinstance(work, RegisterProgram):
            self.registered = True
            return
        self.accepted[intent.reference] = AcceptedRequest(
            request=work, reference=intent.reference, quoted=intent.quoted
        )
        if self.auto_fulfil:
            self.fulfil(intent.reference)

    def _registration(self, intent: Intent) -> Outcome[ProverDetail]:
        if self.registered:
            detail = ProgramRegistered(program_vkey=self.program_vkey)
            return Included(detail=detail, final=True, paid=0)
        return Lapsed(by_nonce=True) if self.nonce > intent.nonce else Unknown()


def _own_id(intent: Intent) -> bytes:
    return sha256(b"own" + intent.reference).digest()
