"""Who wants to hear about blocks and transactions."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from zk_devnet.zkverify.pool import TERMINAL, Status

Callback = Callable[[Any], None]
Unsubscribe = Callable[[], None]
StatusCallback = Callable[[Status, bytes | None], None]


class Topic(StrEnum):
    """What can be listened to."""

    BEST = "best"
    ANY = "any"
    FINALIZED = "finalized"
    VERSION = "version"


class Hub:
    """Calls listeners synchronously; a listener must only queue what it hears."""

    def __init__(self) -> None:
        self._listeners: dict[Topic, dict[int, Callback]] = {topic: {} for topic in Topic}
        self._watchers: dict[bytes, dict[int, StatusCallback]] = {}
        self._next = 0

    def listen(self, topic: Topic, callback: Callback) -> Unsubscribe:
        """Call back on every publication until the returned function is called."""
        key = self._key()
        self._listeners[topic][key] = callback
        return lambda: _forget(self._listeners[topic], key)

    def publish(self, topic: Topic, payload: Any) -> None:
        """Tell the topic's listeners."""
        for callback in list(self._listeners[topic].values()):
            callback(payload)

    def watch(self, transaction: bytes, callback: StatusCallback) -> Unsubscribe:
        """Call back on every status of a transaction until a terminal one."""
        key = self._key()
        watchers = self._watchers.setdefault(transaction, {})
        watchers[key] = callback

        def unwatch() -> None:
            _forget(watchers, key)
            if not watchers and self._watchers.get(transaction) is watchers:
                del self._watchers[transaction]

        return unwatch

    def report(self, transaction: bytes, status: Status, detail: bytes | None = None) -> None:
        """Tell a transaction's watchers; a terminal status ends the watch."""
        for callback in list(self._watchers.get(transaction, {}).values()):
            callback(status, detail)
        if status in TERMINAL:
            self._watchers.pop(transaction, None)

    def _key(self) -> int:
        self._next += 1
        return self._next


def _forget(entries: dict[int, Any], key: int) -> None:
    entries.pop(key, None)
