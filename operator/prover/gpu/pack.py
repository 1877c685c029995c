"""Packs the built sp1-gpu-server for a machine with a GPU, and tries the archive on this one.

    pack.py INSTALLED --tools FOLDER --archs 90 --out FOLDER      INSTALLED, FOLDER: as build.sh leaves them

The archive holds one folder: the server, the CUDA runtime that it looks for in `lib`, the licences of all that is linked
into it, and a manifest with versions and sums. The same input gives the same archive.
"""

import argparse
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path

import zstandard

VERSION = "6.10.0"
DRIVER = 580  # the first that CUDA 13.0 runs with
LEVEL = 19
SERVER, RUNTIME = "bin/sp1-gpu-server", "lib/libcudart.so.13"
LICENCE = re.compile(r"(LICEN[CS]E|COPYING|NOTICE|COPYRIGHT)[^/]*", re.IGNORECASE)
README = """sp1-gpu-server {version} for CUDA architectures {archs}, built from the crate registry.

Needs Linux on x86-64 with glibc {glibc}, an NVIDIA driver {driver} or newer, and 24 GB of GPU memory. Nothing else has to
be installed: the CUDA runtime is in lib, where the server looks for it. Keep bin and lib side by side.

  bin/sp1-gpu-server --version                        prints {version}
  CUDA_VISIBLE_DEVICES=0 bin/sp1-gpu-server           one server per device, at /tmp/sp1-cuda-0.sock

zk-operator starts it itself where prover.gpu.binary names bin/sp1-gpu-server. Proofs of the Groth16 kind need SP1's
circuit files where SP1_GROTH16_CIRCUIT_PATH points. sha256sum -c SHA256SUMS checks this folder.

SP1 is under MIT or Apache-2.0. libcudart.so.13 is NVIDIA's, and may be passed on under the CUDA licence, attachment A
(licences/nvidia-cuda-runtime). The licences of everything that is linked in are in licences.
"""


def say(text: str) -> None:
    """A line of progress."""
    sys.stderr.write(f"prover-gpu: {text}\n")


def crates(registry: Path) -> Iterator[tuple[str, Path]]:
    """The crates of the server's lock file that were fetched: name with version, folder."""
    lock = tomllib.loads((registry / f"sp1-gpu-server-{VERSION}" / "Cargo.lock").read_text())
    for package in lock["package"]:
        name = f"{package['name']}-{package['version']}"
        if (registry / name).is_dir():
            yield name, registry / name


def go_modules(registry: Path) -> Iterator[tuple[str, Path]]:
    """The Go modules of SP1's Groth16 wrapper: name with version, folder."""
    folder = registry / f"sp1-recursion-gnark-ffi-{VERSION}" / "go"
    listed = subprocess.run(
        ["go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}@{{.Version}}\t{{.Dir}}{{end}}"],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    for line in sorted(set(listed.stdout.split("\n"))):
        name, _, place = line.partition("\t")
        if place and not name.endswith("@"):
            yield name.replace("/", "_"), Path(place)


def wheels(tools: Path) -> Iterator[tuple[str, Path]]:
    """NVIDIA's packages whose code ends up in the server or beside it."""
    for name in ("nvidia_cuda_runtime", "nvidia_cuda_cccl"):
        for folder in tools.glob(f"lib/python3*/site-packages/{name}-*.dist-info/licenses"):
            yield name.replace("_", "-"), folder


def licences(sources: Iterable[tuple[str, Path]]) -> Iterator[tuple[str, bytes]]:
    """Every licence file of the sources, under the source's name."""
    for name, folder in sources:
        for path in sorted(folder.iterdir()):
            if path.is_file() and LICENCE.fullmatch(path.name):
                yield f"licences/{name}/{path.name}", path.read_bytes()


def declared(registry: Path) -> bytes:
    """The licence that each crate declares; some come without its text."""
    lines = []
    for name, folder in crates(registry):
        package = tomllib.loads((folder / "Cargo.toml").read_text())["package"]
        lines.append(f"{name}: {package.get('license') or package.get('license-file', 'not said')}")
    return ("\n".join(lines) + "\n").encode()


def newest(prefix: str, binary: bytes) -> str:
    """The newest version of a library's symbols that a binary wants."""
    found = re.findall(rb"%s_(\d+(?:\.\d+)+)" % prefix.encode(), binary)
    versions = [tuple(int(part) for part in each.split(b".")) for each in set(found)]
    return ".".join(str(part) for part in max(versions, default=()))


def said(*command: str) -> str:
    """The first line of what a tool prints."""
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return lines[0] if lines else ""


def contents(installed: Path, tools: Path, archs: str, registry: Path) -> dict[str, bytes]:
    """The archive's files by name."""
    files = {name: (installed / name).read_bytes() for name in (SERVER, RUNTIME)}
    facts: dict[str, object] = {
        "name": "sp1-gpu-server",
        "version": VERSION,
        "cuda_archs": [int(arch) for arch in archs.split(",")],
        "driver": DRIVER,
        "glibc": newest("GLIBC", files[SERVER]),
        "glibcxx": newest("GLIBCXX", files[SERVER]),
        "cuda_packages": pins(tools / "cuda.txt"),
        "rustc": said("rustc", "--version"),
        "go": said("go", "version"),
        "sha256": {name: sha256(content).hexdigest() for name, content in files.items()},
    }
    files["manifest.json"] = (json.dumps(facts, indent=1) + "\n").encode()
    files["README.txt"] = README.format(
        version=VERSION, archs=archs, glibc=facts["glibc"], driver=DRIVER
    ).encode()
    sources = [*crates(registry), *go_modules(registry), *wheels(tools)]
    files.update(licences(sources))
    files["licences/crates.txt"] = declared(registry)
    sums = "".join(f"{sha256(content).hexdigest()}  {name}\n" for name, content in files.items())
    return {**files, "SHA256SUMS": sums.encode()}


def pins(requirements: Path) -> dict[str, str]:
    """Package versions of a requirements file."""
    return dict(re.findall(r"^([\w-]+)==([\w.]+)", requirements.read_text(), re.MULTILINE))


def archive(files: Mapping[str, bytes], root: str) -> bytes:
    """The files in a tar under one folder, with nothing of this machine in it, under zstd."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.GNU_FORMAT) as stream:
        for name in sorted(files):
            entry = tarfile.TarInfo(f"{root}/{name}")
            entry.size = len(files[name])
            entry.mode = 0o755 if name in (SERVER, RUNTIME) else 0o644
            stream.addfile(entry, io.BytesIO(files[name]))
    return zstandard.ZstdCompressor(level=LEVEL, threads=-1).compress(tar.getvalue())


def attempt(path: Path) -> None:
    """Unpack elsewhere, compare the sums, run the server there with an empty environment."""
    with tempfile.TemporaryDirectory(prefix="zko-gpu-") as folder:
        with (
            path.open("rb") as packed,
            zstandard.ZstdDecompressor().stream_reader(packed) as plain,
            tarfile.open(fileobj=plain, mode="r|") as tar,
        ):
            tar.extractall(folder, filter="data")
        root = next(Path(folder).iterdir())
        subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=root, check=True)
        for argument, expected in (("--version", VERSION), ("--help", "Usage: sp1-gpu-server")):
            answer = subprocess.run(
                [root / SERVER, argument], check=True, capture_output=True, text=True, env={}
            )
            if expected not in answer.stdout:
                raise RuntimeError(f"the unpacked server answers {answer.stdout!r} to {argument}")


def publish(path: Path, packed: bytes) -> None:
    """Put the archive into place once it has been tried: what has its name is whole, and works."""
    draft = path.with_name(f"{path.name}.draft")
    draft.write_bytes(packed)
    attempt(draft)
    draft.rename(path)


def main() -> int:
    """0 where there is an archive that works."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("installed", type=Path)
    parser.add_argument("--tools", type=Path, required=True)
    parser.add_argument("--archs", default="90")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    started = time.monotonic()
    home = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
    registry = next(home.glob(f"registry/src/*/sp1-gpu-server-{VERSION}")).parent
    say("packing")
    files = contents(given.installed, given.tools, given.archs, registry)
    root = f"sp1-gpu-server-{VERSION}-sm{given.archs.replace(',', '-')}"
    path = given.out / f"{root}.tar.zst"
    publish(path, archive(files, root))
    facts = json.loads(files["manifest.json"])
    say(f"unpacked elsewhere, its --version and --help run; {time.monotonic() - started:.0f} s")
    say(f"needs glibc {facts['glibc']}, NVIDIA driver {DRIVER} or newer; not run on a GPU")
    print(f"{path} ({path.stat().st_size / 1e6:.1f} MB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
