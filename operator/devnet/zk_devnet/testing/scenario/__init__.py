"""The whole system under one roof: a devnet in a thread, the daemon as a process, checks from outside and inside."""

from zk_devnet.testing.scenario.check import Effects, require_sound
from zk_devnet.testing.scenario.deadline import ScenarioStuck, until
from zk_devnet.testing.scenario.network import running_devnet, scenario_devnet
from zk_devnet.testing.scenario.process import OperatorProcess
from zk_devnet.testing.scenario.proxy import misbehaving
from zk_devnet.testing.scenario.shared import SharedDevnet
from zk_devnet.testing.scenario.stage import Stage, open_stage
from zk_devnet.testing.scenario.verb import Ended, run_verb

__all__ = [
    "Effects",
    "Ended",
    "OperatorProcess",
    "ScenarioStuck",
    "SharedDevnet",
    "Stage",
    "misbehaving",
    "open_stage",
    "require_sound",
    "run_verb",
    "running_devnet",
    "scenario_devnet",
    "until",
]
