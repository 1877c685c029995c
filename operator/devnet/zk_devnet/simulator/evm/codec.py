"""The manager's events and errors as bytes, by the ABI that the package ships."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from zk_devnet.simulator.evm.deployment import (
    HOOK,
    MANAGER,
    PROVING,
    QUOTER,
    VERIFIER,
    ZKVERIFY,
)
from zk_operator.adapters.evm.abi import AbiEntry, contract_abi
from zk_operator.domain.abi_coding import encode
from zk_operator.domain.ids import Address

CONTRACT_AT = {
    MANAGER: "OrderServiceManager",
    HOOK: "DarkCoWHook",
    QUOTER: "RemainderQuoter",
    VERIFIER: "AllowListVerifier",
    ZKVERIFY: "ZkVerifyAggregation",
    **dict.fromkeys(PROVING, "ReceiptVerifier"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What a contract emitted."""

    address: Address
    topics: tuple[bytes, ...]
    data: bytes
    name: str
    values: tuple[Any, ...]


class Reverted(Exception):
    """Raised when a call reverts; `data` is what it returns then."""

    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(name)
        self.data = data
        self.name = name


@cache
def _events() -> dict[str, AbiEntry]:
    return {entry.name: entry for entry in contract_abi("OrderServiceManager").events.values()}


@cache
def _errors() -> dict[str, AbiEntry]:
    return {
        entry.name: entry
        for contract in ("RemainderQuoter", "DarkCoWHook", "OrderServiceManager")
        for entry in contract_abi(contract).errors.values()
    }


@cache
def functions_at(address: Address) -> dict[bytes, AbiEntry]:
    """The functions of the contract there, by selector."""
    name = CONTRACT_AT.get(address)
    if name is None:
        return {}
    return {entry.selector: entry for entry in contract_abi(name).functions.values()}


def event(name: str, *values: Any) -> Log:
    """A log of the manager."""
    entry = _events()[name]
    pairs = list(zip(entry.types, values, strict=True))
    topics = [
        encode([kind], [value])
        for (kind, value), indexed in zip(pairs, entry.indexed, strict=True)
        if indexed
    ]
    plain = [pair for pair, indexed in zip(pairs, entry.indexed, strict=True) if not indexed]
    data = encode([kind for kind, _ in plain], [value for _, value in plain])
    return Log(address=MANAGER, topics=(entry.hash, *topics), data=data, name=name, values=values)


def reverted(name: str, *values: Any) -> Reverted:
    """The exception of a custom error."""
    entry = _errors()[name]
    return Reverted(entry.selector + encode(entry.types, values), name)


def require(condition: bool, name: str, *values: Any) -> None:
    """Revert unless it holds."""
    if not condition:
        raise reverted(name, *values)
