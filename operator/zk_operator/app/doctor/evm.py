"""The EVM chain: its endpoints one by one, the contract, the account that settles, the WebSocket."""

from collections.abc import Sequence
from functools import partial
from typing import Final

import anyio

from zk_acts.domain.acts import Resource
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.finding import Finding, Severity, together
from zk_acts.domain.ids import hex0x
from zk_acts.domain.redaction import redact_url
from zk_acts.runtime.clock import SystemClock
from zk_operator.adapters.evm.client import open_evm
from zk_operator.adapters.evm.examination import EvmPlan, Probe, examine_endpoint
from zk_operator.adapters.evm.examination.endpoint import takes_batches
from zk_operator.adapters.evm.examination.probe import EvmCheck
from zk_operator.adapters.evm.heads import HeadFeed
from zk_operator.adapters.evm.http import HttpTransport
from zk_operator.adapters.evm.rpc import Rpc
from zk_operator.adapters.evm.wire import quantity
from zk_operator.app.clients import evm_config
from zk_operator.app.doctor.common import EXAMINATION_S, failed, judge_balance, too_slow
from zk_operator.app.materials import Materials
from zk_operator.app.policies import minimum
from zk_operator.app.preflight import differences
from zk_operator.domain.chain_event import BlockTag
from zk_operator.domain.ids import Address
from zk_operator.ports.chain import ContractTerms
from zk_operator.settings import CircuitFacts, Settings

HEAD_TIMEOUT_S: Final = 30.0


async def examine_evm(settings: Settings, materials: Materials) -> tuple[Finding, ...]:
    """Each HTTP endpoint; then contract and account, at those that serve the chain; then the WebSocket."""
    found: dict[str, tuple[Finding, ...]] = {}

    async def examine(url: str) -> None:
        found[url] = await examine_url(url, settings, materials)

    async with anyio.create_task_group() as group:
        for url in settings.evm.http:
            group.start_soon(examine, url)
    usable = tuple(url for url in settings.evm.http if _serves_chain(found[url]))
    findings = list(together([found[url] for url in settings.evm.http]))
    if usable:
        findings += await _examine_contract(settings, materials, usable)
    if settings.evm.ws:
        findings.append(await examine_feed(settings.evm.ws))
    return tuple(findings)


async def examine_url(url: str, settings: Settings, materials: Materials) -> tuple[Finding, ...]:
    """One HTTP endpoint, alone."""
    evm = settings.evm
    plan = EvmPlan(
        chain_id=evm.chain_id,
        manager=evm.manager,
        account=materials.keys.evm.address,
        depths={
            EvmCheck.SEE_AT: evm.see_at,
            EvmCheck.SPEND_AT: evm.spend_at,
            EvmCheck.DONE_AT: evm.done_at,
        },
        max_log_range=evm.max_log_range,
        start_block=evm.start_block,
    )
    transport = HttpTransport(url=url, timeout_s=evm.request_timeout_s)
    try:
        with anyio.move_on_after(EXAMINATION_S):
            return await examine_endpoint(
                Probe(transport),
                plan,
                now_s=SystemClock().now_ms() // 1000,
                takes_batches=partial(takes_batches, url, timeout_s=evm.request_timeout_s),
            )
    finally:
        await transport.aclose()
    return (too_slow(redact_url(url), EvmCheck.REACHABLE.value),)


def _serves_chain(findings: Sequence[Finding]) -> bool:
    return any(
        finding.check == EvmCheck.CHAIN_ID and finding.severity is Severity.OK
        for finding in findings
    )


async def _examine_contract(
    settings: Settings, materials: Materials, usable: tuple[str, ...]
) -> tuple[Finding, ...]:
    only = settings.evm.model_copy(update={"http": usable, "ws": None})
    config = evm_config(settings.model_copy(update={"evm": only}))
    async with open_evm(config, materials.keys.evm) as evm:
        try:
            terms = await evm.reader.at(await evm.source.head(BlockTag.LATEST)).terms()
            contract = judge_contract(settings, materials.circuit.facts, terms)
            account = await examine_account(
                evm.pool, materials.keys.evm.address, least=minimum(settings, Resource.GAS)
            )
        except OperatorError as error:
            return (failed(hex0x(settings.evm.manager), "contract", error),)
    return (*contract, *account)


def judge_contract(
    settings: Settings, facts: CircuitFacts, terms: ContractTerms
) -> tuple[Finding, ...]:
    """What contract and configuration do not agree on, by the daemon's own comparison; and whether it is paused."""
    target = hex0x(settings.evm.manager)
    unlike = differences(terms, settings, facts)
    if unlike:
        return tuple(
            Finding(
                target=target,
                check=f"contract {name}",
                severity=Severity.SEVERE,
                found=f"{theirs}, configured is {ours}",
                cost="the daemon does not start: what it pays for could not be settled",
                remedy="see the runbook's page ZKO-EVM-005",
            )
            for name, theirs, ours in unlike
        )
    if terms.paused:
        return (
            Finding(
                target=target,
                check="contract",
                severity=Severity.WARNING,
                found="paused",
                cost="nothing is settled until its owner ends the pause",
                remedy="ask the contract's owner",
            ),
        )
    if terms.cancel_delay_s <= settings.prover.proof_timeout_s:
        return (
            Finding(
                target=target,
                check="contract cancel delay",
                severity=Severity.WARNING,
                found=f"{terms.cancel_delay_s} s, and no batch is valid for longer",
                cost=f"a batch ends before a proof of {settings.prover.proof_timeout_s:g} s comes, which is paid all the same",
                remedy="a shorter prover.proof_timeout_s",
            ),
        )
    return (
        Finding(
            target=target,
            check="contract",
            severity=Severity.OK,
            found="agrees with the configuration",
        ),
    )


async def examine_feed(url: str, timeout_s: float = HEAD_TIMEOUT_S) -> Finding:
    """Whether heads are announced over the WebSocket."""
    feed = HeadFeed(url=url, silence_s=timeout_s)
    heard = False
    async with anyio.create_task_group() as group:
        group.start_soon(feed.run)
        with anyio.move_on_after(timeout_s):
            await feed.wait()
            heard = True
        group.cancel_scope.cancel()
    target = redact_url(url)
    if heard:
        return Finding(target=target, check="new heads", severity=Severity.OK, found="announced")
    return Finding(
        target=target,
        check="new heads",
        severity=Severity.WARNING,
        found=f"none announced in {timeout_s:.0f} s",
        cost="blocks are noticed at evm.poll_interval_s",
        remedy="correct evm.ws, or take it out",
    )


async def examine_account(rpc: Rpc, account: Address, *, least: int) -> tuple[Finding, ...]:
    """Balance in wei against the minimum, and the nonce with and without what is pending. Errors: those of `Rpc`."""
    latest, name = BlockTag.LATEST.value, hex0x(account)
    balance = quantity(await rpc.request("eth_getBalance", name, latest), "balance")
    mined = quantity(await rpc.request("eth_getTransactionCount", name, latest), "nonce")
    pending = quantity(await rpc.request("eth_getTransactionCount", name, "pending"), "nonce")
    return (
        judge_balance(name, "gas balance", balance, least, f"send native tokens to {name}"),
        judge_nonce(name, mined, pending),
    )


def judge_nonce(account: str, mined: int, pending: int) -> Finding:
    """Pending transactions are the daemon's own, or those of another user of the key."""
    if pending <= mined:
        return Finding(target=account, check="nonce", severity=Severity.OK, found=str(mined))
    return Finding(
        target=account,
        check="nonce",
        severity=Severity.WARNING,
        found=f"{mined} mined, {pending - mined} pending",
        cost="a settlement waits behind them",
        remedy="if the daemon runs they are its own; otherwise something else sends from this account: stop it",
    )
