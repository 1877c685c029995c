"""`zk-operator proof`: what a proof file is, and whether it is true."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zk_operator.cli.options import AsJson
from zk_operator.cli.output import print_json, print_tree

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
        help="The circuit's groth16_vk.bin, where it is not a released one; of a core or compressed proof the "
        "program's full key or its ELF.",
    ),
]
HostBinary = Annotated[
    Path | None,
    typer.Option(
        "--host",
        help="zk-operator-prover, which verifies core and compressed proofs; else as found.",
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
    report = _report(_read(file), expected, None if vk is None else _read(vk), host)
    answer = report_json(report)
    if as_json:
        print_json(answer)
    else:
        print_tree(str(file), _for_people(answer))
    if report.verified is not True:
        raise typer.Exit(NOT_KNOWN if report.verified is None else NOT_TRUE)


def _report(
    raw: bytes, expected: "Expectation", key: bytes | None, host: Path | None
) -> "ProofReport":
    """By this process; where that takes SP1's own verifier and the program is named, by the prover host."""
    from dataclasses import replace

    from zk_operator.adapters.sp1.inspection import inspect_proof
    from zk_operator.adapters.sp1.inspection.report import Format

    report = inspect_proof(raw, expected)
    if key is None or report.format is Format.SHRINK:
        return report
    if "stark" not in report.checks:
        return inspect_proof(raw, replace(expected, circuit_key=key))
    return _judged(report, raw, key, host)


def _judged(report: "ProofReport", raw: bytes, key: bytes, host: Path | None) -> "ProofReport":
    import anyio

    from zk_operator.app.prover_tool import LocalPlace, judged
    from zk_operator.runtime.logs import configure_logs

    configure_logs(level="error", form="auto")
    return anyio.run(judged, report, raw, key, LocalPlace(binary=host))


def _expectation(vkey: str | None, public_values: str | None) -> "Expectation":
    from zk_operator.adapters.sp1.inspection import Expectation
    from zk_operator.domain.ids import Hash32

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
    from zk_operator.adapters.sp1.inspection.detect import MAX_BYTES
    from zk_operator.adapters.sp1.inspection.errors import ProofFileUnreadable

    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ProofFileUnreadable(file=str(path), reason=error.strerror) from error
    if len(raw) > MAX_BYTES:
        raise ProofFileUnreadable(file=str(path), limit_bytes=MAX_BYTES)
    return raw


def report_json(report: "ProofReport") -> dict[str, object]:
    """The report as one JSON object; hashes and values as 0x-hex, numbers beyond 53 bits as text."""
    from zk_operator.domain.ids import hex0x

    def shown(value: bytes | None) -> str | None:
        return None if value is None else hex0x(value)

    claims = report.claims
    return {
        "format": report.format.value,
        "sdk_version": report.sdk_version,
        "mode": report.mode.value,
        "circuit": report.circuit,
        "vkey": shown(claims.vkey),
        "public_values": shown(claims.public_values),
        "digest": shown(claims.digest),
        "exit_code": claims.exit_code,
        "vk_root": shown(claims.vk_root),
        "nonce": None if claims.nonce is None else str(claims.nonce),
        "verified": report.verified,
        "checks": dict(report.checks),
        "statements": {route: shown(value) for route, value in report.statements.items()},
        "notes": list(report.notes),
    }


def _for_people(answer: dict[str, object]) -> dict[str, object]:
    notes = answer["notes"]
    return answer | {"notes": "; ".join(notes) if isinstance(notes, list) and notes else None}
