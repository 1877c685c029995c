"""What a running operator says of itself over HTTP."""

import re
from pathlib import Path
from typing import Any

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from zk_devnet.testing.scenario.process import OperatorProcess


async def status(operator: OperatorProcess) -> dict[str, Any]:
    """Its status, alerts included."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{operator.url}/status") as reply,
    ):
        found: dict[str, Any] = await reply.json()
    return found


async def alerts(operator: OperatorProcess) -> dict[str, str]:
    """What needs a human, by name."""
    found: dict[str, str] = (await status(operator))["alerts"]
    return found


async def is_ready(operator: OperatorProcess) -> bool:
    """Whether it says so."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{operator.url}/readyz") as reply,
    ):
        return reply.status == 200


async def metric(operator: OperatorProcess, name: str, **labels: str) -> float | None:
    """A metric's value; None where it has none."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{operator.url}/metrics") as reply,
    ):
        text = await reply.text()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return float(sample.value)
    return None


def alert_threshold(rules: Path, alert: str) -> float:
    """Above which value a rule of the form `metric > number` fires."""
    found = re.search(rf"alert: {alert}\n\s+expr: \S+ > ([0-9.]+)\n", rules.read_text())
    assert found is not None, f"{alert} has no plain threshold"
    return float(found[1])
