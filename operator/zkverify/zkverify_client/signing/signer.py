"""zkVerify keys: sr25519 in polkadot-js encrypted JSON."""

import json
import secrets
from pathlib import Path
from typing import Final

import sr25519
from scalecodec.utils.ss58 import get_ss58_format

from zk_acts.adapters.signing.errors import KeyFileMalformed, KeyMismatch, WrongPassword
from zk_acts.adapters.signing.secret_file import (
    read_json_object,
    read_password,
    read_secret,
    write_secret,
)
from zk_acts.domain.ids import AccountId
from zkverify_client.signing import polkadot_json
from zkverify_client.signing.mnemonic import derive, pair_of_phrase
from zkverify_client.signing.polkadot_json import KeyPair
from zkverify_client.signing.ss58 import VOLTA_PREFIX, account_of_address, address_of

SS58_PREFIX: Final = VOLTA_PREFIX  # rows and locks name accounts with it on every chain
_DEVELOPMENT_SEED: Final = bytes.fromhex(
    "fac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e"
)  # of the Polkadot SDK's public development phrase


class ZkVerifySigner:
    """One sr25519 key. Its secret leaves it only as signatures; CPU-bound, no I/O."""

    __slots__ = ("_pair",)

    def __init__(self, pair: KeyPair) -> None:
        self._pair = pair

    def __repr__(self) -> str:
        return f"ZkVerifySigner(public_key=0x{self._pair.public.hex()})"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a ZkVerifySigner is not serialized")

    @classmethod
    def from_seed(cls, seed: bytes) -> "ZkVerifySigner":
        """The signer of a 32-byte mini secret."""
        public, secret = sr25519.pair_from_seed(seed)
        return cls(KeyPair(public=public, secret=secret))

    @classmethod
    def from_mnemonic(cls, phrase: str, *, path: str = "", password: str = "") -> "ZkVerifySigner":
        """The signer of a mnemonic phrase, at a path such as //hard/soft, as polkadot-js and wallets derive it.

        KeyFileMalformed for words that are no phrase; it quotes none of them.
        """
        return cls(pair_of_phrase(phrase, path=path, password=password))

    @classmethod
    def from_development_uri(cls, uri: str) -> "ZkVerifySigner":
        """The signer of //Name//… under the phrase that everybody knows: for development chains only.

        ValueError for anything else.
        """
        head, *junctions = uri.split("//")
        if head or not all(junctions) or not junctions:
            raise ValueError("a development URI looks like //Alice or //Alice//0")
        return cls.from_seed(_DEVELOPMENT_SEED).derive(*junctions)

    def derive(self, *junctions: str) -> "ZkVerifySigner":
        """The signer at hard junctions: derive("0") is //0 of this key, as polkadot-js and subkey derive it."""
        return ZkVerifySigner(derive(self._pair, "".join(f"//{name}" for name in junctions)))

    def derived(self, count: int) -> "tuple[ZkVerifySigner, ...]":
        """The signers //0 to //(count - 1): several accounts of one secret, for submitting in parallel."""
        return tuple(self.derive(str(number)) for number in range(count))

    @property
    def public_key(self) -> AccountId:
        """The account, 32 bytes."""
        return AccountId(self._pair.public)

    @property
    def ss58_address(self) -> str:
        """The account's name in rows and locks, the same on every chain; to be shown where that is Volta."""
        return self.address(SS58_PREFIX)

    def address(self, prefix: int) -> str:
        """The account as a chain with that prefix shows it."""
        return address_of(self.public_key, prefix)

    def sign(self, data: bytes) -> bytes:
        """64-byte sr25519 signature (context "substrate"); another one each time."""
        return bytes(sr25519.sign((self._pair.public, self._pair.secret), data))


def load_zkverify_key(
    path: Path, password_file: Path, *, allow_exposed: bool = False
) -> ZkVerifySigner:
    """Open a polkadot-js encrypted JSON. Blocking for up to a second: its scrypt is slow on purpose.

    Errors: KeyFileUnreadable, KeyFileExposed, KeyFileMalformed, PasswordEmpty, WrongPassword, KeyMismatch.
    """
    raw = read_secret(path, allow_exposed=allow_exposed)
    return open_zkverify_key(path, raw, read_password(password_file, allow_exposed=allow_exposed))


def open_zkverify_key(path: Path, raw: bytes, password: str) -> ZkVerifySigner:
    """The key in a polkadot-js JSON that was read. `path` is for messages. Blocking.

    Errors: KeyFileMalformed, WrongPassword, KeyMismatch.
    """
    document = read_json_object(path, raw, "polkadot-js JSON")
    try:
        signer = ZkVerifySigner(polkadot_json.decrypt(document, password))
    except (KeyFileMalformed, WrongPassword) as error:
        raise type(error)(error.message, path=str(path), **error.context) from None
    _check_address(path, document.get("address"), signer)
    return signer


def create_zkverify_key(
    path: Path,
    password: str,
    *,
    seed: bytes | None = None,
    pair: KeyPair | None = None,
    name: str = "zk-operator",
    cost: tuple[int, int] = polkadot_json.STANDARD_SCRYPT,
    prefix: int = SS58_PREFIX,
) -> str:
    """Write a polkadot-js encrypted JSON (mode 0600) with a fresh key, or of the seed or pair given; its ss58 address.

    `prefix` is the chain's, for the address in the file; the key is good for every chain.

    `polkadot_json.LIGHT_SCRYPT` is for development keys. Errors: KeyFileExists, KeyFileUnreadable.
    """
    if pair is None:
        public, secret = sr25519.pair_from_seed(seed or secrets.token_bytes(32))
        pair = KeyPair(public=public, secret=secret)
    address = ZkVerifySigner(pair).address(prefix)
    document = polkadot_json.encrypt(pair, password, address=address, name=name, cost=cost)
    write_secret(path, json.dumps(document, indent=2).encode() + b"\n")
    return address


def _check_address(path: Path, named: object, signer: ZkVerifySigner) -> None:
    if not isinstance(named, str):
        return  # the field is informative and may be left out
    try:
        matches = account_of_address(named) == signer.public_key
    except ValueError:
        raise KeyFileMalformed("the address is not ss58", path=str(path)) from None
    if not matches:
        found = signer.address(get_ss58_format(named))
        raise KeyMismatch(path=str(path), named=named, found=found)
