"""The configuration of an operator: one frozen tree, strict keys, the source of every value known."""

from zk_operator.settings.check import load_circuit, require_files
from zk_operator.settings.circuit import KNOWN_CIRCUITS, Circuit, CircuitFacts
from zk_operator.settings.load import LoadedSettings, load_settings
from zk_operator.settings.model import Settings
from zk_operator.settings.prover import Backend, Route, Tree, Whitelist
from zk_operator.settings.show import changes, redact_url, redacted

__all__ = [
    "KNOWN_CIRCUITS",
    "Backend",
    "Circuit",
    "CircuitFacts",
    "LoadedSettings",
    "Route",
    "Settings",
    "Tree",
    "Whitelist",
    "changes",
    "load_circuit",
    "load_settings",
    "redact_url",
    "redacted",
    "require_files",
]
