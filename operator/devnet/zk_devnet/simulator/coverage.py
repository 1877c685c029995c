"""Which awaits of the services have been cut by a crash: the lines that there are, and those where one has happened."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable

Cut = tuple[str, int]
PARTS = ("services",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Awaits by file and line. `open_ones`: never cut."""

    known: frozenset[Cut]
    cut: frozenset[Cut]

    @property
    def open_ones(self) -> tuple[Cut, ...]:
        """In order."""
        return tuple(sorted(self.known - self.cut))


def coverage_of(cuts: Iterable[Cut]) -> Coverage:
    """Of the services' code. An await that spans lines counts as its first."""
    known = frozenset(cut for part in PARTS for cut in _awaits(part))
    return Coverage(known=known, cut=known & frozenset(cuts))


def _awaits(part: str) -> Iterable[Cut]:
    folder = resources.files("zk_operator") / part
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if file.name.endswith(".py"):
            yield from _awaits_in(file, f"{part}/{file.name}")


def _awaits_in(file: Traversable, name: str) -> Iterable[Cut]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Await):
            yield name, node.lineno
