"""dev_*: the stand-in's own methods: status, faults, and acts that no real node offers."""

from collections.abc import Callable
from typing import Any

from zk_acts.domain.ids import parse_hex
from zk_devnet.zkverify.config import ZkVerifyNodeConfig
from zk_devnet.zkverify.context import Context, DispatchFailed, Origin
from zk_devnet.zkverify.faults import Fate
from zk_devnet.zkverify.node import DevNode
from zk_devnet.zkverify.pallets.proofs import Sp1Policy, UnverifiedPolicy
from zk_devnet.zkverify.rpc.calls import Call, Methods, hex0x
from zk_devnet.zkverify.rpc.errors import RpcError, invalid_params
from zk_devnet.zkverify.scale import ScaleError, decode
from zk_devnet.zkverify.schema.runtime import schema_of

_MOST_BLOCKS = 1_000  # a second or two, in which nothing else is answered
_MOST_DELAY_S = 86_400.0


def unverified(config: ZkVerifyNodeConfig) -> list[str]:
    """What the node does not verify, in words for logs and status."""
    sp1 = {
        Sp1Policy.REFUSE: "proofs that pass all other checks are refused",
        Sp1Policy.ACCEPT_UNVERIFIED: "proofs that pass all other checks are ACCEPTED WITHOUT VERIFICATION",
        Sp1Policy.SIZES_ONLY: "ANY BYTES of a proof's size are ACCEPTED WITHOUT VERIFICATION",
    }[config.sp1_policy]
    others = {
        UnverifiedPolicy.REFUSE: "always refused",
        UnverifiedPolicy.ACCEPT_UNVERIFIED: "whatever has their types is ACCEPTED WITHOUT VERIFICATION",
    }[config.others_policy]
    return [
        f"SP1 shrink proofs: the STARK verifier is not implemented; {sp1}",
        "Groth16 over BLS12-381, risc0, ultraplonk, plonky2, fflonk, ultrahonk, ezkl, tee: not implemented; "
        + others,
        "state and extrinsics roots in headers are plain hashes: no storage proofs can be made",
        "one author, no consensus: finality follows the best block by a fixed number of blocks",
    ]


class DevRpc:
    """Methods of the `dev` namespace. `drop_connections` ends all WebSockets."""

    def __init__(self, node: DevNode, drop_connections: Any) -> None:
        self._node = node
        self._drop_connections = drop_connections

    def methods(self) -> Methods:
        """By name."""
        return {
            "dev_status": self.status,
            "dev_setFaults": self.set_faults,
            "dev_clearFaults": self.clear_faults,
            "dev_dropConnections": lambda _call: self._drop_connections(),
            "dev_refuseNext": self.refuse_next,
            "dev_fateOfNext": self.fate_of_next,
            "dev_retractBlocks": self.retract,
            "dev_authorBlock": self.author,
            "dev_finalize": self.finalize,
            "dev_upgradeRuntime": self.upgrade,
            "dev_dispatchAsRoot": self.dispatch_as_root,
            "dev_setDomainQueue": self.set_domain_queue,
            "dev_prune": self.prune,
            "dev_aggregator": self.aggregator,
            "dev_setAggregator": self.set_aggregator,
        }

    def status(self, _call: Call) -> dict[str, Any]:
        """Heads, pool, faults that are on, and what is not verified."""
        node = self._node
        return {
            "genesis": hex0x(node.genesis_hash),
            "specVersion": node.spec_version(),
            "best": {"number": node.chain.best.number, "hash": hex0x(node.chain.best.hash)},
            "finalized": {
                "number": node.chain.finalized.number,
                "hash": hex0x(node.chain.finalized.hash),
            },
            "pool": node.pool.sizes(),
            "faults": node.faults.active(),
            "notVerified": unverified(node.config),
        }

    def set_faults(self, call: Call) -> list[str]:
        """Switch faults: {productionPaused, finalityStalled, poolFull, rpcDelayS, methodDelaysS, silenced, garbled,
        refusedAccounts}."""
        wanted = call.required(0, "faults")
        if not isinstance(wanted, dict):
            raise invalid_params("expected an object")
        faults = self._node.faults
        for name, value in wanted.items():
            if name not in _SWITCHES:
                raise invalid_params(f"unknown fault {name}")
            attribute, read = _SWITCHES[name]
            setattr(faults, attribute, read(value))
        return faults.active()

    def clear_faults(self, _call: Call) -> list[str]:
        """End all faults; those that are still on, which is the aggregator's steering at most."""
        self._node.faults.clear()
        return self._node.faults.active()

    def refuse_next(self, call: Call) -> int:
        """Answer the next extrinsic with an RPC error (code, message[, data]); how many are queued."""
        code, message = call.required(0, "code"), str(call.required(1, "message"))
        self._node.faults.refusals.append((int(code), message, call.optional(2)))
        return len(self._node.faults.refusals)

    def fate_of_next(self, call: Call) -> int:
        """Let the next accepted extrinsic be dropped, invalid, usurped or lost; how many fates are queued."""
        try:
            self._node.faults.fates.append(Fate(str(call.required(0, "fate"))))
        except ValueError as error:
            raise invalid_params(str(error)) from error
        return len(self._node.faults.fates)

    def retract(self, call: Call) -> str:
        """Replace the last blocks by a longer branch: (depth, lose transactions); the new best hash."""
        try:
            lose = bool(call.optional(1))
            return hex0x(self._node.retract(call.integer(0, "depth", 32), lose=lose).hash)
        except ValueError as error:
            raise invalid_params(str(error)) from error

    def author(self, call: Call) -> str:
        """Author blocks now; the best hash."""
        count = 1 if call.optional(0) is None else call.integer(0, "count", 16)
        if count > _MOST_BLOCKS:
            raise invalid_params(f"at most {_MOST_BLOCKS} blocks at once")
        for _ in range(count):
            self._node.author_block()
            self._node.finalize()
        return hex0x(self._node.chain.best.hash)

    def finalize(self, call: Call) -> str:
        """Finalize up to a height (default: the best block), stalled or not; the finalized hash."""
        wanted = call.optional(0)
        self._node.finalize_to(self._node.chain.best.number if wanted is None else int(wanted))
        return hex0x(self._node.chain.finalized.hash)

    def upgrade(self, call: Call) -> int:
        """Let the next block bring another spec version."""
        version = call.integer(0, "spec_version", 32)
        self._node.schedule_upgrade(version)
        return version

    def dispatch_as_root(self, call: Call) -> bool:
        """Run an encoded call as root at the start of the next block."""
        try:
            shape = schema_of(self._node.spec_version())
            decoded = decode(shape.call, call.raw(0, "call"))
        except ScaleError as error:
            raise invalid_params(str(error)) from error

        def edit(ctx: Context) -> None:
            self._node.executive.dispatcher.dispatch(ctx, Origin(None), decoded)

        self._try(edit)
        self._node.schedule_edit(edit)
        return True

    def set_domain_queue(self, call: Call) -> bool:
        """Change a domain's queue size in the next block; 0 makes it full as soon as one place is left."""
        domain_id, size = call.integer(0, "domain_id", 32), call.integer(1, "queue_size", 32)

        def edit(ctx: Context) -> None:
            domain = ctx.storage.get("Aggregate", "Domains", domain_id)
            if domain is not None:
                domain["publish_queue_size"] = size
                ctx.storage.put("Aggregate", "Domains", domain_id, domain)

        self._node.schedule_edit(edit)
        return True

    def prune(self, call: Call) -> int:
        """Drop the state of blocks more than `depth` behind the finalized one."""
        depth = call.integer(0, "depth", 32)
        self._node.chain.prune(depth)
        return depth

    def aggregator(self, _call: Call) -> dict[str, Any]:
        """What the aggregator is told to do."""
        steering = self._node.faults.aggregator
        return {
            "holdPublishing": steering.hold_publishing,
            "holdRelay": steering.hold_relay,
            "relayDelayS": steering.relay_delay_s,
        }

    def set_aggregator(self, call: Call) -> dict[str, Any]:
        """Steer the aggregator: {holdPublishing, holdRelay, relayDelayS}; what is left out stays."""
        wanted = call.required(0, "steering")
        if not isinstance(wanted, dict):
            raise invalid_params("expected an object")
        steering = self._node.faults.aggregator
        steering.hold_publishing = bool(wanted.get("holdPublishing", steering.hold_publishing))
        steering.hold_relay = bool(wanted.get("holdRelay", steering.hold_relay))
        steering.relay_delay_s = _seconds(wanted.get("relayDelayS", steering.relay_delay_s))
        return self.aggregator(call)

    def _try(self, edit: Any) -> None:
        try:
            edit(self._node.begin_block().ctx)
        except DispatchFailed as failure:
            raise RpcError(-32000, "The call fails", str(failure.error)) from failure


def _account(value: Any) -> bytes:
    try:
        return parse_hex(value, 32)
    except (AttributeError, TypeError, ValueError) as error:
        raise invalid_params(f"an account is 0x and 64 hex digits ({error})") from error


def _seconds(value: Any) -> float:
    """A delay; RpcError(-32602) for one that is none: "nan" would wait for ever."""
    if not isinstance(value, int | float) or not 0 <= value <= _MOST_DELAY_S:
        raise invalid_params(f"a delay is a number of seconds up to {_MOST_DELAY_S:.0f}")
    return float(value)


def _methods(value: Any) -> set[str]:
    return {str(method) for method in value}


_SWITCHES: dict[str, tuple[str, Callable[[Any], object]]] = {
    "productionPaused": ("production_paused", bool),
    "finalityStalled": ("finality_stalled", bool),
    "poolFull": ("pool_full", bool),
    "rpcDelayS": ("rpc_delay_s", _seconds),
    "methodDelaysS": (
        "method_delays_s",
        lambda value: {str(key): _seconds(delay) for key, delay in value.items()},
    ),
    "refusedAccounts": ("refused_accounts", lambda value: {_account(each) for each in value}),
    "silenced": ("silenced", _methods),
    "garbled": ("garbled", _methods),
}
