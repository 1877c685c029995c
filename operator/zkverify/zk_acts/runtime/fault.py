"""Labelled crash points: nothing in production, sudden death in a crash scenario."""

import os
import signal
from collections import Counter

from zk_acts.ports.fault import FaultPoints

_VARIABLE = "ZKO_CRASH_AT"  # for crash scenarios only, see docs/operate.md
ACT_POINTS = ("before_row", "after_row", "after_send", "after_answer", "after_final")


class NoFaults:
    """What production runs with."""

    def hit(self, label: str) -> None:
        """Do nothing."""


class KillAt:
    """Ends this process with SIGKILL at the n-th hit of a label, as a power cut would."""

    def __init__(self, *, label: str, count: int = 1) -> None:
        self._label = label
        self._count = count
        self._hits: Counter[str] = Counter()

    def hit(self, label: str) -> None:
        """Count the label; die when it is the one."""
        self._hits[label] += 1
        if label == self._label and self._hits[label] == self._count:
            os.kill(os.getpid(), signal.SIGKILL)


def asked_for() -> FaultPoints:
    """The crash point that the environment asks for; none in earnest."""
    text = os.environ.get(_VARIABLE)
    return parse_fault(text) if text else NoFaults()


def parse_fault(text: str) -> KillAt:
    """A crash point from its text form, `label` or `label:n`."""
    label, _, count = text.partition(":")
    return KillAt(label=label, count=int(count or 1))
