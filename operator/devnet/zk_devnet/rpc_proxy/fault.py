"""What a fault is: something that stands between client and endpoint and answers in its own way.

A fault is a dataclass. Its fields are its options, by their types; the first line of its docstring is what `--list`
says of it.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from zk_devnet.rpc_proxy.message import Ask, Call, Reply


@runtime_checkable
class Fault(Protocol):
    """One way to misbehave."""

    async def serve(self, calls: Sequence[Call], ask: Ask) -> list[Reply]:
        """What comes back for the calls of one HTTP request; `ask` is how to get the honest replies."""
        ...


class PerCall:
    """A fault that looks at each call alone."""

    __slots__ = ()

    async def serve(self, calls: Sequence[Call], ask: Ask) -> list[Reply]:
        """As `Fault`."""
        return [await self.answer(call, ask) for call in calls]

    async def answer(self, call: Call, ask: Ask) -> Reply:
        """What comes back for one call."""
        raise NotImplementedError
