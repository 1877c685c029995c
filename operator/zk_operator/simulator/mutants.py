"""Faults planted on purpose: proof that the simulator finds what it is for."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

Plant = Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One fault: what it is, and how it is planted."""

    name: str
    about: str
    plant: Plant


MUTANTS: Mapping[str, Mutant] = {}


@contextmanager
def planted(name: str | None) -> Iterator[None]:
    """Inside, the product has that fault."""
    plant: Plant = nullcontext if name is None else MUTANTS[name].plant
    with plant():
        yield
