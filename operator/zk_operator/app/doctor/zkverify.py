"""zkVerify: its endpoints one by one, the domain, the verifying key, the account that pays."""

from functools import partial

import anyio

from zk_acts.domain.acts import Resource
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.finding import Finding, Severity, together
from zk_acts.domain.ids import AccountId
from zk_acts.domain.redaction import redact_url
from zk_operator.app.clients import zkverify_config
from zk_operator.app.doctor.common import EXAMINATION_S, failed, judge_balance, too_slow
from zk_operator.app.keys import zkverify_address
from zk_operator.app.materials import Materials
from zk_operator.app.policies import minimum
from zk_operator.settings import Settings
from zkverify_client.adapters.client import ZkVerifyClient, open_zkverify
from zkverify_client.adapters.examination import ZkVerifyPlan, examine_endpoint
from zkverify_client.adapters.examination.endpoint import ZkVerifyCheck
from zkverify_client.adapters.rpc import WebSocketRpc
from zkverify_client.domain.aggregation_rules import ProofRules
from zkverify_client.ports.zkverify import DomainInfo, VkHolding

READY = "Ready"
# An endpoint of another network ends the daemon, whatever the others are.
OF_THE_NETWORK = frozenset({ZkVerifyCheck.GENESIS.value, ZkVerifyCheck.RUNTIME.value})


async def examine_zkverify(settings: Settings, materials: Materials) -> tuple[Finding, ...]:
    """Each endpoint; then domain, key and account, at those that serve the network."""
    found: dict[str, tuple[Finding, ...]] = {}

    async def examine(url: str) -> None:
        found[url] = await _examine_url(url, settings)

    async with anyio.create_task_group() as group:
        for url in settings.zkverify.ws:
            group.start_soon(examine, url)
    usable = tuple(url for url in settings.zkverify.ws if _serves_network(found[url]))
    findings = together([found[url] for url in settings.zkverify.ws], inexcusable=OF_THE_NETWORK)
    if not usable:
        return findings
    return (*findings, *await _examine_registry(settings, materials, usable))


async def _examine_url(url: str, settings: Settings) -> tuple[Finding, ...]:
    network = zkverify_config(settings).network
    plan = ZkVerifyPlan(
        genesis_hash=network.genesis_hash,
        spec_names=network.spec_names,
        dry_run=settings.zkverify.dry_run,
    )
    connect = partial(WebSocketRpc.open, url, timeout_s=network.request_timeout_s)
    with anyio.move_on_after(EXAMINATION_S):
        return await examine_endpoint(redact_url(url), connect, plan)
    return (too_slow(redact_url(url), ZkVerifyCheck.REACHABLE.value),)


def _serves_network(findings: tuple[Finding, ...]) -> bool:
    fit = {finding.check for finding in findings if finding.severity is Severity.OK}
    return fit >= OF_THE_NETWORK


async def _examine_registry(
    settings: Settings, materials: Materials, usable: tuple[str, ...]
) -> tuple[Finding, ...]:
    only = settings.zkverify.model_copy(update={"ws": usable})
    config = zkverify_config(settings.model_copy(update={"zkverify": only}))
    try:
        async with open_zkverify(config) as client:
            return await _ready(client, settings, materials)
    except OperatorError as error:
        return (failed(_shown(settings, materials), "account and domain", error),)


async def _ready(
    client: ZkVerifyClient, settings: Settings, materials: Materials
) -> tuple[Finding, ...]:
    account, domain_id = materials.keys.zkverify, settings.zkverify.domain_id
    shown = _shown(settings, materials)
    vk_hash = materials.circuit.facts.zkverify_vk_hash
    domain = await client.registry.domain(domain_id)
    allowed: tuple[AccountId, ...] = ()
    if domain is not None and domain.proof_rules == ProofRules.ONLY_ALLOWLISTED:
        allowed = await client.registry.allowed_submitters(domain_id)
    state = await client.registry.account(account.public_key)
    holding = await client.registry.vk_holding(vk_hash, account.public_key)
    return (
        judge_domain(domain_id, domain, account.public_key, allowed),
        judge_key(shown, holding),
        judge_balance(
            shown,
            "VFY balance",
            state.spendable(0),
            minimum(settings, Resource.VFY),
            f"send VFY to {shown}",
        ),
    )


def _shown(settings: Settings, materials: Materials) -> str:
    """The account as its chain writes it."""
    return zkverify_address(materials.keys.zkverify, settings.zkverify.genesis_hash)


def judge_domain(
    domain_id: int, domain: DomainInfo | None, account: AccountId, allowed: tuple[AccountId, ...]
) -> Finding:
    """Whether the domain takes this account's proofs. `allowed`: its allow-list, where it has one."""
    target = f"domain {domain_id}"
    problem = _unusable(domain, account, allowed)
    if problem is None:
        size = 0 if domain is None else domain.size
        return Finding(
            target=target, check="domain", severity=Severity.OK, found=f"ready, size {size}"
        )
    return Finding(
        target=target,
        check="domain",
        severity=Severity.SEVERE,
        found=problem,
        cost="proofs are bought and cannot be aggregated",
        remedy="correct zkverify.domain_id (the contract names the same), or ask the domain's owner",
    )


def _unusable(
    domain: DomainInfo | None, account: AccountId, allowed: tuple[AccountId, ...]
) -> str | None:
    if domain is None:
        return "not registered"
    if domain.state != READY:
        return f"takes no proofs: {domain.state}"
    if domain.proof_rules == ProofRules.ONLY_OWNER and domain.owner != account:
        return "takes proofs of its owner only"
    if domain.proof_rules == ProofRules.ONLY_ALLOWLISTED and account not in allowed:
        return "has an allow-list, and this account is not on it"
    return None


def judge_key(account: str, holding: VkHolding) -> Finding:
    """The circuit's verifying key; the daemon registers it where nobody has."""
    if holding.holders:
        return Finding(
            target=account, check="verifying key", severity=Severity.OK, found="registered"
        )
    return Finding(
        target=account,
        check="verifying key",
        severity=Severity.NOTE,
        found="not registered",
        cost="the first start registers it: about 5 VFY are held",
    )
