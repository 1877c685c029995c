"""`zk-operator proof`: what is printed, and with which exit code it ends."""

import json
import sys
from pathlib import Path

import pytest
import zstandard

from zk_devnet.groth16_dev import prove
from zk_devnet.groth16_dev.encoding import gnark_vk_bytes
from zk_devnet.groth16_dev.trapdoor import dev_verifying_key
from zk_operator.cli import main

VKEY, VALUES = b"\x00" + b"\x21" * 31, b"values"
FIELDS = {
    *("format", "sdk_version", "mode", "vkey", "public_values", "digest", "exit_code"),
    *("vk_root", "verified", "statements"),
}
PACKED = zstandard.ZstdCompressor().compress(bytes(99_999))
MOCK = b'{"vkey": "' + b"00" * 32 + b'", "publicValues": "", "proof": "0x"}'


@pytest.fixture
def proof_file(tmp_path: Path) -> Path:
    """An on-chain proof under the devnet's key, and that key beside it."""
    inputs = prove.public_inputs(program_vkey=VKEY, public_values=VALUES, exit_code=0, nonce=7)
    proof = prove.prove(inputs, lambda _: 12_345)
    path = tmp_path / "proof.bin"
    path.write_bytes(prove.onchain_bytes(proof, inputs))
    (tmp_path / "key.bin").write_bytes(gnark_vk_bytes(dev_verifying_key()))
    return path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["zk-operator", "proof", *arguments])
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def told(path: Path, *more: str) -> tuple[str, ...]:
    key = str(path.with_name("key.bin"))
    return (str(path), "--vk", key, "--public-values", VALUES.hex(), "--json", *more)


@pytest.mark.parametrize("verb", ["inspect", "verify"])
def test_proof__a_true_one__ends_with_0_and_every_field(
    proof_file: Path,
    verb: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = run(monkeypatch, verb, *told(proof_file, "--vkey", "0x" + VKEY.hex()))
    answer = json.loads(capsys.readouterr().out)
    assert code == 0
    assert answer.keys() >= FIELDS
    assert (answer["verified"], answer["mode"], answer["exit_code"]) == (True, "groth16", 0)
    assert answer["statements"]["groth16"].startswith("0x")


def test_proof__another_program__ends_with_6(
    proof_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "verify", *told(proof_file, "--vkey", "00" * 31 + "05")) == 6
    assert json.loads(capsys.readouterr().out)["verified"] is False


def test_proof__that_cannot_be_told__ends_with_7(
    proof_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "verify", str(proof_file)) == 7
    assert "trapdoor is public" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "code", "exit_code"),
    [
        (b"\x11" * 356, "ZKO-PRF-011", 65),
        (b"\x03\x00\x00\x00\xff", "ZKO-PRF-011", 65),
        (PACKED[:-3], "ZKO-PRF-011", 65),
        (PACKED * 2, "ZKO-PRF-011", 65),
        (b'{"a":' * 50_000, "ZKO-PRF-011", 65),
        (b'{"proof":' + b"9" * 10_000 + b"}", "ZKO-PRF-011", 65),
        (MOCK, "ZKO-PRF-011", 65),
        (b'{"proof": {"a": []}}', "ZKO-PRF-011", 65),
        (b'{"vk": "0x"}', "ZKO-PRF-012", 65),
        (b"[" * 50_000, "ZKO-PRF-012", 65),
        (b"", "ZKO-PRF-012", 65),
        (b"\x7fELF", "ZKO-PRF-012", 65),
        (b"\x89PNG\r\n\x1a\n" + bytes(20_000), "ZKO-PRF-012", 65),
        (b"hello\n" * 9_000, "ZKO-PRF-012", 65),
        (bytes(396), "ZKO-PRF-011", 65),
        (None, "ZKO-PRF-010", 66),
    ],
    ids=[
        *("points", "cut", "zstd-cut", "zstd-twice", "json-deep", "json-number", "mock", "pallet"),
        *("json", "list", "empty", "elf", "png", "text", "zeros", "absent"),
    ],
)
def test_proof__no_usable_file__ends_with_a_code_and_no_traceback(
    content: bytes | None,
    code: str,
    exit_code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "file"
    if content is not None:
        path.write_bytes(content)
    assert run(monkeypatch, "verify", str(path), "--json") == exit_code
    printed = capsys.readouterr()
    assert json.loads(printed.err)["error"]["code"] == code
    assert printed.out == ""


def test_proof__a_key_file_that_is_none__ends_with_65(
    proof_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "verify", str(proof_file), "--vk", str(proof_file), "--json") == 65
    assert "ZKO-PRF-013" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--vkey", "--public-values"])
def test_proof__an_option_that_is_no_hex__ends_with_2(
    option: str, proof_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(monkeypatch, "verify", str(proof_file), option, "zz") == 2


def test_proof__a_folder__ends_with_66(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "inspect", str(tmp_path)) == 66
    assert "Is a directory" in capsys.readouterr().err


def test_proof__for_people__has_the_verdict_the_checks_and_the_statement(
    proof_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [one for one in told(proof_file, "--vkey", VKEY.hex()) if one != "--json"]
    assert run(monkeypatch, "inspect", *options) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{proof_file}: a groth16 proof of SP1 circuit v6.1.0, in on-chain form"
    assert "  verified        yes" in lines
    assert "  public values   6 bytes" in lines
    assert "  yes  the pairing holds under the circuit's key" in lines
    assert any(line.startswith("  Groth16 pallet  0x") for line in lines)


def test_proof__for_people__a_false_one_says_which_check_failed(
    proof_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = str(proof_file.with_name("key.bin"))
    options = ("--vk", key, "--vkey", VKEY.hex(), "--public-values", "aa" * 500)
    assert run(monkeypatch, "verify", str(proof_file), *options) == 6
    printed = capsys.readouterr().out
    assert "  verified        NO" in printed
    assert "  NO   the pairing holds" in printed
    assert "all of them with --json" in printed
    assert "statement" not in printed
