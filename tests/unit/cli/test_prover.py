"""`zk-operator prover`: what needs no prover, and what is said where one is missing."""

import json
import stat
import sys
from pathlib import Path

import pytest

from zk_operator.adapters.sp1.bincode import encode_stdin, single_buffer
from zk_operator.cli import main, prover
from zk_operator.program import batch_program

EXAMPLE = Path(__file__).parents[3] / "config" / "operator.example.toml"


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["zk-operator", "prover", *arguments])
    with pytest.raises(SystemExit) as ended:
        main.main()
    return int(ended.value.code or 0)


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_program__without_a_configuration__is_the_shipped_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "program", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["is_shipped"] is True
    assert answer["vkey"] == "0x" + batch_program().vkey.hex()
    assert answer["size_bytes"] == len(batch_program().elf)


def test_vkey__of_the_shipped_program__needs_no_host(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "vkey", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["vkey"] == "0x" + batch_program().vkey.hex()
    assert len(answer["hash_bytes"]) == 66


@pytest.mark.parametrize("verb", ["quote", "prove"])
def test_verbs_that_run_programs__without_the_host__say_so(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program_input = tmp_path / "input"
    program_input.write_bytes(encode_stdin([b"x"]))
    out = ["--out", str(tmp_path / "proof")] if verb == "prove" else []
    absent = str(tmp_path / "absent")
    code = run(monkeypatch, verb, str(program_input), "--binary", absent, *out, "--json")
    assert code == 69
    assert json.loads(capsys.readouterr().err)["error"]["code"] == "ZKO-HST-001"


def test_prove__by_a_network_without_a_configuration__is_a_wrong_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "input").write_bytes(b"x")
    arguments = [str(tmp_path / "input"), "--out", "x", "--backend", "network"]
    assert run(monkeypatch, "prove", *arguments) == 2


@pytest.mark.parametrize(
    ("out", "values"),
    [("no/such/folder/proof", "00"), ("", "00"), ("proof", "zz")],
    ids=["no folder", "a folder", "no values"],
)
def test_prove__that_could_not_be_used__is_refused_before_anything_is_paid(
    out: str, values: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "input").write_bytes(b"x")
    arguments = [str(tmp_path / "input"), "--out", str(tmp_path / out), "--mode", "groth16"]
    network = ["--backend", "network", "--config", str(EXAMPLE), "--public-values", values]
    assert run(monkeypatch, "prove", *arguments, *network) == 2


def test_status__of_a_prover__shows_amounts_in_whole_prove() -> None:
    line = {"backend": "network", "up": True, "balance": str(15 * 10**17), "spent_last_day": "0"}
    assert prover._for_people({**line, "market_price_per_pgu": "700000000"}) == {
        "up": True,
        "balance": "1.5 PROVE",
        "spent_last_day": "0 PROVE",
        "market_price_per_pgu": "0.7 PROVE per billion",
    }


OLDER_ZISK = """
case "$1" in --help) echo "Commands: sdk build prove verify"; exit 0;; esac
[ "$1 $2 $4 $6 $8" = "prove -e -i -o -y" ] || { echo "usage" >&2; exit 2; }
printf "zisk proof" > "$7/vadcop_final_proof.bin"
"""
NEWER_ZISK = """
case "$1" in --help) printf "Commands:\n  verify  Verify\n  embedded  Prove\n"; exit 0;; esac
[ "$1 $2 $3 $5 $7 $9" = "embedded prove -e -i -o -y" ] || { echo "usage" >&2; exit 2; }
printf "zisk proof" > "$8"
"""


@pytest.mark.parametrize("text", [OLDER_ZISK, NEWER_ZISK], ids=["older", "newer"])
def test_prove__by_zisk__writes_what_its_command_left(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    binary = script(tmp_path / "cargo-zisk", text)
    (tmp_path / "elf").write_bytes(b"\x7fELF")
    (tmp_path / "input").write_bytes(b"x")
    out = tmp_path / "proof"
    code = run(
        monkeypatch,
        *("prove", str(tmp_path / "input"), "--out", str(out), "--backend", "zisk"),
        *("--elf", str(tmp_path / "elf"), "--binary", str(binary)),
    )
    assert (code, out.read_bytes()) == (0, b"zisk proof")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("echo no such ELF >&2; exit 1", "ZKO-PRV-061"),
        ("exit 0", "ZKO-PRV-061"),
        (None, "ZKO-PRV-060"),
    ],
)
def test_prove__by_zisk_that_fails__says_why(
    text: str | None,
    code: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    binary = tmp_path / "cargo-zisk"
    if text is not None:
        script(binary, text)
    (tmp_path / "input").write_bytes(b"x")
    arguments = [str(tmp_path / "input"), "--out", str(tmp_path / "proof"), "--backend", "zisk"]
    run(monkeypatch, "prove", *arguments, "--elf", str(tmp_path), "--binary", str(binary), "--json")
    assert json.loads(capsys.readouterr().err)["error"]["code"] == code
    assert not (tmp_path / "proof").exists()


def test_stdin__of_one_buffer__is_what_the_program_reads() -> None:
    assert single_buffer(encode_stdin([b"batch"])) == b"batch"
    assert (
        encode_stdin([b"\xe8\3\0\0"]).hex()
        == "01" + "00" * 7 + "04" + "00" * 7 + "e8030000" + "00" * 16
    )


@pytest.mark.parametrize(
    ("on_gpu", "name"), [(False, "zk-operator-prover"), (True, "sp1-gpu-server")]
)
def test_place__of_a_configuration__is_the_backends_own(on_gpu: bool, name: str) -> None:
    place = prover._place(EXAMPLE, None, on_gpu=on_gpu)
    assert place.binary is not None
    assert place.binary.name == name
    assert place.circuits is not None
    assert prover._place(EXAMPLE, Path("given"), on_gpu=on_gpu).binary == Path("given")
