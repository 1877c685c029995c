"""Web3 Secret Storage, version 3: read strictly before the library that opens it sees it.

The library trusts the file: a cost without bound takes all memory, and a value of another type ends in whatever Python
raises for it.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from zk_acts.adapters.signing.errors import KeyFileMalformed
from zk_acts.adapters.signing.secret_file import read_json_object

_HEX: Final = re.compile(r"(?:0x)?((?:[0-9a-fA-F]{2})+)")
_MOST_MEMORY: Final = 1 << 30  # of scrypt: 128 * n * r; geth's standard takes a quarter of it
_MOST_LANES: Final = 16
_MOST_ITERATIONS: Final = 50_000_000
_DERIVED_BYTES: Final = range(32, 65)
_KEY_BYTES: Final = 32
_BLOCK_BYTES: Final = range(1, 17)
_SALT_BYTES: Final = range(1, 1_025)


def parse_v3(path: Path, raw: bytes) -> dict[str, object]:
    """A keystore in the form that version 3 has, its keys in lower case. Error: KeyFileMalformed."""
    keystore = _lowered(read_json_object(path, raw, "V3 keystore"))
    crypto = keystore.get("crypto")
    if keystore.get("version") != 3 or not isinstance(crypto, Mapping):
        raise KeyFileMalformed("the key file is no V3 keystore", path=str(path))
    if not _is_sound(crypto):
        raise KeyFileMalformed("the V3 keystore does not decode", path=str(path))
    return keystore


def _lowered(members: Mapping[str, object]) -> dict[str, object]:
    return {
        key.lower(): _lowered(value) if isinstance(value, dict) else value
        for key, value in members.items()
    }


def _is_sound(crypto: Mapping[str, object]) -> bool:
    cipher, derivation = crypto.get("cipherparams"), crypto.get("kdfparams")
    return (
        crypto.get("cipher") == "aes-128-ctr"
        and isinstance(cipher, Mapping)
        and isinstance(derivation, Mapping)
        and _size(cipher.get("iv")) in _BLOCK_BYTES
        and _size(crypto.get("ciphertext")) == _KEY_BYTES
        and _size(crypto.get("mac")) == _KEY_BYTES
        and _size(derivation.get("salt")) in _SALT_BYTES
        and _number(derivation, "dklen") in _DERIVED_BYTES
        and _is_affordable(crypto.get("kdf"), derivation)
    )


def _is_affordable(kdf: object, params: Mapping[str, object]) -> bool:
    if kdf == "pbkdf2":
        iterations = _number(params, "c")
        return params.get("prf") == "hmac-sha256" and 0 < iterations <= _MOST_ITERATIONS
    n, r, p = (_number(params, name) for name in "nrp")
    return (
        kdf == "scrypt"
        and n > 1
        and not n & (n - 1)
        and r > 0
        and 128 * n * r <= _MOST_MEMORY
        and 0 < p <= _MOST_LANES
    )


def _number(members: Mapping[str, object], name: str) -> int:
    value = members.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _size(value: object) -> int:
    """The bytes of a hex text; 0 for anything else."""
    found = _HEX.fullmatch(value) if isinstance(value, str) else None
    return len(found[1]) // 2 if found else 0
