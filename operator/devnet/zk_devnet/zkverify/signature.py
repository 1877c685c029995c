"""Account keys: MultiSignature checks, development key pairs, SS58 addresses."""

from dataclasses import dataclass
from hashlib import blake2b

import base58
import ed25519_zebra
import sr25519
from coincurve import PublicKey

from zk_devnet.zkverify.hashing import blake2_256
from zk_devnet.zkverify.scale import Case, encode_compact

DEV_SEED = bytes.fromhex("fac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e")
_SIMPLE_PREFIXES = 64
_MOST_CHARACTERS = 128  # decoding takes the square of it


@dataclass(frozen=True, slots=True)
class KeyPair:
    """An sr25519 key pair."""

    public: bytes
    _secret: bytes

    def sign(self, message: bytes) -> bytes:
        """The signature under the `substrate` context."""
        return bytes(sr25519.sign((self.public, self._secret), message))

    def derive(self, *junctions: str) -> "KeyPair":
        """The pair at hard junctions, e.g. derive("Alice") for //Alice."""
        pair = self
        for junction in junctions:
            code = _chain_code(junction)
            _, public, secret = sr25519.hard_derive_keypair((code, pair.public, pair._secret), b"")
            pair = KeyPair(public, secret)
        return pair


def key_pair(uri: str) -> KeyPair:
    """The pair of `//Name//…` under the public development phrase, or of a 0x-prefixed 32-byte seed."""
    seed, *junctions = uri.split("//")
    root = bytes.fromhex(seed.removeprefix("0x")) if seed else DEV_SEED
    public, secret = sr25519.pair_from_seed(root)
    return KeyPair(public, secret).derive(*junctions)


def verify(signature: Case, message: bytes, account: bytes) -> bool:
    """Whether a MultiSignature over the message is the account's."""
    try:
        match signature.name:
            case "Sr25519":
                return bool(sr25519.verify(signature.value, message, account))
            case "Ed25519":
                return bool(ed25519_zebra.ed_verify(signature.value, message, account))
            case _:
                return _ecdsa_account(signature.value, message) == account
    except ValueError:
        return False


def ss58(account: bytes, prefix: int) -> str:
    """The SS58 address of an account."""
    if prefix < _SIMPLE_PREFIXES:
        head = bytes([prefix])
    else:
        head = bytes([(prefix & 0xFC) >> 2 | 0x40, prefix >> 8 | (prefix & 3) << 6])
    body = head + account
    return base58.b58encode(body + _checksum(body)).decode()


def account_of(text: str) -> bytes:
    """The account of an SS58 address, of 0x-prefixed hex, or of a development name such as //Alice."""
    if text.startswith("//"):
        return key_pair(text).public
    if text.startswith("0x"):
        account = bytes.fromhex(text[2:])
        if len(account) != 32:
            raise ValueError(f"an account has 32 bytes, not {len(account)}")
        return account
    if not 0 < len(text) <= _MOST_CHARACTERS:
        raise ValueError("not an SS58 address: its length is none")
    raw = base58.b58decode(text)
    head = 1 if raw[:1] < bytes([_SIMPLE_PREFIXES]) else 2
    body, checksum = raw[:-2], raw[-2:]
    if len(body) != head + 32 or checksum != _checksum(body):
        raise ValueError(f"not an SS58 address: {text}")
    return body[head:]


def _checksum(body: bytes) -> bytes:
    return blake2b(b"SS58PRE" + body, digest_size=64).digest()[:2]


def _chain_code(junction: str) -> bytes:
    if (
        junction.isascii()
        and junction.isdigit()
        and len(junction) <= 20
        and int(junction) < 1 << 64
    ):
        return int(junction).to_bytes(8, "little").ljust(32, b"\x00")
    raw = junction.encode()
    code = encode_compact(len(raw)) + raw
    return code.ljust(32, b"\x00") if len(code) <= 32 else blake2_256(code)


def _ecdsa_account(signature: bytes, message: bytes) -> bytes:
    normal = signature[:64] + bytes([signature[64] - 27 if signature[64] >= 27 else signature[64]])
    try:
        key = PublicKey.from_signature_and_message(normal, blake2_256(message), hasher=None)
    except Exception as error:  # coincurve raises bare Exception for an unrecoverable signature
        raise ValueError("the signature recovers to no key") from error
    return blake2_256(key.format(compressed=True))
