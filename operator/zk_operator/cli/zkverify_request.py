"""From files and options to a request: which proof, under which key, checked before anything is paid."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from zk_operator.cli.zkverify_options import parse_hash
from zk_operator.domain.ids import AccountId, Hash32

if TYPE_CHECKING:
    from zk_operator.adapters.zkverify.proof_file import Groth16Claim
    from zk_operator.adapters.zkverify.registry import ZkVerifyRegistry
    from zk_operator.ports.zkverify import (
        KeyRequest,
        SubmitGroth16,
        SubmitShrink,
    )


class ProofKind(StrEnum):
    """The two routes."""

    GROTH16 = "groth16"
    SP1 = "sp1"


class Until(StrEnum):
    """How far a submission is followed."""

    SENT = "sent"  # the network has it
    INCLUDED = "included"  # in a block, which can still be taken back
    FINAL = "final"  # for good
    PUBLISHED = "published"  # and its aggregation's root is out


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofOptions:
    """A proof as the command line describes it."""

    kind: ProofKind
    file: Path
    vk: str | None
    pubs: bytes | None
    program_vkey: bytes | None
    domain_id: int | None
    public: Path | None = None


async def proof_request(
    options: ProofOptions, registry: "ZkVerifyRegistry", account: AccountId | None
) -> "SubmitGroth16 | SubmitShrink":
    """The request, with a locally computed statement; a Groth16 proof was checked by pairing, under the chain's own key
    where none is given.

    Errors: ProofError, ProofInvalid, and VkNotRegistered where an `account` is to pay.
    """
    if options.kind is ProofKind.SP1:
        return shrink_request(options)
    from zk_operator.adapters.zkverify.proof_file import read_claim

    claim = read_claim(
        options.file,
        program_vkey=options.program_vkey,
        public_values=options.pubs,
        public=options.public,
    )
    vk_hash = await _vk_hash(options, claim, registry, account)
    return claim.request(vk_hash, options.domain_id)


def shrink_request(options: ProofOptions) -> "SubmitShrink":
    """A shrink proof with its key and values compared with what the container says."""
    from zk_operator.domain.proof_errors import ProofFormatError
    from zk_operator.domain.shrink_proof import check_shrink_proof
    from zk_operator.ports.zkverify import SubmitShrink

    if options.vk is None or options.pubs is None:
        raise typer.BadParameter("a shrink proof needs --vk HEX and --pubs HEX")
    vk = parse_hash(options.vk)
    try:
        proof = options.file.read_bytes()
    except OSError as error:
        raise ProofFormatError("a file cannot be read", cause=str(error)) from error
    return SubmitShrink(
        vk=vk,
        proof=proof,
        public_values=options.pubs,
        statement=check_shrink_proof(proof, vk, options.pubs),
        domain_id=options.domain_id,
    )


def vk_request(kind: ProofKind, vk: str) -> "KeyRequest":
    """The registration of a key."""
    from zk_operator.adapters.zkverify.proof_file import read_vk
    from zk_operator.ports.zkverify import RegisterShrinkVk, RegisterVk

    if kind is ProofKind.SP1:
        return RegisterShrinkVk(vk=parse_hash(vk))
    known = read_vk(Path(vk))
    return RegisterVk(vk_hash=known.hash, vk=known.vk)


async def _vk_hash(
    options: ProofOptions,
    claim: "Groth16Claim",
    registry: "ZkVerifyRegistry",
    account: AccountId | None,
) -> Hash32:
    """The hash to submit under; the proof is checked by pairing first, wherever the key can be had."""
    from zk_operator.adapters.zkverify.proof_file import parse_hash as hash_or_none
    from zk_operator.adapters.zkverify.proof_file import read_vk
    from zk_operator.app.zkverify_verify import registered_hash

    given = None if options.vk is None else hash_or_none(options.vk)
    known = claim.vk if options.vk is None or given is not None else read_vk(Path(options.vk))
    if known is not None:
        claim.check(known.vk)
    key = given or known
    if key is None:
        raise typer.BadParameter("the proof's file has no key", param_hint="--vk")
    return await registered_hash(key, claim, registry, () if account is None else (account,))
