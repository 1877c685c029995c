"""The composition root: the only place that builds adapters and hands them to services."""

from zk_operator.app.daemon import run_operator
from zk_operator.app.inspect import open_inspector

__all__ = ["open_inspector", "run_operator"]
