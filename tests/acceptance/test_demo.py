"""The demo, driven as a user drives it: as a command."""

import json
import os
import subprocess
import sys
import time
import tomllib
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from zk_devnet.errors import ToolchainMissing
from zk_devnet.evm.codec import encode_call
from zk_devnet.evm.deployment import Deployment
from zk_devnet.toolchain import find_toolchain

pytestmark = pytest.mark.devnet
COMMAND = [sys.executable, "-m", "zk_operator.cli.main"]


@pytest.fixture(autouse=True)
def _toolchain() -> None:
    try:
        find_toolchain().artifact("OrderServiceManager")
    except ToolchainMissing as missing:
        pytest.skip(str(missing))


def start_demo(folder: Path, *options: str) -> subprocess.Popen[str]:
    arguments = [
        *COMMAND,
        "demo",
        "--orders",
        "20",
        "--traders",
        "6",
        "--dir",
        str(folder / "demo"),
    ]
    return subprocess.Popen(
        [*arguments, "--summary", str(folder / "summary.json"), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("ZKO_")},
    )


def finished(process: subprocess.Popen[str], timeout_s: float = 280) -> tuple[int, str]:
    try:
        output, _ = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        process.terminate()
        output, _ = process.communicate(timeout=30)
        pytest.fail(f"the demo did not end:\n{output}")
    return process.returncode, output


def call(url: str, method: str, *params: Any) -> Any:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})
    request = urllib.request.Request(
        url, body.encode(), {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=10) as reply:
        answer = json.load(reply)
    assert "error" not in answer, answer
    return answer["result"]


def wait_for(path: Path, timeout_s: float = 30) -> Path:
    deadline = time.monotonic() + timeout_s
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not appear"
        time.sleep(0.1)
    return path


@pytest.mark.timeout(360)  # a cancel alone takes 90 s
def test_demo__twenty_orders__ends_well_and_its_numbers_add_up(tmp_path: Path) -> None:
    code, output = finished(start_demo(tmp_path))
    assert code == 0, output
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["orders"] == 20
    assert summary["settled"] + summary["refunded"] + summary["rejected"] == 20
    assert summary["settled"] > 0
    assert summary["refunded"] > 0
    assert summary["rejected"] > 0
    assert summary["batches"] > 0
    assert summary["conserved"] is True
    assert summary["double_settled"] == 0
    assert 0 < summary["p50_s"] <= summary["p95_s"] < summary["wall_s"]
    assert summary["failures"] == []
    assert not (tmp_path / "demo").exists()


@pytest.mark.timeout(360)  # a cancel alone takes 90 s
def test_demo__somebody_steals_one_wei__ends_non_zero(tmp_path: Path) -> None:
    process = start_demo(tmp_path)
    config = tomllib.loads(wait_for(tmp_path / "demo" / "operator.toml").read_text())
    made = Deployment.from_json((tmp_path / "demo" / "deployment.json").read_text())
    url = config["evm"]["http"][0]
    steal_one_wei(url, made)
    code, output = finished(process)
    assert code == 1, output
    assert "ZKO-DEM-002" in output
    assert "differs by -1" in output
    assert json.loads((tmp_path / "summary.json").read_text())["conserved"] is False


def steal_one_wei(url: str, made: Deployment) -> None:
    """As the hook, give away a claim on the first currency of which it has one."""
    hook, usd = "0x" + made.hook.hex(), made.tokens[1].address
    escrow = {"to": hook, "data": "0x" + encode_call("escrowOf(address)", usd).hex()}
    deadline = time.monotonic() + 60
    while int(call(url, "eth_call", escrow, "latest"), 16) == 0:
        assert time.monotonic() < deadline, "no order was placed"
        time.sleep(0.2)
    call(url, "anvil_setBalance", hook, hex(10**18))
    call(url, "anvil_impersonateAccount", hook)
    theft = encode_call(
        "transfer(address,uint256,uint256)", made.owner, int.from_bytes(usd, "big"), 1
    )
    sent = {"from": hook, "to": "0x" + made.pool_manager.hex(), "data": "0x" + theft.hex()}
    call(url, "eth_sendTransaction", sent)


def test_demo__a_folder_with_other_files__is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "precious.txt").write_text("mine")
    code, output = finished(start_demo(tmp_path))
    assert code == 73
    assert "ZKO-DEV-020" in output
    assert (folder / "precious.txt").read_text() == "mine"
