"""Which kind of proof file it is: by its content, never by its name."""

import re
from collections.abc import Mapping
from typing import Any

import zstandard

from zk_acts.domain.ids import Hash32, parse_hex
from zk_acts.domain.json_text import JsonInvalid, parse_json
from zk_operator.adapters.sp1.inspection.errors import ProofFileMalformed, ProofFileUnknown
from zk_operator.adapters.sp1.inspection.groth16 import OnchainGroth16
from zk_operator.adapters.sp1.inspection.plonk import (
    SIZES,
    OnchainPlonk,
    plonk_version,
    split_plonk,
)
from zk_operator.adapters.sp1.inspection.stark import ShrinkFile
from zk_operator.adapters.sp1.inspection.zkverify_form import read_zkverify
from zk_operator.adapters.sp1.recursion_values import BABYBEAR
from zk_operator.adapters.sp1.saved_proof import TAGS, SavedProof, decode_saved_proof
from zk_operator.adapters.sp1.shrink_container import decode_shrink
from zk_operator.domain.failures import ProofMalformed
from zkverify_client.adapters.proof_file import Groth16Claim
from zkverify_client.domain.proof_errors import ProofError
from zkverify_client.domain.sp1_proof import V5_SIZE, V6_SIZE, decode_sp1_proof

MAX_BYTES = 60 * 2**20  # with a key beside it, it fits into one message to the prover host
MAX_TEXT = 4 * 2**20  # a parsed document can take 25 times its size
_ZSTD = b"\x28\xb5\x2f\xfd"
_MAX_WINDOW = 1 << 23
_HEX_HEAD = re.compile(rb"(?:0x)?[0-9a-fA-F]{32}")
_OTHERS = {
    b"\x7fELF": "an ELF program",
    b"\x1f\x8b": "a gzip file",
    b"PK\x03\x04": "a zip file",
    b"\x89PNG": "a PNG image",
    b"%PDF": "a PDF document",
    b"meta": "SCALE metadata",
}
_KEY_SIZES = (396, 492)
_SHRINK_HEAD = 96  # three commitments of eight field elements
_SHRINK_LEAST = 10_000
_CHUNK = 256  # compressed bytes; four of them can stand for 128 KiB
_HEAD = 512

Found = SavedProof | ShrinkFile | OnchainGroth16 | OnchainPlonk | Groth16Claim


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
    # A shrink proof may begin with any byte, a brace too.
    if _is_text(raw) and raw[:_HEAD].lstrip()[:1] == b"{":
        return _document(raw)
    raw = _from_hex(raw)
    if len(raw) in (V5_SIZE, V6_SIZE):
        return OnchainGroth16(proof=decode_sp1_proof(raw))
    if len(raw) in SIZES and plonk_version(raw[:4]) is not None:
        return split_plonk(raw)
    if len(raw) >= 4 and int.from_bytes(raw[:4], "little") < len(TAGS):
        return decode_saved_proof(raw)
    return _shrink(raw)


def _from_hex(raw: bytes) -> bytes:
    """The bytes that a text of hexadecimal digits stands for; anything else as it is."""
    if len(raw) > MAX_TEXT or not _HEX_HEAD.match(raw[:_HEAD].lstrip()):
        return raw
    try:
        return bytes.fromhex(raw.decode("ascii").strip().removeprefix("0x"))
    except ValueError:
        return raw


def _shrink(raw: bytes) -> ShrinkFile:
    head = [int.from_bytes(raw[at : at + 4], "little") for at in range(0, _SHRINK_HEAD, 4)]
    kind = _kind(raw)
    if kind or len(raw) < _SHRINK_LEAST or max(head) >= BABYBEAR:
        raise ProofFileUnknown(
            "no proof of a known form", kind=kind or "unknown", size=len(raw), head=raw[:8].hex()
        )
    return ShrinkFile(container=decode_shrink(raw))


def _kind(raw: bytes) -> str | None:
    """What else it is, where that can be told."""
    if not raw:
        return "an empty file"
    if len(raw) in _KEY_SIZES:
        return "a verifying key, by its size"
    named = (name for magic, name in _OTHERS.items() if raw.startswith(magic))
    return next(named, "text" if _is_text(raw) else None)


def _is_text(raw: bytes) -> bool:
    head = raw[:_HEAD]
    return head.isascii() and all(byte >= 32 or byte in b"\t\n\r" for byte in head)


def _unpacked(raw: bytes) -> bytes:
    """The content of one whole frame; piece by piece, so that a small file cannot become a huge one."""
    content = bytearray()
    frame = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW).decompressobj()
    try:
        for at in range(0, len(raw), _CHUNK):
            content += frame.decompress(raw[at : at + _CHUNK])
            if len(content) > MAX_BYTES:
                raise ProofFileMalformed("the zstd frame is too large", most=MAX_BYTES)
            if frame.eof:
                _require_end(frame.unused_data + raw[at + _CHUNK :])
                return bytes(content)
    except zstandard.ZstdError as error:
        raise ProofFileMalformed("the zstd frame is damaged", reason=str(error)) from error
    raise ProofFileMalformed("the zstd frame ends too early", size=len(raw))


def _require_end(rest: bytes) -> None:
    if rest:
        raise ProofFileMalformed("something follows the zstd frame", size=len(rest))


def _document(raw: bytes) -> Found:
    """SP1's fixture (vkey, publicValues, proof as hex), or zkVerify's JSON (vk, proof, pubs) of either pallet."""
    if len(raw) > MAX_TEXT:
        raise ProofFileUnknown("a JSON file that is too large to be a proof", size=len(raw))
    try:
        fields = parse_json(raw)
    except JsonInvalid as error:
        raise ProofFileMalformed("damaged JSON", reason=str(error)[:200]) from error
    if "proof" not in fields:
        raise ProofFileUnknown("a JSON file without a proof", size=len(raw))
    if isinstance(fields["proof"], Mapping):
        return read_zkverify(fields)
    try:
        return _shrink_document(fields) if "vk" in fields else _fixture(fields)
    except KeyError as error:
        raise ProofFileUnknown(
            "a JSON file that is no proof fixture", missing=str(error)
        ) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise ProofFileMalformed("a damaged JSON fixture", reason=str(error)[:200]) from error


def _shrink_document(fields: Mapping[str, Any]) -> ShrinkFile:
    """zkverifyjs's flat form of a shrink proof: proof, vk, publicSignals (or pubs) as hex."""
    values = fields["publicSignals"] if "publicSignals" in fields else fields["pubs"]
    return ShrinkFile(
        container=decode_shrink(_hex(fields["proof"])),
        vk=Hash32(parse_hex(fields["vk"], 32)),
        public_values=_hex(values),
    )


def _fixture(fields: Mapping[str, Any]) -> OnchainGroth16 | OnchainPlonk:
    proof, public_values = _hex(fields["proof"]), _hex(fields["publicValues"])
    vkey = Hash32(parse_hex(fields["vkey"], 32))
    if not proof:
        raise ProofFileMalformed("the proof is empty: it comes from SP1's mock prover")
    if len(proof) in SIZES:
        return split_plonk(proof, vkey, public_values)
    return OnchainGroth16(proof=decode_sp1_proof(proof), vkey=vkey, public_values=public_values)


def _hex(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
