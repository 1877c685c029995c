"""One zkVerify account as a paid channel: composes, signs, sends and follows extrinsics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from zk_acts.domain.acts import ActKind, Intent, Resource
from zk_acts.domain.failures import AmbiguousOutcome, BalanceTooLow
from zk_acts.domain.ids import Hash32, hex0x
from zk_acts.ports.act import Answer, Fees, Outcome, Prepared
from zkverify_client.adapters.account import read_account
from zkverify_client.adapters.chain import BlockHead, Chain, ChainAccess
from zkverify_client.adapters.draft import Draft, Drafter, domain_hold
from zkverify_client.adapters.dry_run import dry_run
from zkverify_client.adapters.errors import ExtrinsicExpired, MalformedChainAnswer, TipCapReached
from zkverify_client.adapters.extrinsic import (
    ExtrinsicSigner,
    SignedExtrinsic,
    Terms,
    call_of,
    extrinsic_hash,
    sign,
)
from zkverify_client.adapters.fees import quoted_fee
from zkverify_client.adapters.pool import ConnectionPool, Role
from zkverify_client.adapters.precheck import require_effect
from zkverify_client.adapters.remains import OutcomeReader
from zkverify_client.adapters.resign import carried_call
from zkverify_client.adapters.rpc import ConnectionLost
from zkverify_client.adapters.runtime import Runtime
from zkverify_client.adapters.submission import submit, submit_many
from zkverify_client.domain.groth16 import Groth16Vk
from zkverify_client.domain.proof_errors import ProofFormatError
from zkverify_client.ports.zkverify import (
    SendSigned,
    SubmitGroth16,
    SubmitProof,
    SubmitShrink,
    ZkVerifyDetail,
    ZkVerifyRequest,
)
from zkverify_client.signing.ss58 import address_of

_log = structlog.get_logger(__name__)
KnownProof = SubmitProof | SubmitGroth16 | SubmitShrink


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionPolicy:
    """How extrinsics are signed. Tips in planck."""

    era_period: int = 64  # blocks; a power of two, at most 4096
    tip: int = 0
    max_tip: int = 10**17
    fee_margin_percent: int = 20  # on top of the chain's own estimate
    dry_run: bool = False  # have the node execute a call before it is paid for

    def tip_to_beat(self, beat: Fees | None) -> int:
        """The configured tip, or one at least 10 % above the sibling's. TipCapReached above the cap."""
        if beat is None:
            return self.tip
        tip = max(self.tip, beat.tip + max(1, -(-beat.tip // 10)))
        if tip > self.max_tip:
            raise TipCapReached(needed=tip, max_tip=self.max_tip)
        return tip


class ZkVerifyChannel:
    """ExtrinsicChannel of one account. Use it from one task at a time; several accounts make several channels.

    `keys` are the circuits' verifying keys by their hash; the one of a SubmitProof is `vk_hash`.
    """

    def __init__(
        self,
        *,
        pool: ConnectionPool,
        access: ChainAccess,
        signer: ExtrinsicSigner,
        genesis_hash: Hash32,
        vk_hash: Hash32 | None,
        keys: Mapping[Hash32, Groth16Vk],
        policy: SubmissionPolicy | None = None,
        name: str = "zkverify",
    ) -> None:
        self._pool = pool
        self._access = access
        self._signer = signer
        self._genesis_hash = genesis_hash
        self._vk_hash = vk_hash
        self._drafter = Drafter(vk_hash=vk_hash, keys=keys)
        self._policy = policy or SubmissionPolicy()
        self._name = name
        self._outcomes = OutcomeReader(access=access, account=signer.public_key)

    def __repr__(self) -> str:
        return f"ZkVerifyChannel(name={self._name}, account={self.account})"

    @property
    def kind(self) -> ActKind:
        return ActKind.EXTRINSIC

    @property
    def resource(self) -> Resource:
        return Resource.VFY

    @property
    def name(self) -> str:
        return self._name

    @property
    def account(self) -> str:
        return self._signer.ss58_address

    async def next_nonce(self) -> int:
        """The account's next index, extrinsics ready in the pool counted."""
        return await self._access.read(self._read_nonce)

    async def is_nonce_free(self, nonce: int) -> bool:
        """By the account's state in the best block."""
        return await self.unused_nonce() <= nonce

    async def unused_nonce(self) -> int:
        """By the account's state in the best block."""
        return await self._access.read(self._read_used)

    async def balance(self) -> int:
        """What fees and holds can take, in planck."""
        return await self._access.read(self._read_balance)

    async def prepare(
        self, request: ZkVerifyRequest, nonce: int, beat: Fees | None = None
    ) -> Prepared:
        """Sign with a mortal era born at the finalized head. The quote covers fee, tip and holds.

        Errors, of which none has cost anything: what the chain would refuse, by the codes of included failures;
        TipCapReached, DomainNotUsable, StatementMismatch, BalanceTooLow, DryRunFailed; those of reading the chain. Signs anew by the runtime of the moment, so a later call follows an upgrade.
        """
        tip = self._policy.tip_to_beat(beat)

        async def job(chain: Chain) -> Prepared:
            runtime = await chain.runtime()
            if isinstance(request, SendSigned):
                return await self._adopt(chain, runtime, request)
            account = self._signer.public_key
            # A failed extrinsic is charged in full: what the chain would refuse is asked first (ADR 0074).
            await require_effect(chain, runtime, request, account, self._vk_hash)
            draft = await self._drafter.draft(chain, runtime, request, account)
            return await self._prepare(chain, draft, nonce, tip)

        return await self._access.read(job)

    async def prepare_all(
        self, requests: Sequence[ZkVerifyRequest], nonces: Sequence[int]
    ) -> Sequence[Prepared]:
        """As `prepare`, by one look at the chain for all. Proofs of a kind share what is read and quoted for the first.

        Errors: as `prepare`; ProofFormatError for anything but proofs of the kinds that are composed here.
        """
        if self._policy.dry_run:  # which is of one extrinsic each
            pairs = zip(requests, nonces, strict=True)
            return [await self.prepare(request, nonce) for request, nonce in pairs]
        proofs = [each for each in requests if isinstance(each, KnownProof)]
        if len(proofs) != len(requests):
            raise ProofFormatError("only proofs of known kinds are prepared together")

        async def job(chain: Chain) -> Sequence[Prepared]:
            return await self._prepare_proofs(chain.recalling(), proofs, nonces)

        return await self._access.read(job)

    async def _prepare_proofs(
        self, chain: Chain, proofs: Sequence[KnownProof], nonces: Sequence[int]
    ) -> Sequence[Prepared]:
        runtime, tip, account = await chain.runtime(), self._policy.tip, self._signer.public_key
        spendable = await self._spendable(chain, runtime)
        holds: dict[object, int] = {}
        fees: dict[object, int] = {}
        found: list[Prepared] = []
        birth, payer = await self._birth(chain), self._shown(runtime)
        for proof, nonce in zip(proofs, nonces, strict=True):
            kind = _kind(proof)
            if kind not in holds:
                await require_effect(chain, runtime, proof, account, self._vk_hash)
                holds[kind] = await domain_hold(chain, runtime, proof.domain_id, account)
            call = self._drafter.proof_call(runtime, proof)
            # Fees go by the encoded size: proofs of a kind and size cost the same (ADR 0230).
            signed = sign(runtime, call, self._terms(birth, nonce, tip), self._signer)
            size = (kind, len(signed.raw))
            if size not in fees:
                fees[size] = await self._quote(chain, signed)
            quoted = fees[size] + tip + holds[kind]
            found.append(
                self._prepared(signed, birth, nonce=nonce, tip=tip, quoted=quoted, payer=payer)
            )
        needed = sum(each.quoted for each in found)
        if needed > spendable:
            raise self._too_low(runtime, needed, spendable)
        return found

    async def resign(self, intent: Intent) -> Prepared:
        """The stored call under the same nonce, by the runtime of the moment, with a tip that beats the old one's.

        Also RuntimeUnsupported where an upgrade changed the call, so that it cannot be carried over.
        """
        tip = self._policy.tip_to_beat(Fees(tip=intent.tip))

        async def job(chain: Chain) -> Prepared:
            # From the stored bytes, so that no caller has to keep the request (ADR 0073).
            call = await carried_call(chain, intent)
            hold = await self._drafter.hold_of(chain, await chain.runtime(), call)
            return await self._prepare(chain, Draft(call=call, hold=hold), intent.nonce, tip)

        return await self._access.read(job)

    async def send(self, intent: Intent) -> None:
        """Give the stored bytes to the pool of one node.

        Errors: AmbiguousOutcome, ActRefused and their leaves; ValidityUnknown, ZkVerifyUnreachable (transient, the
        same bytes may be sent again); BalanceTooLow. What the pool refused or bans can be signed anew under the same
        nonce: at most one of the siblings takes effect.
        """
        try:
            # Once, on one connection that was proven alive: a loss from here on is ambiguous (ADR 0070).
            await self._pool.run_once(Role.SUBMIT, lambda rpc: submit(rpc, intent.payload))
        except ConnectionLost as error:
            raise AmbiguousOutcome(intent=intent.intent_id, cause=str(error)) from error
        except MalformedChainAnswer as error:
            raise AmbiguousOutcome(intent=intent.intent_id, cause=str(error)) from error
        _log.info("extrinsic.sent", intent_id=intent.intent_id, reference=hex0x(intent.reference))

    async def send_all(self, intents: Sequence[Intent]) -> Sequence[Answer]:
        """Give the stored bytes to the pool of one node, up to 64 in a message, and match what it says of each.

        Errors: ZkVerifyUnreachable, where nothing was sent.
        """
        payloads = [intent.payload for intent in intents]
        try:
            answers = await self._pool.run_once(Role.SUBMIT, lambda rpc: submit_many(rpc, payloads))
        except (ConnectionLost, MalformedChainAnswer) as error:
            unknown = Answer(taken=None, code=AmbiguousOutcome.code, text=str(error))
            answers = [unknown] * len(intents)
        taken = sum(1 for answer in answers if answer.taken)
        _log.info("extrinsics.sent", count=len(intents), taken=taken)
        return answers

    async def outcome(self, intent: Intent) -> Outcome[ZkVerifyDetail]:
        """What the chain says. Errors: ZkVerifyUnreachable, MalformedChainAnswer, StatePruned, RpcRefused.

        What took effect in a block whose events are gone everywhere is Failed, with OutcomeUnreadable's code.
        """
        return await self._outcomes.outcome(intent)

    async def _read_nonce(self, chain: Chain) -> int:
        index = await chain.call("system_accountNextIndex", [self._signer.ss58_address])
        if not isinstance(index, int) or not 0 <= index < 1 << 32:
            raise MalformedChainAnswer("an account's next index is no number")
        state = await read_account(chain, self._signer.public_key)
        return max(index, state.nonce)

    async def _read_used(self, chain: Chain) -> int:
        return (await read_account(chain, self._signer.public_key)).nonce

    async def _read_balance(self, chain: Chain) -> int:
        return await self._spendable(chain, await chain.runtime())

    async def _spendable(self, chain: Chain, runtime: Runtime) -> int:
        state = await read_account(chain, self._signer.public_key)
        return state.spendable(runtime.constant("Balances", "ExistentialDeposit"))

    async def _prepare(self, chain: Chain, draft: Draft, nonce: int, tip: int) -> Prepared:
        runtime = await chain.runtime()
        birth = await self._birth(chain)
        signed = sign(runtime, draft.call, self._terms(birth, nonce, tip), self._signer)
        quoted = await self._quote(chain, signed) + tip + draft.hold
        if quoted > (spendable := await self._spendable(chain, runtime)):
            raise self._too_low(runtime, quoted, spendable)
        if self._policy.dry_run:
            await dry_run(chain, runtime, signed)
        payer = self._shown(runtime)
        return self._prepared(signed, birth, nonce=nonce, tip=tip, quoted=quoted, payer=payer)

    def _too_low(self, runtime: Runtime, needed: int, spendable: int) -> BalanceTooLow:
        return BalanceTooLow(account=self._shown(runtime), needed=needed, spendable=spendable)

    def _prepared(
        self,
        signed: SignedExtrinsic,
        birth: BlockHead,
        *,
        nonce: int,
        tip: int,
        quoted: int,
        payer: str,
    ) -> Prepared:
        return Prepared(
            nonce=nonce,
            payload=signed.raw,
            reference=signed.hash,
            quoted=quoted,
            fees=Fees(tip=tip),
            born_block=birth.number,
            expires=birth.number + self._policy.era_period,
            payer=payer,
        )

    async def _adopt(self, chain: Chain, runtime: Runtime, request: SendSigned) -> Prepared:
        """What was signed elsewhere. ExtrinsicExpired where it is too old by now."""
        expires = request.birth_block + request.period
        if (await chain.finalized()).number >= expires - 1:
            raise ExtrinsicExpired("it was signed too long ago", expires=expires)
        hold = await self._drafter.hold_of(chain, runtime, call_of(runtime, request.raw))
        fee = await quoted_fee(chain, request.raw)
        return Prepared(
            nonce=request.nonce,
            payload=request.raw,
            reference=extrinsic_hash(request.raw),
            quoted=fee * (100 + self._policy.fee_margin_percent) // 100 + request.tip + hold,
            fees=Fees(tip=request.tip),
            born_block=request.birth_block,
            expires=expires,
            payer=self._shown(runtime),
        )

    def _shown(self, runtime: Runtime) -> str:
        """The account as the chain writes it: what there is to fund."""
        return address_of(self._signer.public_key, runtime.ss58_prefix)

    async def _birth(self, chain: Chain) -> BlockHead:
        """The finalized head; for a trial at most the best block's parent, as a block does not know its own hash."""
        finalized = await chain.finalized()
        if not self._policy.dry_run or finalized.number == 0:
            return finalized
        if (await chain.best()).number > finalized.number:
            return finalized
        return await chain.head_at(finalized.number - 1) or finalized

    def _terms(self, birth: BlockHead, nonce: int, tip: int) -> Terms:
        return Terms(
            genesis_hash=self._genesis_hash,
            nonce=nonce,
            tip=tip,
            birth_block=birth.number,
            birth_hash=birth.hash,
            period=self._policy.era_period,
        )

    async def _quote(self, chain: Chain, signed: SignedExtrinsic) -> int:
        """The chain's estimate of the fee without tip, with the margin."""
        fee = await quoted_fee(chain, signed.raw)
        return fee * (100 + self._policy.fee_margin_percent) // 100


def _kind(proof: KnownProof) -> tuple[object, ...]:
    """What has in common what the chain is asked for: of one size, they cost the same."""
    key = {SubmitGroth16: "vk_hash", SubmitShrink: "vk"}.get(type(proof))
    return (type(proof), key and getattr(proof, key), proof.domain_id)
