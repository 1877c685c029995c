"""The configuration of an operator: one frozen tree, strict keys, the source of every value known."""

from zk_operator.settings.chains import KurierUse
from zk_operator.settings.circuit import KNOWN_CIRCUITS, Circuit, CircuitFacts
from zk_operator.settings.files import load_circuit
from zk_operator.settings.load import LoadedSettings, load_settings
from zk_operator.settings.model import Settings
from zk_operator.settings.program import Program, load_program
from zk_operator.settings.prover import Backend, Tree, Whitelist
from zk_operator.settings.reload import ReloadPlan, plan_reload
from zk_operator.settings.show import redacted, shown, value_of

__all__ = [
    "KNOWN_CIRCUITS",
    "Backend",
    "Circuit",
    "CircuitFacts",
    "KurierUse",
    "LoadedSettings",
    "Program",
    "ReloadPlan",
    "Settings",
    "Tree",
    "Whitelist",
    "load_circuit",
    "load_program",
    "load_settings",
    "plan_reload",
    "redacted",
    "shown",
    "value_of",
]
