"""`config check --online`: what each configured endpoint can do, and whether accounts and contract are ready.

Reads only; nothing is signed, sent or paid. Each endpoint is asked alone: the daemon's pools would hide what one lacks.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import anyio

from zk_acts.domain.finding import Finding, Severity
from zk_operator.app.doctor.errors import EndpointsUnfit
from zk_operator.app.doctor.evm import examine_evm
from zk_operator.app.doctor.prover import examine_provers
from zk_operator.app.doctor.zkverify import examine_zkverify
from zk_operator.app.materials import Materials
from zk_operator.settings import Settings

__all__ = ["EndpointsUnfit", "diagnose", "require_fit"]


async def diagnose(settings: Settings, materials: Materials) -> tuple[Finding, ...]:
    """Every finding: the EVM chain's, zkVerify's, the provers', in this order. Raises nothing of ours."""
    sections: dict[int, Sequence[Finding]] = {}

    async def run(place: int, examine: Callable[[], Awaitable[Sequence[Finding]]]) -> None:
        sections[place] = await examine()

    async with anyio.create_task_group() as group:
        examinations = (
            partial(examine_evm, settings, materials),
            partial(examine_zkverify, settings, materials),
            partial(examine_provers, settings, materials),
        )
        for place, examine in enumerate(examinations):
            group.start_soon(run, place, examine)
    return tuple(finding for place in sorted(sections) for finding in sections[place])


def require_fit(findings: Sequence[Finding]) -> None:
    """Error: EndpointsUnfit, naming what is severe."""
    severe = [
        f"{finding.target}: {finding.check}"
        for finding in findings
        if finding.severity is Severity.SEVERE
    ]
    if severe:
        raise EndpointsUnfit(found=severe)
