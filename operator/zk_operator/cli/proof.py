"""`zk-operator proof`: what a proof file is, and whether it is true."""

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zk_acts.cli.output import AsJson, print_json

if TYPE_CHECKING:
    from zk_operator.adapters.sp1.inspection import Expectation, ProofReport

NOT_TRUE, NOT_KNOWN = 6, 7  # exit codes, see docs/reference/exit-codes.md

app = typer.Typer(no_args_is_help=True)

ProofFile = Annotated[Path, typer.Argument(help="The proof, in any form of SP1 5 or 6.")]
ProgramVkey = Annotated[
    str | None, typer.Option("--vkey", help="The program it must be of: bytes32, in hex.")
]
PublicValuesHex = Annotated[
    str | None, typer.Option("--public-values", help="What it must commit to, in hex.")
]
KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--vk",
        help="For a Groth16 proof: the circuit's groth16_vk.bin, where it is not a released one. For a core, compressed "
        "or Plonk proof: the program's ELF or full key.",
    ),
]
HostBinary = Annotated[
    Path | None,
    typer.Option(
        "--host",
        help="zk-operator-prover, which verifies core, compressed and Plonk proofs; else as found.",
    ),
]


@app.command("inspect")
def inspect(
    file: ProofFile,
    vkey: ProgramVkey = None,
    public_values: PublicValuesHex = None,
    vk: KeyFile = None,
    host: HostBinary = None,
    as_json: AsJson = False,
) -> None:
    """Say what a proof file is, what it claims, and whether that is verified. Exit code 0 only if it is."""
    _show(file, _expectation(vkey, public_values), vk, host, as_json=as_json)


@app.command("verify")
def verify(
    file: ProofFile,
    vkey: ProgramVkey = None,
    public_values: PublicValuesHex = None,
    vk: KeyFile = None,
    host: HostBinary = None,
    as_json: AsJson = False,
) -> None:
    """Verify a proof file. Exit code 0: true; 6: false; 7: cannot be told here; 65: no usable proof file."""
    _show(file, _expectation(vkey, public_values), vk, host, as_json=as_json)


def _show(
    file: Path, expected: "Expectation", vk: Path | None, host: Path | None, *, as_json: bool
) -> None:
    from zk_operator.cli.proof_output import print_report, report_json

    report = _report(_read(file), expected, None if vk is None else _read(vk), host)
    if as_json:
        print_json(report_json(report))
    else:
        print_report(_shown(file), report)
    if report.verified is not True:
        raise typer.Exit(NOT_KNOWN if report.verified is None else NOT_TRUE)


def _report(
    raw: bytes, expected: "Expectation", key: bytes | None, host: Path | None
) -> "ProofReport":
    """By this process; where that takes SP1's own verifier and the program is named, by the prover host."""
    from dataclasses import replace

    from zk_operator.adapters.sp1.inspection import inspect_proof

    report = inspect_proof(raw, expected if key is None else replace(expected, circuit_key=key))
    if key is None or report.open_check is None or report.verified is False:
        return report
    return _judged(report, expected, raw, key, host)


def _judged(
    report: "ProofReport", expected: "Expectation", raw: bytes, key: bytes, host: Path | None
) -> "ProofReport":
    import anyio

    from zk_acts.runtime.logs import configure_logs
    from zk_operator.app.proof_verdict import judged
    from zk_operator.app.prover_tool import LocalPlace

    configure_logs(level="error", form="auto")

    async def ask() -> "ProofReport":
        place = LocalPlace(binary=host)
        return await judged(report, expected, proof=raw, program=key, place=place)

    return anyio.run(ask)


def _expectation(vkey: str | None, public_values: str | None) -> "Expectation":
    from zk_acts.domain.ids import Hash32
    from zk_operator.adapters.sp1.inspection import Expectation

    program = _hex(vkey, "--vkey", 32)
    return Expectation(
        vkey=None if program is None else Hash32(program),
        public_values=_hex(public_values, "--public-values"),
    )


def _hex(text: str | None, option: str, size: int | None = None) -> bytes | None:
    if text is None:
        return None
    try:
        raw = bytes.fromhex(text.removeprefix("0x"))
    except ValueError as error:
        raise typer.BadParameter(f"{text[:80]!r} is no hex", param_hint=option) from error
    if size is not None and len(raw) != size:
        raise typer.BadParameter(f"{len(raw)} bytes instead of {size}", param_hint=option)
    return raw


def _read(path: Path) -> bytes:
    """A regular file's content: a pipe or a device may have no end, or make us wait for ever."""
    from zk_operator.adapters.sp1.inspection.detect import MAX_BYTES
    from zk_operator.adapters.sp1.inspection.errors import ProofFileUnreadable

    try:
        # Opening a named pipe waits for its other end, unless asked not to.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as stream:
            found = os.fstat(stream.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise ProofFileUnreadable("not a regular file", file=_shown(path))
            raw = stream.read(MAX_BYTES + 1) if found.st_size <= MAX_BYTES else None
    except OSError as error:
        message = "the file cannot be read"
        raise ProofFileUnreadable(message, file=_shown(path), reason=error.strerror) from error
    if raw is None or len(raw) > MAX_BYTES:
        raise ProofFileUnreadable(
            "the file is too large to be a proof", file=_shown(path), limit_bytes=MAX_BYTES
        )
    return raw


def _shown(path: Path) -> str:
    """The name without what a terminal would obey or could not print."""
    text = os.fsencode(path).decode(errors="backslashreplace")
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)
