"""RPC errors with the codes and texts of a Substrate node."""

from typing import Any

from zk_devnet.zkverify.context import InvalidTransaction
from zk_devnet.zkverify.pool import PoolRefused


class RpcError(Exception):
    """Raised by a method to answer with an error object."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    def as_json(self) -> dict[str, Any]:
        """The error object."""
        body: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.data is not None:
            body["data"] = self.data
        return body


INVALID_TEXTS = {
    "Call": "Transaction call is not expected",
    "Payment": "Inability to pay some fees (e.g. account balance too low)",
    "Future": "Transaction will be valid in the future",
    "Stale": "Transaction is outdated",
    "BadProof": "Transaction has a bad signature",
    "AncientBirthBlock": "Transaction has an ancient birth block",
    "ExhaustsResources": "Transaction would exhaust the block limits",
    "BadMandatory": "A call was labelled as mandatory, but resulted in an Error.",
    "MandatoryValidation": "Transaction dispatch is mandatory; transactions must not be validated.",
    "BadSigner": "Invalid signing address",
}
_POOL_ERRORS: dict[str, tuple[int, str, str | None]] = {
    "TemporarilyBanned": (1012, "Transaction is temporarily banned", None),
    "ImmediatelyDropped": (
        1016,
        "Immediately Dropped",
        "The transaction couldn't enter the pool because of the limit",
    ),
}


def invalid_params(detail: str) -> RpcError:
    """-32602."""
    return RpcError(-32602, "Invalid params", detail)


def method_not_found() -> RpcError:
    """-32601."""
    return RpcError(-32601, "Method not found")


def unknown_block(detail: str) -> RpcError:
    """What state methods answer for a block that is unknown or whose state is pruned."""
    return RpcError(4003, f"Client error: {detail}")


def bad_format(detail: str) -> RpcError:
    """1001: the bytes are no opaque extrinsic."""
    return RpcError(1001, f"Extrinsic has invalid format: {detail}")


def unverifiable(detail: str) -> RpcError:
    """1002: the runtime could not decode the extrinsic, and trapped."""
    text = f"Execution failed: Execution aborted due to trap: wasm trap: unreachable ({detail})"
    return RpcError(1002, "Verification Error", f'RuntimeApi("{text}")')


def from_invalid(refusal: InvalidTransaction) -> RpcError:
    """1010."""
    text = INVALID_TEXTS.get(refusal.case.name, f"Custom error: {refusal.case.value}")
    return RpcError(1010, "Invalid Transaction", text)


def from_pool(refusal: PoolRefused) -> RpcError:
    """1012 to 1016."""
    if refusal.reason == "AlreadyImported":
        known = refusal.details[0]
        assert isinstance(known, bytes)
        return RpcError(1013, "Transaction Already Imported", "0x" + known.hex())
    if refusal.reason == "TooLowPriority":
        old, new = refusal.details
        return RpcError(
            1014,
            f"Priority is too low: ({old} vs {new})",
            "The transaction has too low priority to replace another transaction already in the pool.",
        )
    return RpcError(*_POOL_ERRORS[refusal.reason])
