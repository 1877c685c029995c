"""The transaction pool: ready and future transactions, replacement, limits and bans, as a single-state pool has them."""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from zk_devnet.zkverify.config import PoolLimits
from zk_devnet.zkverify.context import InvalidTransaction
from zk_devnet.zkverify.executive import Validity
from zk_devnet.zkverify.extrinsic import Extrinsic

Validate = Callable[[Extrinsic], Validity]


class Status(StrEnum):
    """What happens to a transaction, in the words of author_extrinsicUpdate."""

    FUTURE = "future"
    READY = "ready"
    BROADCAST = "broadcast"
    IN_BLOCK = "inBlock"
    RETRACTED = "retracted"
    FINALITY_TIMEOUT = "finalityTimeout"
    FINALIZED = "finalized"
    USURPED = "usurped"
    DROPPED = "dropped"
    INVALID = "invalid"


TERMINAL = frozenset(
    {Status.FINALITY_TIMEOUT, Status.FINALIZED, Status.USURPED, Status.DROPPED, Status.INVALID}
)

NOTHING_BEFORE: Mapping[bytes, Status] = {}


class PoolRefused(Exception):
    """Raised when the pool does not take a transaction; `reason` is the pool's error."""

    def __init__(self, reason: str, *details: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.details = details


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A transaction in the pool."""

    extrinsic: Extrinsic
    validity: Validity
    order: int
    valid_till: int

    @property
    def hash(self) -> bytes:
        """The transaction's hash."""
        return self.extrinsic.hash

    @property
    def tag(self) -> bytes:
        """What the transaction provides: account and nonce."""
        return self.validity.provides[0]


@dataclass(slots=True)
class Pool:
    """Transactions waiting for a block. `report` is called with (hash, status, detail) for every change."""

    limits: PoolLimits
    clock: Callable[[], float]
    report: Callable[[bytes, Status, bytes | None], None]
    refuse_all: bool = False
    _ready: dict[bytes, Entry] = field(default_factory=dict)
    _future: dict[bytes, Entry] = field(default_factory=dict)
    _by_tag: dict[bytes, bytes] = field(default_factory=dict)
    _banned: dict[bytes, float] = field(default_factory=dict)
    _orders: int = 0

    def submit(
        self, extrinsic: Extrinsic, validate: Validate, number: int, *, ignore_ban: bool = False
    ) -> bytes:
        """Take a transaction; PoolRefused when it is banned, known, invalid, too cheap, or does not fit."""
        known = extrinsic.hash
        try:
            self._check_known(known, ignore_ban=ignore_ban)
            validity = validate(extrinsic)
        except (InvalidTransaction, PoolRefused):
            self._ban(
                known
            )  # the real pool bans what it refuses here, what it already holds included
            raise
        self._orders += 1
        entry = Entry(
            extrinsic=extrinsic,
            validity=validity,
            order=self._orders,
            valid_till=number + validity.longevity,
        )
        self._import(entry)
        self._enforce_limits()
        if known not in self._ready and known not in self._future:
            raise PoolRefused("ImmediatelyDropped")
        return known

    def ready(self) -> Iterator[Entry]:
        """Ready transactions, best first, each after those that it depends on."""
        waiting: dict[bytes, list[Entry]] = {}
        available: list[tuple[int, int, Entry]] = []
        for entry in self._ready.values():
            missing = [tag for tag in entry.validity.requires if tag in self._by_tag]
            if missing:
                waiting.setdefault(missing[0], []).append(entry)
            else:
                heapq.heappush(available, (-entry.validity.priority, entry.order, entry))
        while available:
            _, _, entry = heapq.heappop(available)
            yield entry
            for follower in waiting.pop(entry.tag, []):
                heapq.heappush(available, (-follower.validity.priority, follower.order, follower))

    def pending(self) -> list[bytes]:
        """The encoded ready transactions."""
        return [entry.extrinsic.encoded for entry in self.ready()]

    def next_index(self, account: bytes, nonce: int) -> int:
        """The nonce after the account's contiguous ready transactions, starting from the chain's."""
        while account + nonce.to_bytes(4, "little") in self._by_tag:
            nonce += 1
        return nonce

    def sizes(self) -> dict[str, int]:
        """Counts for the node's status."""
        return {"ready": len(self._ready), "future": len(self._future), "banned": len(self._banned)}

    def included(self, hashes: Iterable[bytes]) -> None:
        """Take out what a block holds; its bytes are banned, as the real pool does."""
        for known in hashes:
            self._ban(known)
            self._drop(known)

    def refresh(self, validate: Validate, number: int) -> None:
        """After a block: revalidate everything, remove what became invalid, promote what became ready."""
        entries = sorted(
            [*self._ready.values(), *self._future.values()], key=lambda entry: entry.order
        )
        now = self.clock()
        self._banned = {known: until for known, until in self._banned.items() if until > now}
        before = dict.fromkeys(self._ready, Status.READY) | dict.fromkeys(
            self._future, Status.FUTURE
        )
        self._ready, self._future, self._by_tag = {}, {}, {}
        for entry in entries:
            try:
                validity = validate(entry.extrinsic)
                fresh = replace(entry, validity=validity)
                _ensure_current(entry, number)
                self._import(fresh, before)
            except (InvalidTransaction, PoolRefused):
                self._invalid(entry.hash)

    def remove(self, known: bytes, status: Status, detail: bytes | None = None) -> bool:
        """Take out a transaction and say why; False when the pool does not hold it."""
        if known not in self._ready and known not in self._future:
            return False
        self._drop(known)
        self._ban(known)
        self.report(known, status, detail)
        return True

    def first(self) -> bytes | None:
        """The hash of the best ready transaction."""
        return next((entry.hash for entry in self.ready()), None)

    def _check_known(self, known: bytes, *, ignore_ban: bool) -> None:
        until = self._banned.get(known)
        if until is not None and until <= self.clock():
            del self._banned[known]
        elif until is not None and not ignore_ban:
            raise PoolRefused("TemporarilyBanned")
        if known in self._ready or known in self._future:
            raise PoolRefused("AlreadyImported", known)
        if self.refuse_all:
            raise PoolRefused("ImmediatelyDropped")

    def _import(self, entry: Entry, before: Mapping[bytes, Status] = NOTHING_BEFORE) -> None:
        if any(tag not in self._by_tag for tag in entry.validity.requires):
            self._future[entry.hash] = entry
            self._report_change(entry, Status.FUTURE, before)
            return
        self._replace(entry)
        self._ready[entry.hash] = entry
        self._by_tag[entry.tag] = entry.hash
        self._report_change(entry, Status.READY, before)
        self._promote(entry.tag, before)

    def _report_change(self, entry: Entry, status: Status, before: Mapping[bytes, Status]) -> None:
        if before.get(entry.hash) is not status:
            self.report(entry.hash, status, None)

    def _replace(self, entry: Entry) -> None:
        holder = self._by_tag.get(entry.tag)
        if holder is None:
            return
        old = self._ready[holder]
        if old.validity.priority >= entry.validity.priority:
            raise PoolRefused("TooLowPriority", old.validity.priority, entry.validity.priority)
        self._drop(holder)
        self.report(holder, Status.USURPED, entry.hash)

    def _promote(self, tag: bytes, before: Mapping[bytes, Status]) -> None:
        followers = [entry for entry in self._future.values() if tag in entry.validity.requires]
        for entry in sorted(followers, key=lambda follower: follower.order):
            del self._future[entry.hash]
            try:
                self._import(entry, before)
            except PoolRefused:
                self._invalid(entry.hash)

    def _enforce_limits(self) -> None:
        limits = self.limits
        self._enforce(self._ready, limits.ready_count, limits.ready_bytes)
        self._enforce(self._future, limits.future_count, limits.future_bytes)

    def _enforce(self, entries: dict[bytes, Entry], count: int, size_bytes: int) -> None:
        while (
            len(entries) > count or sum(e.extrinsic.length for e in entries.values()) > size_bytes
        ):
            worst = min(entries.values(), key=lambda entry: (entry.validity.priority, entry.order))
            for known in self._with_dependents(worst):
                self._drop(known)
                self._ban(known)
                self.report(known, Status.DROPPED, None)

    def _with_dependents(self, entry: Entry) -> list[bytes]:
        found, tags = [entry.hash], {entry.tag}
        for other in sorted(self._ready.values(), key=lambda item: item.validity.nonce):
            if tags.intersection(other.validity.requires):
                found.append(other.hash)
                tags.add(other.tag)
        return found

    def _drop(self, known: bytes) -> None:
        entry = self._ready.pop(known, None)
        self._future.pop(known, None)
        if entry is not None and self._by_tag.get(entry.tag) == known:
            del self._by_tag[entry.tag]

    def _invalid(self, known: bytes) -> None:
        self._ban(known)
        self.report(known, Status.INVALID, None)

    def _ban(self, known: bytes) -> None:
        if self.limits.ban_s > 0:
            self._banned[known] = self.clock() + self.limits.ban_s


def _ensure_current(entry: Entry, number: int) -> None:
    if number > entry.valid_till:
        raise InvalidTransaction("Stale")
