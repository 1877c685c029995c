"""What the layout of the repository promises, and no linter checks."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "zkverify/zk_acts",
    "zkverify/zkverify_client",
    "zk_operator",
    "devnet/zk_devnet",
    "trader/zk_trader",
)
MAX_LINES = 500
MAX_FUNCTION_LINES = 60


def modules() -> list[Path]:
    every = (path for name in PACKAGES for path in (ROOT / "operator" / name).rglob("*.py"))
    return sorted(path for path in every if path.parent.name != "proto")


def test_operator_folder__of_the_repository__is_no_package() -> None:
    """The folder has the name of a standard module; as a package it would hide it."""
    assert not (ROOT / "operator" / "__init__.py").exists()


def test_import_operator__from_the_repository_root__gives_the_standard_module() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import operator; print(operator.__file__, operator.itemgetter)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert not done.stdout.startswith(str(ROOT / "operator"))


def test_modules__of_the_packages__can_be_read_in_a_sitting() -> None:
    lengths = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in modules()}
    assert {str(path): length for path, length in lengths.items() if length > MAX_LINES} == {}


def test_functions__of_the_packages__are_short() -> None:
    long = {
        f"{path.relative_to(ROOT)}:{node.name}": node.end_lineno - node.lineno + 1
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > MAX_FUNCTION_LINES
    }
    assert long == {}
