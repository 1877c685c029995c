"""Writes the `*_pb2` modules from the `.proto` files; run it as a script after changing one.

Needs grpcio-tools, a development dependency: `python operator/zk_operator/proto/generate.py`.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGE_ROOT = HERE.parent.parent


def generate(output: Path) -> int:
    """Compiles every `.proto` file into the package tree under `output`; protoc's exit code."""
    from grpc_tools import protoc  # type: ignore[import-untyped]  # ships no stubs

    sources = sorted(str(path) for path in HERE.glob("*.proto"))
    include = f"-I{PACKAGE_ROOT}"
    return int(
        protoc.main(["protoc", include, f"--python_out={output}", f"--pyi_out={output}", *sources])
    )


if __name__ == "__main__":
    sys.exit(generate(PACKAGE_ROOT))
