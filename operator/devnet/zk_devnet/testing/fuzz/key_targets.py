"""Key files, with a key derivation that costs nothing: the real one takes a second on purpose."""

import hashlib
import json
from random import Random
from typing import Any

from eth_utils.crypto import keccak

from zk_acts.adapters.signing.secret_file import read_json_object
from zk_devnet.testing.fuzz.byte_mutation import mutate_bytes
from zk_devnet.testing.fuzz.json_mutation import mutate_json
from zk_devnet.testing.fuzz.made_here import memory_file
from zk_devnet.testing.fuzz.target import Decoder, Target, require
from zk_operator.adapters.signing.evm import EvmSigner, _decrypt
from zk_operator.adapters.signing.v3_keystore import parse_v3
from zkverify_client.signing import polkadot_json
from zkverify_client.signing.signer import ZkVerifySigner, _check_address

_PASSWORD, _SECRET = "password", b"\x01" * 32
_MOST_MEMORY, _CHEAP = 1 << 30, 4_096


def _cheap(password: str, *terms: object) -> bytes:
    return hashlib.sha256(repr((password, terms)).encode()).digest()


def _v3() -> Decoder:
    """Opened where that costs nothing; a cost that is let through is one that a start can afford."""

    def read(raw: bytes) -> None:
        keystore = parse_v3(memory_file(raw), raw)
        if _work(keystore) <= _CHEAP:
            EvmSigner(_decrypt(memory_file(raw), keystore, _PASSWORD))

    scrypt = ("scrypt", {"dklen": 32, "n": 2, "r": 1, "p": 1, "salt": "ab" * 32})
    pbkdf2 = ("pbkdf2", {"dklen": 32, "c": 2, "prf": "hmac-sha256", "salt": "cd" * 32})
    seeds = [json.dumps(_keystore(*one)).encode() for one in (scrypt, pbkdf2)]
    return Decoder(seeds=seeds, mutate=mutate_json, read=read)


def _work(keystore: Any) -> int:
    """What opening it takes, and that it is not too much."""
    terms = keystore["crypto"]["kdfparams"]
    if keystore["crypto"]["kdf"] == "pbkdf2":
        return int(terms["c"])
    require(128 * terms["n"] * terms["r"] <= _MOST_MEMORY, "a key file asks for too much memory")
    return int(terms["n"] * terms["r"] * terms["p"])


def _keystore(kdf: str, terms: dict[str, Any]) -> dict[str, object]:
    """One that opens."""
    salt, secret = bytes.fromhex(terms["salt"]), _PASSWORD.encode()
    if kdf == "scrypt":
        key = hashlib.scrypt(secret, salt=salt, n=terms["n"], r=terms["r"], p=terms["p"], dklen=32)
    else:
        key = hashlib.pbkdf2_hmac("sha256", secret, salt, terms["c"], 32)
    crypto: dict[str, object] = {
        "cipher": "aes-128-ctr",
        "cipherparams": {"iv": "11" * 16},
        "ciphertext": _SECRET.hex(),
        "kdf": kdf,
        "kdfparams": terms,
        "mac": keccak(key[16:] + _SECRET).hex(),
    }
    return {"address": "11" * 20, "crypto": crypto, "id": "3198bc9c", "version": 3}


def _polkadot() -> Decoder:
    def read(raw: bytes) -> None:
        path = memory_file(raw)
        document = read_json_object(path, raw, "polkadot-js JSON")
        signer = ZkVerifySigner(polkadot_json.decrypt(document, _PASSWORD, stretching=_cheap))
        _check_address(path, document.get("address"), signer)

    signer = ZkVerifySigner.from_seed(_SECRET)
    document = polkadot_json.encrypt(
        signer._pair,
        _PASSWORD,
        address=signer.ss58_address,
        name="x",
        cost=polkadot_json.LIGHT_SCRYPT,
        stretching=_cheap,
        randomness=Random(1).randbytes,
    )
    return Decoder(seeds=[json.dumps(document).encode()], mutate=mutate_json, read=read)


def _bodies() -> Decoder:
    """What is in a polkadot-js box once it is open: random bytes hardly ever open one."""
    body = polkadot_json.body_of(ZkVerifySigner.from_seed(_SECRET)._pair)
    return Decoder(seeds=[body], mutate=mutate_bytes, read=polkadot_json._parse_body)


TARGETS = (
    Target(name="key-v3", build=_v3),
    Target(name="key-polkadot-js", build=_polkadot),
    Target(name="key-polkadot-js-body", build=_bodies),
)
