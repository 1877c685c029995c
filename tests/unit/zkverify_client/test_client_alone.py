"""What the zkVerify client loads in a process of its own: no configuration, no Ethereum, no web server, no prover."""

import subprocess
import sys

import pytest

# Of others' only what we import ourselves is looked at: structlog and substrate-interface bring what they find.
_LOADS = """
import sys
import {module}
third = {{name.partition(".")[0] for name in sys.modules}} - set(sys.stdlib_module_names)
ours = {{name for name in sys.modules if name.startswith("zk_operator.")}}
print(*sorted(third & {{"web3", "eth_account", "grpc", "aiohttp", "typer", "coincurve"}}))
print(*sorted({{".".join(name.split(".")[1:3]) for name in ours}}))
"""


def loaded(module: str) -> tuple[set[str], set[str]]:
    """Of the operator's own dependencies, those that the module loads; and our packages."""
    done = subprocess.run(
        [sys.executable, "-c", _LOADS.format(module=module)],
        capture_output=True,
        text=True,
        check=True,
    )
    third, ours = done.stdout.splitlines()
    return set(third.split()), set(ours.split())


@pytest.mark.parametrize("module", ["zkverify_client.verify", "zkverify_client.adapters.client"])
def test_client__in_a_process_of_its_own__loads_nothing_of_the_operators(module: str) -> None:
    third, ours = loaded(module)
    assert third == set()
    assert not {name for name in ours if name.startswith("settings")}
    packages = {name for name in ours if name.startswith("adapters.")}
    assert packages <= {
        *("adapters.endpoints", "adapters.zkverify", "adapters.signing", "adapters.storage"),
        "adapters.sp1",
    }
