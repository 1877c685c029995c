"""What is fuzzed: a decoder, inputs that it takes, and a way to alter them."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

Mutation = Callable[[Random, Sequence[bytes]], bytes]
"""One altered input, made of the seeds."""


class Contradiction(AssertionError):
    """Raised when a decoder took an input and said something false about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoder:
    """`read` decodes an input and uses what came out as its callers would; it raises what they are told to expect.

    `refusals` are such errors besides our own. `renew` undoes what inputs did to a server, every `renew_every` inputs.
    """

    seeds: Sequence[bytes]
    mutate: Mutation
    read: Callable[[bytes], object]
    refusals: tuple[type[Exception], ...] = ()
    renew: Callable[[], None] | None = None
    renew_every: int = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A decoder by name. `build` is called once in each process. Limits are of one input.

    `share` of the inputs asked for: less for what takes milliseconds by its nature.
    """

    name: str
    build: Callable[[], Decoder]
    most_cpu_s: float = 1.0
    most_bytes: int = 48 << 20
    share: float = 1.0

    def inputs(self, count: int) -> int:
        """How many inputs it gets where others get `count`."""
        return max(1, round(count * self.share))


def require(holds: bool, what: str) -> None:
    """Error: Contradiction."""
    if not holds:
        raise Contradiction(what)


def finish(work: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that never waits: no event loop is needed for it."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    work.close()
    raise Contradiction("a decoder waits for something")
