"""The packed kit's `gpu-check` from its first line to its last: a Python without any package, a stand-in for the server.

Where `make gpu-verifier` has built SP1's verifier, it is the one that judges the stand-in's proofs, which are real.
"""

import contextlib
import importlib.util
import json
import os
import random
import shutil
import socket as sockets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from zk_acts.domain.ids import Hash32
from zk_operator.adapters.sp1.saved_proof import decode_saved_proof
from zk_operator.adapters.sp1.stark_container import StarkBody
from zk_operator.program import batch_program

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
GPU = ROOT / "operator" / "prover" / "gpu"
VERIFIER = (
    ROOT / "operator/prover/target/verifier/x86_64-unknown-linux-gnu/verifier/zk-operator-verifier"
)
SERVERS = sorted((ROOT / "operator/prover/target/gpu").glob("sp1-gpu-server-*.tar.zst"))
VECTOR = ROOT.parent / "shared" / "vectors" / "sp1-v6" / "fibonacci-compressed.bin"
STEPS = ["unpack", "driver", "server", "core-10", "compressed-10", "compressed-100"]
ALL = [*STEPS, "compressed-100-warm", "groth16-10"]
GOOD_GPU = "NVIDIA H200, 580.65.06, 4000, 143771, 37"
pytestmark = pytest.mark.devnet


def loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


kit = loaded(GPU / "kit.py")
parts_of = loaded(HERE / "gpu_kit_parts.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """A kit, and what stands in for the machine."""

    kit: Path
    out: Path
    proofs: Path
    device: int
    gpu: str | None = GOOD_GPU  # nvidia-smi's line; None: there is no such tool
    does: str = "serve"

    def run(self, *options: str) -> tuple[int, dict[str, object]]:
        """Its exit code and its results."""
        ended = subprocess.run(
            self.command(*options),
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in ended.stderr, ended.stderr
        return ended.returncode, self.results()

    def results(self) -> dict[str, object]:
        """As they are on disk now."""
        path = self.out / "results.json"
        found: dict[str, object] = json.loads(path.read_text()) if path.exists() else {}
        return found

    def command(self, *options: str) -> list[str]:
        """Of the environment's Python; what is installed there is not to be seen by it."""
        script = str(self.kit / "gpu-check")
        return [
            sys.executable,
            script,
            "--out",
            str(self.out),
            "--device",
            str(self.device),
            *options,
        ]

    def environment(self) -> Mapping[str, str]:
        tools = self.out.parent / "tools"
        tools.mkdir(exist_ok=True)
        if self.gpu is not None:
            tool = tools / "nvidia-smi"
            tool.write_text(
                f'#!/bin/sh\ncase "$1" in "") echo "a table";; *) echo "{self.gpu}";; esac\n'
            )
            tool.chmod(0o755)
        in_the_way = self.out.parent / "packages"
        in_the_way.mkdir(exist_ok=True)
        (in_the_way / "anyio.py").write_text("raise ImportError('of the environment')")
        return {
            "PYTHONPATH": str(in_the_way),
            "PATH": f"{tools}:/usr/bin:/bin",
            "HOME": os.environ["HOME"],
            "GPU_STUB": self.does,
            "GPU_STUB_PROOFS": str(self.proofs),
        }


def outcomes(results: Mapping[str, object]) -> dict[str, str]:
    return {name: str(step["outcome"]) for name, step in steps(results).items()}


def steps(results: Mapping[str, object]) -> dict[str, dict[str, object]]:
    found = results["steps"]
    assert isinstance(found, list)
    return {step["name"]: step for step in found}


def verifier(folder: Path) -> Path:
    """SP1's, where it is built; else one that says what SP1's says of these proofs."""
    if VERIFIER.is_file():
        return VERIFIER
    path = folder / "zk-operator-verifier"
    path.write_text("""#!/bin/sh
case "$*" in *--vkey\\ 00256800*) echo '{"valid": true, "seconds": 0.1}'; exit 0;; esac
echo '{"valid": false, "reason": "sp1 vk hash mismatch"}'; exit 1
""")
    path.chmod(0o755)
    return path


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Of a kit whose program is the vector's, so that the stand-in's proofs are of it."""
    if not VECTOR.is_file():
        pytest.skip("the shared vectors are not beside the checkout")
    folder = tmp_path_factory.mktemp("parts")
    saved = decode_saved_proof(VECTOR.read_bytes())
    assert isinstance(saved.body, StarkBody)
    vkey = Hash32(getattr(saved.body.values, "vkey"))  # noqa: B009 - of either kind of values
    case = kit.Case(orders=0, stdin=bytes(24), public_values=saved.public_values)
    return kit.Parts(
        server=parts_of.stub_server(folder),
        verifier=verifier(folder),
        wheels=parts_of.installed_wheels(folder),
        python=".".join(str(part) for part in sys.version_info[:2]),
        program=replace(batch_program(), vkey=vkey),
        cases=[replace(case, orders=orders) for orders in kit.SIZES],
    )


@pytest.fixture(scope="module")
def packed(parts: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packed") / "kit"
    kit.write(kit.contents(parts), folder)
    return folder


@pytest.fixture(scope="module")
def proofs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = parts_of.stub_proofs(
        tmp_path_factory.mktemp("made") / "proofs", VECTOR.read_bytes()
    )
    return made


@pytest.fixture
def rehearsal(packed: Path, proofs: Path, tmp_path: Path) -> Iterator[Rehearsal]:
    device = random.randrange(10_000, 2**31)
    yield Rehearsal(kit=packed, out=tmp_path / "out", proofs=proofs, device=device)
    for left in Path("/tmp").glob(f"sp1-cuda-{device}.*"):
        left.unlink()


def test_check__all_is_well__every_step_is_ok_and_verified(rehearsal: Rehearsal) -> None:
    code, results = rehearsal.run("--wrap-memory-gib", "0")
    assert (code, results["exit_code"]) == (0, 0), results
    assert outcomes(results) == dict.fromkeys(ALL, "ok")
    found = steps(results)
    assert found["driver"]["device_driver"] == "580.65.06"
    assert found["compressed-100"]["verified"] is True
    assert found["groth16-10"]["verified"] is True
    assert "verified" not in found["core-10"]
    assert found["compressed-10"]["device_memory_used_mib"] == 4000
    assert isinstance(found["compressed-10"]["host_memory_used_mib"], int)
    assert isinstance(found["compressed-10"]["server_memory_peak_mib"], int)
    assert [goal["met"] for goal in results["goals"]] == [True, True]  # type: ignore[attr-defined]
    assert results["against_cpu"]["cpu_s"] == 849.0  # type: ignore[index]
    assert (rehearsal.out / "proofs" / "compressed-100.bin").read_bytes() == VECTOR.read_bytes()
    assert found["driver"]["nvidia_smi"] == ["a table"]
    written = {path.name: path for path in rehearsal.out.rglob("*") if path.is_file()}
    assert len(written) == 8, written  # few, and small: they have to be carried home
    assert f"device {rehearsal.device}" in written["server-logs.txt"].read_text()


@pytest.mark.parametrize(
    ("gpu", "reason"),
    [
        (None, "no nvidia-smi"),
        ("NVIDIA H200, 570.86.10, 4000, 143771, 37", "570.86.10 is too old, 580"),
        ("NVIDIA T4, 580.65.06, 0, 15360, 0", "15360 MiB"),
    ],
)
def test_check__a_driver_that_does_not_suit__is_said_and_the_server_tried(
    rehearsal: Rehearsal, gpu: str | None, reason: str
) -> None:
    code, results = replace(rehearsal, gpu=gpu).run()
    assert code == 1
    assert outcomes(results)["driver"] == "failed"
    assert reason in str(steps(results)["driver"]["reason"])
    assert outcomes(results)["compressed-100"] == "ok"


def test_check__a_server_that_finds_no_device__fails_each_step_with_its_last_words(
    rehearsal: Rehearsal,
) -> None:
    code, results = replace(rehearsal, gpu=None, does="panic").run("--wrap-memory-gib", "100000")
    assert code == 1
    assert outcomes(results) == {"unpack": "ok"} | dict.fromkeys(ALL[1:-1], "failed") | {
        "groth16-10": "skipped"
    }
    for name in ALL[2:-1]:
        reason = str(steps(results)[name]["reason"])
        assert "ZKO-PRV-053" in reason
        assert "CUDA driver version is insufficient" in reason


def test_check__a_server_that_dies_in_a_proof__is_started_for_the_next(
    rehearsal: Rehearsal,
) -> None:
    code, results = replace(rehearsal, does="serve,serve,die,serve").run()
    assert code == 1
    assert "out of GPU memory" in str(steps(results)["compressed-10"]["reason"])
    assert outcomes(results)["compressed-100"] == "ok"
    assert results["against_cpu"]["gpu_s"] is None  # type: ignore[index]


def test_check__a_proof_that_fails__has_the_reason_from_the_servers_output(
    rehearsal: Rehearsal,
) -> None:
    code, results = replace(rehearsal, does="serve,fail,serve").run()
    assert code == 1
    assert outcomes(results)["core-10"] == "failed"
    assert "the program ended with 1" in str(steps(results)["core-10"]["reason"])
    assert outcomes(results)["compressed-10"] == "ok"


def test_check__a_step_that_takes_too_long__ends_in_time_and_the_next_is_tried(
    rehearsal: Rehearsal,
) -> None:
    hanging = replace(rehearsal, does="serve,slow,serve")
    code, results = hanging.run("--step-limit-s", "core-10=2")
    assert code == 1
    found = steps(results)
    assert found["core-10"]["outcome"] == "timed_out"
    assert 2 <= float(str(found["core-10"]["seconds"])) < 10
    assert outcomes(results)["compressed-10"] == "ok"


def test_check__the_runs_time_is_over__the_rest_is_not_begun(rehearsal: Rehearsal) -> None:
    code, results = replace(rehearsal, does="serve,serve,slow").run("--limit-s", "15")
    assert code == 1
    assert outcomes(results)["compressed-10"] == "timed_out"
    assert {outcomes(results)[name] for name in ALL[5:]} == {"skipped"}
    assert "time is over" in str(steps(results)["compressed-100"]["reason"])
    assert results["goals"][0]["met"] is None  # type: ignore[index]


def test_check__other_public_values__fail_the_proof_and_it_is_kept(
    rehearsal: Rehearsal, proofs: Path, tmp_path: Path
) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    for path in proofs.iterdir():
        (theirs / path.name).write_bytes(path.read_bytes())
    saved = decode_saved_proof(VECTOR.read_bytes())
    (theirs / "2").write_bytes(replace(saved, public_values=b"other values").encode())
    code, results = replace(rehearsal, proofs=theirs).run()
    assert code == 1
    assert "other public values" in str(steps(results)["compressed-10"]["reason"])
    assert (rehearsal.out / "proofs" / "compressed-10.bin").exists()
    assert outcomes(results)["core-10"] == "ok"


def test_check__a_proof_of_another_program__is_refused_by_the_verifier(
    rehearsal: Rehearsal, parts: Any, tmp_path: Path
) -> None:
    other = replace(parts, program=batch_program())
    kit.write(kit.contents(other), tmp_path / "kit")
    code, results = replace(rehearsal, kit=tmp_path / "kit").run()
    assert code == 1
    step = steps(results)["compressed-10"]
    assert (step["outcome"], step["verified"]) == ("failed", False)
    assert "sp1 vk hash mismatch" in str(step["reason"])
    assert results["against_cpu"]["gpu_s"] is None  # type: ignore[index]


def test_check__too_little_host_memory__skips_the_last_step_alone(rehearsal: Rehearsal) -> None:
    code, results = rehearsal.run("--wrap-memory-gib", "100000")
    assert code == 0
    assert outcomes(results)["groth16-10"] == "skipped"
    assert "100000 are wanted" in str(steps(results)["groth16-10"]["reason"])


def test_check__the_last_step_fails__it_fails_alone(rehearsal: Rehearsal) -> None:
    failing = replace(rehearsal, does="serve,serve,serve,serve,serve,fail")
    code, results = failing.run("--wrap-memory-gib", "0")
    assert code == 0
    assert outcomes(results)["groth16-10"] == "failed"
    assert "the program ended with 1" in str(steps(results)["groth16-10"]["server_says"])
    assert outcomes(results)["compressed-100-warm"] == "ok"


def test_check__killed_in_a_proof__leaves_what_was_found_and_no_server(
    rehearsal: Rehearsal,
) -> None:
    hanging = replace(rehearsal, does="serve,slow")
    with subprocess.Popen(
        hanging.command(), env=hanging.environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        while not process.stdout.readline().startswith("gpu-check: server ok "):
            assert process.poll() is None
        while "core-10" not in outcomes(hanging.results()):
            time.sleep(0.01)
        process.kill()
    results = hanging.results()
    assert [results["finished"], results["exit_code"]] == [None, None]
    assert outcomes(results) == {**dict.fromkeys(STEPS[:3], "ok"), "core-10": "running"}
    socket = f"/tmp/sp1-cuda-{rehearsal.device}.sock"
    for _ in range(50):
        with contextlib.suppress(ConnectionError), sockets.socket(sockets.AF_UNIX) as stream:
            stream.connect(socket)
            time.sleep(0.1)
            continue
        return
    pytest.fail("the server outlives its check")


@pytest.mark.skipif(not SERVERS, reason="make prover-gpu has not been run")
@pytest.mark.skipif(shutil.which("nvidia-smi") is not None, reason="there may be a device here")
def test_check__the_real_server_without_a_device__comes_as_far_as_it_needs_one(
    rehearsal: Rehearsal, parts: Any, tmp_path: Path
) -> None:
    real = replace(parts, server=SERVERS[0], program=batch_program(), cases=kit.shipped_cases())
    kit.write(kit.contents(real), tmp_path / "kit")
    code, results = replace(rehearsal, kit=tmp_path / "kit", gpu=None).run()
    assert code == 1
    found = steps(results)
    assert found["unpack"]["outcome"] == "ok"
    assert "ZKO-PRV-053" in str(found["server"]["reason"])
    assert "CUDA driver version is insufficient" in str(found["server"]["reason"])
    assert {found[name]["outcome"] for name in ALL[1:-1]} == {"failed"}


def test_check__a_damaged_kit__is_not_run(rehearsal: Rehearsal, parts: Any, tmp_path: Path) -> None:
    kit.write(kit.contents(parts), tmp_path / "kit")
    (tmp_path / "kit" / "program" / "batch.elf").write_bytes(b"another")
    (tmp_path / "kit" / "inputs" / "10.stdin").unlink()
    code, results = replace(rehearsal, kit=tmp_path / "kit").run()
    assert (code, results) == (65, {})


def test_check__a_package_less_in_the_kit__is_not_taken_from_the_environment(
    rehearsal: Rehearsal, parts: Any, tmp_path: Path
) -> None:
    wheels = [wheel for wheel in parts.wheels if wheel.name != "tenacity.whl"]
    kit.write(kit.contents(replace(parts, wheels=wheels)), tmp_path / "kit")
    command = replace(rehearsal, kit=tmp_path / "kit").command()
    ended = subprocess.run(
        command, env=rehearsal.environment(), capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "No module named 'tenacity'" in ended.stderr


def test_check__another_python__says_which_is_wanted(
    rehearsal: Rehearsal, parts: Any, tmp_path: Path
) -> None:
    kit.write(kit.contents(replace(parts, python="3.9")), tmp_path / "kit")
    code, results = replace(rehearsal, kit=tmp_path / "kit").run()
    assert (code, results) == (69, {})
