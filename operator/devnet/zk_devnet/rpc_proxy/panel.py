"""The faults that are on, outermost first, and what they have done so far."""

from collections import Counter
from collections.abc import Sequence

from zk_devnet.rpc_proxy.catalogue import Made, make_fault
from zk_devnet.rpc_proxy.message import Ask, Call, Reply


class Panel:
    """Switches faults on and off, and sends requests through those that are on."""

    def __init__(self, *, seed: int = 1, faults: Sequence[str] = ()) -> None:
        self._seed = seed
        self._on: dict[str, Made] = {}
        self.struck: Counter[str] = Counter()
        for text in faults:
            self.arm(text)

    def arm(self, text: str) -> None:
        """Switch a fault on, as the innermost; in its old place if it is on already. Error: FaultUnknown."""
        made = make_fault(text, seed=self._seed)
        self._on[made.name] = made

    def clear(self, name: str | None = None) -> None:
        """Switch one off, or all. One that is off may be cleared."""
        if name is None:
            self._on.clear()
        else:
            self._on.pop(name, None)

    def armed(self) -> dict[str, str]:
        """Those that are on, as they were described."""
        return {name: made.text for name, made in self._on.items()}

    async def serve(self, calls: Sequence[Call], upstream: Ask) -> list[Reply]:
        """The replies to the calls of one HTTP request."""
        ask = upstream
        for made in reversed(self._on.values()):
            ask = self._behind(made, ask)
        return await ask(calls)

    def _behind(self, made: Made, ask: Ask) -> Ask:
        async def through(calls: Sequence[Call]) -> list[Reply]:
            struck = made.trigger.struck(calls)
            if not struck:
                return await ask(calls)
            self.struck[made.name] += 1
            rest = [call for call in calls if call not in struck]
            replies = await made.fault.serve(struck, ask)
            return [*replies, *(await ask(rest) if rest else [])]

        return through
