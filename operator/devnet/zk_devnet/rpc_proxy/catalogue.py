"""Every fault by name, and how one is made from text: `name:key=value,key=value`."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Final, get_args, get_type_hints

from zk_devnet.rpc_proxy.errors import FaultUnknown
from zk_devnet.rpc_proxy.fault import Fault
from zk_devnet.rpc_proxy.faults.behind import (
    LaggingLogs,
    MissingReceipts,
    Replicas,
    StaleHead,
)
from zk_devnet.rpc_proxy.faults.failing import (
    BadLog,
    Down,
    Duplicate,
    Garbage,
    Hang,
    LoseAnswers,
    Reorder,
)
from zk_devnet.rpc_proxy.faults.refusing import (
    DepthUnknown,
    PrunedState,
    RangeLimit,
    RateLimit,
    RefuseLogs,
    WrongChain,
)
from zk_devnet.rpc_proxy.faults.sending import SwallowSends, Underpriced
from zk_devnet.rpc_proxy.trigger import Trigger

FAULTS: Final[Mapping[str, type[Any]]] = {
    "replicas": Replicas,
    "lagging-logs": LaggingLogs,
    "stale-head": StaleHead,
    "missing-receipts": MissingReceipts,
    "refuse-logs": RefuseLogs,
    "range-limit": RangeLimit,
    "rate-limit": RateLimit,
    "depth-unknown": DepthUnknown,
    "pruned-state": PrunedState,
    "wrong-chain": WrongChain,
    "underpriced": Underpriced,
    "swallow-sends": SwallowSends,
    "lose-answers": LoseAnswers,
    "hang": Hang,
    "down": Down,
    "garbage": Garbage,
    "bad-log": BadLog,
    "duplicate": Duplicate,
    "reorder": Reorder,
}
_LIST: Final = "|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A key that a fault takes: its type, and what holds without it."""

    name: str
    kind: Any
    default: object

    def read(self, text: str) -> object:
        """The value. Error: ValueError."""
        if get_args(self.kind):  # tuple[X, ...]
            inner = get_args(self.kind)[0]
            return tuple(inner(part) for part in text.split(_LIST))
        return self.kind(text)

    def shown(self) -> str:
        """As the list of faults shows it: the key, what holds without it, and then what else there is."""
        if isinstance(self.default, StrEnum):
            others = [one for one in type(self.default) if one is not self.default]
            return f"{self.name}={_LIST.join([self.default, *others])}"
        if isinstance(self.default, tuple):
            return f"{self.name}={_LIST.join(str(one) for one in self.default)}"
        return f"{self.name}={self.default}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A fault that can be put into a proxy."""

    name: str
    text: str
    fault: Fault
    trigger: Trigger


def about(name: str) -> str:
    """What a fault imitates, in one line."""
    return (FAULTS[name].__doc__ or "").splitlines()[0]


def options(kind: type[Any]) -> dict[str, Option]:
    """The options of a fault, or of the trigger that all have."""
    hints = get_type_hints(kind)
    return {
        one.name: Option(name=one.name, kind=hints[one.name], default=one.default)
        for one in fields(kind)
        if one.init and hints[one.name] is not random.Random
    }


def make_fault(text: str, *, seed: int) -> Made:
    """The fault that a text describes; the same seed makes the same choices. Error: FaultUnknown."""
    name, _, rest = text.partition(":")
    kind = FAULTS.get(name)
    if kind is None:
        raise FaultUnknown("no such fault", fault=name, known=", ".join(FAULTS))
    given = _pairs(name, [part for part in rest.split(",") if part])
    own, common = options(kind), options(Trigger)
    unknown = given.keys() - own.keys() - common.keys()
    if unknown:
        known = ", ".join(one.shown() for one in (*own.values(), *common.values()))
        raise FaultUnknown("no such option", fault=name, option=min(unknown), known=known)
    rng = random.Random(f"{seed}:{name}")
    wants_rng = any(hint is random.Random for hint in get_type_hints(kind).values())
    extra = {"rng": rng} if wants_rng else {}
    return Made(
        name=name,
        text=text,
        fault=kind(**_values(name, own, given), **extra),
        trigger=Trigger(rng=rng, **_values(name, common, given)),
    )


def _pairs(name: str, parts: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for part in parts:
        key, equals, value = part.partition("=")
        if not equals:
            raise FaultUnknown("an option is key=value", fault=name, option=part)
        pairs[key] = value
    return pairs


def _values(name: str, known: Mapping[str, Option], given: Mapping[str, str]) -> dict[str, Any]:
    values = {}
    for key in given.keys() & known.keys():
        try:
            values[key] = known[key].read(given[key])
        except ValueError:
            raise FaultUnknown(
                "no such value", fault=name, option=known[key].shown(), value=given[key]
            ) from None
    return values
