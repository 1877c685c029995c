"""EVM keys: V3 keystores, transactions, messages, and the operator's certificate over a batch.

Formats: Web3 Secret Storage version 3; the contracts' specification, section 4; AllowListVerifier's certificate
`abi.encode(address[] signers, bytes[] signatures)`.
"""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from coincurve import PrivateKey, PublicKey
from eth_account import Account
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from hexbytes import HexBytes

from zk_acts.adapters.signing.errors import KeyFileMalformed, KeyMismatch, WrongPassword
from zk_acts.adapters.signing.secret_file import read_password, read_secret, write_secret
from zk_acts.domain.hashing import keccak
from zk_acts.domain.ids import Hash32, hex0x
from zk_operator.adapters.signing.v3_keystore import parse_v3
from zk_operator.domain.abi_coding import encode
from zk_operator.domain.ids import Address
from zk_operator.domain.order import SigningDomain

RESPONSE_TYPEHASH: Final = Hash32(keccak(b"Response(bytes32 publicValuesHash)"))
STANDARD_SCRYPT_N: Final = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """An unsigned EIP-1559 transaction. Fees in wei per gas, value in wei."""

    chain_id: int
    nonce: int
    to: Address
    data: bytes
    value: int
    gas: int
    fee_cap: int
    tip: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedTransaction:
    """Raw bytes as `eth_sendRawTransaction` takes them, and their hash."""

    raw: bytes
    hash: Hash32


def read_transaction(raw: bytes) -> Transaction:
    """What `EvmSigner.sign_transaction` has signed."""
    fields: dict[str, Any] = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
    return Transaction(
        chain_id=fields["chainId"],
        nonce=fields["nonce"],
        to=Address(bytes(fields["to"])),
        data=bytes(fields["data"]),
        value=fields["value"],
        gas=fields["gas"],
        fee_cap=fields["maxFeePerGas"],
        tip=fields["maxPriorityFeePerGas"],
    )


def response_digest(public_values: bytes, domain: SigningDomain) -> Hash32:
    """The EIP-712 digest of `Response(bytes32 publicValuesHash)` that operators sign."""
    struct_hash = keccak(RESPONSE_TYPEHASH + keccak(public_values))
    return Hash32(keccak(b"\x19\x01" + domain.separator + struct_hash))


def address_of(key: PublicKey) -> Address:
    """The account of a public key."""
    return Address(keccak(key.format(compressed=False)[1:])[12:])


class EvmSigner:
    """One secp256k1 key. Its secret leaves it only as signatures; CPU-bound, no I/O."""

    __slots__ = ("_address", "_key")

    def __init__(self, secret: bytes) -> None:
        if len(secret) != 32:
            raise KeyFileMalformed("the secret is no secp256k1 key", size=len(secret))
        try:
            self._key = PrivateKey(secret)
        except ValueError:
            raise KeyFileMalformed("the secret is no secp256k1 key") from None
        self._address = address_of(self._key.public_key)

    def __repr__(self) -> str:
        return f"EvmSigner(address={hex0x(self._address)})"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("an EvmSigner is not serialized")

    @property
    def address(self) -> Address:
        """The account, 20 bytes."""
        return self._address

    def sign_digest(self, digest: bytes) -> bytes:
        """65 bytes: r, s (low), v as 27 or 28."""
        if len(digest) != 32:
            raise ValueError(f"a digest has 32 bytes, not {len(digest)}")
        compact = self._key.sign_recoverable(digest, hasher=None)
        return compact[:64] + bytes([compact[64] + 27])

    def sign_message(self, message: bytes) -> bytes:
        """EIP-191 `personal_sign` signature of the message, 65 bytes."""
        prefix = b"\x19Ethereum Signed Message:\n" + str(len(message)).encode()
        return self.sign_digest(keccak(prefix + message))

    def sign_transaction(self, transaction: Transaction) -> SignedTransaction:
        """Sign as a type-2 transaction without an access list."""
        signed = Account.sign_transaction(_as_dict(transaction), self._key.secret)
        return SignedTransaction(raw=bytes(signed.raw_transaction), hash=Hash32(bytes(signed.hash)))

    def certificate(self, public_values: bytes, domain: SigningDomain) -> bytes:
        """The certificate of this one signer, as AllowListVerifier takes it."""
        signature = self.sign_digest(response_digest(public_values, domain))
        return encode(["address[]", "bytes[]"], [[self._address], [signature]])


def _as_dict(transaction: Transaction) -> dict[str, object]:
    return {
        "type": 2,
        "chainId": transaction.chain_id,
        "nonce": transaction.nonce,
        "to": transaction.to,
        "data": transaction.data,
        "value": transaction.value,
        "gas": transaction.gas,
        "maxFeePerGas": transaction.fee_cap,
        "maxPriorityFeePerGas": transaction.tip,
    }


def load_evm_key(path: Path, password_file: Path, *, allow_exposed: bool = False) -> EvmSigner:
    """Open a V3 keystore. Blocking for about a second: its scrypt is slow on purpose.

    Errors: KeyFileUnreadable, KeyFileExposed, KeyFileMalformed, PasswordEmpty, WrongPassword, KeyMismatch.
    """
    raw = read_secret(path, allow_exposed=allow_exposed)
    return open_evm_key(path, raw, read_password(password_file, allow_exposed=allow_exposed))


def open_evm_key(path: Path, raw: bytes, password: str) -> EvmSigner:
    """The key in a V3 keystore that was read. `path` is for messages. Blocking.

    Errors: KeyFileMalformed, WrongPassword, KeyMismatch.
    """
    keystore = parse_v3(path, raw)
    signer = EvmSigner(_decrypt(path, keystore, password))
    named = keystore.get("address")
    if isinstance(named, str) and named.lower().removeprefix("0x") != signer.address.hex():
        raise KeyMismatch(path=str(path), named=named, found=hex0x(signer.address))
    return signer


def _decrypt(path: Path, keystore: dict[str, object], password: str) -> bytes:
    """The secret. A keystore that has its form can only be opened, or not."""
    try:
        return bytes(Account.decrypt(keystore, password))
    except ValueError as error:
        # eth-keyfile has one exception type for both; its message is the only difference.
        if "MAC mismatch" in str(error):
            raise WrongPassword(path=str(path)) from None
        raise KeyFileMalformed("the V3 keystore does not decode", path=str(path)) from None


def create_evm_key(
    path: Path, password: str, *, secret: bytes | None = None, scrypt_n: int = STANDARD_SCRYPT_N
) -> Address:
    """Write a V3 keystore (mode 0600) with a fresh key, or with the given secret; its address.

    A small `scrypt_n` (a power of two) is for development keys only. Errors: KeyFileExists, KeyFileUnreadable.
    """
    secret = secret or secrets.token_bytes(32)
    signer = EvmSigner(secret)
    keystore = Account.encrypt(secret, password, kdf="scrypt", iterations=scrypt_n)
    write_secret(path, json.dumps(keystore, indent=2).encode() + b"\n")
    return signer.address
