"""The bincode forms of a program, an input and a proof (bincode 1.3: little-endian, lengths as u64)."""

from dataclasses import dataclass

from zk_devnet.prover_network.errors import BincodeMalformed

_GROTH16_TAG = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Groth16Blob:
    """A Groth16 `ProofFromNetwork`. Hex texts are without 0x; the key hash is 32 bytes."""

    public_inputs: tuple[int, ...]
    encoded_proof: bytes
    raw_proof: bytes
    vkey_hash: bytes
    public_values: bytes
    sp1_version: str

    def encode(self) -> bytes:
        """The bytes that a proof download serves."""
        return b"".join(
            [
                _GROTH16_TAG.to_bytes(4, "little"),
                *(_text(str(value)) for value in self.public_inputs),
                _text(self.encoded_proof.hex()),
                _text(self.raw_proof.hex()),
                self.vkey_hash,
                _bytes(self.public_values),
                _text(self.sp1_version),
            ]
        )


def decode_program(data: bytes) -> bytes:
    """The ELF in a program artifact; BincodeMalformed otherwise."""
    return _Reader(data).take_bytes()


def decode_stdin(data: bytes) -> list[bytes]:
    """The buffers of an SP1Stdin without proofs; BincodeMalformed otherwise."""
    reader = _Reader(data)
    buffers = [reader.take_bytes() for _ in range(reader.take_count())]
    reader.take_u64()  # the read pointer
    if reader.take_count():
        raise BincodeMalformed("the input carries proofs, which the dev prover does not take")
    return buffers


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        if size > len(self._data) - self._at:
            raise BincodeMalformed("bincode ends early", size=size, at=self._at)
        self._at += size
        return self._data[self._at - size : self._at]

    def take_u64(self) -> int:
        return int.from_bytes(self.take(8), "little")

    def take_count(self) -> int:
        count = self.take_u64()
        if count > len(self._data):
            raise BincodeMalformed("bincode counts more than it holds", count=count)
        return count

    def take_bytes(self) -> bytes:
        return self.take(self.take_u64())


def _bytes(data: bytes) -> bytes:
    return len(data).to_bytes(8, "little") + data


def _text(text: str) -> bytes:
    return _bytes(text.encode())
