#!/usr/bin/env python3
"""Writes the ABIs that the Python package ships, from forge's build output; `--check` only compares.

Run `forge build` first. Standard library only. Exit code 1 if something is missing or differs.
"""

import argparse
import json
import sys
from pathlib import Path

CONTRACTS = Path(__file__).resolve().parent.parent
TARGET = CONTRACTS.parent / "operator" / "zk_operator" / "adapters" / "evm" / "abi"
# name of the JSON file -> forge artifact below out/
SOURCES = {
    "OrderServiceManager": "OrderServiceManager.sol/OrderServiceManager.json",
    "DarkCoWHook": "DarkCoWHook.sol/DarkCoWHook.json",
    "RemainderQuoter": "RemainderQuoter.sol/RemainderQuoter.json",
    "ReceiptVerifier": "ReceiptVerifier.sol/ReceiptVerifier.json",
    "ZkVerifyAggregation": "ZkVerifyAggregation.sol/ZkVerifyAggregation.json",
    "AllowListVerifier": "AllowListVerifier.sol/AllowListVerifier.json",
    "ERC20": "IERC20Metadata.sol/IERC20Metadata.json",
}


def sort_key(entry: dict) -> tuple[str, str, str]:
    """Kind, name, argument types: a stable order whatever the compiler does."""
    types = ",".join(argument["type"] for argument in entry.get("inputs", []))
    return entry["type"], entry.get("name", ""), types


def exported(artifact: Path) -> str:
    """The ABI list of one artifact as the text of its JSON file."""
    abi = json.loads(artifact.read_text(encoding="utf-8"))["abi"]
    return json.dumps(sorted(abi, key=sort_key), indent=2, sort_keys=True) + "\n"


def main() -> int:
    """Writes or compares every file; reports each that is stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if stale")
    check = parser.parse_args().check
    stale = 0
    for name, source in SOURCES.items():
        artifact, target = CONTRACTS / "out" / source, TARGET / f"{name}.json"
        if not artifact.is_file():
            sys.stderr.write(f"missing artifact {source}: run forge build\n")
            return 1
        text = exported(artifact)
        if target.is_file() and target.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        if check:
            sys.stderr.write(f"stale: {target.relative_to(CONTRACTS.parent)}\n")
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
            sys.stdout.write(f"written: {target.relative_to(CONTRACTS.parent)}\n")
    return 1 if check and stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
