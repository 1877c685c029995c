"""The contracts' ABIs, as the Solidity build exports them: selectors, topics, types, custom errors."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from eth_abi.exceptions import DecodingError
from eth_utils.abi import collapse_if_tuple

from zk_acts.domain.hashing import keccak
from zk_operator.domain.abi_coding import decode, encode
from zk_operator.domain.failures import MalformedAnswer

CONTRACTS: Final = (
    "OrderServiceManager",
    "DarkCoWHook",
    "ReceiptVerifier",
    "ZkVerifyAggregation",
    "RemainderQuoter",
    "AllowListVerifier",
)
_ERROR_STRING: Final = bytes.fromhex("08c379a0")
_PANIC: Final = bytes.fromhex("4e487b71")
_REASON_LIMIT: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class AbiEntry:
    """One function, event or error."""

    name: str
    names: tuple[str, ...]
    types: tuple[str, ...]
    indexed: tuple[bool, ...]
    outputs: tuple[str, ...]
    hash: bytes  # keccak256 of the signature: an event's topic; its first four bytes are a selector

    @property
    def selector(self) -> bytes:
        """The four bytes that calldata or revert data start with."""
        return self.hash[:4]

    def encode_call(self, arguments: Sequence[object]) -> bytes:
        """Calldata."""
        return self.selector + encode(self.types, arguments)

    def decode_result(self, raw: bytes) -> tuple[Any, ...]:
        """The values that a call returned. Error: MalformedAnswer."""
        try:
            return decode(self.outputs, raw)
        except (DecodingError, OverflowError, UnicodeDecodeError) as error:
            raise MalformedAnswer(f"{self.name} returned something else", size=len(raw)) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractAbi:
    """One contract's entries; overloads do not occur in ours."""

    functions: Mapping[str, AbiEntry]
    events: Mapping[bytes, AbiEntry]  # by topic
    errors: Mapping[bytes, AbiEntry]  # by selector


@cache
def contract_abi(name: str) -> ContractAbi:
    """The ABI of the contract of that name, from the package's data."""
    text = files(__package__).joinpath("abi", f"{name}.json").read_text("utf-8")
    entries: list[dict[str, Any]] = json.loads(text)
    return ContractAbi(
        functions={e["name"]: _entry(e) for e in entries if e["type"] == "function"},
        events={_entry(e).hash: _entry(e) for e in entries if e["type"] == "event"},
        errors={_entry(e).selector: _entry(e) for e in entries if e["type"] == "error"},
    )


def _entry(entry: Mapping[str, Any]) -> AbiEntry:
    inputs, outputs = entry.get("inputs", []), entry.get("outputs", [])
    types = tuple(collapse_if_tuple(each) for each in inputs)
    return AbiEntry(
        name=entry["name"],
        names=tuple(each["name"] for each in inputs),
        types=types,
        indexed=tuple(each.get("indexed", False) for each in inputs),
        outputs=tuple(collapse_if_tuple(each) for each in outputs),
        hash=keccak(f"{entry['name']}({','.join(types)})".encode()),
    )


@cache
def _known_errors() -> Mapping[bytes, AbiEntry]:
    return {
        selector: entry
        for contract in CONTRACTS
        for selector, entry in contract_abi(contract).errors.items()
    }


def readable_revert(raw: bytes) -> str:
    """Revert data in words: a custom error of ours with its arguments, Error(string), Panic, or the bytes."""
    if not raw:
        return "no reason given"
    entry = _known_errors().get(raw[:4])
    try:
        if raw[:4] == _ERROR_STRING:
            return str(decode(["string"], raw[4:])[0])[:_REASON_LIMIT]
        if raw[:4] == _PANIC:
            return f"Panic({decode(['uint256'], raw[4:])[0]:#x})"
        if entry:
            return _with_arguments(entry, decode(entry.types, raw[4:]))[:_REASON_LIMIT]
    except (DecodingError, OverflowError, UnicodeDecodeError):
        return f"0x{raw.hex()}"[:_REASON_LIMIT]
    return f"0x{raw.hex()}"[:_REASON_LIMIT]


def _with_arguments(entry: AbiEntry, values: Sequence[object]) -> str:
    shown = (
        f"{name}={'0x' + value.hex() if isinstance(value, bytes) else value}"
        for name, value in zip(entry.names, values, strict=True)
    )
    return f"{entry.name}({', '.join(shown)})"
