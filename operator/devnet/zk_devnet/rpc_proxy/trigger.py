"""When a fault strikes: for which methods, how often, how many times."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from zk_devnet.rpc_proxy.message import Call


@dataclass(slots=True, kw_only=True)
class Trigger:
    """`method`: those (all, if none is named). `fraction` of their HTTP requests. `count` times (0: without end)."""

    method: tuple[str, ...] = ()
    fraction: float = 1.0
    count: int = 0
    rng: random.Random

    def struck(self, calls: Sequence[Call]) -> list[Call]:
        """The calls of one HTTP request that the fault gets; uses up one of its times."""
        meant = [call for call in calls if not self.method or call.method in self.method]
        if not meant or self.count < 0 or self.rng.random() >= self.fraction:
            return []
        if self.count:
            self.count = self.count - 1 or -1
        return meant
