"""The GPU kit: what is in it, what it must not exceed, and that its packages are to be had for its Python."""

import hashlib
import importlib.util
import json
import re
import stat
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from zk_operator.adapters.sp1.bincode import single_buffer
from zk_operator.domain.batch_input import BatchInput
from zk_operator.domain.batch_rule import check_batch
from zk_operator.domain.circuit import CIRCUITS
from zk_operator.program import batch_program

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "operator" / "prover" / "gpu" / "kit.py"


@pytest.fixture(scope="module")
def kit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gpu_kit", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["gpu_kit"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def files(kit: ModuleType, tmp_path: Path) -> dict[str, bytes]:
    server, verifier, wheel = (tmp_path / name for name in ("a.tar.zst", "verifier", "b.whl"))
    for path in (server, verifier, wheel):
        path.write_bytes(path.name.encode())
    made: dict[str, bytes] = kit.contents(
        kit.Parts(
            server=server,
            verifier=verifier,
            wheels=[wheel],
            python="3.12",
            program=batch_program(),
            cases=kit.shipped_cases(),
        )
    )
    return made


def test_cases__of_each_size__are_batches_that_keep_the_rule(kit: ModuleType) -> None:
    assert [case.orders for case in kit.shipped_cases()] == [1, 10, 100]
    for case in kit.shipped_cases():
        batch = BatchInput.decode(single_buffer(case.stdin))
        assert len(batch.orders) == case.orders
        outcome = check_batch(
            batch.sections,
            batch.orders,
            chain_id=batch.chain_id,
            manager=batch.manager,
            valid_until=batch.valid_until,
        )
        assert outcome.public_values.encode() == case.public_values


def test_cases__made_again__are_the_same(kit: ModuleType) -> None:
    assert kit.shipped_cases() == kit.shipped_cases()


def test_contents__every_file__has_its_sum(files: dict[str, bytes]) -> None:
    lines = (line.split("  ", 1) for line in files["SHA256SUMS"].decode().splitlines())
    sums = {name: found for found, name in lines}
    assert sums.keys() == files.keys() - {"SHA256SUMS"}
    assert all(hashlib.sha256(files[name]).hexdigest() == sums[name] for name in sums)
    assert {"gpu-check", "gpu_check/check.py", "server/a.tar.zst", "python/b.whl"} <= sums.keys()


def test_contents__the_facts__are_the_shipped_programs_and_circuits(
    kit: ModuleType, files: dict[str, bytes]
) -> None:
    facts = json.loads(files["kit.json"])
    assert facts["vkey"] == batch_program().vkey.hex()
    assert files[facts["program"]] == batch_program().elf
    assert facts["circuit"] == kit.CIRCUIT
    assert kit.CIRCUIT in CIRCUITS
    assert [each["orders"] for each in facts["inputs"]] == [1, 10, 100]


def test_write__a_kit__replaces_the_one_before_it(
    kit: ModuleType, files: dict[str, bytes], tmp_path: Path
) -> None:
    folder = tmp_path / "kit"
    folder.mkdir()
    (folder / "old").touch()
    size = kit.write(files, folder)
    assert size == sum(len(content) for content in files.values())
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert found == files.keys()
    assert (folder / "gpu-check").stat().st_mode & stat.S_IXUSR
    assert (folder / "bin" / "verifier").stat().st_mode & stat.S_IXUSR


def test_write__too_much__is_refused_and_the_kit_before_it_stays(
    kit: ModuleType, files: dict[str, bytes], tmp_path: Path
) -> None:
    kit.write(files, tmp_path / "kit")
    with pytest.raises(ValueError, match="62914560 are allowed"):
        kit.write({**files, "server/a.tar.zst": bytes(kit.MOST_BYTES)}, tmp_path / "kit")
    assert (tmp_path / "kit" / "server" / "a.tar.zst").read_bytes() == b"a.tar.zst"


def test_write__the_kit__is_below_what_a_machine_takes(kit: ModuleType) -> None:
    assert kit.MOST_BYTES == 60 * 2**20


def test_packages__all_that_the_kit_draws_in__have_a_wheel_for_its_python() -> None:
    """Of Linux on x86-64 and CPython 3.12, or of any: the machine has no compiler and no index."""
    packages = {
        each["name"]: each for each in tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    }
    waiting = [each["name"] for each in packages["zk-operator"]["dev-dependencies"]["gpu-kit"]]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        waiting += [each["name"] for each in packages[name].get("dependencies", [])]
        wheels = [each["url"].rpartition("/")[2] for each in packages[name]["wheels"]]
        fitting = re.compile(r".*-(py3-none-any|cp312-cp312-manylinux.*x86_64.*)\.whl")
        assert any(fitting.fullmatch(wheel) for wheel in wheels), name
    assert {"anyio", "structlog", "idna"} <= seen


def test_parts__another_program__is_another_kit(
    kit: ModuleType, files: dict[str, bytes], tmp_path: Path
) -> None:
    other = replace(batch_program(), vkey=bytes(32))
    parts = kit.Parts(
        server=tmp_path / "a.tar.zst",
        verifier=tmp_path / "verifier",
        wheels=[],
        python="3.12",
        program=other,
        cases=[],
    )
    assert json.loads(kit.contents(parts)["kit.json"])["vkey"] == "00" * 32
