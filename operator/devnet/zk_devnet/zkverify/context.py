"""What a pallet's code sees while it runs: storage, events, the block and who called."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from zk_devnet.zkverify.scale import Case
from zk_devnet.zkverify.schema.runtime import module_error
from zk_devnet.zkverify.state import Overlay

INITIALIZATION = Case("Initialization")


class DispatchFailed(Exception):
    """Raised by a call that fails: carries the DispatchError value and, where the call says so, its real weight."""

    def __init__(self, error: Case, actual_weight: "Weight | None" = None) -> None:
        super().__init__(f"{error}")
        self.error = error
        self.actual_weight = actual_weight


class InvalidTransaction(Exception):
    """Raised when an extrinsic cannot enter a block: carries the InvalidTransaction variant."""

    def __init__(self, case: str, custom: int | None = None) -> None:
        super().__init__(case)
        self.case = Case(case, custom)


@dataclass(frozen=True, slots=True)
class Weight:
    """Execution time in picoseconds and proof size in bytes."""

    ref_time: int = 0
    proof_size: int = 0

    def __add__(self, other: "Weight") -> "Weight":
        return Weight(self.ref_time + other.ref_time, self.proof_size + other.proof_size)

    def compose(self, other: "Weight") -> "Weight":
        """The sum of the times and the larger proof size, as verifier pallets combine weights."""
        return Weight(self.ref_time + other.ref_time, max(self.proof_size, other.proof_size))

    def as_value(self) -> dict[str, int]:
        """The SCALE value."""
        return {"ref_time": self.ref_time, "proof_size": self.proof_size}


@dataclass(frozen=True, slots=True)
class Origin:
    """Who dispatches: an account, or root when `account` is None."""

    account: bytes | None

    def signed(self) -> bytes:
        """The account; DispatchFailed(BadOrigin) for root."""
        if self.account is None:
            raise bad_origin()
        return self.account

    def ensure_root(self) -> None:
        """DispatchFailed(BadOrigin) unless root."""
        if self.account is not None:
            raise bad_origin()


@dataclass(frozen=True, slots=True, kw_only=True)
class PostInfo:
    """What a successful call reports: its real weight (None: as declared) and whether it pays."""

    actual_weight: Weight | None = None
    pays_fee: bool = True


def bad_origin() -> DispatchFailed:
    """DispatchError::BadOrigin."""
    return DispatchFailed(Case("BadOrigin"))


def token_error(name: str) -> DispatchFailed:
    """DispatchError::Token(name)."""
    return DispatchFailed(Case("Token", Case(name)))


def module_failure(pallet: str, name: str, actual_weight: Weight | None = None) -> DispatchFailed:
    """DispatchError::Module of `pallet.name`."""
    return DispatchFailed(Case("Module", module_error(pallet, name)), actual_weight)


@dataclass(slots=True, kw_only=True)
class Context:
    """Storage overlay, events and block data of one execution."""

    storage: Overlay
    author: bytes
    phase: Case = INITIALIZATION
    events: list[dict[str, Any]] = field(default_factory=list)

    def emit(self, pallet: str, event: str, **fields: Any) -> None:
        """Deposit an event in the current phase."""
        content = Case(pallet, Case(event, fields or None))
        self.events.append({"phase": self.phase, "event": content, "topics": []})

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Storage writes and events inside vanish when the body raises."""
        mark = len(self.events)
        try:
            with self.storage.layer():
                yield
        except BaseException:
            del self.events[mark:]
            raise
