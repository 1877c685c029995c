"""Stands in for the binary sp1-gpu-server: its command line, its socket, its ways to end. Run as a process of its own.

    gpu_server_stub.py SOCKET BEHAVIOUR [--version]

BEHAVIOUR: serve; panic (at the start, as the real one without a device); die (at the first proof, once per socket);
fail (every proof, with the reason in the output only); slow (proofs never end).
"""

import hashlib
import os
import socket
import struct
import sys
import time
from pathlib import Path

VERSION = "6.10.0"
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


def died_before(path: str) -> bool:
    """Whether this is the second time; the first is remembered."""
    mark = Path(path).with_suffix(".died")
    if mark.exists():
        return True
    mark.touch()
    return False


def answer(request: bytes, behaviour: str, path: str) -> bytes:
    """Setup, ProveWithMode and Destroy."""
    (tag,) = struct.unpack_from("<I", request)
    if tag == 0:
        return struct.pack("<I", 1) + hashlib.sha256(request[12:]).digest() + bytes(104)
    if tag == 2:
        return struct.pack("<I", 0)
    if behaviour == "slow":
        time.sleep(60)
    if behaviour == "die" and not died_before(path):
        print("thread 'tokio' panicked: out of GPU memory", file=sys.stderr, flush=True)
        os._exit(134)
    if behaviour == "fail":
        print("ERROR Controller: task failed: the program ended with 1", flush=True)
        text = b"controller task failed"
        return struct.pack("<IQ", 3, len(text)) + text
    return struct.pack("<I", 2) + f"proof by {os.getpid()}".encode()


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
