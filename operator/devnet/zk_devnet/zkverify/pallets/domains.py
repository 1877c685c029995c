"""Aggregate's calls on domains: registration, hold, removal, delivery fee and allow-list."""

from typing import Any

from zk_devnet.zkverify import fees
from zk_devnet.zkverify.context import (
    Context,
    Origin,
    PostInfo,
    bad_origin,
    module_failure,
)
from zk_devnet.zkverify.pallets import balances
from zk_devnet.zkverify.pallets.aggregate import (
    MANAGER,
    PALLET,
    Domain,
    after_change,
    emit_state,
    held_for,
    post_info,
    update_hold_state,
    user,
)
from zk_devnet.zkverify.scale import Case
from zk_devnet.zkverify.schema.aggregate import (
    AGGREGATION_LIMIT,
    QUEUE_LIMIT,
    has_allow_lists,
)


def register_domain(ctx: Context, origin: Origin, args: dict[str, Any]) -> PostInfo:
    """Open a domain; the caller owns it and leaves a deposit."""
    delivery_owner = args["delivery_owner"] or origin.account
    if delivery_owner is None:
        raise module_failure(PALLET, "MissedDeliveryOwnership")
    size = args["aggregation_size"]
    queue = QUEUE_LIMIT if args["queue_size"] is None else args["queue_size"]
    proof_rules = args.get("proof_rules", Case("Untrusted"))  # no argument before allow-lists
    allowlisted = proof_rules.name == "OnlyAllowlisted"
    listing = has_allow_lists(ctx.storage.spec_version())
    deposit = fees.domain_deposit(size, queue, allow_lists=listing)
    allowlist = fees.allowlist_deposit(0)
    if origin.account is not None:
        balances.hold(ctx, held_for("Domain"), origin.account, deposit)
        if allowlisted:
            balances.hold(ctx, held_for("Allowlist"), origin.account, allowlist)
    if not (0 < size <= AGGREGATION_LIMIT and 0 < queue <= QUEUE_LIMIT):
        raise module_failure(PALLET, "InvalidDomainParams")
    domain_id = ctx.storage.get(PALLET, "NextDomainId")
    signed = origin.account is not None
    domain = {
        "id": domain_id,
        "owner": user(origin),
        "state": Case("Ready"),
        "next": {"id": 1, "size": size, "statements": []},
        "max_aggregation_size": size,
        "should_publish": [],
        "publish_queue_size": queue,
        "ticket_domain": deposit if signed else None,
        "ticket_allowlist": {"ticket": allowlist, "count": 0} if signed and allowlisted else None,
        "aggregate_rules": args["aggregate_rules"],
        "proof_rules": proof_rules,
        "delivery": {"owner": delivery_owner, "data": args["delivery"]},
    }
    ctx.storage.put(PALLET, "Domains", domain_id, domain)
    ctx.storage.put(PALLET, "NextDomainId", domain_id + 1)
    ctx.emit(PALLET, "NewDomain", id=domain_id)
    return post_info(origin)


def hold_domain(ctx: Context, origin: Origin, args: dict[str, Any]) -> PostInfo:
    """Accept no more proofs; there is no way back."""
    domain = _owned(ctx, origin, args["domain_id"])
    if domain["state"].name != "Ready":
        raise module_failure(PALLET, "InvalidDomainState")
    update_hold_state(ctx, domain)
    emit_state(ctx, domain)
    _save(ctx, domain)
    return post_info(origin)


def unregister_domain(ctx: Context, origin: Origin, args: dict[str, Any]) -> PostInfo:
    """Remove an emptied domain and give the deposits back."""
    domain = _owned(ctx, origin, args["domain_id"])
    if domain["state"].name != "Removable":
        raise module_failure(PALLET, "InvalidDomainState")
    owner = origin.account or domain["owner"].value
    if owner is not None:
        balances.release(ctx, held_for("Domain"), owner, domain["ticket_domain"] or 0)
        allowlist = domain["ticket_allowlist"]
        balances.release(ctx, held_for("Allowlist"), owner, allowlist["ticket"] if allowlist else 0)
    domain["state"] = Case("Removed")
    emit_state(ctx, domain)
    ctx.storage.remove(PALLET, "Domains", domain["id"])
    return post_info(origin)


def set_total_delivery_fee(ctx: Context, origin: Origin, args: dict[str, Any]) -> PostInfo:
    """Change what the proofs that follow pay for delivery."""
    domain = _known(ctx, args["domain_id"])
    delivery = domain["delivery"]
    if origin.account != delivery["owner"] and user(origin) not in (domain["owner"], MANAGER):
        raise bad_origin()
    delivery["data"]["fee"], delivery["data"]["owner_tip"] = args["fee"], args["owner_tip"]
    _save(ctx, domain)
    return PostInfo()


def allowlist_proof_submitters(ctx: Context, origin: Origin, args: dict[str, Any]) -> PostInfo:
    """Let accounts submit to an allow-listed domain."""
    domain = _owned(ctx, origin, args["domain_id"])
    if domain["state"].name != "Ready" or domain["proof_rules"].name != "OnlyAllowlisted":
        raise module_failure(PALLET, "InvalidDomainParams")
    added = [who for who in dict.fromkeys(args["submitters"]) if not _listed(ctx, domain, who)]
    for who in added:
        ctx.storage.put(PALLET, "SubmittersAllowlist", domain["id"], who, ())
    _resize_allowlist(ctx, domain, len(added))
    _save(ctx, domain)
    return PostInfo()


def remove_proof_submitters(ctx: Context, origin: Origin, args: dict[str, Any]) -> PostInfo:
    """Take accounts off the allow-list."""
    domain = _owned(ctx, origin, args["domain_id"])
    if domain["proof_rules"].name != "OnlyAllowlisted":
        raise module_failure(PALLET, "InvalidDomainParams")
    removed = [who for who in dict.fromkeys(args["submitters"]) if _listed(ctx, domain, who)]
    for who in removed:
        ctx.storage.remove(PALLET, "SubmittersAllowlist", domain["id"], who)
    _resize_allowlist(ctx, domain, -len(removed))
    after_change(ctx, domain)
    _save(ctx, domain)
    return PostInfo()


def _listed(ctx: Context, domain: Domain, who: bytes) -> bool:
    return ctx.storage.has(PALLET, "SubmittersAllowlist", domain["id"], who)


def _resize_allowlist(ctx: Context, domain: Domain, delta: int) -> None:
    """Adjust the deposit to the new number of entries."""
    ticket, owner = domain["ticket_allowlist"], domain["owner"].value
    if owner is None or ticket is None:
        return
    ticket["count"] += delta
    before, after = ticket["ticket"], fees.allowlist_deposit(ticket["count"])
    if after > before:
        balances.hold(ctx, held_for("Allowlist"), owner, after - before)
    else:
        balances.release(ctx, held_for("Allowlist"), owner, before - after)
    ticket["ticket"] = after


def _known(ctx: Context, domain_id: int) -> Domain:
    domain: Domain | None = ctx.storage.get(PALLET, "Domains", domain_id)
    if domain is None:
        raise module_failure(PALLET, "UnknownDomainId")
    return domain


def _owned(ctx: Context, origin: Origin, domain_id: int) -> Domain:
    domain = _known(ctx, domain_id)
    if user(origin) not in (domain["owner"], MANAGER):
        raise bad_origin()
    return domain


def _save(ctx: Context, domain: Domain) -> None:
    ctx.storage.put(PALLET, "Domains", domain["id"], domain)
