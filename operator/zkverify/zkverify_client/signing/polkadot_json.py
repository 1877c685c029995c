"""polkadot-js encrypted JSON, version 3: scrypt, xsalsa20-poly1305, a PKCS8-like body.

The body is `header (16) | secret (64) | divider (5) | public (32)`; the sr25519 secret is stored in the expanded
ed25519 form. Own codec because substrate-interface caps scrypt's memory below what polkadot-js writes today
(N = 2^17) and reports a wrong password as an assertion.
"""

import hashlib
import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import sr25519
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from zk_acts.adapters.signing.errors import KeyFileMalformed, WrongPassword

_HEADER: Final = bytes([48, 83, 2, 1, 1, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32])
_DIVIDER: Final = bytes([161, 35, 3, 33, 0])
_BODY_SIZE: Final = len(_HEADER) + 64 + len(_DIVIDER) + 32
_SALT_SIZE: Final = 32
_NONCE_SIZE: Final = 24
_PREFIX_SIZE: Final = _SALT_SIZE + 12
_R: Final = 8
# (N, p) that polkadot-js accepts: anything else is a way to make us burn memory, or a weak key.
_ALLOWED_COSTS: Final = frozenset(
    {(1 << 13, 10), (1 << 14, 5), (1 << 15, 3), (1 << 15, 1), (1 << 16, 2), (1 << 17, 1)}
)
Stretch = Callable[[str, bytes, tuple[int, int]], bytes]
"""32 bytes of a password, a salt and scrypt's (N, p)."""
STANDARD_SCRYPT: Final = (1 << 17, 1)
LIGHT_SCRYPT: Final = (1 << 15, 1)
_CONTENT: Final = ["pkcs8", "sr25519"]
_TYPES: Final = ["scrypt", "xsalsa20-poly1305"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """An sr25519 pair as the schnorrkel bindings take it."""

    public: bytes  # 32 bytes
    secret: bytes  # 64 bytes

    def __repr__(self) -> str:
        return f"KeyPair(public=0x{self.public.hex()})"


def decrypt(
    document: Mapping[str, object], password: str, *, stretching: Stretch | None = None
) -> KeyPair:
    """Errors: KeyFileMalformed, WrongPassword (the box does not say whether password or bytes are wrong)."""
    sealed = _sealed_bytes(document)
    cost = _cost(sealed[_SALT_SIZE:_PREFIX_SIZE])
    key = (stretching or _stretch)(password, sealed[:_SALT_SIZE], cost)
    nonce = sealed[_PREFIX_SIZE : _PREFIX_SIZE + _NONCE_SIZE]
    try:
        body = SecretBox(key).decrypt(sealed[_PREFIX_SIZE + _NONCE_SIZE :], nonce)
    except CryptoError:
        raise WrongPassword from None
    return _parse_body(body)


def encrypt(
    pair: KeyPair,
    password: str,
    *,
    address: str,
    name: str,
    cost: tuple[int, int] = STANDARD_SCRYPT,
    stretching: Stretch | None = None,
    randomness: Callable[[int], bytes] = secrets.token_bytes,
) -> dict[str, object]:
    """The document, as polkadot-js and its extensions import it. `cost` is scrypt's (N, p)."""
    salt, nonce = randomness(_SALT_SIZE), randomness(_NONCE_SIZE)
    key = (stretching or _stretch)(password, salt, cost)
    box = SecretBox(key).encrypt(body_of(pair), nonce)
    n, p = cost
    prefix = salt + b"".join(value.to_bytes(4, "little") for value in (n, p, _R))
    return {
        "encoded": b64encode(prefix + nonce + box.ciphertext).decode(),
        "encoding": {"content": _CONTENT, "type": _TYPES, "version": "3"},
        "address": address,
        "meta": {"name": name},
    }


def body_of(pair: KeyPair) -> bytes:
    """What is sealed: the PKCS8-like body."""
    expanded = sr25519.convert_secret_key_to_ed25519(pair.secret)
    return _HEADER + bytes(expanded) + _DIVIDER + pair.public


def _sealed_bytes(document: Mapping[str, object]) -> bytes:
    encoding, encoded = document.get("encoding"), document.get("encoded")
    if not isinstance(encoding, Mapping) or not isinstance(encoded, str):
        raise KeyFileMalformed("the key file is no polkadot-js JSON")
    if encoding.get("version") != "3" or encoding.get("type") != _TYPES:
        raise KeyFileMalformed("the polkadot-js JSON has another version or cipher")
    if encoding.get("content") != _CONTENT:
        raise KeyFileMalformed("the polkadot-js JSON holds no sr25519 key")
    try:
        sealed = b64decode(encoded, validate=True)
    except ValueError:
        raise KeyFileMalformed("the polkadot-js JSON is not base64") from None
    if len(sealed) != _PREFIX_SIZE + _NONCE_SIZE + SecretBox.MACBYTES + _BODY_SIZE:
        raise KeyFileMalformed("the polkadot-js JSON has a wrong length", size=len(sealed))
    return sealed


def _cost(raw: bytes) -> tuple[int, int]:
    n, p, r = (int.from_bytes(raw[at : at + 4], "little") for at in (0, 4, 8))
    if (n, p) not in _ALLOWED_COSTS or r != _R:
        raise KeyFileMalformed("the polkadot-js JSON has unknown scrypt parameters", n=n, p=p, r=r)
    return n, p


def _stretch(password: str, salt: bytes, cost: tuple[int, int]) -> bytes:
    n, p = cost
    return hashlib.scrypt(
        password.encode(), salt=salt, n=n, r=_R, p=p, dklen=SecretBox.KEY_SIZE, maxmem=1 << 28
    )


def _parse_body(body: bytes) -> KeyPair:
    divider_at = len(_HEADER) + 64
    if body[: len(_HEADER)] != _HEADER or not body[divider_at:].startswith(_DIVIDER):
        raise KeyFileMalformed("the decrypted key is no PKCS8 body")
    try:
        public, secret = sr25519.pair_from_ed25519_secret_key(body[len(_HEADER) : divider_at])
    except (ValueError, IndexError):
        raise KeyFileMalformed("the decrypted secret is no sr25519 key") from None
    if public != body[divider_at + len(_DIVIDER) :]:
        raise KeyFileMalformed("the decrypted secret is not of the stored public key")
    return KeyPair(public=public, secret=secret)
