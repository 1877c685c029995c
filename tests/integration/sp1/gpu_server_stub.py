"""Stands in for the binary sp1-gpu-server: its command line, its socket, its ways to end. Run as a process of its own.

    gpu_server_stub.py SOCKET BEHAVIOUR [--version]

BEHAVIOUR: panic (at the start, as the real one without a device); or what it does at a proof: serve; die; fail (with the
reason in the output only); slow (it never ends). Several with commas are for one proof after the other, across processes; the last
one is for all that follow. Where GPU_STUB_PROOFS names a folder, proofs are the files in it, by the number of their mode, and
in development mode the set-up that the real one makes for Groth16 is the one in it.
"""

import hashlib
import os
import shutil
import socket
import struct
import sys
import time
from pathlib import Path

VERSION = "6.10.0"
GROTH16 = 4
# What the real binary wrote on a machine without a device, but for the folder of the crates.
PANIC = """
thread 'main' (4711) panicked at registry/src/sp1-gpu-cudart-6.10.0/src/task.rs:195:14:
called `Result::unwrap()` on an `Err` value: Other(CudaRustError: CUDA driver version is insufficient for CUDA runtime version)
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
"""


def exactly(connection: socket.socket, size: int) -> bytes:
    """So many bytes, or EOFError."""
    read = b""
    while len(read) < size:
        piece = connection.recv(size - len(read))
        if not piece:
            raise EOFError
        read += piece
    return read


def behaviour_now(behaviours: str, path: str) -> str:
    """For the next proof; how many there were is kept beside the socket."""
    counter = Path(path).with_suffix(".proofs")
    made = int(counter.read_text()) if counter.exists() else 0
    counter.write_text(str(made + 1))
    each = behaviours.split(",")
    return each[min(made, len(each) - 1)]


def proof(request: bytes) -> bytes:
    """Of the mode that is asked for."""
    folder = os.environ.get("GPU_STUB_PROOFS")
    if folder is None:
        return f"proof by {os.getpid()}".encode()
    (mode,) = struct.unpack_from("<I", request, 4)
    if mode == GROTH16 and os.environ.get("SP1_CIRCUIT_MODE") == "dev":
        made = Path(os.environ["HOME"]) / ".sp1" / "circuits" / "0123456789abcdef-groth16-dev"
        made.mkdir(parents=True)
        shutil.copy(Path(folder) / "groth16_vk.bin", made)
    return (Path(folder) / str(mode)).read_bytes()


def answer(request: bytes, behaviours: str, path: str) -> bytes:
    """Setup, ProveWithMode and Destroy."""
    (tag,) = struct.unpack_from("<I", request)
    if tag == 0:
        return struct.pack("<I", 1) + hashlib.sha256(request[12:]).digest() + bytes(104)
    if tag == 2:
        return struct.pack("<I", 0)
    behaviour = behaviour_now(behaviours, path)
    if behaviour == "slow":
        time.sleep(60)
    if behaviour == "die":
        print("thread 'tokio' panicked: out of GPU memory", file=sys.stderr, flush=True)
        os._exit(134)
    if behaviour == "fail":
        print("ERROR Controller: task failed: the program ended with 1", flush=True)
        text = b"controller task failed"
        return struct.pack("<IQ", 3, len(text)) + text
    return struct.pack("<I", 2) + proof(request)


def serve(path: str, behaviour: str) -> None:
    """One connection after the other."""
    Path(path).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    folders = f"{os.environ.get('TMPDIR')} circuits {os.environ.get('SP1_GROTH16_CIRCUIT_PATH')}"
    print(f"device {os.environ['CUDA_VISIBLE_DEVICES']} {folders}", flush=True)
    while True:
        connection, _ = listener.accept()
        try:
            while True:
                (size,) = struct.unpack("<I", exactly(connection, 4))
                reply = answer(exactly(connection, size), behaviour, path)
                connection.sendall(struct.pack("<I", len(reply)) + reply)
        except (EOFError, OSError):
            connection.close()


def main() -> None:
    """As the real one."""
    path, behaviour, *rest = sys.argv[1:]
    if rest == ["--version"]:
        print(VERSION)
    elif behaviour == "panic":
        sys.stderr.write(PANIC)
        sys.exit(101)
    else:
        serve(path, behaviour)


if __name__ == "__main__":
    main()
