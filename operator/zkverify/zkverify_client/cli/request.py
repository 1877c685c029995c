"""From files and options to a request: which proof, under which key, checked before anything is paid."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from zk_acts.domain.ids import AccountId, Hash32
from zkverify_client.cli.options import parse_hash

if TYPE_CHECKING:
    from zkverify_client.adapters.client import ZkVerifyClient
    from zkverify_client.adapters.proof_file import Groth16Claim
    from zkverify_client.adapters.registry import ZkVerifyRegistry
    from zkverify_client.domain.verifier import VerifierPallet
    from zkverify_client.ports.zkverify import RegisterRequest, SubmitShrink
    from zkverify_client.verify import Request


class ProofKind(StrEnum):
    """zkVerify's verifiers."""

    GROTH16 = "groth16"
    SP1 = "sp1"
    RISC0 = "risc0"
    ULTRAPLONK = "ultraplonk"
    ULTRAHONK = "ultrahonk"
    PLONKY2 = "plonky2"
    FFLONK = "fflonk"
    EZKL = "ezkl"
    TEE = "tee"

    @property
    def pallet(self) -> "VerifierPallet":
        """Its pallet."""
        from zkverify_client.domain.verifier import VerifierPallet

        return VerifierPallet[self.name]


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
    options: ProofOptions, client: "ZkVerifyClient", account: AccountId | None
) -> "Request":
    """The request, with a locally computed statement; a Groth16 proof over BN254 was checked by pairing, under the chain's own
    key where none is given.

    Errors: ProofError, ProofInvalid, and VkNotRegistered where an `account` is to pay.
    """
    from zkverify_client.adapters.proof_document import read_proof
    from zkverify_client.adapters.proof_file import read_claim
    from zkverify_client.adapters.verifier_calls import Document
    from zkverify_client.verify import encoded_request, with_key

    if options.kind is ProofKind.SP1:
        return shrink_request(options)
    payers = () if account is None else (account,)
    given = None if options.vk is None else _hash_or_path(options.vk)
    if options.program_vkey is None and options.pubs is None:
        found = read_proof(options.file, options.kind.pallet, public=options.public)
    else:  # SP1's on-chain form
        found = read_claim(
            options.file, program_vkey=options.program_vkey, public_values=options.pubs
        )
    if isinstance(found, Document):
        document, vk_hash = with_key(found, given)
        return await encoded_request(client, document, vk_hash, options.domain_id, payers)
    vk_hash = await _vk_hash(given, found, client.registry, payers)
    return found.request(vk_hash, options.domain_id)


def shrink_request(options: ProofOptions) -> "SubmitShrink":
    """A shrink proof with its key and values compared with what the container says."""
    from zkverify_client.domain.proof_errors import ProofFormatError
    from zkverify_client.domain.shrink_proof import check_shrink_proof
    from zkverify_client.ports.zkverify import SubmitShrink

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


async def vk_request(kind: ProofKind, vk: str, client: "ZkVerifyClient") -> "RegisterRequest":
    """The registration of a key: a file, or hex for SP1 and risc0. Errors: ProofError, those of VerifierCodec."""
    from zkverify_client.adapters.proof_document import read_key
    from zkverify_client.adapters.proof_file import json_in, read_file, read_vk
    from zkverify_client.ports.zkverify import RegisterShrinkVk, RegisterVk

    if kind is ProofKind.SP1:
        return RegisterShrinkVk(vk=parse_hash(vk))
    if kind is ProofKind.RISC0:
        return await client.verifiers.key(kind.pallet, parse_hash(vk))
    if kind is ProofKind.GROTH16 and not _is_over_bls(json_in(read_file(Path(vk)))):
        known = read_vk(Path(vk))
        return RegisterVk(vk_hash=known.hash, vk=known.vk)
    return await client.verifiers.key(kind.pallet, read_key(Path(vk), kind.pallet))


def _is_over_bls(document: "dict[str, Any] | None") -> bool:
    from zkverify_client.adapters.bls12_381_json import is_key_over_bls12_381

    return document is not None and is_key_over_bls12_381(document.get("vk", document))


def _hash_or_path(text: str) -> Hash32 | Path:
    from zkverify_client.adapters.proof_file import parse_hash as hash_or_none

    return hash_or_none(text) or Path(text)


async def _vk_hash(
    given: Hash32 | Path | None,
    claim: "Groth16Claim",
    registry: "ZkVerifyRegistry",
    payers: tuple[AccountId, ...],
) -> Hash32:
    """The hash to submit under; the proof is checked by pairing first, wherever the key can be had."""
    from zkverify_client.adapters.proof_file import read_vk
    from zkverify_client.verify import registered_hash

    known = read_vk(given) if isinstance(given, Path) else claim.vk
    if known is not None:
        claim.check(known.vk)
    key = known if given is None or isinstance(given, Path) else given
    if key is None:
        raise typer.BadParameter("the proof's file has no key", param_hint="--vk")
    return await registered_hash(key, claim, registry, payers)
