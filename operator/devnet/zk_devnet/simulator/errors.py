"""What a simulation can end with."""

from typing import ClassVar

from zk_acts.domain.errors import Disposition, OperatorError


class SeedsFailed(OperatorError):
    """Raised when a simulated run broke a rule: an order lost, money spent twice or for nothing, an alert not raised.

    Meaning: `zk-operator simulate` found a run in which an order was lost or ended twice, money was spent twice or
    for nothing, a spend cap was passed, an alert was not raised, the process ended without need, or work did not
    drain.

    What you see: A line `failed:` per seed with what was broken, for the first ones a line `shrunk:` with the
    smallest case that still fails in the same way, and exit status 1.

    What to do: The operator has a fault, or the simulator has: run `zk-operator simulate --seed N --trace` and read
    what led there ([the simulator](../reference/simulator.md)). Once it is cured, add the shrunk line to the kept
    cases, so that it stays cured. Nothing that runs is affected: a simulation touches no network and no database.
    """

    code: ClassVar[str] = "ZKO-SIM-001"
    disposition = Disposition.FATAL


class MutantSurvived(OperatorError):
    """Raised when a fault that was planted on purpose was not found within the seeds.

    Meaning: `zk-operator simulate --mutants` planted a known fault, and no seed failed because of it: the simulator
    has lost the ability to find that kind.

    What you see: A line `mutant:` with the fault's name and the number of seeds, and exit status 1.

    What to do: Give it more seeds (`--seeds 2000`). If it still is not found, the fault's place in the code has
    moved, so that the mutant changes nothing any more, or the oracle does not look at what it does ([the
    simulator](../reference/simulator.md)). Nothing that runs is affected.
    """

    code: ClassVar[str] = "ZKO-SIM-002"
    disposition = Disposition.FATAL
