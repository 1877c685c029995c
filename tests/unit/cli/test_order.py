"""The `order` verbs before any network: what they take, and what they refuse."""

import sys
from decimal import Decimal
from pathlib import Path

import pytest
import typer

from zk_operator.adapters.signing.evm import create_evm_key
from zk_operator.cli import main
from zk_trader.cli.order_options import (
    Via,
    fee_cap_wei,
    fresh_salt,
    parse_address,
    parse_amount,
    parse_salt,
)
from zk_trader.terms import Way
from zkverify_client.cli.options import parse_vfy

CHECKSUMMED = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"  # EIP-55's first example
NOWHERE = ["--rpc", "http://127.0.0.1:1", "--manager", CHECKSUMMED]
POOL = "0x" + "ab" * 32


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["zk-operator", "order", *arguments])
    with pytest.raises(SystemExit) as ended:
        main.main()
    code = ended.value.code
    assert isinstance(code, int)
    return code


def keyed(folder: Path) -> list[str]:
    password = folder / "password"
    password.write_text("secret\n")
    password.chmod(0o600)
    create_evm_key(folder / "key.json", "secret", secret=b"\x01" * 32, scrypt_n=2)
    return ["--key", str(folder / "key.json"), "--password-file", str(password)]


def placing(folder: Path, **changes: str) -> list[str]:
    options = {"pool": POOL, "sell": "0", "amount": "10", "min-out": "1"} | changes
    return [
        "place",
        *NOWHERE,
        *keyed(folder),
        *(part for name, value in options.items() for part in (f"--{name}", value)),
    ]


@pytest.mark.parametrize("text", [CHECKSUMMED, CHECKSUMMED.lower(), CHECKSUMMED[2:].upper()])
def test_parse_address__with_or_without_checksum__is_the_same(text: str) -> None:
    assert parse_address(text).hex() == CHECKSUMMED[2:].lower()


@pytest.mark.parametrize(
    "text", [CHECKSUMMED.replace("aA", "Aa"), "0x1234", "nonsense", CHECKSUMMED + "00"]
)
def test_parse_address__with_an_error_in_it__is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        parse_address(text)


def test_parse_amount__in_tokens_or_units__keeps_every_digit() -> None:
    huge = "340282366920938463463374607431768211455"
    assert parse_amount(huge, in_tokens=False, option="--amount") == int(huge)
    assert parse_amount(f"0.{huge}", in_tokens=True, option="--amount") == Decimal(f"0.{huge}")


@pytest.mark.parametrize(
    ("text", "in_tokens"),
    [("1.5", False), ("-1", False), ("", True), ("nan", True), ("-0.1", True), ("1e3", False)],
)
def test_parse_amount__of_no_amount__is_refused(text: str, in_tokens: bool) -> None:
    with pytest.raises(typer.BadParameter):
        parse_amount(text, in_tokens=in_tokens, option="--amount")


def test_salt__given_or_fresh__is_a_word() -> None:
    assert parse_salt("0xff") == parse_salt("255") == 255
    assert len({fresh_salt() for _ in range(20)}) == 20
    assert 0 <= fresh_salt() < 2**256


def test_fee_cap_wei__of_a_fraction__is_exact() -> None:
    assert fee_cap_wei(0.1) == 10**8


def test_via__of_the_command_line__has_the_traders_words() -> None:
    assert {each.value for each in Via} == {each.value for each in Way}


@pytest.mark.parametrize(
    "changes",
    [
        {"sell": "2"},
        {"amount": "1.5"},
        {"min-out": "-1"},
        {"pool": "0x12"},
        {"deadline": "0"},
        {"via": "swap"},
        {"manager": "0x12"},
    ],
)
def test_place__with_a_malformed_value__ends_with_two(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, changes: dict[str, str]
) -> None:
    monkeypatch.delenv("ZKO_ROUTER", raising=False)
    assert run(monkeypatch, *placing(tmp_path, **changes)) == 2


def test_place__key_file_missing__ends_with_78_and_its_code(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = placing(tmp_path)
    (tmp_path / "key.json").unlink()
    assert run(monkeypatch, *arguments) == 78
    assert "[ZKO-KEY-001]" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["watch", "cancel", "refund"])
def test_verbs__order_id_malformed__end_with_two(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, verb: str
) -> None:
    keys = [] if verb == "watch" else keyed(tmp_path)
    assert run(monkeypatch, verb, "0x1234", *NOWHERE, *keys) == 2


@pytest.mark.parametrize("gwei", [float("nan"), float("inf"), -1.0, 1e300])
def test_fee_cap_wei__what_is_no_fee__is_refused(gwei: float) -> None:
    with pytest.raises(typer.BadParameter):
        fee_cap_wei(gwei)


@pytest.mark.parametrize("text", ["nan", "inf", "1e999999999", "-1", "1e-19", "x", ""])
def test_parse_vfy__what_is_no_amount__is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        parse_vfy(text)


@pytest.mark.parametrize("text", ["-1", "0x1" + "0" * 64, "x", "9" * 5_000])
def test_parse_salt__what_is_no_uint256__is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        parse_salt(text)
