"""The prover networks: reachable, with money, and with the program registered. Provers on this machine have a verb of their own."""

from contextlib import AsyncExitStack

import anyio

from zk_acts.domain.acts import Resource
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.finding import Finding, Severity
from zk_acts.domain.redaction import redact_url
from zk_acts.runtime.clock import SystemClock
from zk_operator.adapters.sp1.network import NetworkBackend
from zk_operator.app.doctor.common import EXAMINATION_S, failed, judge_balance, shown, too_slow
from zk_operator.app.materials import Materials
from zk_operator.app.policies import minimum
from zk_operator.app.provers import FOREIGN, FREE, LOCAL, open_prover
from zk_operator.settings import Backend, Settings


async def examine_provers(settings: Settings, materials: Materials) -> tuple[Finding, ...]:
    """Each configured backend, one after the other."""
    findings: list[Finding] = []
    for kind in settings.prover.backends:
        if kind in LOCAL | FOREIGN:
            findings.append(
                Finding(
                    target=kind.value,
                    check="reachable",
                    severity=Severity.NOTE,
                    found="on this machine",
                    remedy="zk-operator prover status looks at it",
                )
            )
        else:
            findings += await _examine(kind, settings, materials)
    return tuple(findings)


async def _examine(kind: Backend, settings: Settings, materials: Materials) -> tuple[Finding, ...]:
    is_cluster = kind is Backend.CLUSTER
    section = settings.prover.cluster if is_cluster else settings.prover.network
    target = redact_url(section.endpoint or "")
    try:
        with anyio.move_on_after(EXAMINATION_S):
            async with AsyncExitStack() as stack:
                prover = await open_prover(kind, settings, materials.keys, SystemClock(), stack)
                assert isinstance(prover.backend, NetworkBackend)
                return await _ask(
                    prover.backend, target, settings, materials, paid=prover.cost != FREE
                )
    except OperatorError as error:
        return (failed(target, "reachable", error),)
    return (too_slow(target, "reachable"),)


async def _ask(
    backend: NetworkBackend, target: str, settings: Settings, materials: Materials, *, paid: bool
) -> tuple[Finding, ...]:
    """Errors: those of the network."""
    nonce = await backend.next_nonce()
    findings = [
        Finding(
            target=target,
            check="reachable",
            severity=Severity.OK,
            found=f"account {backend.account}, nonce {nonce}",
        ),
        judge_program(
            target,
            registered=await backend.program_registered(),
            has_key=materials.program.vk is not None,
        ),
    ]
    if paid:
        findings.append(
            judge_balance(
                target,
                "PROVE balance",
                await backend.balance(),
                minimum(settings, Resource.PROVE),
                f"deposit PROVE with the network for {backend.account}",
            )
        )
        cap = settings.prover.network.max_price_per_pgu
        findings.append(judge_price(target, await backend.market_price(), cap))
    if backend.is_private:
        findings.append(judge_admission(target, await backend.tee_admitted()))
    return tuple(findings)


def judge_program(target: str, *, registered: bool, has_key: bool) -> Finding:
    """The daemon registers it where it is not, for free, if it has the key."""
    if registered:
        return Finding(target=target, check="program", severity=Severity.OK, found="registered")
    if has_key:
        return Finding(
            target=target,
            check="program",
            severity=Severity.NOTE,
            found="not registered",
            cost="the first proof registers it, for free",
        )
    return Finding(
        target=target,
        check="program",
        severity=Severity.SEVERE,
        found="not registered, and its key is not configured",
        cost="no proof can be asked for",
        remedy="set prover.program_vk_file",
    )


def judge_price(target: str, market: int | None, cap: int) -> Finding:
    """The market against the most that is offered, in 1e-18 PROVE per prover gas unit."""
    if market is None:
        return Finding(target=target, check="price", severity=Severity.OK, found="not told")
    found = f"{shown(market * 10**9)} PROVE per billion PGU, at most {shown(cap * 10**9)}"
    if market <= cap:
        return Finding(target=target, check="price", severity=Severity.OK, found=found)
    return Finding(
        target=target,
        check="price",
        severity=Severity.WARNING,
        found=found,
        cost="requests find no prover until the price falls",
        remedy="raise prover.network.max_price_per_pgu",
    )


def judge_admission(target: str, admitted: bool | None) -> Finding:
    """Private proving is for admitted accounts."""
    if admitted is not False:
        found = "admitted" if admitted else "not told"
        return Finding(target=target, check="private proving", severity=Severity.OK, found=found)
    return Finding(
        target=target,
        check="private proving",
        severity=Severity.SEVERE,
        found="this account is not admitted",
        cost="every request is refused",
        remedy="ask the network to admit the account, or set prover.network.tee = false",
    )
