"""`verify`: a proof from a file to its receipt in one call, for programs that want nothing else of zkVerify."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from zk_acts.domain.acts import IntentState, Purpose
from zk_acts.domain.details import Aggregation
from zk_acts.domain.ids import AccountId, Hash32, Statement, hex0x
from zkverify_client.adapters.client import ZkVerifyClient
from zkverify_client.adapters.extrinsic import ExtrinsicSigner
from zkverify_client.adapters.proof_document import read_key, read_proof
from zkverify_client.adapters.proof_file import Groth16Claim, KnownVk, read_vk
from zkverify_client.adapters.registry import ZkVerifyRegistry
from zkverify_client.adapters.verdicts import VkNotRegistered
from zkverify_client.adapters.verifier_calls import Document
from zkverify_client.domain.proof_errors import ProofFormatError
from zkverify_client.domain.receipt import AggregationReceipt
from zkverify_client.domain.verifier import VerifierPallet
from zkverify_client.ports.zkverify import SubmitEncoded, SubmitGroth16, SubmitShrink
from zkverify_client.session import Payer, Report, Session, Target, open_session

Request = SubmitGroth16 | SubmitShrink | SubmitEncoded
VkSource = KnownVk | Path | Hash32 | None
ProofSource = Groth16Claim | Document | Path | Request


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedProof:
    """A proof that is verified for good; with a domain, where its statement is, and its receipt."""

    statement: Statement
    block_number: int | None
    paid: int  # planck, reserves included
    was_done_before: bool  # by an earlier call: nothing was sent by this one
    aggregation: Aggregation | None = None
    receipt: AggregationReceipt | None = None


async def verify(
    proof: ProofSource,
    *,
    target: Target,
    signer: ExtrinsicSigner,
    state: Path,
    verifier: VerifierPallet = VerifierPallet.GROTH16,
    vk: VkSource = None,
    domain_id: int | None = None,
    register: bool = False,
    timeout_s: float = 600.0,
    report: Report | None = None,
) -> VerifiedProof:
    """Have a proof verified, once: called again, it goes on where it was, or returns what came of it.

    `proof`: a file of that `verifier`'s proof, what was read from one, or a finished request. `vk`: its key, a file of it, or
    its hash; without one the file has it. `register`: also register the key where nobody has, which holds a deposit of some
    VFY. `timeout_s`: for the act, and again for the publication. `report` is told of each look.

    Errors: ProofError, ProofInvalid (the pairing fails; nothing was sent), VkNotRegistered, BalanceTooLow, ActFailed,
    NothingSent, NotInTime, NotPublished, and those of reading the chain.
    """
    async with (
        open_session(target) as session,
        session.payer([signer], state, timeout_s=timeout_s, report=report) as payer,
    ):
        request = await request_of(
            proof if not isinstance(proof, Path) else read_proof(proof, verifier),
            vk=vk,
            domain_id=domain_id,
            session=session,
            payer=payer,
            register=register,
        )
        return await verify_with(session, payer, request, timeout_s=timeout_s)


async def verify_with(
    session: Session,
    payer: Payer,
    request: Request,
    *,
    timeout_s: float = 600.0,
) -> VerifiedProof:
    """As `verify`, in a session that is open: for many proofs, also side by side. Errors as `verify`."""
    done = await payer.runner.carry(
        purpose=Purpose.VERIFY,
        subject=payer.subject(request.statement.hex(), request.domain_id),
        request=request,
        until=IntentState.FINAL,
    )
    assert done.outcome is not None
    found = done.outcome.detail
    aggregation = found if isinstance(found, Aggregation) else None
    receipt = (
        None if aggregation is None else await session.receipt(aggregation, timeout_s=timeout_s)
    )
    return VerifiedProof(
        statement=request.statement,
        block_number=done.outcome.block_number,
        paid=done.outcome.paid,
        was_done_before=done.was_done_before,
        aggregation=aggregation,
        receipt=receipt,
    )


async def request_of(
    proof: Groth16Claim | Document | Request,
    *,
    vk: VkSource,
    domain_id: int | None,
    session: Session,
    payer: Payer,
    register: bool = False,
) -> Request:
    """What to submit; Groth16 over BN254 is checked by pairing wherever the key can be had.

    Errors: those of `verify` before sending.
    """
    if isinstance(proof, (SubmitGroth16, SubmitShrink, SubmitEncoded)):
        return proof
    if isinstance(proof, Document):
        document, vk_hash = with_key(proof, vk)
        if register and document.vk is not None:
            full = await session.client.verifiers.key(document.pallet, document.vk)
            await payer.registrar.register([full])
        return await encoded_request(session.client, document, vk_hash, domain_id, payer.accounts)
    key = read_vk(vk) if isinstance(vk, Path) else vk or proof.vk
    if key is None:
        raise ProofFormatError("the proof comes without its key")
    if isinstance(key, KnownVk):
        proof.check(key.vk)
        if register:
            await payer.registrar.register([key.vk])
    registry = session.client.registry
    vk_hash = await registered_hash(key, proof, registry, payer.accounts)
    return proof.request(vk_hash, domain_id)


def with_key(document: Document, vk: VkSource) -> tuple[Document, Hash32 | None]:
    """The document with a key from elsewhere, or that key's hash. Error: ProofFormatError."""
    if isinstance(vk, Path):
        return replace(document, vk=read_key(vk, document.pallet)), None
    if isinstance(vk, KnownVk):
        raise ProofFormatError("this is a key of Groth16 over BN254")
    return document, vk


async def encoded_request(
    client: ZkVerifyClient,
    document: Document,
    vk_hash: Hash32 | None,
    domain_id: int | None,
    accounts: Sequence[AccountId],
) -> SubmitEncoded:
    """Under the key's hash where that is given, or is registered, which is cheaper; else with the key in full.

    Errors: those of VerifierCodec; VkNotRegistered, unless nothing is to be paid (without `accounts`).
    """
    if vk_hash is not None:
        if accounts and not await _is_registered(client, vk_hash, document.pallet):
            raise _not_registered(vk_hash)
    elif document.vk is not None:
        key = await client.verifiers.key(document.pallet, document.vk)
        known = await _is_registered(client, key.vk_hash, document.pallet)
        vk_hash = key.vk_hash if known else None
    return await client.verifiers.proof(document, vk_hash=vk_hash, domain_id=domain_id)


async def _is_registered(client: ZkVerifyClient, vk_hash: Hash32, pallet: VerifierPallet) -> bool:
    nobody = AccountId(bytes(32))
    return (await client.registry.vk_holding(vk_hash, nobody, pallet)).holders > 0


def _not_registered(vk_hash: Hash32) -> VkNotRegistered:
    return VkNotRegistered(
        "the chain does not have this key: register it with `zkverify vk register`",
        vk_hash=hex0x(vk_hash),
    )


async def registered_hash(
    key: KnownVk | Hash32,
    claim: Groth16Claim,
    registry: ZkVerifyRegistry,
    accounts: Sequence[AccountId],
) -> Hash32:
    """The hash under which the chain has the key; of a hash alone, the proof is checked under the chain's own key.

    Errors: VkNotRegistered, ProofInvalid. Without `accounts` nothing is to be paid, and a key need not be registered.
    """
    if not isinstance(key, KnownVk):
        if (vk := await registry.groth16_vk(key)) is not None:
            claim.check(vk)
            return key
        candidates = [key]
    else:
        candidates = [key.hash, key.raw_hash]
    for vk_hash in candidates:
        if not accounts or (await registry.vk_holding(vk_hash, accounts[0])).holders:
            return vk_hash
    raise _not_registered(candidates[0])
