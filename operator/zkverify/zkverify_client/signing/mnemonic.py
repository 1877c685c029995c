"""Key pairs of mnemonic phrases, as polkadot-js, subkey and wallets make them: BIP-39 words, Substrate's own seed, junctions."""

import hashlib
import re

import sr25519
from bip39 import bip39_to_mini_secret

from zk_acts.adapters.signing.errors import KeyFileMalformed
from zkverify_client.signing.polkadot_json import KeyPair

_U64 = re.compile("[0-9]{1,20}")
_JUNCTION = re.compile(r"(//?)([^/]+)")


def pair_of_phrase(phrase: str, *, path: str = "", password: str = "") -> KeyPair:
    """The pair of 12 to 24 English words, at a path of junctions such as //hard/soft, with the phrase's own password.

    KeyFileMalformed for words that are no phrase, or a path that is none; it quotes nothing of the phrase.
    """
    words = " ".join(phrase.split())
    try:
        seed = bytes(bip39_to_mini_secret(words, password))
    except ValueError:
        raise KeyFileMalformed(
            "the words are no mnemonic phrase", words=len(words.split())
        ) from None
    public, secret = sr25519.pair_from_seed(seed)
    return derive(KeyPair(public=public, secret=secret), path)


def derive(pair: KeyPair, path: str) -> KeyPair:
    """The pair at junctions below another. KeyFileMalformed for a path that is none."""
    found = _JUNCTION.findall(path)
    if "".join(slashes + name for slashes, name in found) != path:
        raise KeyFileMalformed("a path looks like //hard/soft", path=path)
    for slashes, name in found:
        extended = (_chain_code(name), pair.public, pair.secret)
        below = sr25519.hard_derive_keypair if slashes == "//" else sr25519.derive_keypair
        _, public, secret = below(extended, b"")
        pair = KeyPair(public=public, secret=secret)
    return pair


def _chain_code(junction: str) -> bytes:
    """sp-core's: what fits a u64 as that, any other text as SCALE string; 32 bytes, hashed where longer."""
    if _U64.fullmatch(junction) and int(junction) < 1 << 64:
        return int(junction).to_bytes(8, "little").ljust(32, b"\0")
    raw = junction.encode()
    if len(raw) >= 64:
        raise KeyFileMalformed("a junction has fewer than 64 bytes")
    code = bytes([len(raw) << 2]) + raw
    if len(code) > 32:
        return hashlib.blake2b(code, digest_size=32).digest()
    return code.ljust(32, b"\0")
