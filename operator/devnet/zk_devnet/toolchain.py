"""Where the devnet's npm parts are: anvil and the compiled contracts."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zk_devnet.errors import ToolchainMissing

_PLATFORM_ANVIL = "node_modules/@foundry-rs/anvil-*/bin/anvil"
_OUR_ARTIFACTS = "out"
_V4_ARTIFACTS = "node_modules/@uniswap/v4-core/out"
_HINT = "run `make setup`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A compiled contract: its ABI and creation code."""

    name: str
    abi: list[dict[str, Any]]
    bytecode: bytes

    def constructor_types(self) -> list[str]:
        """ABI types of the constructor's arguments."""
        constructor = next((entry for entry in self.abi if entry["type"] == "constructor"), None)
        return [_abi_type(argument) for argument in constructor["inputs"]] if constructor else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolchain:
    """The contracts' folder, complete enough to run a devnet."""

    contracts_dir: Path
    anvil: Path

    def artifact(self, name: str) -> Artifact:
        """One of our contracts. Raises ToolchainMissing."""
        return self._load(_OUR_ARTIFACTS, name)

    def v4_artifact(self, name: str) -> Artifact:
        """A contract of Uniswap v4's npm package. Raises ToolchainMissing."""
        return self._load(_V4_ARTIFACTS, name)

    def _load(self, folder: str, name: str) -> Artifact:
        path = self.contracts_dir / folder / f"{name}.sol" / f"{name}.json"
        if not path.is_file():
            raise ToolchainMissing(
                f"contract {name} is not compiled: {_HINT}", looked_for=str(path)
            )
        raw = json.loads(path.read_text())
        bytecode = bytes.fromhex(raw["bytecode"]["object"].removeprefix("0x"))
        return Artifact(name=name, abi=raw["abi"], bytecode=bytecode)


def find_toolchain(contracts_dir: Path | None = None) -> Toolchain:
    """The toolchain in the folder given, else in this checkout, else in `./avs-contracts`.

    Raises ToolchainMissing, saying what to run.
    """
    folder = contracts_dir or _default_contracts_dir()
    anvil = next(iter(sorted(folder.glob(_PLATFORM_ANVIL))), None)
    if anvil is None:
        raise ToolchainMissing(
            f"anvil is not installed: {_HINT}", looked_for=str(folder / _PLATFORM_ANVIL)
        )
    return Toolchain(contracts_dir=folder, anvil=anvil)


def _default_contracts_dir() -> Path:
    checkout = Path(__file__).resolve().parents[3] / "avs-contracts"
    return checkout if checkout.is_dir() else Path.cwd() / "avs-contracts"


def _abi_type(argument: dict[str, Any]) -> str:
    kind = str(argument["type"])
    if not kind.startswith("tuple"):
        return kind
    inner = ",".join(_abi_type(component) for component in argument["components"])
    return f"({inner}){kind.removeprefix('tuple')}"
