"""V3 keystores (Web3 Secret Storage) as they are opened: scrypt or PBKDF2, AES-128 in counter mode, a Keccak MAC.

Own decoder because eth-account's takes whatever cost a file names (a terabyte of memory, a year of hashing) and reports
a wrong password by a text.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from Crypto.Cipher import AES
from eth_utils.crypto import keccak

from zk_operator.adapters.signing.errors import KeyFileMalformed, WrongPassword

_KEY_BYTES: Final = 32
_IV_BYTES: Final = 16
_MAC_BYTES: Final = 32
_MOST_SALT: Final = 1 << 10
_SCRYPT_BLOCK: Final = 128  # bytes of memory for each unit of N * r
_MOST_MEMORY: Final = 1 << 29  # twice what geth writes (N = 2^18, r = 8)
_MOST_WORK: Final = 1 << 23  # N * r * p; geth's is 2^21, about a second
_MOST_ITERATIONS: Final = 1 << 22  # geth's and the published vector's are 2^18


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrypt:
    """Parameters within what a daemon may spend at its start."""

    salt: bytes
    n: int
    r: int
    p: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pbkdf2:
    """Parameters within what a daemon may spend at its start; HMAC-SHA-256."""

    salt: bytes
    iterations: int


Stretching = Scrypt | Pbkdf2
Stretch = Callable[[str, Stretching], bytes]
"""32 bytes of a password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sealed:
    stretching: Stretching
    iv: bytes
    ciphertext: bytes
    mac: bytes


def stretch(password: str, how: Stretching) -> bytes:
    """As the parameters say; about a second with usual ones."""
    secret = password.encode()
    if isinstance(how, Pbkdf2):
        return hashlib.pbkdf2_hmac("sha256", secret, how.salt, how.iterations, _KEY_BYTES)
    return hashlib.scrypt(
        secret, salt=how.salt, n=how.n, r=how.r, p=how.p, dklen=_KEY_BYTES, maxmem=2 * _MOST_MEMORY
    )


def decrypt(
    keystore: Mapping[str, object], password: str, *, stretching: Stretch = stretch
) -> bytes:
    """The secret, 32 bytes. `keystore`: with keys in lower case at its first level.

    Errors: KeyFileMalformed, also for costs that are out of bounds; WrongPassword.
    """
    sealed = _sealed(_section(keystore, "crypto"))
    key = stretching(password, sealed.stretching)
    if not hmac.compare_digest(keccak(key[16:] + sealed.ciphertext), sealed.mac):
        raise WrongPassword
    cipher = AES.new(key[:16], AES.MODE_CTR, nonce=b"", initial_value=sealed.iv)
    return cipher.decrypt(sealed.ciphertext)


def _sealed(crypto: Mapping[str, object]) -> _Sealed:
    if crypto.get("cipher") != "aes-128-ctr":
        raise KeyFileMalformed("the V3 keystore has another cipher than aes-128-ctr")
    return _Sealed(
        stretching=_stretching(crypto),
        iv=_hex(_section(crypto, "cipherparams"), "iv", _IV_BYTES),
        ciphertext=_hex(crypto, "ciphertext", _KEY_BYTES),
        mac=_hex(crypto, "mac", _MAC_BYTES),
    )


def _stretching(crypto: Mapping[str, object]) -> Stretching:
    terms = _section(crypto, "kdfparams")
    if _number(terms, "dklen", _KEY_BYTES) != _KEY_BYTES:
        raise KeyFileMalformed("the V3 keystore's derived key has another length than 32")
    salt = _hex(terms, "salt")
    match crypto.get("kdf"):
        case "scrypt":
            return _scrypt(terms, salt)
        case "pbkdf2" if terms.get("prf") == "hmac-sha256":
            return Pbkdf2(salt=salt, iterations=_number(terms, "c", _MOST_ITERATIONS))
        case _:
            raise KeyFileMalformed("the V3 keystore has an unknown key derivation")


def _scrypt(terms: Mapping[str, object], salt: bytes) -> Scrypt:
    n, r, p = (_number(terms, name, _MOST_WORK) for name in ("n", "r", "p"))
    if n < 2 or n & (n - 1) or n >= 1 << (16 * r) or r * p >= 1 << 30:
        raise KeyFileMalformed("the V3 keystore has scrypt parameters that are none", n=n, r=r, p=p)
    if n * r * _SCRYPT_BLOCK > _MOST_MEMORY or n * r * p > _MOST_WORK:
        raise KeyFileMalformed("the V3 keystore asks for too much work", n=n, r=r, p=p)
    return Scrypt(salt=salt, n=n, r=r, p=p)


def _section(fields: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = fields.get(name)
    if not isinstance(found, Mapping):
        raise KeyFileMalformed("the V3 keystore lacks a part", part=name)
    return found


def _number(fields: Mapping[str, object], name: str, most: int) -> int:
    found = fields.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or not 1 <= found <= most:
        raise KeyFileMalformed("a number of the V3 keystore is missing or out of bounds", part=name)
    return found


def _hex(fields: Mapping[str, object], name: str, size: int | None = None) -> bytes:
    found = fields.get(name)
    try:
        raw = bytes.fromhex(found.removeprefix("0x")) if isinstance(found, str) else None
    except ValueError:
        raw = None
    if raw is None or len(raw) != (size or len(raw)) or len(raw) > _MOST_SALT:
        raise KeyFileMalformed("a part of the V3 keystore is no hex of its size", part=name)
    return raw
