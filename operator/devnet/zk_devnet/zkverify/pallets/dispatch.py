"""Runs a decoded runtime call: which function does what, and Utility's calls around other calls."""

from collections.abc import Callable
from functools import partial
from typing import Any

from zk_devnet.zkverify import weights
from zk_devnet.zkverify.context import (
    Context,
    DispatchFailed,
    Origin,
    PostInfo,
    Weight,
    bad_origin,
    module_failure,
)
from zk_devnet.zkverify.hashing import blake2_256
from zk_devnet.zkverify.pallets import aggregate, balances, domains, verifiers
from zk_devnet.zkverify.pallets.proofs import Verifier
from zk_devnet.zkverify.scale import Case
from zk_devnet.zkverify.schema.utility import BATCH_LIMIT

Handler = Callable[[Context, Origin, dict[str, Any]], PostInfo]
DERIVATION_PREFIX = b"modlpy/utilisuba"


class Dispatcher:
    """The runtime's calls. Calls that only root may make and that change nothing here answer BadOrigin."""

    def __init__(self, *, verifiers_by_pallet: dict[str, Verifier]) -> None:
        self._handlers: dict[tuple[str, str], Handler] = dict(_HANDLERS)
        for name in ("batch", "batch_all", "force_batch", "as_derivative"):
            self._handlers["Utility", name] = getattr(self, f"_{name}")
        for pallet, verifier in verifiers_by_pallet.items():
            for name in ("submit_proof", "register_vk", "disable", "unregister_vk"):
                function = getattr(verifiers, name)
                self._handlers[pallet, name] = partial(function, verifier=verifier)

    def dispatch(self, ctx: Context, origin: Origin, call: Case) -> PostInfo:
        """Run a call; its writes and events vanish when it raises DispatchFailed."""
        handler = self._handlers.get((call.name, call.value.name))
        if handler is None:
            raise bad_origin()
        with ctx.transaction():
            return handler(ctx, origin, call.value.value or {})

    def _batch(self, ctx: Context, origin: Origin, args: dict[str, Any]) -> PostInfo:
        done: list[Weight] = []
        for index, call in enumerate(_limited(args["calls"])):
            try:
                done.append(self._weigh(ctx, origin, call))
            except DispatchFailed as failure:
                done.append(failure.actual_weight or weights.of_call(call))
                ctx.emit("Utility", "BatchInterrupted", index=index, error=failure.error)
                return PostInfo(actual_weight=sum(done, weights.batch(index + 1)))
            ctx.emit("Utility", "ItemCompleted")
        ctx.emit("Utility", "BatchCompleted")
        return PostInfo(actual_weight=sum(done, weights.batch(len(done))))

    def _batch_all(self, ctx: Context, origin: Origin, args: dict[str, Any]) -> PostInfo:
        done: list[Weight] = []
        for call in _limited(args["calls"]):
            try:
                done.append(self._weigh(ctx, origin, call))
            except DispatchFailed as failure:
                done.append(failure.actual_weight or weights.of_call(call))
                raise DispatchFailed(
                    failure.error, sum(done, weights.batch_all(len(done)))
                ) from failure
            ctx.emit("Utility", "ItemCompleted")
        ctx.emit("Utility", "BatchCompleted")
        return PostInfo(actual_weight=sum(done, weights.batch_all(len(done))))

    def _force_batch(self, ctx: Context, origin: Origin, args: dict[str, Any]) -> PostInfo:
        done: list[Weight] = []
        failed = False
        for call in _limited(args["calls"]):
            try:
                done.append(self._weigh(ctx, origin, call))
                ctx.emit("Utility", "ItemCompleted")
            except DispatchFailed as failure:
                failed = True
                done.append(failure.actual_weight or weights.of_call(call))
                ctx.emit("Utility", "ItemFailed", error=failure.error)
        ctx.emit("Utility", "BatchCompletedWithErrors" if failed else "BatchCompleted")
        return PostInfo(actual_weight=sum(done, weights.force_batch(len(done))))

    def _as_derivative(self, ctx: Context, origin: Origin, args: dict[str, Any]) -> PostInfo:
        index = args["index"].to_bytes(2, "little")
        derived = Origin(blake2_256(DERIVATION_PREFIX + origin.signed() + index))
        return self.dispatch(ctx, derived, args["call"])

    def _weigh(self, ctx: Context, origin: Origin, call: Case) -> Weight:
        return self.dispatch(ctx, origin, call).actual_weight or weights.of_call(call)


def _limited(calls: list[Case]) -> list[Case]:
    if len(calls) > BATCH_LIMIT:
        raise module_failure("Utility", "TooManyCalls")
    return calls


def _remark(_ctx: Context, _origin: Origin, _args: dict[str, Any]) -> PostInfo:
    return PostInfo()


def _remark_with_event(ctx: Context, origin: Origin, args: dict[str, Any]) -> PostInfo:
    ctx.emit("System", "Remarked", sender=origin.signed(), hash=blake2_256(args["remark"]))
    return PostInfo()


_HANDLERS: dict[tuple[str, str], Handler] = {
    ("System", "remark"): _remark,
    ("System", "remark_with_event"): _remark_with_event,
    ("Balances", "transfer_allow_death"): partial(balances.call_transfer, keep_alive=False),
    ("Balances", "transfer_keep_alive"): partial(balances.call_transfer, keep_alive=True),
    ("Balances", "transfer_all"): balances.call_transfer_all,
    ("Aggregate", "aggregate"): aggregate.call_aggregate,
    ("Aggregate", "register_domain"): domains.register_domain,
    ("Aggregate", "hold_domain"): domains.hold_domain,
    ("Aggregate", "unregister_domain"): domains.unregister_domain,
    ("Aggregate", "set_total_delivery_fee"): domains.set_total_delivery_fee,
    ("Aggregate", "allowlist_proof_submitters"): domains.allowlist_proof_submitters,
    ("Aggregate", "remove_proof_submitters"): domains.remove_proof_submitters,
}
