"""Each part of the devnet, and the whole, as a command: prints its endpoints, answers, stops cleanly."""

import json
import os
import signal
import socket
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from zk_devnet.errors import ToolchainMissing
from zk_devnet.toolchain import find_toolchain

pytestmark = pytest.mark.devnet
COMMAND = [sys.executable, "-m", "zk_operator.cli.main", "devnet"]


class Part:
    """A running part: its printed endpoints, and its end."""

    def __init__(self, *arguments: str, last: str, folder: Path) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=folder,
            env={name: value for name, value in os.environ.items() if not name.startswith("ZKO_")},
        )
        self.printed: dict[str, str] = {}
        assert self.process.stdout is not None
        for line in self.process.stdout:
            name, _, value = line.strip().partition(": ")
            self.printed[name] = value
            if name == last:
                return
        pytest.fail(f"ended before it printed {last}: {self.printed}")

    def stop(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        output, _ = self.process.communicate(timeout=15)
        assert output.strip() == "stopped"
        return self.process.returncode


def call(url: str, method: str, *params: Any) -> Any:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})
    request = urllib.request.Request(url, body.encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as reply:
        return json.load(reply)["result"]


def is_listening(url: str) -> bool:
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    with socket.socket() as probe:
        return probe.connect_ex((parts.hostname, parts.port)) == 0


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND[:-1], *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def need_toolchain() -> None:
    try:
        find_toolchain().artifact("OrderServiceManager")
    except ToolchainMissing as missing:
        pytest.skip(str(missing))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_evm__alone__answers_and_stops(tmp_path: Path, how: signal.Signals) -> None:
    need_toolchain()
    part = Part("evm", last="zkverify_contract", folder=tmp_path)
    assert call(part.printed["evm"], "eth_chainId") == hex(31337)
    assert len(call(part.printed["evm"], "eth_getCode", part.printed["manager"], "latest")) > 1000
    assert part.stop(how) == 0
    assert not is_listening(part.printed["evm"])


def test_zkverify__alone__answers_and_stops(tmp_path: Path) -> None:
    part = Part("zkverify", last="genesis_hash", folder=tmp_path)
    genesis = call(part.printed["http"], "chain_getBlockHash", 0)
    assert genesis == part.printed["genesis_hash"]
    assert part.stop(signal.SIGTERM) == 0
    assert not is_listening(part.printed["http"])


def test_prover_network__alone__listens_and_stops(tmp_path: Path) -> None:
    part = Part("prover-network", last="artifacts", folder=tmp_path)
    assert is_listening(part.printed["prover_network"])
    assert is_listening(part.printed["artifacts"])
    assert "natively" in part.printed["executes"]
    armed = run(
        "devnet", "fault", "prover", "arm", "no_bids", "--endpoint", part.printed["artifacts"]
    )
    assert json.loads(armed.stdout) == {"no_bids": {"count": 1, "delay_s": 0.0}}
    assert part.stop(signal.SIGINT) == 0
    assert not is_listening(part.printed["prover_network"])


def test_prover_network__reserved_protocol__has_no_auction(tmp_path: Path) -> None:
    part = Part("prover-network", "--mode", "reserved", last="artifacts", folder=tmp_path)
    with urllib.request.urlopen(part.printed["artifacts"] + "/dev/status", timeout=10) as reply:
        assert json.load(reply)["mode"] == "reserved"
    assert part.stop(signal.SIGTERM) == 0


def test_prover_network__real_proofs_without_a_host__says_what_is_missing() -> None:
    ended = run("devnet", "prover-network", "--compressed-proofs")
    assert ended.returncode == 2
    assert "--host" in ended.stderr


def test_up__whole__writes_an_operators_files_and_stops(tmp_path: Path) -> None:
    need_toolchain()
    part = Part("up", "--dir", "here", last="next", folder=tmp_path)
    config = tomllib.loads((tmp_path / "here" / "operator.toml").read_text())
    assert config["evm"]["http"] == [part.printed["evm"]]
    assert config["prover"]["network"]["endpoint"] == part.printed["prover_network"]
    key = tmp_path / "here" / "keys" / "evm.json"
    assert key.stat().st_mode & 0o077 == 0
    checked = subprocess.run(
        [*COMMAND[:-1], "config", "check", "--config", "here/operator.toml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert checked.returncode == 0, checked.stderr
    assert part.stop(signal.SIGTERM) == 0
    assert not is_listening(part.printed["evm"])


def test_evm__port_taken__says_so_with_a_code(tmp_path: Path) -> None:
    need_toolchain()
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        ended = subprocess.run(
            [*COMMAND, "evm", "--port", str(port)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert ended.returncode == 70
    assert "ZKO-DEV-002" in ended.stderr
    assert "Traceback" not in ended.stderr
