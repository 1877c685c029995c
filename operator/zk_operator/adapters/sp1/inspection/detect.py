"""Which kind of proof file it is: by its content, never by its name."""

import json
import re
from dataclasses import dataclass

import zstandard

from zk_operator.adapters.sp1.inspection.errors import ProofFileMalformed, ProofFileUnknown
from zk_operator.adapters.sp1.recursion_values import BABYBEAR
from zk_operator.adapters.sp1.saved_proof import TAGS, SavedProof, decode_saved_proof
from zk_operator.adapters.sp1.shrink_container import ShrinkContainer, decode_shrink
from zk_operator.domain.failures import ProofMalformed
from zk_operator.domain.ids import Hash32, parse_hex
from zk_operator.domain.proof_errors import ProofError
from zk_operator.domain.sp1_proof import V5_SIZE, V6_SIZE, Sp1Proof, decode_sp1_proof

MAX_BYTES = 64 * 2**20
_ZSTD = b"\x28\xb5\x2f\xfd"
_HEX = re.compile(rb"\s*(?:0x)?(?:[0-9a-fA-F]{2}){16,}\s*")
_OTHERS = {b"\x7fELF": "an ELF program", b"\x1f\x8b": "a gzip file", b"PK\x03\x04": "a zip file"}
_KEY_SIZES = (396, 492)
_SHRINK_HEAD = 96  # three commitments of eight field elements
_SHRINK_LEAST = 10_000
_CHUNK = 1 << 14


@dataclass(frozen=True, slots=True, kw_only=True)
class OnchainProof:
    """An on-chain proof, with what a fixture says beside it."""

    proof: Sp1Proof
    vkey: Hash32 | None = None
    public_values: bytes | None = None


Found = SavedProof | ShrinkContainer | OnchainProof


def detect(raw: bytes) -> Found:
    """The proof in a file. Errors: ProofFileMalformed, ProofFileUnknown."""
    try:
        return _detect(raw)
    except ProofMalformed as error:
        raise ProofFileMalformed(error.message, **error.context) from error
    except (ProofFileMalformed, ProofFileUnknown):
        raise
    except ProofError as error:
        raise ProofFileMalformed(error.message, cause=error.code, **error.context) from error


def _detect(raw: bytes) -> Found:
    if raw.startswith(_ZSTD):
        raw = _unpacked(raw)
    if raw.lstrip()[:1] == b"{":
        return _fixture(raw)
    if _HEX.fullmatch(raw):
        raw = bytes.fromhex(raw.decode().strip().removeprefix("0x"))
    if len(raw) in (V5_SIZE, V6_SIZE):
        return OnchainProof(proof=decode_sp1_proof(raw))
    if len(raw) >= 4 and int.from_bytes(raw[:4], "little") < len(TAGS):
        return decode_saved_proof(raw)
    return _shrink(raw)


def _shrink(raw: bytes) -> ShrinkContainer:
    head = [int.from_bytes(raw[at : at + 4], "little") for at in range(0, _SHRINK_HEAD, 4)]
    if len(raw) < _SHRINK_LEAST or raw[:4] in _OTHERS or max(head) >= BABYBEAR:
        raise ProofFileUnknown(kind=_kind(raw), size=len(raw), head=raw[:8].hex())
    return decode_shrink(raw)


def _kind(raw: bytes) -> str:
    if not raw:
        return "an empty file"
    if len(raw) in _KEY_SIZES:
        return "a verifying key, by its size"
    named = (name for magic, name in _OTHERS.items() if raw.startswith(magic))
    return next(named, "unknown")


def _unpacked(raw: bytes) -> bytes:
    """The content of one whole frame; piece by piece, so that a small file cannot become a huge one."""
    frame, content = zstandard.ZstdDecompressor().decompressobj(), bytearray()
    try:
        for at in range(0, len(raw), _CHUNK):
            content += frame.decompress(raw[at : at + _CHUNK])
            if len(content) > MAX_BYTES or frame.eof:
                break
    except zstandard.ZstdError as error:
        raise ProofFileMalformed("the zstd frame is damaged", reason=str(error)) from error
    if not frame.eof or len(content) > MAX_BYTES:
        raise ProofFileMalformed("the zstd frame ends too early, or is too large")
    return bytes(content)


def _fixture(raw: bytes) -> OnchainProof:
    """SP1's JSON fixture: vkey, publicValues, proof as hex."""
    try:
        fields = json.loads(raw)
        proof = bytes.fromhex(fields["proof"].removeprefix("0x"))
        public_values = bytes.fromhex(fields["publicValues"].removeprefix("0x"))
        vkey = Hash32(parse_hex(fields["vkey"], 32))
    except KeyError as error:
        raise ProofFileUnknown(
            "a JSON file that is no proof fixture", missing=str(error)
        ) from error
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ProofFileMalformed("a damaged JSON fixture", reason=str(error)[:200]) from error
    return OnchainProof(proof=decode_sp1_proof(proof), vkey=vkey, public_values=public_values)
