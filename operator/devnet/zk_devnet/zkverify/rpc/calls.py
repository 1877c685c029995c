"""A JSON-RPC call as a method sees it, and readers for its parameters."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from zk_devnet.zkverify.hub import Unsubscribe
from zk_devnet.zkverify.rpc.errors import RpcError, invalid_params

Send = Callable[[Any], None]


class Subscriber(Protocol):
    """The connection behind a call, as far as subscriptions need it."""

    def subscribe(self, method: str, start: "Callable[[Send], Unsubscribe]") -> str:
        """Register a subscription whose notifications carry `method`; its id."""

    def unsubscribe(self, subscription: str) -> bool:
        """End a subscription; False when the connection has none of that id."""

    def finish(self, subscription: str) -> None:
        """Forget a subscription that ended by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Positional parameters and, on a WebSocket, the connection."""

    method: str
    params: list[Any]
    connection: Subscriber | None = None

    def optional(self, index: int) -> Any:
        """The parameter, or None when it is absent."""
        return self.params[index] if index < len(self.params) else None

    def required(self, index: int, name: str) -> Any:
        """The parameter; RpcError(-32602) when it is absent."""
        value = self.optional(index)
        if value is None:
            raise invalid_params(f"missing parameter `{name}`")
        return value

    def integer(self, index: int, name: str, bits: int) -> int:
        """An unsigned integer parameter."""
        value = self.required(index, name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << bits:
            raise invalid_params(f"invalid type for `{name}`: expected u{bits}")
        return int(value)

    def raw(self, index: int, name: str) -> bytes:
        """A 0x-prefixed hex parameter."""
        return hex_bytes(self.required(index, name), name)

    def hash32(self, index: int, name: str) -> bytes:
        """A 32-byte hash parameter."""
        value = self.raw(index, name)
        if len(value) != 32:
            raise invalid_params(f"invalid length for `{name}`: expected 32 bytes")
        return value

    def at(self, index: int) -> bytes | None:
        """An optional block hash."""
        return None if self.optional(index) is None else self.hash32(index, "hash")

    def subscriber(self) -> Subscriber:
        """The connection; RpcError on HTTP, which has no subscriptions."""
        if self.connection is None:
            raise RpcError(-32601, "Method not found", "subscriptions need a WebSocket")
        return self.connection


Method = Callable[[Call], Any]
Methods = dict[str, Method]


def hex_bytes(value: Any, name: str) -> bytes:
    """The bytes of a 0x-prefixed hex text; RpcError(-32602) otherwise."""
    if not isinstance(value, str) or not value.startswith("0x"):
        raise invalid_params(f"invalid value for `{name}`: expected a 0x-prefixed hex string")
    try:
        return bytes.fromhex(value[2:])
    except ValueError as error:
        raise invalid_params(f"invalid hex for `{name}`") from error


def hex0x(value: bytes) -> str:
    """0x-prefixed hex."""
    return "0x" + value.hex()
