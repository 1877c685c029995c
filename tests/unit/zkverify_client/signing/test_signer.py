"""zkVerify keys: our polkadot-js JSON against substrate-interface's."""

import json
import pickle
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
import sr25519
from substrateinterface import Keypair

from zk_acts.adapters.signing.errors import KeyFileMalformed, KeyMismatch, WrongPassword
from zk_devnet.zkverify.signature import key_pair
from zkverify_client.signing import polkadot_json
from zkverify_client.signing.mnemonic import pair_of_phrase
from zkverify_client.signing.polkadot_json import LIGHT_SCRYPT
from zkverify_client.signing.signer import ZkVerifySigner, create_zkverify_key, load_zkverify_key
from zkverify_client.signing.ss58 import MAINNET_PREFIX, account_of_address, address_of

SEED = bytes(range(32))


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text("correct horse\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "key.json"
    create_zkverify_key(path, "correct horse", seed=SEED, cost=LIGHT_SCRYPT)
    return path


def rewrite(path: Path, **changes: object) -> Path:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return path


def test_load_zkverify_key__own_file__signs_as_that_account(
    key_file: Path, password_file: Path
) -> None:
    signer = load_zkverify_key(key_file, password_file)
    signature = signer.sign(b"payload")
    assert signer.public_key == sr25519.pair_from_seed(SEED)[0]
    assert sr25519.verify(signature, b"payload", signer.public_key)
    assert signer.ss58_address == json.loads(key_file.read_text())["address"]


def test_create_zkverify_key__opened_by_substrate_interface__is_the_same_pair(
    key_file: Path,
) -> None:
    other = Keypair.create_from_encrypted_json(key_file.read_text(), "correct horse")
    assert other.public_key == sr25519.pair_from_seed(SEED)[0]
    assert sr25519.verify(other.sign(b"x"), b"x", other.public_key)
    assert key_file.stat().st_mode & 0o777 == 0o600


def test_load_zkverify_key__file_of_substrate_interface__opens(
    tmp_path: Path, password_file: Path
) -> None:
    theirs = Keypair.create_from_uri("//Alice", ss58_format=42)
    path = tmp_path / "theirs.json"
    path.write_text(json.dumps(theirs.export_to_encrypted_json("correct horse")))
    path.chmod(0o600)
    signer = load_zkverify_key(path, password_file)
    assert signer.public_key == theirs.public_key
    assert sr25519.verify(signer.sign(b"x"), b"x", theirs.public_key)


def test_load_zkverify_key__standard_cost__opens(tmp_path: Path, password_file: Path) -> None:
    path = tmp_path / "standard.json"
    address = create_zkverify_key(path, "correct horse")
    assert load_zkverify_key(path, password_file).ss58_address == address


def test_load_zkverify_key__wrong_password__says_so(key_file: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("hunter2")
    wrong.chmod(0o600)
    with pytest.raises(WrongPassword, match=r"key\.json") as caught:
        load_zkverify_key(key_file, wrong)
    assert "hunter2" not in str(caught.value)


def test_load_zkverify_key__flipped_bit__does_not_open(key_file: Path, password_file: Path) -> None:
    sealed = bytearray(b64decode(json.loads(key_file.read_text())["encoded"]))
    sealed[-1] ^= 1
    rewrite(key_file, encoded=b64encode(sealed).decode())
    with pytest.raises(WrongPassword):
        load_zkverify_key(key_file, password_file)


@pytest.mark.parametrize(
    "changes",
    [
        {"encoded": "AAAA"},
        {"encoded": "!"},
        {"encoded": None},
        {"encoding": {"content": ["pkcs8", "sr25519"], "type": ["none"], "version": "3"}},
        {"encoding": {"content": ["pkcs8", "sr25519"], "type": "scrypt", "version": "2"}},
        {
            "encoding": {
                "content": ["pkcs8", "ed25519"],
                "type": ["scrypt", "xsalsa20-poly1305"],
                "version": "3",
            }
        },
    ],
)
def test_load_zkverify_key__other_format__is_malformed(
    changes: dict[str, object], key_file: Path, password_file: Path
) -> None:
    rewrite(key_file, **changes)
    with pytest.raises(KeyFileMalformed, match=r"key\.json"):
        load_zkverify_key(key_file, password_file)


def test_load_zkverify_key__huge_scrypt_cost__is_refused_unspent(
    key_file: Path, password_file: Path
) -> None:
    sealed = bytearray(b64decode(json.loads(key_file.read_text())["encoded"]))
    sealed[32:36] = (1 << 30).to_bytes(4, "little")
    rewrite(key_file, encoded=b64encode(sealed).decode())
    with pytest.raises(KeyFileMalformed, match="scrypt"):
        load_zkverify_key(key_file, password_file)


def test_load_zkverify_key__address_of_another__is_refused(
    key_file: Path, password_file: Path
) -> None:
    for prefix in (42, MAINNET_PREFIX):
        named = Keypair.create_from_uri("//Bob", ss58_format=prefix).ss58_address
        own = account_of_address(json.loads(key_file.read_text())["address"])
        was = key_file.read_text()
        rewrite(key_file, address=named)
        with pytest.raises(KeyMismatch) as error:
            load_zkverify_key(key_file, password_file)
        # Both as the same chain writes them: else they could not be compared.
        assert error.value.context["found"] == address_of(own, prefix)
        key_file.write_text(was)


def test_load_zkverify_key__address_is_no_ss58__is_malformed(
    key_file: Path, password_file: Path
) -> None:
    rewrite(key_file, address="bogus")
    with pytest.raises(KeyFileMalformed):
        load_zkverify_key(key_file, password_file)


def test_signer__shown_or_pickled__keeps_its_secret() -> None:
    public, secret = sr25519.pair_from_seed(SEED)
    pair = polkadot_json.KeyPair(public=public, secret=secret)
    signer = ZkVerifySigner(pair)
    for shown in (repr(pair), repr(signer)):
        assert secret.hex() not in shown
        assert repr(secret) not in shown
    with pytest.raises(TypeError):
        pickle.dumps(signer)


DEVELOPMENT_PHRASE = "bottom drive obey lake curtain smoke basket hold race lonely fit walk"


@pytest.mark.parametrize("path", ["", "//Alice", "//Alice//0", "//Alice/soft", "/7", "//polkadot"])
def test_from_mnemonic__any_path__is_the_account_that_substrate_interface_derives(
    path: str,
) -> None:
    theirs = Keypair.create_from_uri(DEVELOPMENT_PHRASE + path, ss58_format=251)
    ours = ZkVerifySigner.from_mnemonic(f"  {DEVELOPMENT_PHRASE}\n", path=path)
    assert ours.public_key == theirs.public_key
    assert theirs.verify(b"message", ours.sign(b"message"))


def test_from_mnemonic__the_development_phrase__is_the_development_account() -> None:
    ours = ZkVerifySigner.from_mnemonic(DEVELOPMENT_PHRASE, path="//Alice")
    assert ours.public_key == ZkVerifySigner.from_development_uri("//Alice").public_key


@pytest.mark.parametrize(
    ("phrase", "path"),
    [("bottom drive", ""), ("", ""), (DEVELOPMENT_PHRASE, "Alice"), (DEVELOPMENT_PHRASE, "///")],
)
def test_from_mnemonic__no_phrase_or_no_path__is_malformed_and_quotes_no_word(
    phrase: str, path: str
) -> None:
    with pytest.raises(KeyFileMalformed) as caught:
        ZkVerifySigner.from_mnemonic(phrase, path=path)
    assert "bottom" not in str(caught.value)


def test_create_zkverify_key__of_a_derived_pair__opens_as_that_account(
    tmp_path: Path, password_file: Path
) -> None:
    pair = pair_of_phrase(DEVELOPMENT_PHRASE, path="//a/b")
    address = create_zkverify_key(
        tmp_path / "k.json", "correct horse", pair=pair, cost=LIGHT_SCRYPT, prefix=8741
    )
    signer = load_zkverify_key(tmp_path / "k.json", password_file)
    assert signer.address(8741) == address


@pytest.mark.parametrize("address", ["1", "0x", "", "z" * 1_000_000, "5" * 48])
def test_load_zkverify_key__an_address_that_is_none__is_malformed_at_once(
    address: str, key_file: Path, password_file: Path
) -> None:
    rewrite(key_file, address=address)
    with pytest.raises(KeyFileMalformed) as caught:
        load_zkverify_key(key_file, password_file)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("uri", ["//", "//Alice//", "Alice", "", "//" + "a" * 64, "//\ud800"])
def test_from_development_uri__what_is_none__is_a_value_error(uri: str) -> None:
    with pytest.raises((ValueError, KeyFileMalformed)):
        ZkVerifySigner.from_development_uri(uri)


def test_from_development_uri__a_number_beyond_u64__is_a_text_as_for_subkey() -> None:
    number = 2**64
    as_text = ZkVerifySigner.from_development_uri(f"//{number}")
    assert as_text.public_key != ZkVerifySigner.from_development_uri("//0").public_key
    assert key_pair(f"//{number}").public == as_text.public_key
