"""Extrinsics that are built here and signed elsewhere: what has to be signed travels as JSON, and comes back as bytes.

The signing side needs no chain and no metadata. It sees the parts, and signs what it has put together from them itself.
"""

import json
from dataclasses import dataclass
from typing import Any

import sr25519

from zk_acts.domain.ids import AccountId, Hash32, hex0x, parse_hex
from zk_acts.domain.json_text import parse_json
from zkverify_client.adapters.chain import Chain, ChainAccess
from zkverify_client.adapters.draft import Drafter
from zkverify_client.adapters.errors import MalformedChainAnswer, SignerAbsent
from zkverify_client.adapters.extrinsic import (
    Extensions,
    ExtrinsicSigner,
    SignedExtrinsic,
    Terms,
    assemble,
    signing_payload,
)
from zkverify_client.adapters.precheck import require_effect
from zkverify_client.adapters.runtime import RuntimeVersion
from zkverify_client.adapters.scale import mortal_era
from zkverify_client.ports.zkverify import BuiltRequest, SendSigned
from zkverify_client.signing.ss58 import VOLTA_PREFIX, address_of

_CALL_INDEX = 2  # bytes: every call begins with its pallet and its number in it


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsignedExtrinsic:
    """Everything that a signature commits to."""

    account: AccountId
    call: bytes
    terms: Terms
    version: RuntimeVersion
    extensions: tuple[str, ...]

    @property
    def payload(self) -> bytes:
        """What is signed."""
        return signing_payload(self._by(), self.call, self.terms)

    def sign(self, signer: ExtrinsicSigner) -> SignedExtrinsic:
        """Sign it here. ValueError for another account's signer."""
        if signer.public_key != self.account:
            raise ValueError("the extrinsic is another account's")
        return self.with_signature(signer.sign(self.payload))

    def with_signature(self, signature: bytes) -> SignedExtrinsic:
        """The extrinsic with an sr25519 signature. ValueError for one that is not of this payload and account."""
        if len(signature) != 64 or not sr25519.verify(signature, self.payload, self.account):
            raise ValueError("the signature is not of this extrinsic")
        return assemble(
            self._by(), self.call, self.terms, account=self.account, signature=signature
        )

    def _by(self) -> Extensions:
        return Extensions(version=self.version, extensions=self.extensions)

    def to_json(self) -> str:
        """For the way to the signer."""
        terms, version = self.terms, self.version
        document = {
            "account": hex0x(self.account),
            "call": hex0x(self.call),
            "genesis": hex0x(terms.genesis_hash),
            "nonce": terms.nonce,
            "tip": str(terms.tip),
            "birth_block": terms.birth_block,
            "birth_hash": hex0x(terms.birth_hash),
            "period": terms.period,
            "spec_name": version.spec_name,
            "spec_version": version.spec_version,
            "transaction_version": version.transaction_version,
            "extensions": list(self.extensions),
        }
        return json.dumps(document, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "UnsignedExtrinsic":
        """The inverse of `to_json`. MalformedChainAnswer for anything else."""
        try:
            return _of(parse_json(text))
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise MalformedChainAnswer("this is no unsigned extrinsic") from error


class KeyElsewhere:
    """The signer of an account whose key is not here: for following, and sending what was signed elsewhere."""

    def __init__(self, account: AccountId) -> None:
        self._account = account

    @property
    def public_key(self) -> AccountId:
        """The account."""
        return self._account

    @property
    def ss58_address(self) -> str:
        """Its name in rows and locks."""
        return address_of(self._account, VOLTA_PREFIX)

    def sign(self, data: bytes) -> bytes:
        """SignerAbsent."""
        raise SignerAbsent(public_key=hex0x(self._account), payload=hex0x(data[:32]))


def send_request(unsigned: UnsignedExtrinsic, signed: SignedExtrinsic) -> SendSigned:
    """The request that sends it, with a row, and has it followed to its end."""
    terms = unsigned.terms
    return SendSigned(
        raw=signed.raw,
        nonce=terms.nonce,
        tip=terms.tip,
        birth_block=terms.birth_block,
        period=terms.period,
    )


class OfflineBuilder:
    """Builds extrinsics for accounts whose key is elsewhere."""

    def __init__(self, *, access: ChainAccess, drafter: Drafter, genesis_hash: Hash32) -> None:
        self._access = access
        self._drafter = drafter
        self._genesis_hash = genesis_hash

    async def build(
        self,
        request: BuiltRequest,
        account: AccountId,
        *,
        nonce: int,
        tip: int = 0,
        period: int = 256,
    ) -> UnsignedExtrinsic:
        """By the chain's runtime of now, valid for `period` blocks (a power of two). Errors: as PaidChannel.prepare."""

        async def look(chain: Chain) -> UnsignedExtrinsic:
            runtime, birth = await chain.runtime(), await chain.finalized()
            await require_effect(chain, runtime, request, account, None)
            draft = await self._drafter.draft(chain, runtime, request, account)
            terms = Terms(
                genesis_hash=self._genesis_hash,
                nonce=nonce,
                tip=tip,
                birth_block=birth.number,
                birth_hash=birth.hash,
                period=period,
            )
            return UnsignedExtrinsic(
                account=account,
                call=draft.call,
                terms=terms,
                version=runtime.version,
                extensions=runtime.extensions,
            )

        return await self._access.read(look)


def _uint(value: Any, bits: int) -> int:
    number = int(value)
    if number < 0 or number >> bits:
        raise ValueError(f"not a u{bits}")
    return number


def _of(document: dict[str, Any]) -> UnsignedExtrinsic:
    terms = Terms(
        genesis_hash=Hash32(parse_hex(document["genesis"], 32)),
        nonce=_uint(document["nonce"], 32),
        tip=_uint(document["tip"], 128),
        birth_block=_uint(document["birth_block"], 32),
        birth_hash=Hash32(parse_hex(document["birth_hash"], 32)),
        period=_uint(document["period"], 32),
    )
    mortal_era(terms.period, terms.birth_block)  # which has to be possible
    version = RuntimeVersion(
        spec_name=str(document["spec_name"]),
        spec_version=_uint(document["spec_version"], 32),
        transaction_version=_uint(document["transaction_version"], 32),
    )
    return UnsignedExtrinsic(
        account=AccountId(parse_hex(document["account"], 32)),
        call=_call(document["call"]),
        terms=terms,
        version=version,
        extensions=tuple(str(name) for name in document["extensions"]),
    )


def _call(text: str) -> bytes:
    call = bytes.fromhex(text.removeprefix("0x"))
    if len(call) < _CALL_INDEX:
        raise ValueError("there is no call to sign")
    return call
