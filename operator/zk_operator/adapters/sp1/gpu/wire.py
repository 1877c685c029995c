"""sp1-gpu-server's messages: u32 LE length, then bincode 1 (little-endian, fixed width, tags of 32 bits).

Source: crate sp1-cuda 6.10.0, `api.rs` (`Request`, `Response`); framing in sp1-gpu-server 6.10.0, `server.rs`.
The proof mode is the network's enum, by position: 0 is "unspecified".
"""

from dataclasses import dataclass

from zk_operator.adapters.sp1.errors import GpuProvingFailed, GpuServerUnreachable
from zk_operator.adapters.sp1.reader import BincodeReader, sized
from zk_operator.adapters.sp1.saved_proof import Mode
from zk_operator.domain.failures import ProofMalformed

LENGTH_BYTES = 4
MAX_MESSAGE = 256 * 2**20
KEY_BYTES = 32
VK_BYTES = 104
MAX_ERROR_TEXT = 1 << 16
_SETUP, _PROVE, _DESTROY = range(3)
_OK, _SETUP_DONE, _PROOF, _PROVER_ERROR, _INTERNAL_ERROR, _CLOSED = range(6)
_MODES = {Mode.CORE: 1, Mode.COMPRESSED: 2, Mode.PLONK: 3, Mode.GROTH16: 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupDone:
    """A program is ready on this connection. `key`: sha256 of its ELF; `vk`: bincode."""

    key: bytes
    vk: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofMade:
    """A proof, as networks serve it (bincode of `ProofFromNetwork`)."""

    proof: bytes


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A key was dropped."""


Response = SetupDone | ProofMade | Acknowledged


def framed(message: bytes) -> bytes:
    """With its length before it."""
    return len(message).to_bytes(LENGTH_BYTES, "little") + message


def setup(elf: bytes) -> bytes:
    """Setup {elf, machine}; the machine has no bytes (a unit struct: sp1-prover-types 6.10.0, `machine.rs`)."""
    return _u32(_SETUP) + sized(elf)


def prove(*, mode: Mode, key: bytes, stdin: bytes, nonce: int) -> bytes:
    """ProveWithMode {mode, key, stdin, proof_nonce}; `nonce` has 128 bits."""
    words = b"".join(_u32(nonce >> shift & 0xFFFFFFFF) for shift in (0, 32, 64, 96))
    return _u32(_PROVE) + _u32(_MODES[mode]) + key + stdin + words


def destroy(key: bytes) -> bytes:
    """Destroy {key}."""
    return _u32(_DESTROY) + key


def message_size(prefix: bytes) -> int:
    """The length that a frame begins with. Errors: GpuProvingFailed."""
    size = int.from_bytes(prefix, "little")
    if not LENGTH_BYTES <= size <= MAX_MESSAGE:
        raise GpuProvingFailed("the GPU server's answer has an impossible length", size=size)
    return size


def parse(message: bytes) -> Response:
    """An answer. Errors: GpuProvingFailed, with the server's words where it has any; GpuServerUnreachable."""
    reader = BincodeReader(message)
    try:
        return _parse(reader)
    except ProofMalformed as error:
        raise GpuProvingFailed(
            "the GPU server's answer does not decode", size=len(message), reason=error.message
        ) from error


def _parse(reader: BincodeReader) -> Response:
    tag = reader.integer(4)
    if tag == _OK:
        return Acknowledged()
    if tag == _SETUP_DONE:
        done = SetupDone(key=reader.take(KEY_BYTES), vk=reader.rest())
        if len(done.vk) != VK_BYTES:
            raise GpuProvingFailed("the GPU server's key has a wrong length", size=len(done.vk))
        return done
    if tag == _PROOF:
        return ProofMade(proof=reader.rest())
    if tag in (_PROVER_ERROR, _INTERNAL_ERROR):
        raise GpuProvingFailed(server_says=reader.text(MAX_ERROR_TEXT)[:500])
    if tag == _CLOSED:
        raise GpuServerUnreachable("sp1-gpu-server closed the connection")
    raise GpuProvingFailed("the GPU server answers something unknown", tag=tag)


def _u32(value: int) -> bytes:
    return value.to_bytes(4, "little")
