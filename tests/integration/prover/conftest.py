"""The real host, where it is built."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from zk_operator.adapters.sp1.host.client import ProverHost
from zk_operator.adapters.sp1.host.process import HostConfig, HostKind, HostProcesses

ROOT = Path(__file__).parents[3]


def binary() -> Path:
    """Where `make prover` puts it, or where the environment says."""
    named = os.environ.get("ZKO_PROVER_HOST")
    return Path(named or ROOT / "operator" / "prover" / "target" / "release" / "zk-operator-prover")


@asynccontextmanager
async def light_host(tmp_path: Path) -> AsyncIterator[ProverHost]:
    """A host that executes and verifies; skips the test where it is not built."""
    if not binary().exists():
        pytest.skip("the prover host is not built: run `make prover` (needs Rust)")
    config = HostConfig(binary=binary(), cache=tmp_path / "cache")
    async with HostProcesses(config) as processes:
        yield await processes.host(HostKind.LIGHT)
