"""What the zkVerify client loads in a process of its own: no operator, no Ethereum, no web server, no command line."""

import subprocess
import sys

import pytest

# Of others' only what we import ourselves is looked at: structlog brings what it finds.
_LOADS = """
import sys
import {module}
third = {{name.partition(".")[0] for name in sys.modules}} - set(sys.stdlib_module_names)
print(*sorted(third & {{"zk_operator", "web3", "eth_account", "grpc", "aiohttp", "typer", "coincurve", "prometheus_client"}}))
"""


@pytest.mark.parametrize("module", ["zkverify_client.verify", "zkverify_client.adapters.client"])
def test_client__in_a_process_of_its_own__loads_nothing_of_the_operators(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LOADS.format(module=module)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == []
