"""Which places of the services crashes have cut, and the cases that cut those which no crash has met by chance."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from zk_devnet.simulator.awaits import Cut, Place, places
from zk_devnet.simulator.case import Case

# Each came once to a place that hardly any seed comes to. Any change of the product may lead them elsewhere: they are a
# help, and what they reach is told by the run.
FAR_SEEDS = (60007, 60026, 60064, 60065, 60167, 60178, 60202, 60657, 62622, 63927, 4038573672)


@dataclass(slots=True, kw_only=True)
class Coverage:
    """`cut`: by a crash; `met`: where a task was seen to wait, with the first case in which."""

    cut: set[Cut] = field(default_factory=set)
    met: dict[Cut, Case] = field(default_factory=dict)

    def add(self, case: Case, cut: Iterable[Cut], waits: Iterable[Cut]) -> None:
        """What one run has reached. Of several cases the plainest counts, in whatever order they come."""
        self.cut.update(cut)
        for each in waits:
            known = self.met.get(each)
            if known is None or _plainness(case) < _plainness(known):
                self.met[each] = case

    def directed(self) -> list[Case]:
        """For each place at which a task has waited and none was cut: the case in which one is."""
        return [
            replace(case, cuts=(*case.cuts, cut))
            for cut, case in sorted(self.met.items(), key=lambda item: item[0])
            if cut not in self.cut
        ]

    @property
    def uncut(self) -> list[Place]:
        """Places at which a task has waited, and no crash has cut it."""
        return [place for cut, place in places().items() if cut in self.met and cut not in self.cut]

    @property
    def unmet(self) -> list[Place]:
        """Places at which no task was seen to wait: nothing led there, or what is awaited was there at once."""
        return [
            place for cut, place in places().items() if cut not in self.met and cut not in self.cut
        ]

    def line(self, *, looked: bool) -> str:
        """In one line. `looked`: whether the runs noted where tasks waited."""
        known = (
            f"crashes cut {len(self.cut)} of the {len(places())} places at which services may wait"
        )
        met = f"; at {len(self.uncut)} of the others a task has waited, at {len(self.unmet)} none"
        return known + met if looked else known


def _plainness(case: Case) -> tuple[int, int]:
    return len(case.cuts), case.seed
