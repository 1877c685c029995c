"""What libraries do behind one's back, made repeatable while a simulation runs: threads, and random signatures.

Worker threads run inline. The sr25519 library signs with randomness of its own, so a keyed hash stands for its
signatures; what is signed, and everything around it, is real. What only takes long is remembered: decoded metadata,
storage, events and ABI values.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from hashlib import blake2b
from typing import Any, TypeVar
from unittest.mock import patch

import anyio
import sr25519
from anyio import to_thread

from zk_devnet.simulator.loop import WATCHED
from zk_operator.domain import abi_coding
from zkverify_client.adapters import chain
from zkverify_client.adapters.event_list import Event
from zkverify_client.adapters.runtime import Runtime, RuntimeVersion

T = TypeVar("T")


class Killed(BaseException):
    """Raised when the process of the operator ends in the middle of something."""


def require_alive() -> None:
    """Raises Killed where what runs belongs to a process that has ended: nothing of it may have effects any more."""
    watched = WATCHED.get()
    if watched is not None and watched.is_dead:
        raise Killed


async def run_inline(
    func: Callable[..., T], *args: Any, limiter: anyio.CapacityLimiter | None = None, **_: Any
) -> T:
    """As `anyio.to_thread.run_sync`, in the loop's own thread: jobs follow each other, so no limiter is ever full."""
    del limiter
    await asyncio.sleep(0)
    require_alive()
    return func(*args)


def sign(pair: tuple[bytes, bytes], message: bytes) -> bytes:
    """Stands for `sr25519.sign`: a hash that only the key's account has."""
    return blake2b(message, key=bytes(pair[0]), digest_size=64).digest()


def verify(signature: bytes, message: bytes, public: bytes) -> bool:
    """Stands for `sr25519.verify`."""
    return sign((public, b""), message) == bytes(signature)


class RememberingRuntime(Runtime):
    """A runtime that decodes the same bytes only once."""

    def __init__(self, *, version: RuntimeVersion, metadata: bytes) -> None:
        super().__init__(version=version, metadata=metadata)
        self._events = lru_cache(maxsize=512)(super().decode_events)
        self._stored = lru_cache(maxsize=512)(super().decode_storage)

    def decode_events(self, raw: bytes) -> tuple[Event, ...]:
        """As `Runtime`."""
        return self._events(raw)

    def decode_storage(self, pallet: str, item: str, raw: bytes) -> Any:
        """As `Runtime`."""
        return self._stored(pallet, item, raw)


@lru_cache(maxsize=16)
def decoded_runtime(version: RuntimeVersion, metadata: bytes) -> Runtime:
    """The runtime; its decoding takes a quarter of a second."""
    return RememberingRuntime(version=version, metadata=metadata)


_remembered_values = lru_cache(maxsize=4096)(abi_coding.decoded)


@contextmanager
def repeatable() -> Iterator[None]:
    """Everything inside runs without threads and without randomness of libraries."""
    with (
        patch.object(to_thread, "run_sync", run_inline),
        patch.object(sr25519, "sign", sign),
        patch.object(sr25519, "verify", verify),
        patch.object(chain, "Runtime", decoded_runtime),
        patch.object(abi_coding, "decoded", _remembered_values),
    ):
        yield


__all__ = ["Killed", "repeatable", "require_alive", "run_inline"]
