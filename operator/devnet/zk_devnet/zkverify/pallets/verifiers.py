"""The calls of a verifier pallet, the same for every proof system."""

from typing import Any

from zk_devnet.zkverify import fees, merkle, weights
from zk_devnet.zkverify.context import (
    Context,
    Origin,
    PostInfo,
    bad_origin,
    module_failure,
)
from zk_devnet.zkverify.pallets import aggregate, balances
from zk_devnet.zkverify.pallets.proofs import ProofRefused, Verifier
from zk_devnet.zkverify.scale import Case

HOLD = Case("CommonVerifiers", Case("VkRegistration"))


def submit_proof(
    ctx: Context, origin: Origin, args: dict[str, Any], verifier: Verifier
) -> PostInfo:
    """Verify a proof; emits ProofVerified and hands the statement to its domain."""
    _ensure_enabled(ctx, verifier)
    vk_hash, vk = _resolve(ctx, args["vk_or_hash"], verifier)
    try:
        verifier.verify(vk, args["proof"], args["pubs"])
    except ProofRefused as refusal:
        raise module_failure(verifier.pallet, refusal.reason) from refusal
    statement = merkle.statement(verifier.context, vk_hash, verifier.pubs_bytes(args["pubs"]))
    ctx.emit(verifier.pallet, "ProofVerified", statement=statement)
    aggregate.on_proof_verified(ctx, origin.account, args["domain_id"], statement)
    return PostInfo()


def register_vk(ctx: Context, origin: Origin, args: dict[str, Any], verifier: Verifier) -> PostInfo:
    """Store a key, with a deposit per account."""
    _ensure_enabled(ctx, verifier)
    who, vk = origin.signed(), args["vk"]
    vk_hash = verifier.vk_hash(vk)
    if ctx.storage.has(verifier.pallet, "Tickets", (who, vk_hash)):
        raise module_failure(verifier.pallet, "VerificationKeyAlreadyRegistered")
    _validate(vk, verifier)
    amount = fees.vk_deposit(len(verifier.encoded_vk(vk)))
    balances.hold(ctx, HOLD, who, amount)
    ctx.storage.put(verifier.pallet, "Tickets", (who, vk_hash), amount)
    entry = ctx.storage.get(verifier.pallet, "Vks", vk_hash) or {"vk": vk, "ref_count": 0}
    entry["ref_count"] += 1
    ctx.storage.put(verifier.pallet, "Vks", vk_hash, entry)
    ctx.emit(verifier.pallet, "VkRegistered", hash=vk_hash)
    return PostInfo()


def disable(ctx: Context, origin: Origin, args: dict[str, Any], verifier: Verifier) -> PostInfo:
    """Root: switch the pallet off or on."""
    origin.ensure_root()
    ctx.storage.put(verifier.pallet, "Disabled", args["disabled"])
    return PostInfo()


def unregister_vk(
    ctx: Context, origin: Origin, args: dict[str, Any], verifier: Verifier
) -> PostInfo:
    """Give a deposit back; the key goes with its last holder."""
    who, vk_hash = origin.signed(), args["vk_hash"]
    amount = ctx.storage.get(verifier.pallet, "Tickets", (who, vk_hash))
    entry = ctx.storage.get(verifier.pallet, "Vks", vk_hash)
    if amount is None:
        raise bad_origin() if entry else module_failure(verifier.pallet, "VerificationKeyNotFound")
    ctx.storage.remove(verifier.pallet, "Tickets", (who, vk_hash))
    balances.release(ctx, HOLD, who, amount)
    entry["ref_count"] -= 1
    if entry["ref_count"]:
        ctx.storage.put(verifier.pallet, "Vks", vk_hash, entry)
        return PostInfo()
    ctx.storage.remove(verifier.pallet, "Vks", vk_hash)
    ctx.emit(verifier.pallet, "VkUnregistered", hash=vk_hash)
    return PostInfo()


def _ensure_enabled(ctx: Context, verifier: Verifier) -> None:
    if ctx.storage.get(verifier.pallet, "Disabled"):
        raise module_failure(verifier.pallet, "DisabledVerifier", weights.DISABLED_VERIFIER)


def _resolve(ctx: Context, vk_or_hash: Case, verifier: Verifier) -> tuple[bytes, Any]:
    if vk_or_hash.name == "Vk":
        _validate(vk_or_hash.value, verifier)
        return verifier.vk_hash(vk_or_hash.value), vk_or_hash.value
    entry = ctx.storage.get(verifier.pallet, "Vks", vk_or_hash.value)
    if entry is None:
        raise module_failure(verifier.pallet, "VerificationKeyNotFound")
    return vk_or_hash.value, entry["vk"]


def _validate(vk: Any, verifier: Verifier) -> None:
    try:
        verifier.validate_vk(vk)
    except ProofRefused as refusal:
        raise module_failure(verifier.pallet, refusal.reason) from refusal
