"""What the contracts' read-only functions return on a state."""

from typing import Any

from zk_devnet.simulator.evm.codec import Reverted, functions_at, require
from zk_devnet.simulator.evm.deployment import (
    CODE_AT,
    HOOK,
    MANAGER,
    POOL_BY_ID,
    PROVING,
    QUOTER,
    SIGNING_DOMAIN,
    VERIFIER,
    ZKVERIFY,
)
from zk_devnet.simulator.evm.price import require_in_reach
from zk_devnet.simulator.evm.state import State
from zk_operator.domain.abi_coding import decode, encode
from zk_operator.domain.ids import Address


def run_view(state: State, to: Address, data: bytes) -> bytes | None:
    """The returned bytes; None where the function is no view of ours, and has to be run as a call. Raises Reverted."""
    entry = functions_at(to).get(data[:4])
    if entry is None:
        if to in CODE_AT:
            raise Reverted(b"", "no such function")
        return b""
    if to in PROVING:
        return encode(entry.outputs, [PROVING[to].as_abi()]) if entry.name == "proving" else None
    contract = {
        MANAGER: _manager,
        HOOK: _hook,
        QUOTER: _quoter,
        VERIFIER: _verifier,
        ZKVERIFY: _roots,
    }
    values = contract[to](state, entry.name, decode(entry.types, data[4:]))
    return None if values is None else encode(entry.outputs, values)


def _manager(state: State, name: str, arguments: Any) -> list[Any] | None:
    config = state.config
    plain: dict[str, Any] = {
        "hook": HOOK,
        "config": config.as_abi(),
        "paused": state.paused,
        "domainSeparator": SIGNING_DOMAIN.separator,
        "taskCount": state.tasks,
        "configDelay": 60,
    }
    if name in plain:
        return [plain[name]]
    if name == "orderStates":
        entries = [state.orders.get(each) for each in arguments[0]]
        return [
            [entry.status if entry else 0 for entry in entries],
            [entry.cancel_at if entry else 0 for entry in entries],
        ]
    if name == "poolSettings":
        known = arguments[0] in POOL_BY_ID
        return [(state.min_size, state.min_size, state.max_deviation_bps) if known else (0, 0, 0)]
    if name == "isPoolPaused":
        return [False]
    if name == "sectionSettled":
        return [(arguments[0], arguments[1]) in state.settled_sections]
    return None


def _hook(state: State, name: str, arguments: Any) -> list[Any] | None:
    pool = POOL_BY_ID.get(arguments[0]) if arguments else None
    if name == "poolKey":
        none = bytes(20)
        return [
            (pool.currency0, pool.currency1, 3000, 60, HOOK) if pool else (none, none, 0, 0, none)
        ]
    if name == "poolPriceX128":
        require(pool is not None, "UnknownPool", arguments[0])
        return [state.price_x128(arguments[0])]
    return None


def _quoter(state: State, name: str, arguments: Any) -> list[Any] | None:
    if name != "quoteRemainder":
        return None
    pool_id, price, zero_for_one, amount_in = arguments
    require(pool_id in POOL_BY_ID, "UnknownPool", pool_id)
    after = state.copy()
    output = after.swap(pool_id, zero_for_one=zero_for_one, amount_in=amount_in)
    require_in_reach(after, pool_id, price, amount_in)
    return [output]


def _verifier(state: State, name: str, arguments: Any) -> list[Any] | None:
    if name == "weightOf":
        return [int(Address(bytes.fromhex(arguments[0][2:])) in state.allowed)]
    return [1] if name in ("threshold", "totalWeight") else None


def _roots(state: State, name: str, arguments: Any) -> list[Any] | None:
    if name != "proofsAggregations":
        return None
    return [state.roots.get((arguments[0], arguments[1]), bytes(32))]
