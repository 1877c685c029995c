"""A kit for this machine: the server is a stand-in, its proofs are real ones, and the wheels are made of what is installed."""

import io
import secrets
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import zstandard

from zk_acts.domain.ids import Hash32
from zk_devnet.groth16_dev import prove
from zk_devnet.groth16_dev.key import CIRCUIT_VERSION
from zk_devnet.groth16_dev.trapdoor import trapdoor_of
from zk_devnet.prover_network.bincode import Groth16Blob
from zk_devnet.testing.trapdoor_host import SEED, own_key
from zk_operator.adapters.sp1.reader import BincodeReader
from zk_operator.adapters.sp1.saved_proof import Mode, SavedProof, decode_saved_proof
from zk_operator.adapters.sp1.stark_container import COMPRESSED, CORE, StarkBody, read_core
from zk_operator.domain.circuit import CIRCUITS

ROOT = Path(__file__).resolve().parents[3]
STUB = ROOT / "tests" / "integration" / "sp1" / "gpu_server_stub.py"
OPERATOR = ROOT / "operator"
PRODUCT = (
    OPERATOR / "zk_operator",
    OPERATOR / "zkverify/zk_acts",
    OPERATOR / "zkverify/zkverify_client",
)
STUB_SERVER = """#!{python}
import os, runpy, sys
socket = f"/tmp/sp1-cuda-{{os.environ.get('CUDA_VISIBLE_DEVICES')}}.sock"
sys.argv = ["{stub}", socket, os.environ["GPU_STUB"], *sys.argv[1:]]
runpy.run_path("{stub}", run_name="__main__")
"""
NUMBERS = {
    Mode.CORE: 1,
    Mode.COMPRESSED: 2,
    Mode.GROTH16: 4,
}  # the network's, which the GPU server takes


def kit_packages() -> list[str]:
    """The dependency group `gpu-kit` with all that it draws in, by the lock file."""
    packages = {each["name"]: each for each in lock()}
    (product,) = (each for name, each in packages.items() if name == "zk-operator")
    waiting = [each["name"] for each in product["dev-dependencies"]["gpu-kit"]]
    found: list[str] = []
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.append(name)
            waiting += [each["name"] for each in packages[name].get("dependencies", [])]
    return sorted(found)


def lock() -> list[dict[str, Any]]:
    """The packages of uv.lock."""
    packages: list[dict[str, Any]] = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    return packages


def installed_wheels(folder: Path) -> list[Path]:
    """What the kit makes importable, from this environment; no index is asked."""
    made = []
    for name in kit_packages():
        files = distribution(name).files or []
        inside = [(str(file), Path(str(file.locate()))) for file in files if ".." not in file.parts]
        made.append(_wheel(folder / f"{name}.whl", iter(inside)))
    ours = (
        (str(path.relative_to(folder.parent)), path)
        for folder in PRODUCT
        for path in folder.rglob("*")
    )
    return [*made, _wheel(folder / "zk_operator.whl", ours)]


def _wheel(path: Path, files: Iterator[tuple[str, Path]]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in files:
            if file.is_file() and file.suffix != ".pyc":
                archive.write(file, name)
    return path


def stub_server(folder: Path) -> Path:
    """The archive, as pack.py lays it out, of a script that runs the stand-in; GPU_STUB says what that does."""
    script = STUB_SERVER.format(python=sys.executable, stub=STUB).encode()
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        entry = tarfile.TarInfo("sp1-gpu-server-stub/bin/sp1-gpu-server")
        entry.size, entry.mode = len(script), 0o755
        tar.addfile(entry, io.BytesIO(script))
    path = folder / "sp1-gpu-server-stub.tar.zst"
    path.write_bytes(zstandard.compress(plain.getvalue()))
    return path


def stub_proofs(folder: Path, compressed: bytes) -> Path:
    """What the stand-in answers: a real compressed proof, and proofs of the other kinds that claim the same.

    The core one is made of the compressed one's shard: it has a core proof's form and values, and holds for nothing. The
    Groth16 one holds under a key whose trapdoor is known.
    """
    folder.mkdir(parents=True)
    saved = decode_saved_proof(compressed)
    assert isinstance(saved.body, StarkBody)
    shard = COMPRESSED.read(BincodeReader(saved.body.encode()))["proof"]
    body = read_core(BincodeReader(CORE.write([shard])))
    core = SavedProof(
        mode=Mode.CORE, body=body, public_values=saved.public_values, sp1_version=saved.sp1_version
    )
    vkey = saved.body.values.vkey  # type: ignore[union-attr]  # a compressed proof's
    (folder / str(NUMBERS[Mode.CORE])).write_bytes(core.encode())
    (folder / str(NUMBERS[Mode.COMPRESSED])).write_bytes(compressed)
    (folder / str(NUMBERS[Mode.GROTH16])).write_bytes(groth16_proof(vkey, saved.public_values))
    (folder / "groth16_vk.bin").write_bytes(own_key())
    return folder


def groth16_proof(vkey: Hash32, public_values: bytes) -> bytes:
    """Of any statement, under the key with the trapdoor."""
    inputs = prove.public_inputs(
        program_vkey=vkey,
        public_values=public_values,
        exit_code=0,
        nonce=0,
        recursion_root=CIRCUITS[CIRCUIT_VERSION].recursion_root,
    )
    proof = prove.prove(inputs, secrets.randbelow, trapdoor_of(SEED))
    return Groth16Blob(
        public_inputs=inputs.as_tuple(),
        encoded_proof=prove.encoded_proof(proof, inputs),
        raw_proof=prove.raw_proof(proof),
        vkey_hash=sha256(own_key()).digest(),
        public_values=public_values,
        sp1_version=CIRCUIT_VERSION,
    ).encode()
