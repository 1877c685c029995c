"""How `zk-operator proof` says what it found: one JSON object, or lines for people."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from zk_operator.adapters.sp1.inspection import ProofReport

VERDICTS = {True: "yes", False: "NO", None: "cannot be told here"}
FORMS = {
    "bincode": "in the SDK's container",
    "onchain": "in on-chain form",
    "shrink": "in the form of zkVerify's SP1 pallet",
    "zkverify": "in the form of zkVerify's Groth16 pallet",
}
ROUTES = {"groth16": "Groth16 pallet", "shrink": "SP1 pallet"}
CHECKS = {
    "vkey": "it is of the program that --vkey names",
    "named_key": "it is of the program whose key the file names",
    "public_values": "the public values hash to the digest",
    "expected_public_values": "the public values are those of --public-values",
    "exit_code": "the program ended with exit code 0",
    "complete": "the proof is of the whole run",
    "vk_root": "the recursion root is SP1's for this version",
    "circuit": "it is of a circuit whose key is known, and says so throughout",
    "encodings": "its two encodings are of the same proof",
    "pairing": "the pairing holds under the circuit's key",
    "stark": "SP1's verifier accepts the STARK",
    "plonk": "SP1's verifier accepts the Plonk proof",
    "program": "it is of the program that --vk names",
}
_LABEL, _ROW, _MOST_ROWS = 15, 32, 12


def report_json(report: "ProofReport") -> dict[str, object]:
    """The report as one JSON object; hashes and values as 0x-hex, numbers beyond 53 bits as text."""
    claims = report.claims
    return {
        "format": report.format.value,
        "sdk_version": report.sdk_version,
        "mode": report.mode.value,
        "circuit": report.circuit,
        "vkey": _hex(claims.vkey),
        "public_values": _hex(claims.public_values),
        "digest": _hex(claims.digest),
        "digest_hash": None if claims.hasher is None else claims.hasher.value,
        "exit_code": claims.exit_code,
        "vk_root": _hex(claims.vk_root),
        "nonce": None if claims.nonce is None else str(claims.nonce),
        "verified": report.verified,
        "checks": dict(report.checks),
        "statements": {route: _hex(value) for route, value in report.statements.items()},
        "notes": list(report.notes),
    }


def print_report(name: str, report: "ProofReport") -> None:
    """Lines for people: what it is, the verdict, the claims, each check, the statements, the notes."""
    for line in _lines(name, report):
        typer.echo(line)


def _lines(name: str, report: "ProofReport") -> Iterator[str]:
    version = f" of SP1 circuit {report.sdk_version}" if report.sdk_version else ""
    yield f"{name}: a {report.mode.value} proof{version}, {FORMS[report.format.value]}"
    yield ""
    yield from _field("verified", VERDICTS[report.verified])
    yield from _claims(report)
    yield ""
    yield "checks"
    marks = {True: "yes", False: "NO ", None: " ? "}
    for check, holds in report.checks.items():
        yield f"  {marks[holds]}  {CHECKS.get(check, check)}"
    yield from _statements(report)
    for note in report.notes:
        yield f"note: {note}"


def _claims(report: "ProofReport") -> Iterator[str]:
    claims = report.claims
    yield from _field("program", _hex(claims.vkey))
    yield from _values(claims.public_values)
    hashed = f" ({claims.hasher.value})" if claims.hasher else ""
    yield from _field("digest", None if claims.digest is None else f"{_hex(claims.digest)}{hashed}")
    yield from _field("exit code", claims.exit_code)
    yield from _field("recursion root", _hex(claims.vk_root))
    yield from _field("nonce", claims.nonce)
    if report.circuit is not None and report.circuit != report.sdk_version:
        yield from _field("circuit", report.circuit)


def _field(label: str, value: object) -> Iterator[str]:
    if value is not None:
        yield f"  {label:<{_LABEL}} {value}"


def _values(public_values: bytes | None) -> Iterator[str]:
    if public_values is None:
        return
    yield from _field("public values", f"{len(public_values)} bytes")
    rows = [public_values[at : at + _ROW].hex() for at in range(0, len(public_values), _ROW)]
    for row in rows[:_MOST_ROWS]:
        yield f"  {'':<{_LABEL}} {row}"
    if len(rows) > _MOST_ROWS:
        yield f"  {'':<{_LABEL}} ... (all of them with --json)"


def _statements(report: "ProofReport") -> Iterator[str]:
    known = [(route, value) for route, value in report.statements.items() if value is not None]
    if known:
        yield ""
        yield "statement on zkVerify"
    for route, value in known:
        yield from _field(ROUTES[route], _hex(value))
    if report.notes:
        yield ""


def _hex(value: bytes | None) -> str | None:
    return None if value is None else "0x" + value.hex()
