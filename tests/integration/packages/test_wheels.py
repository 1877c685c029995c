"""The daemon's wheel alone, in an environment of its own: what an operator's machine gets."""

import subprocess
from pathlib import Path

import pytest

from .environment import install, packages_in

DEVNETS_OWN = {"web3", "pyunormalize", "zk_devnet", "zk_trader"}
EVERY_MODULE = """
import importlib, pkgutil, zk_operator
for module in pkgutil.walk_packages(zk_operator.__path__, "zk_operator."):
    if module.name != "zk_operator.proto.generate":
        importlib.import_module(module.name)
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a fresh environment: the daemon's wheel with its dependencies as locked."""
    return install("zk-operator", tmp_path_factory.mktemp("daemon-alone") / "venv")


def command(environment: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [environment / "zk-operator", *arguments], capture_output=True, text=True, check=False
    )


def test_daemons_wheel__installed_alone__has_no_dependency_of_the_devnet(environment: Path) -> None:
    found = packages_in(environment)
    assert "zk_operator" in found
    assert found & DEVNETS_OWN == set()


def test_daemons_wheel__installed_alone__imports_every_module(environment: Path) -> None:
    done = subprocess.run(
        [environment / "python", "-c", EVERY_MODULE], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_daemons_wheel__installed_alone__has_the_daemons_verbs(environment: Path) -> None:
    done = command(environment, "run", "--help")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("verb", "package"),
    [
        ("demo", "zk-devnet"),
        ("devnet", "zk-devnet"),
        ("simulate", "zk-devnet"),
        ("order", "zk-trader"),
    ],
)
def test_daemons_wheel__asked_for_a_verb_of_another_package__names_the_package(
    environment: Path, verb: str, package: str
) -> None:
    done = command(environment, verb)
    assert done.returncode == 1
    assert "[ZKO-CLI-001]" in done.stderr
    assert package in done.stderr
