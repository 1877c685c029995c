#!/usr/bin/env python3
"""Write the pages that follow from the code: the runbook, error codes, metrics, log events, decisions.

.venv/bin/python docs/generate.py            write them
.venv/bin/python docs/generate.py --check    exit code 1 if they are not up to date
"""

import ast
import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import zk_acts
import zk_devnet
import zk_operator
import zk_trader
import zkverify_client
from zk_acts.domain.errors import OperatorError
from zk_operator.runtime.telemetry import METRICS

DOCS = Path(__file__).resolve().parent
RUNBOOK = DOCS / "runbook"
PACKAGES = (zk_acts, zkverify_client, zk_operator, zk_devnet, zk_trader)
LOGGING = (zk_acts, zkverify_client, zk_operator)  # whose log events are the daemon's
SECTIONS = ("Meaning", "What you see", "What to do")
CODE = re.compile(r"ZKO-[A-Z]+-\d{3}")
_OURS = tuple(f"{package.__name__}." for package in PACKAGES)
NOTE = "<!-- Written by docs/generate.py from the code. -->"


@cache
def error_classes() -> list[type[OperatorError]]:
    """Every error class with a code of its own, by code; imports all modules."""
    for package in PACKAGES:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.startswith("zk_operator.proto."):
                importlib.import_module(module.name)
    found: list[type[OperatorError]] = []
    pending: list[type[OperatorError]] = [OperatorError]
    while pending:
        leaf = pending.pop()
        pending.extend(leaf.__subclasses__())
        if "code" in vars(leaf) and leaf.__module__.startswith(_OURS):
            found.append(leaf)
    return sorted(set(found), key=lambda leaf: leaf.code)


def codes_in_sources() -> set[str]:
    """Every code that is written anywhere in the packages, as a class's or as plain text."""
    return {
        code
        for folder in _folders(PACKAGES)
        for path in folder.rglob("*.py")
        for code in CODE.findall(path.read_text(encoding="utf-8"))
    }


def _folders(packages: tuple[ModuleType, ...]) -> tuple[Path, ...]:
    return tuple(Path(str(package.__file__)).parent for package in packages)


def condition(leaf: type[OperatorError]) -> str:
    """What the class says of itself in its first line, as a title."""
    said = inspect.getdoc(leaf) or ""
    first = said.splitlines()[0].removeprefix("Raised when ").partition(";")[0].rstrip(".")
    return first[:1].upper() + first[1:]


def runbook_page(leaf: type[OperatorError]) -> str:
    """The page of one code, from the sections of its class's docstring. Raises ValueError if one is missing."""
    sections = dict(_sections(inspect.getdoc(leaf) or ""))
    if tuple(sections) != SECTIONS:
        raise ValueError(f"{leaf.__qualname__}: the docstring wants {SECTIONS}, in this order")
    body = [f"**{name}.** {text}" for name, text in sections.items()]
    return "\n\n".join([f"# {leaf.code}: {condition(leaf)}\n{NOTE}", *body]) + "\n"


def _sections(docstring: str) -> Iterator[tuple[str, str]]:
    marks = "|".join(SECTIONS)
    parts = re.split(rf"^({marks}):\s", docstring, flags=re.MULTILINE)
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        yield name, text.strip()


def errors_page() -> str:
    """The index of errors."""
    return "\n".join([_ERRORS_HEAD, *map(_error_row, error_classes()), ""])


def _error_row(leaf: type[OperatorError]) -> str:
    disposition = leaf.disposition.value
    ends = disposition == "fatal" or leaf.exit_code != 1
    exit_code = str(leaf.exit_code) if ends else "-"
    link = f"[{leaf.code}](../runbook/{leaf.code}.md)"
    return f"| {link} | {condition(leaf)} | {disposition} | {exit_code} |"


def metrics_page() -> str:
    """The reference of metrics."""
    rows = [
        f"| `{metric.wire}` | {metric.kind} | {', '.join(metric.labels) or '-'} | {metric.help} |"
        for metric in METRICS
    ]
    failing = [
        f"| `{metric.wire}` | {metric.failing} |" for metric in METRICS if metric.kind == "gauge"
    ]
    return "\n".join([_METRICS_HEAD, *rows, _GAUGES_HEAD, *failing, _METRICS_TAIL])


def events_page() -> str:
    """The reference of log events."""
    rows: dict[tuple[str, str], tuple[str, set[str]]] = {}
    files = (
        (folder, path) for folder in _folders(LOGGING) for path in sorted(folder.rglob("*.py"))
    )
    for folder, path in files:
        module = path.relative_to(folder.parent).with_suffix("").as_posix()
        if "/cli/" not in module:
            for event, level, fields in _log_calls(path):
                rows.setdefault((event, module), (level, set()))[1].update(fields)
    lines = [
        f"| `{event}` | {level} | {', '.join(sorted(fields)) or '-'} | {module} |"
        for (event, module), (level, fields) in sorted(rows.items())
    ]
    return "\n".join([_EVENTS_HEAD, *lines, ""])


def _log_calls(path: Path) -> Iterator[tuple[str, str, set[str]]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="log" | "_log"), attr=level),
                args=[ast.Constant(value=str(event)), *_],
                keywords=keywords,
            ) if level in _LEVELS:
                yield event, level, {each.arg for each in keywords if each.arg}


def decisions_page() -> str:
    """The index of design decisions, with the files whose comments name them."""
    rows, places = [], records_in_code()
    for path in sorted((DOCS / "design").glob("[0-9]*.md")):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        title = re.sub(r"^# \d+:? ", "", first)
        files = " ".join(
            f"[{file.stem}](../../{file.relative_to(DOCS.parent)})"
            for file in places.get(path.stem[:4], ())
        )
        rows.append(
            f"| [{path.stem[:4]}]({path.name}) | {title[:1].upper()}{title[1:]} | {files} |"
        )
    return "\n".join([_DECISIONS_HEAD, *rows, ""])


def records_in_code() -> dict[str, list[Path]]:
    """By number of a record: the sources that name it, as `ADR 0005` or, after the first, as a number alone."""
    found: dict[str, list[Path]] = {}
    for file in sorted((DOCS.parent / "operator").rglob("*.py")):
        named = re.findall(r"\bADR (\d{4}(?:, \d{4})*)", file.read_text(encoding="utf-8"))
        for number in sorted({each for some in named for each in some.split(", ")}):
            found.setdefault(number, []).append(file)
    return found


def pages() -> dict[Path, str]:
    """Every page that follows from the code, with its text."""
    runbook = {RUNBOOK / f"{leaf.code}.md": runbook_page(leaf) for leaf in error_classes()}
    return runbook | {
        DOCS / "design" / "README.md": decisions_page(),
        DOCS / "reference" / "events.md": events_page(),
        DOCS / "reference" / "errors.md": errors_page(),
        DOCS / "reference" / "metrics.md": metrics_page(),
    }


_DECISIONS_HEAD = f"""# Design decisions
{NOTE}

Short records: what was decided, why, and what follows. A number is never used twice; a decision that is replaced says by which.

| number | decision | named in |
|---|---|---|"""
_LEVELS = {"debug", "info", "warning", "error"}
_EVENTS_HEAD = f"""# Log events
{NOTE}

One JSON object per line on standard error (on a terminal: coloured text; `log.format` chooses). Every line has `event`,
`level` and `timestamp` (UTC); the other fields depend on the event. Event names are constant, so that they can be counted
and searched; amounts are strings of the smallest unit; hashes are 0x-hex.

Levels: `info`, something changed; `warning`, something was retried or is worse than it should be; `error`, somebody should
look, always with a `code` of the [runbook](../runbook/README.md). `debug` is off by default.

One canonical line per piece of work: `batch.finalized` (durations from closing, in seconds) and `order.finalized`; `act.resolved`
for each paid act. `service.failed` and `service.crashed` say that a pass is repeated, not that something was lost.

| event | level | fields | module |
|---|---|---|---|"""

_ERRORS_HEAD = f"""# Errors
{NOTE}

Every failure has a stable code. The code is in the log line (`code`), in the message on standard error, and in the
`error_code` of a batch or a paid act. Its page in the runbook says what it means and what to do.

**Disposition** says what the operator does by itself: `transient`, `rate_limited`: tries again with back-off; `ambiguous`:
asks what became of it before anything else is sent; `rejected`, `expired`: gives this piece of work up, the rest goes on;
`degraded`: the resource or backend is not used for now; `fatal`: ends the process.
**Exit code** is what the process ends with when this error ends it; `-`: 1 where it ends a verb at all. All of them are in
[exit codes](exit-codes.md).

| code | condition | disposition | exit code |
|---|---|---|---|"""

_METRICS_HEAD = f"""# Metrics
{NOTE}

Served as Prometheus text under `/metrics` of the operator's HTTP server. Rules and a dashboard that use them:
[`config/alerts`](../../config/alerts/zk-operator.yml), [`config/grafana`](../../config/grafana/zk-operator.json); tests hold
both to this list. Histograms have the usual `_bucket`, `_sum` and `_count`. `process_*` (start time, memory, file
descriptors) are the Prometheus client's own.

| name | kind | labels | meaning |
|---|---|---|---|"""

_GAUGES_HEAD = """
## What a gauge shows while its source fails

A gauge that stands still looks like health. So each is set before the work that may fail, is NaN or removed while nobody
knows it, or is a time whose age grows. `zk_operator_last_success_timestamp_seconds` of the service that sets it ages in each case.

| gauge | while its source fails |
|---|---|"""

_METRICS_TAIL = """
## Label values

| label | values |
|---|---|
| `service` | `intake`, `batcher`, `dispatcher`, `submitter`, `settler`, `reaper`, `balances`, `clock`, `terms`, `depths`, `publisher`, `lease` |
| `code` | an error code, see [errors](errors.md); `ZKO-RUN-001` is an unexpected failure |
| `chain`, `tag` | `evm`; `seen`: the head at the configured depth `evm.see_at` |
| `status` | `open`, `settled`, `refunded`, `orphaned`, `rejected` |
| `verdict` | `accepted`, or the code for which the order will not be batched |
| `state` of `zk_operator_batches` | `closed`, `proved`, `verified`, `aggregated`, `settled` |
| `reason` of `zk_operator_batches_closed_total` | `size`, `bytes`, `age`, `fees`, `deadline`, `priority` |
| `reason` of `zk_operator_purchases_held` | `behind`, `terms`, `unread`, `paused`, `depth`, `outcomes`: see [operating](../operate.md) |
| `result` | `done`, `abandoned` |
| `stage` of `zk_operator_stage_seconds` | `prove`, `verify`, `aggregate`, `settle` |
| `stage` of `zk_operator_last_success_timestamp_seconds` | a service's name, or `batch` |
| `kind` of `zk_operator_acts*` | `prove`, `extrinsic`, `transaction`, `job` |
| `end` | `final`, `failed`, `lapsed`, `replaced` |
| `resource` | `PROVE`, `VFY`, `GAS`, `KURIER` |
| `route` | `zkverify`: the own account; `kurier` |
| `backend` | a configured prover, `none` where a batch was given up |
| `state` of `zk_operator_prover_jobs` | `proving`, `waiting` |
| `device`, `kind` of `zk_operator_prover_device_memory_bytes` | a device by nvidia-smi's number; `used`, `total` |
| `decision`, `reason` of `zk_operator_prover_routes_total` | `assign`: `cheapest`, `fastest`; `hedge`: `deadline`, `overdue`, `down`; `giveup`: `attempts`, `too_late` |
| `quorum_number`, `quorum_name` | `0`, `allow-list`: the certificate verifier of the contract |
| `client_version` | the EVM endpoint, without credentials. The node specification has the node's version here; the endpoint is known without another request, and tells more |

Counters start at zero with the process. The gauges of orders, batches, acts and balances are read from the database and
the chains every `timing.balance_interval_s`.
"""


def differences(wanted: dict[Path, str]) -> dict[Path, str | None]:
    """What has to be written, and (None) the runbook pages of codes that are gone."""
    stale = {
        path: text
        for path, text in wanted.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    gone = {path: None for path in RUNBOOK.glob("ZKO-*.md") if path not in wanted}
    return stale | gone


def main(arguments: list[str]) -> int:
    """Write or check; the exit code."""
    found = differences(pages())
    for path, text in found.items():
        if "--check" in arguments:
            sys.stderr.write(f"out of date: {path.relative_to(DOCS.parent)}\n")
        elif text is None:
            path.unlink()
        else:
            path.write_text(text, encoding="utf-8")
    return int(bool(found) and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
