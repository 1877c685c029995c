"""Signed extrinsics (version 4): payload, bytes, hash, and their way back.

Source of the format: the runtime's signed extensions (taken from its metadata) and sp-runtime's UncheckedExtrinsic.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import sr25519

from zk_acts.domain.ids import AccountId, Hash32
from zkverify_client.adapters.errors import MalformedChainAnswer, RuntimeUnsupported
from zkverify_client.adapters.runtime import Runtime, RuntimeVersion
from zkverify_client.adapters.scale import Reader, compact, mortal_era

_SIGNED_V4 = b"\x84"
_ACCOUNT_ID = b"\x00"
_SR25519 = b"\x01"
_SIGNATURE_SIZES = {0: 64, 1: 64, 2: 65}  # ed25519, sr25519, ecdsa
_NO_METADATA_HASH = b"\x00"


class ExtrinsicSigner(Protocol):
    """An sr25519 key."""

    @property
    def public_key(self) -> AccountId: ...

    @property
    def ss58_address(self) -> str: ...

    def sign(self, data: bytes) -> bytes:
        """64 bytes."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Everything that a signature commits to besides call and runtime version. Tip in planck."""

    genesis_hash: Hash32
    nonce: int
    tip: int
    birth_block: int
    birth_hash: Hash32
    period: int  # blocks; a power of two


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedExtrinsic:
    """The bytes as they are submitted, and the hash by which blocks and pools know them."""

    raw: bytes
    hash: Hash32


class Signed(Protocol):
    """What of a runtime a signature depends on."""

    @property
    def version(self) -> RuntimeVersion: ...

    @property
    def extensions(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Extensions:
    """The same without the runtime, for signing where there is none."""

    version: RuntimeVersion
    extensions: tuple[str, ...]


_Part = Callable[[Terms, RuntimeVersion], bytes]


def _nothing(_terms: Terms, _version: RuntimeVersion) -> bytes:
    return b""


_EXTENSIONS: dict[str, tuple[_Part, _Part]] = {
    "CheckNonZeroSender": (_nothing, _nothing),
    "CheckSpecVersion": (_nothing, lambda _, v: v.spec_version.to_bytes(4, "little")),
    "CheckTxVersion": (_nothing, lambda _, v: v.transaction_version.to_bytes(4, "little")),
    "CheckGenesis": (_nothing, lambda t, _: t.genesis_hash),
    "CheckMortality": (lambda t, _: mortal_era(t.period, t.birth_block), lambda t, _: t.birth_hash),
    "CheckNonce": (lambda t, _: compact(t.nonce), _nothing),
    "CheckWeight": (_nothing, _nothing),
    "ChargeTransactionPayment": (lambda t, _: compact(t.tip), _nothing),
    "CheckMetadataHash": (lambda _t, _v: _NO_METADATA_HASH, lambda _t, _v: _NO_METADATA_HASH),
}
"""By signed extension: its bytes in the extrinsic, and its bytes in the signed payload only."""


def _known_extensions(runtime: Signed) -> list[tuple[_Part, _Part]]:
    # Left out, the signature would commit to something else: after an upgrade nothing is signed by guess
    # (ADR 0070).
    if unknown := [name for name in runtime.extensions if name not in _EXTENSIONS]:
        raise RuntimeUnsupported("the runtime has unknown signed extensions", unknown=unknown)
    return [_EXTENSIONS[name] for name in runtime.extensions]


def _extra(runtime: Signed, terms: Terms) -> bytes:
    return b"".join(extra(terms, runtime.version) for extra, _ in _known_extensions(runtime))


def _additional(runtime: Signed, terms: Terms) -> bytes:
    return b"".join(part(terms, runtime.version) for _, part in _known_extensions(runtime))


def _payload(call: bytes, extra: bytes, additional: bytes) -> bytes:
    payload = call + extra + additional
    # As the runtime does (sp-runtime, `SignedPayload::using_encoded`).
    return payload if len(payload) <= 256 else hashlib.blake2b(payload, digest_size=32).digest()


def signing_payload(runtime: Signed, call: bytes, terms: Terms) -> bytes:
    """What is signed: call, extras, additionals; hashed where longer than 256 bytes."""
    return _payload(call, _extra(runtime, terms), _additional(runtime, terms))


def assemble(
    runtime: Signed, call: bytes, terms: Terms, *, account: AccountId, signature: bytes
) -> SignedExtrinsic:
    """The extrinsic with an sr25519 signature."""
    body = b"".join(
        (_SIGNED_V4, _ACCOUNT_ID, account, _SR25519, signature, _extra(runtime, terms), call)
    )
    raw = compact(len(body)) + body
    return SignedExtrinsic(raw=raw, hash=extrinsic_hash(raw))


def sign(runtime: Runtime, call: bytes, terms: Terms, signer: ExtrinsicSigner) -> SignedExtrinsic:
    """Sign a call. RuntimeUnsupported where the runtime demands a signed extension that we do not know."""
    signature = signer.sign(signing_payload(runtime, call, terms))
    return assemble(runtime, call, terms, account=signer.public_key, signature=signature)


def extrinsic_hash(raw: bytes) -> Hash32:
    """blake2b-256 of the submitted bytes, length prefix included."""
    return Hash32(hashlib.blake2b(raw, digest_size=32).digest())


def call_of(runtime: Runtime, raw: bytes) -> bytes:
    """The call inside a signed extrinsic of that runtime. MalformedChainAnswer for anything else."""
    return _open(runtime, raw).call


def is_signed_for(
    runtime: Runtime, raw: bytes, *, genesis_hash: Hash32, birth_hash: Hash32
) -> bool:
    """Whether an extrinsic carries a good sr25519 signature for this version of the runtime.

    MalformedChainAnswer for bytes that are no signed extrinsic.
    """
    parts = _open(runtime, raw)
    terms = Terms(
        genesis_hash=genesis_hash, nonce=0, tip=0, birth_block=0, birth_hash=birth_hash, period=64
    )
    payload = _payload(parts.call, parts.extra, _additional(runtime, terms))
    try:
        return bool(sr25519.verify(parts.signature, payload, parts.account))
    except ValueError:  # no signature at all, or an account that is no point of the curve
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    account: bytes
    signature: bytes
    extra: bytes
    call: bytes


def _open(runtime: Runtime, raw: bytes) -> _Parts:
    reader = Reader(raw)
    reader.compact()
    if reader.take(1) != _SIGNED_V4 or reader.take(1) != _ACCOUNT_ID:
        raise MalformedChainAnswer("not a signed extrinsic of version 4")
    account = reader.take(32)
    signature = reader.take(_SIGNATURE_SIZES.get(reader.uint(1), 64))
    rest = reader.rest()
    inner = Reader(rest)
    for name in runtime.extensions:
        _skip_extra(name, inner)
    call = inner.rest()
    extra = rest[: len(rest) - len(call)]
    return _Parts(account=account, signature=signature, extra=extra, call=call)


def _skip_extra(name: str, reader: Reader) -> None:
    match name:
        case "CheckMortality":
            if reader.uint(1):
                reader.take(1)
        case "CheckNonce" | "ChargeTransactionPayment":
            reader.compact()
        case "CheckMetadataHash":
            reader.take(1)
