"""Randomness: one stream per purpose, all from one seed, so that taking one part away leaves the others as they were."""

import random


def stream(seed: int, *purpose: object) -> random.Random:
    """A stream of its own for that purpose; the same in every process."""
    return random.Random(":".join(map(str, (seed, *purpose))))


def chosen(chance: random.Random, share: float) -> bool:
    """Whether something happens that happens in that share of the cases."""
    return chance.random() < share
