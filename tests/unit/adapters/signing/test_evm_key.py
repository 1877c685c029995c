"""EVM keys against the Web3 Secret Storage vector and eth-account's own signatures."""

import json
import pickle
import time
from pathlib import Path

import pytest
from eth_abi.abi import decode
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from eth_utils.crypto import keccak

from zk_acts.adapters.signing.errors import (
    KeyFileExists,
    KeyFileExposed,
    KeyFileMalformed,
    KeyFileUnreadable,
    KeyMismatch,
    PasswordEmpty,
    WrongPassword,
)
from zk_operator.adapters.signing.evm import (
    EvmSigner,
    Transaction,
    create_evm_key,
    load_evm_key,
    response_digest,
)
from zk_operator.domain.ids import Address
from zk_operator.domain.order import SigningDomain

SECRET = bytes.fromhex("7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d")
# The scheme's published test vector.
VECTOR = {
    "address": "008aeeda4d805471df9b2a5b0f38a0c3bcba786b",
    "crypto": {
        "cipher": "aes-128-ctr",
        "cipherparams": {"iv": "6087dab2f9fdbbfaddc31a909735c1e6"},
        "ciphertext": "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
        "kdf": "pbkdf2",
        "kdfparams": {
            "c": 262144,
            "dklen": 32,
            "prf": "hmac-sha256",
            "salt": "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd",
        },
        "mac": "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
    },
    "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
    "version": 3,
}
DOMAIN = SigningDomain(chain_id=31337, manager=Address(b"\x11" * 20))
TX = Transaction(
    chain_id=31337,
    nonce=7,
    to=Address(b"\x22" * 20),
    data=b"\x01\x02",
    value=5,
    gas=21_000,
    fee_cap=3 * 10**9,
    tip=10**9,
)


def secret_file(path: Path, content: str, mode: int = 0o600) -> Path:
    path.write_text(content)
    path.chmod(mode)
    return path


@pytest.fixture
def keystore(tmp_path: Path) -> Path:
    return secret_file(tmp_path / "key.json", json.dumps(VECTOR))


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    return secret_file(tmp_path / "password", "testpassword\n")


def test_load_evm_key__published_vector__gives_its_address(
    keystore: Path, password_file: Path
) -> None:
    assert load_evm_key(keystore, password_file).address.hex() == VECTOR["address"]


def test_load_evm_key__wrong_password__says_so_without_it(keystore: Path, tmp_path: Path) -> None:
    wrong = secret_file(tmp_path / "wrong", "hunter2")
    with pytest.raises(WrongPassword) as caught:
        load_evm_key(keystore, wrong)
    assert "hunter2" not in str(caught.value)
    assert caught.value.code == "ZKO-KEY-004"


@pytest.mark.parametrize(
    "content",
    [
        "not json",
        "[]",
        "{}",
        '{"version": 1, "crypto": {}}',
        '{"version": 3, "crypto": {}}',
        '{"version": 3, "crypto": {"kdf": "none"}}',
    ],
)
def test_load_evm_key__other_file__is_malformed(
    content: str, tmp_path: Path, password_file: Path
) -> None:
    path = secret_file(tmp_path / "other.json", content)
    with pytest.raises(KeyFileMalformed):
        load_evm_key(path, password_file)


def test_load_evm_key__readable_by_others__is_refused_unless_allowed(
    keystore: Path, password_file: Path
) -> None:
    keystore.chmod(0o644)
    with pytest.raises(KeyFileExposed, match="ZKO-KEY-002"):
        load_evm_key(keystore, password_file)
    assert load_evm_key(keystore, password_file, allow_exposed=True)


def test_load_evm_key__exposed_password_file__is_refused(
    keystore: Path, password_file: Path
) -> None:
    password_file.chmod(0o640)
    with pytest.raises(KeyFileExposed):
        load_evm_key(keystore, password_file)


def test_load_evm_key__absent_file__is_named(tmp_path: Path, password_file: Path) -> None:
    with pytest.raises(KeyFileUnreadable, match=r"nowhere\.json"):
        load_evm_key(tmp_path / "nowhere.json", password_file)


def test_load_evm_key__empty_password_file__is_refused(keystore: Path, tmp_path: Path) -> None:
    empty = secret_file(tmp_path / "empty", "\nsecond line")
    with pytest.raises(PasswordEmpty):
        load_evm_key(keystore, empty)


def test_load_evm_key__address_of_another_key__is_refused(
    tmp_path: Path, password_file: Path
) -> None:
    path = secret_file(tmp_path / "key.json", json.dumps(VECTOR | {"address": "00" * 20}))
    with pytest.raises(KeyMismatch):
        load_evm_key(path, password_file)


def test_create_evm_key__written__opens_again_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "new.json"
    address = create_evm_key(path, "pässword", scrypt_n=2)
    password_file = secret_file(tmp_path / "password", "pässword")
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_evm_key(path, password_file).address == address


def test_create_evm_key__file_exists__is_left_alone(keystore: Path) -> None:
    before = keystore.read_bytes()
    with pytest.raises(KeyFileExists):
        create_evm_key(keystore, "x", scrypt_n=2)
    assert keystore.read_bytes() == before


def test_signer__shown_or_pickled__keeps_its_secret() -> None:
    signer = EvmSigner(SECRET)
    assert SECRET.hex() not in repr(signer)
    assert signer.address.hex() in repr(signer)
    with pytest.raises(TypeError):
        pickle.dumps(signer)


@pytest.mark.parametrize("secret", [bytes(32), b"\xff" * 32, b"\x01" * 31, b"\x01" * 33, b""])
def test_signer__no_valid_scalar__is_malformed(secret: bytes) -> None:
    with pytest.raises(KeyFileMalformed):
        EvmSigner(secret)


def test_sign_transaction__recovered__is_from_the_signer() -> None:
    signer = EvmSigner(SECRET)
    signed = signer.sign_transaction(TX)
    assert Account.recover_transaction(signed.raw).lower() == "0x" + signer.address.hex()
    assert signed.hash == keccak(signed.raw)
    assert signed.raw[0] == 2


def test_sign_message__recovered_by_eth_account__is_from_the_signer() -> None:
    signer = EvmSigner(SECRET)
    for message in (b"", b"hello", b"\x00" * 300):
        signature = signer.sign_message(message)
        recovered = Account.recover_message(encode_defunct(message), signature=signature)
        assert recovered.lower() == "0x" + signer.address.hex()


def test_sign_digest__wrong_length__is_a_value_error() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        EvmSigner(SECRET).sign_digest(b"short")


def test_certificate__decoded__recovers_to_the_signer_over_the_typed_data() -> None:
    signer = EvmSigner(SECRET)
    public_values = bytes(range(192))
    signers, signatures = decode(
        ["address[]", "bytes[]"], signer.certificate(public_values, DOMAIN)
    )
    typed = encode_typed_data(
        domain_data={
            "name": "DarkCoW",
            "version": "1",
            "chainId": DOMAIN.chain_id,
            "verifyingContract": "0x" + DOMAIN.manager.hex(),
        },
        message_types={"Response": [{"name": "publicValuesHash", "type": "bytes32"}]},
        message_data={"publicValuesHash": keccak(public_values)},
    )
    assert signers == ("0x" + signer.address.hex(),)
    assert Account.recover_message(typed, signature=signatures[0]).lower() == signers[0]
    assert response_digest(public_values, DOMAIN) == keccak(
        b"\x19" + typed.version + typed.header + typed.body
    )


@pytest.mark.parametrize(
    ("kdf", "terms"),
    [
        ("scrypt", {"n": 2**40, "r": 8, "p": 1}),  # a petabyte of memory
        ("scrypt", {"n": 2**18, "r": 8, "p": 10_000}),  # hours
        ("scrypt", {"n": 2**18, "r": 2**20, "p": 1}),
        ("scrypt", {"n": 3, "r": 8, "p": 1}),
        ("scrypt", {"n": 2**18, "r": 0, "p": 1}),
        ("scrypt", {"n": "262144", "r": 8, "p": 1}),
        ("scrypt", {"n": 2**18, "r": 8, "p": 1, "dklen": 2**31}),
        ("pbkdf2", {"c": 10**12, "prf": "hmac-sha256"}),  # a week
        ("pbkdf2", {"c": 1, "prf": "hmac-md5"}),
        ("pbkdf2", {"c": True, "prf": "hmac-sha256"}),
        ("bcrypt", {"n": 1}),
    ],
)
def test_load_evm_key__a_cost_out_of_bounds__is_malformed_at_once(
    kdf: str, terms: dict[str, object], tmp_path: Path, password_file: Path
) -> None:
    crypto = {**VECTOR["crypto"], "kdf": kdf, "kdfparams": {"dklen": 32, "salt": "ab", **terms}}  # type: ignore[dict-item]  # a vector of several types
    path = secret_file(tmp_path / "key.json", json.dumps({**VECTOR, "crypto": crypto}))
    started = time.process_time()
    with pytest.raises(KeyFileMalformed):
        load_evm_key(path, password_file)
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("ciphertext", "00"),
        ("ciphertext", 5),
        ("mac", "zz"),
        ("cipher", "aes-256-cbc"),
        ("cipherparams", {"iv": "00" * 17}),
        ("cipherparams", []),
        ("kdfparams", None),
    ],
)
def test_load_evm_key__a_damaged_part__is_malformed(
    part: str, value: object, tmp_path: Path, password_file: Path
) -> None:
    crypto = {**VECTOR["crypto"], part: value}  # type: ignore[dict-item]  # as above
    path = secret_file(tmp_path / "key.json", json.dumps({**VECTOR, "crypto": crypto}))
    with pytest.raises(KeyFileMalformed):
        load_evm_key(path, password_file)


@pytest.mark.parametrize("content", ["[" * 100_000, '{"version": 3, "crypto": ' + "[" * 100_000])
def test_load_evm_key__lists_in_lists__are_no_json(
    content: str, tmp_path: Path, password_file: Path
) -> None:
    with pytest.raises(KeyFileMalformed):
        load_evm_key(secret_file(tmp_path / "key.json", content), password_file)
