"""What need not be done because the chain has it so already: said instead of paid for."""

from typing import TYPE_CHECKING

from zk_acts.domain.ids import AccountId

if TYPE_CHECKING:
    from zkverify_client.adapters.registry import ZkVerifyRegistry
    from zkverify_client.ports.zkverify import (
        AllowSubmitters,
        DisallowSubmitters,
        DomainInfo,
        ZkVerifyRequest,
    )


async def already(
    registry: "ZkVerifyRegistry", request: "ZkVerifyRequest", account: AccountId
) -> str | None:
    """Why there is nothing to do; None where there is. Errors: those of reading the chain."""
    from zkverify_client.ports.zkverify import (
        AllowSubmitters,
        DisallowSubmitters,
        HoldDomain,
        RegisterVk,
        SetDeliveryFees,
        UnregisterDomain,
    )

    match request:
        case RegisterVk(vk_hash=vk_hash):
            holding = await registry.vk_holding(vk_hash, account)
            return "this account has registered the key" if holding.deposit is not None else None
        case AllowSubmitters() | DisallowSubmitters():
            return await _listed(registry, request)
        case HoldDomain() | UnregisterDomain() | SetDeliveryFees():
            domain = await registry.domain(request.domain_id)
            return None if domain is None else _stands_so(request, domain)
        case _:
            return None


async def _listed(
    registry: "ZkVerifyRegistry", request: "AllowSubmitters | DisallowSubmitters"
) -> str | None:
    from zkverify_client.domain.aggregation_rules import ProofRules
    from zkverify_client.ports.zkverify import AllowSubmitters

    domain = await registry.domain(request.domain_id)
    if domain is None or domain.proof_rules != ProofRules.ONLY_ALLOWLISTED:
        return None
    listed = set(await registry.allowed_submitters(request.domain_id))
    if isinstance(request, AllowSubmitters):
        return "they are on the allow-list" if listed.issuperset(request.accounts) else None
    return "none of them is on the allow-list" if listed.isdisjoint(request.accounts) else None


def _stands_so(request: "ZkVerifyRequest", domain: "DomainInfo") -> str | None:
    from zkverify_client.ports.zkverify import SetDeliveryFees, UnregisterDomain

    if isinstance(request, SetDeliveryFees):
        same = (domain.delivery_fee, domain.owner_tip) == (request.fee, request.owner_tip)
        return "the domain has these fees" if same else None
    over = (
        {"Removed"} if isinstance(request, UnregisterDomain) else {"Hold", "Removable", "Removed"}
    )
    return f"the domain is in state {domain.state}" if domain.state in over else None
