"""Calls to any verifier pallet, by the chain's metadata: composed from values, and taken apart again from stored bytes.

What a verifier takes is in the metadata; what it states is in `domain.verifier`. So a verifier that takes other types in a
later runtime is served as it is, and one that would state something else is an error before anything is paid for.
"""

from dataclasses import dataclass
from typing import Any

from zk_acts.domain.ids import Hash32, Statement, hex0x
from zkverify_client.adapters.chain import Chain, ChainAccess
from zkverify_client.adapters.errors import MalformedChainAnswer, StatementMismatch
from zkverify_client.adapters.runtime import Runtime
from zkverify_client.adapters.scale import Reader
from zkverify_client.domain.proof_errors import ProofFormatError
from zkverify_client.domain.verifier import Encoded, VerifierPallet, statement_of, vk_hash_of
from zkverify_client.ports.zkverify import RegisterEncodedVk, SubmitEncoded

_SUBMIT, _REGISTER = "submit_proof", "register_vk"
_KEY, _VK_OR_HASH, _PROOF, _PUBS = "vk", "vk_or_hash", "proof", "pubs"
_BY_HASH, _BY_KEY = b"\x00", b"\x01"  # VkOrHash


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A proof as values: dicts, lists, numbers and hex as `TypeTable.encode` takes them. Without `vk` its key is named by a
    hash where it is submitted."""

    pallet: VerifierPallet
    proof: Any
    pubs: Any
    vk: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A submit_proof call, taken apart."""

    statement: Statement
    domain_id: int | None


class VerifierCodec:
    """From values to requests, by the metadata of the best block's runtime.

    Errors of all: ProofFormatError where a value is not what the metadata says, StatementUnknown, RuntimeUnsupported
    where the runtime does not have the verifier, and those of reading the chain.
    """

    def __init__(self, *, access: ChainAccess) -> None:
        self._access = access

    async def proof(
        self,
        document: Document,
        *,
        vk_hash: Hash32 | None = None,
        domain_id: int | None = None,
    ) -> SubmitEncoded:
        """The request to verify it: under a registered key's hash where one is given, else with the key in full."""

        async def look(chain: Chain) -> SubmitEncoded:
            return encode_proof(await chain.runtime(), document, vk_hash, domain_id)

        return await self._access.read(look)

    async def key(self, pallet: VerifierPallet, vk: Any) -> RegisterEncodedVk:
        """The request to register it; its `vk_hash` is the key's name from then on."""

        async def look(chain: Chain) -> RegisterEncodedVk:
            return encode_key(await chain.runtime(), pallet, vk)

        return await self._access.read(look)


def encode_key(runtime: Runtime, pallet: VerifierPallet, vk: Any) -> RegisterEncodedVk:
    """Errors: as VerifierCodec."""
    kind = runtime.call_arguments(pallet, _REGISTER)[_KEY]
    raw = runtime.types.encode(kind, vk, _KEY)
    vk_hash = read_key(runtime, pallet, Reader(raw))
    return RegisterEncodedVk(pallet=pallet, vk_hash=vk_hash, vk=raw)


def encode_proof(
    runtime: Runtime, document: Document, vk_hash: Hash32 | None, domain_id: int | None
) -> SubmitEncoded:
    """Errors: as VerifierCodec."""
    pallet, full = document.pallet, None
    if vk_hash is None:
        if document.vk is None:
            raise ProofFormatError("the proof comes without its key")
        key = encode_key(runtime, pallet, document.vk)
        vk_hash, full = key.vk_hash, key.vk
    types = runtime.call_arguments(pallet, _SUBMIT)
    proof = runtime.types.encode(types[_PROOF], document.proof, _PROOF)
    pubs = runtime.types.encode(types[_PUBS], document.pubs, _PUBS)
    return SubmitEncoded(
        pallet=pallet,
        vk_hash=vk_hash,
        vk=full,
        proof=proof,
        pubs=pubs,
        statement=statement_of(
            pallet,
            vk_hash,
            _taken_apart(runtime, types[_PROOF], proof),
            _taken_apart(runtime, types[_PUBS], pubs),
        ),
        domain_id=domain_id,
    )


def encoded_proof_call(runtime: Runtime, request: SubmitEncoded) -> bytes:
    """The call. StatementMismatch where it is not of this runtime, or is not what the request says."""
    named = _BY_HASH + request.vk_hash if request.vk is None else _BY_KEY + request.vk
    domain = request.domain_id
    tail = b"\x00" if domain is None else b"\x01" + domain.to_bytes(4, "little")
    prefix = runtime.call_prefix(request.pallet, _SUBMIT)
    call = prefix + named + request.proof + request.pubs + tail
    reader = Reader(call[len(prefix) :])
    try:
        found = read_submission(runtime, request.pallet, reader)
        reader.finish()
    except MalformedChainAnswer as error:
        raise StatementMismatch(
            "the proof was made for another runtime's metadata", statement=hex0x(request.statement)
        ) from error
    if found != Submission(statement=request.statement, domain_id=domain):
        raise StatementMismatch(statement=hex0x(request.statement))
    return call


def encoded_key_call(runtime: Runtime, request: RegisterEncodedVk) -> bytes:
    """The call. StatementMismatch as for proofs."""
    reader = Reader(request.vk)
    try:
        found = read_key(runtime, request.pallet, reader)
        reader.finish()
    except MalformedChainAnswer as error:
        raise StatementMismatch(
            "the key was made for another runtime's metadata", vk_hash=hex0x(request.vk_hash)
        ) from error
    if found != request.vk_hash:
        raise StatementMismatch("the key is not of that hash", vk_hash=hex0x(request.vk_hash))
    return runtime.call_prefix(request.pallet, _REGISTER) + request.vk


def read_submission(runtime: Runtime, pallet: VerifierPallet, reader: Reader) -> Submission:
    """What a submit_proof call claims; the reader stands behind its prefix.

    Errors: MalformedChainAnswer for bytes that the metadata does not explain, StatementUnknown.
    """
    types = runtime.call_arguments(pallet, _SUBMIT)
    found = runtime.types.read(types[_VK_OR_HASH], reader)
    if found.scale[:1] == _BY_HASH:
        vk_hash = Hash32(found.content)
    else:
        key = runtime.call_arguments(pallet, _REGISTER)[_KEY]
        vk_hash = vk_hash_of(pallet, _taken_apart(runtime, key, found.scale[1:]))
    proof = runtime.types.read(types[_PROOF], reader)
    pubs = runtime.types.read(types[_PUBS], reader)
    domain_id = reader.uint(4) if reader.uint(1) else None
    return Submission(statement=statement_of(pallet, vk_hash, proof, pubs), domain_id=domain_id)


def read_key(runtime: Runtime, pallet: VerifierPallet, reader: Reader) -> Hash32:
    """The hash of the key that comes next. Errors: as read_submission."""
    kind = runtime.call_arguments(pallet, _REGISTER)[_KEY]
    return vk_hash_of(pallet, runtime.types.read(kind, reader))


def _taken_apart(runtime: Runtime, kind: int, raw: bytes) -> Encoded:
    reader = Reader(raw)
    found = runtime.types.read(kind, reader)
    reader.finish()
    return found
