"""Aggregate: the hook that takes statements into a domain's open aggregation, and publishing."""

from typing import Any

from zk_devnet.zkverify import fees, merkle, multiplier, weights
from zk_devnet.zkverify.context import (
    Context,
    DispatchFailed,
    Origin,
    PostInfo,
    Weight,
    bad_origin,
    module_failure,
)
from zk_devnet.zkverify.pallets import balances
from zk_devnet.zkverify.scale import Case
from zk_devnet.zkverify.schema.runtime import storage_item

PALLET = "Aggregate"
Domain = dict[str, Any]  # the DomainEntry value
MANAGER = Case("Manager")


def held_for(reason: str) -> Case:
    """The RuntimeHoldReason of one of the pallet's hold reasons."""
    return Case(PALLET, Case(reason))


def user(origin: Origin) -> Case:
    """The pallet's User for an origin: an account, or the manager (root)."""
    return MANAGER if origin.account is None else Case("Account", origin.account)


def post_info(origin: Origin, actual: Weight | None = None) -> PostInfo:
    """The manager pays no fee."""
    return PostInfo(actual_weight=actual, pays_fee=origin.account is not None)


def on_initialize(ctx: Context) -> None:
    """Forget what the previous block published."""
    ctx.storage.remove(PALLET, "Published")


def on_proof_verified(
    ctx: Context, account: bytes | None, domain_id: int | None, statement: bytes
) -> None:
    """Take a verified statement into its domain, or say with CannotAggregate why not; never fails the extrinsic."""
    if account is None:
        _refuse(ctx, statement, Case("NoAccount"))
    elif domain_id is not None:
        domain = ctx.storage.get(PALLET, "Domains", domain_id)
        cause = _cannot_take(ctx, domain, domain_id, account)
        if cause is not None:
            _refuse(ctx, statement, cause)
        else:
            _take(ctx, domain, account, statement)


def call_aggregate(ctx: Context, origin: Origin, args: dict[str, Any]) -> PostInfo:
    """Publish an aggregation: its root becomes an event, its leaves readable in this block's state."""
    domain_id, aggregation_id = args["domain_id"], args["aggregation_id"]
    domain = ctx.storage.get(PALLET, "Domains", domain_id)
    if domain is None:
        raise module_failure(PALLET, "UnknownDomainId", weights.AGGREGATE_UNKNOWN_DOMAIN)
    aggregation = _pop(domain, aggregation_id)
    if aggregation is None:
        raise module_failure(PALLET, "InvalidAggregationId", weights.AGGREGATE_INVALID_ID)
    if not _may_publish(domain, user(origin), aggregation):
        raise bad_origin()
    for entry in aggregation["statements"]:
        _settle_holds(ctx, entry, origin.account, domain["delivery"]["owner"])
    published = ctx.storage.get(PALLET, "Published")
    ctx.storage.put(PALLET, "Published", [*published, (domain_id, aggregation)])
    after_change(ctx, domain)
    ctx.storage.put(PALLET, "Domains", domain_id, domain)
    leaves = [entry["statement"] for entry in aggregation["statements"]]
    ctx.emit(
        PALLET,
        "NewAggregationReceipt",
        domain_id=domain_id,
        aggregation_id=aggregation_id,
        receipt=merkle.merkle_root(leaves),
    )
    return post_info(origin, weights.aggregate(len(leaves)))


def statement_path(storage_get: Any, domain_id: int, aggregation_id: int, statement: bytes) -> Any:
    """The MerkleProof of a statement in an aggregation published in this very block, or the PathRequestError case."""
    for published_domain, aggregation in storage_get(PALLET, "Published"):
        if published_domain != domain_id or aggregation["id"] != aggregation_id:
            continue
        leaves = [entry["statement"] for entry in aggregation["statements"]]
        if statement not in leaves:
            return Case("NotFound", (domain_id, aggregation_id, statement))
        return merkle.merkle_proof(leaves, leaves.index(statement))
    return Case("ReceiptNotPublished", (domain_id, aggregation_id))


def emit_state(ctx: Context, domain: Domain) -> None:
    """DomainStateChanged with the domain's present state."""
    ctx.emit(PALLET, "DomainStateChanged", id=domain["id"], state=domain["state"])


def update_hold_state(ctx: Context, domain: Domain) -> None:
    """Removable when nothing is left in the domain, otherwise Hold."""
    busy = domain["should_publish"] or domain["next"]["statements"] or _has_allowlist(ctx, domain)
    domain["state"] = Case("Hold" if busy else "Removable")


def after_change(ctx: Context, domain: Domain) -> None:
    """Let a domain on hold become removable."""
    if domain["state"].name == "Ready":
        return
    before = domain["state"]
    update_hold_state(ctx, domain)
    if domain["state"] != before:
        emit_state(ctx, domain)


def _refuse(ctx: Context, statement: bytes, cause: Case) -> None:
    ctx.emit(PALLET, "CannotAggregate", statement=statement, cause=cause)


def _cannot_take(
    ctx: Context, domain: Domain | None, domain_id: int, account: bytes
) -> Case | None:
    if domain is None:
        return Case("DomainNotRegistered", {"domain_id": domain_id})
    if domain["state"].name != "Ready":
        return Case("InvalidDomainState", {"domain_id": domain_id, "state": domain["state"]})
    slots = domain["publish_queue_size"] - len(domain["should_publish"])
    if slots <= 0 and domain["next"]["size"] - len(domain["next"]["statements"]) <= 1:
        return Case("DomainStorageFull", {"domain_id": domain_id})
    if not _may_submit(ctx, domain, account):
        return Case("UnauthorizedUser")
    return None


def _may_submit(ctx: Context, domain: Domain, account: bytes) -> bool:
    match domain["proof_rules"].name:
        case "Untrusted":
            return True
        case "OnlyOwner":
            return bool(domain["owner"] == Case("Account", account))
        case _:
            return ctx.storage.has(PALLET, "SubmittersAllowlist", domain["id"], account)


def _take(ctx: Context, domain: Domain, account: bytes, statement: bytes) -> None:
    reserve = _reserve(ctx, domain, account)
    if reserve is None:
        _refuse(ctx, statement, Case("InsufficientFunds"))
        return
    aggregation = domain["next"]
    ctx.emit(
        PALLET,
        "NewProof",
        statement=statement,
        domain_id=domain["id"],
        aggregation_id=aggregation["id"],
    )
    aggregation["statements"].append(
        {"account": account, "reserve": reserve, "statement": statement}
    )
    if len(aggregation["statements"]) >= aggregation["size"]:
        _complete(ctx, domain)
    after_change(ctx, domain)
    ctx.storage.put(PALLET, "Domains", domain["id"], domain)


def _complete(ctx: Context, domain: Domain) -> None:
    aggregation = domain["next"]
    domain["next"] = _successor(aggregation)
    ctx.emit(
        PALLET, "AggregationComplete", domain_id=domain["id"], aggregation_id=aggregation["id"]
    )
    domain["should_publish"].append((aggregation["id"], aggregation))
    if len(domain["should_publish"]) >= domain["publish_queue_size"]:
        ctx.emit(PALLET, "DomainFull", domain_id=domain["id"])


def _successor(aggregation: dict[str, Any]) -> dict[str, Any]:
    return {"id": aggregation["id"] + 1, "size": aggregation["size"], "statements": []}


def _reserve(ctx: Context, domain: Domain, account: bytes) -> dict[str, int] | None:
    size = domain["next"]["size"]
    delivery = domain["delivery"]["data"]
    reserve = {
        "aggregate": fees.aggregation_hold(
            domain["max_aggregation_size"], multiplier=multiplier.price(ctx.storage)
        ),
        "delivery": (delivery["fee"] + delivery["owner_tip"]) // size,
    }
    try:
        with ctx.transaction():
            balances.hold(ctx, held_for("Aggregation"), account, reserve["aggregate"])
            balances.hold(ctx, held_for("Delivery"), account, reserve["delivery"])
    except DispatchFailed:
        return None
    return reserve


def _pop(domain: Domain, aggregation_id: int) -> dict[str, Any] | None:
    if domain["next"]["id"] == aggregation_id:
        open_aggregation: dict[str, Any] = domain["next"]
        if not open_aggregation["statements"]:
            return None
        domain["next"] = _successor(open_aggregation)
        return open_aggregation
    for position, (number, aggregation) in enumerate(domain["should_publish"]):
        if number == aggregation_id:
            del domain["should_publish"][position]
            complete: dict[str, Any] = aggregation
            return complete
    return None


def _may_publish(domain: Domain, who: Case, aggregation: dict[str, Any]) -> bool:
    owner = who in (domain["owner"], MANAGER) or who == Case("Account", domain["delivery"]["owner"])
    match domain["aggregate_rules"].name:
        case "Untrusted":
            return True
        case "OnlyOwner":
            return owner
        case _:
            return owner or len(aggregation["statements"]) >= aggregation["size"]


def _settle_holds(
    ctx: Context, entry: dict[str, Any], publisher: bytes | None, delivery_owner: bytes
) -> None:
    reserve = entry["reserve"]
    _pass_on(ctx, "Aggregation", entry["account"], publisher, reserve["aggregate"])
    _pass_on(ctx, "Delivery", entry["account"], delivery_owner, reserve["delivery"])


def _pass_on(ctx: Context, reason: str, source: bytes, dest: bytes | None, amount: int) -> None:
    if dest is not None:
        try:
            with ctx.transaction():
                balances.transfer_held(ctx, held_for(reason), source, dest, amount)
            return
        except (
            DispatchFailed
        ):  # since 1.6.2 what the receiver cannot take goes back to the submitter
            balances.release(ctx, held_for(reason), source, amount)
            return
    balances.release(ctx, held_for(reason), source, amount)


def _has_allowlist(ctx: Context, domain: Domain) -> bool:
    if domain["proof_rules"].name != "OnlyAllowlisted":
        return False
    return ctx.storage.has_prefix(storage_item(PALLET, "SubmittersAllowlist").key(domain["id"]))
