"""The metric registry against who sets metrics, and against who reads them: documentation, alerts, dashboard."""

import ast
import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import anyio
from prometheus_client import CollectorRegistry, ProcessCollector

from zk_devnet.testing.manual_clock import ManualClock
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.supervisor import Supervisor
from zk_operator.runtime.telemetry import METRICS, Metric, Telemetry

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("zk_operator", "zkverify/zk_acts", "zkverify/zkverify_client")
ALERTS = ROOT / "config" / "alerts" / "zk-operator.yml"
DASHBOARD = ROOT / "config" / "grafana" / "zk-operator.json"
METHODS = {"count": "counter", "gauge": "gauge", "observe": "histogram"}
NAME = re.compile(r"\b(?:zk_operator|eigen|process)_[a-z0-9_]+")
SELECTOR = re.compile(r"\b((?:zk_operator|eigen)_[a-z0-9_]+)\{([^}]*)\}")
BY_NAME = {metric.name: metric for metric in METRICS}
OF_THE_TARGET = {"instance", "job"}


@cache
def setting_calls() -> Sequence[tuple[str, str, set[str]]]:
    return tuple(find_setting_calls())


def find_setting_calls() -> Iterator[tuple[str, str, set[str]]]:
    """Method, metric and labels of every call of a telemetry object in the packages."""
    every = (path for name in PACKAGES for path in (ROOT / "operator" / name).rglob("*.py"))
    for path in every:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = ast.unparse(node.func.value)
                if owner.endswith("telemetry") and node.func.attr in METHODS:
                    yield (
                        node.func.attr,
                        ast.literal_eval(node.args[0]),
                        {keyword.arg for keyword in node.keywords if keyword.arg},
                    )


def wire_names(metric: Metric) -> set[str]:
    if metric.kind == "histogram":
        return {metric.wire + suffix for suffix in ("_bucket", "_sum", "_count")}
    return {metric.wire}


def readable_names() -> set[str]:
    own = {name for metric in METRICS for name in wire_names(metric)}
    process = CollectorRegistry()
    ProcessCollector(registry=process)
    return own | {family.name for family in process.collect()} | {"process_cpu_seconds_total"}


def alert_expressions() -> list[str]:
    return re.findall(r"^ +expr: (.+)$", ALERTS.read_text(), re.MULTILINE)


def dashboard_expressions() -> list[str]:
    found: list[str] = []

    def search(value: Any) -> None:
        if isinstance(value, dict):
            found.extend(text for key, text in value.items() if key == "expr")
            for item in value.values():
                search(item)
        elif isinstance(value, list):
            for item in value:
                search(item)

    search(json.loads(DASHBOARD.read_text()))
    return found


def unknown_names(expressions: list[str]) -> set[str]:
    return {name for text in expressions for name in NAME.findall(text)} - readable_names()


def unknown_labels(expressions: list[str]) -> set[str]:
    labels = {name: metric.labels for metric in METRICS for name in wire_names(metric)}
    return {
        f"{name}: {label}"
        for text in expressions
        for name, selector in SELECTOR.findall(text)
        for label in re.findall(r"(\w+) *(?:=~|!~|!=|=)", selector)
        if label not in {*labels[name], *OF_THE_TARGET}
    }


def test_metrics__short_and_wire_names__are_unique() -> None:
    assert len(BY_NAME) == len({metric.wire for metric in METRICS}) == len(METRICS)


def test_metrics__every_one__is_set_somewhere() -> None:
    assert set(BY_NAME) - {name for _, name, _ in setting_calls()} == set()


def test_metrics__every_call__names_a_metric_with_its_kind_and_labels() -> None:
    wrong = [
        (method, name, labels)
        for method, name, labels in setting_calls()
        if name not in BY_NAME
        or BY_NAME[name].kind != METHODS[method]
        or set(BY_NAME[name].labels) != labels
    ]
    assert wrong == []


def test_metrics_page__lists_exactly_the_registry() -> None:
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text()
    listed = re.findall(r"^\| `([a-z0-9_]+)` \| (counter|gauge|histogram) ", page, re.MULTILINE)
    assert listed == [(metric.wire, metric.kind) for metric in METRICS]


def test_telemetry__of_this_registry__exports_only_known_names() -> None:
    exported = {
        sample.name
        for family in Telemetry().registry.collect()
        for sample in family.samples
        if not sample.name.endswith("_created")
    }
    assert exported - readable_names() == set()


class Idle:
    """A service that has nothing to do."""

    name = "idle"
    description = "Does nothing"

    async def tick(self) -> None:
        """Succeed."""

    async def wake(self) -> None:
        await anyio.sleep_forever()


async def test_supervisor__pass_that_succeeds__is_dated() -> None:
    telemetry = Telemetry()
    board = HealthBoard(clock=ManualClock(now_ms=5_000))
    supervisor = Supervisor(services=[Idle()], board=board, telemetry=telemetry, interval_s=60)
    async with anyio.create_task_group() as group:
        group.start_soon(supervisor.run)
        await anyio.wait_all_tasks_blocked()
        supervisor.stop()
    name = "zk_operator_last_success_timestamp_seconds"
    assert telemetry.registry.get_sample_value(name, {"stage": "idle"}) == 5.0


def test_alerts__expressions__read_metrics_and_labels_that_exist() -> None:
    expressions = alert_expressions()
    assert len(expressions) == ALERTS.read_text().count("- alert: ") > 0
    assert unknown_names(expressions) == set()
    assert unknown_labels(expressions) == set()


def test_alerts__runbook__is_a_page_that_exists() -> None:
    pages = re.findall(r"^ +runbook: (.+)$", ALERTS.read_text(), re.MULTILINE)
    assert len(pages) == ALERTS.read_text().count("- alert: ")
    assert [page for page in pages if not (ROOT / page).is_file()] == []


def test_dashboard__expressions__read_metrics_and_labels_that_exist() -> None:
    expressions = dashboard_expressions()
    assert expressions
    assert unknown_names(expressions) == set()
    assert unknown_labels(expressions) == set()


def test_dashboard__every_metric__is_shown() -> None:
    text = " ".join(dashboard_expressions())
    assert {metric.wire for metric in METRICS if metric.wire not in text} == set()
