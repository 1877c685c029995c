"""Faults planted on purpose: proof that the simulator finds what it is for."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from zk_devnet.simulator.mutants.table import MUTANTS, Mutant, Plant

__all__ = ["MUTANTS", "Mutant", "planted"]


@contextmanager
def planted(name: str | None) -> Iterator[None]:
    """Inside, the product has that fault."""
    plant: Plant = nullcontext if name is None else MUTANTS[name].plant
    with plant():
        yield
