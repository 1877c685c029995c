"""The artifact store: presigned uploads and open downloads, held in memory."""

import secrets
from dataclasses import dataclass

import zstandard

from zk_devnet.prover_network.errors import BincodeMalformed

FOLDERS = {1: "programs", 2: "stdins", 3: "proofs", 4: "transactions", 7: "private-stdins"}
PROGRAM_TYPE, PROOF_TYPE = 1, 3
PRIVATE_FOLDER = FOLDERS[7]  # read with a presigned URL only
MAX_CONTENT_BYTES = 512 * 1024 * 1024
_CHUNK_BYTES = 16 * 1024
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


@dataclass(slots=True, kw_only=True)
class Artifact:
    """One artifact. `content` is None until it is uploaded; `token` is what the presigned URL proves."""

    folder: str
    name: str
    token: str
    content: bytes | None = None


class ArtifactStore:
    """Artifacts by their URI. `base_url` is known once the HTTP port is."""

    def __init__(self) -> None:
        self.base_url = ""
        self._artifacts: dict[tuple[str, str], Artifact] = {}

    def create(self, artifact_type: int) -> tuple[str, str]:
        """A new artifact's URI and presigned upload URL; KeyError for a type that is not stored."""
        folder = FOLDERS[artifact_type]
        artifact = Artifact(
            folder=folder, name=f"artifact_{secrets.token_hex(13)}", token=secrets.token_urlsafe(24)
        )
        self._artifacts[folder, artifact.name] = artifact
        uri = f"{self.base_url}/artifacts/{folder}/{artifact.name}"
        return uri, self.presigned(uri)

    def presigned(self, uri: str) -> str:
        """The URL that may write an artifact, and read a private one; KeyError if there is none."""
        return f"{uri}?X-Signature={self.find_uri(uri).token}"

    def publish(self, artifact_type: int, content: bytes) -> str:
        """Store content of the network's own; its URI."""
        uri, _ = self.create(artifact_type)
        self.find_uri(uri).content = content
        return uri

    def lose(self) -> None:
        """Delete every content but programs', as a store in memory does when it starts again."""
        for artifact in self._artifacts.values():
            if artifact.folder != FOLDERS[PROGRAM_TYPE]:
                artifact.content = None

    def find(self, folder: str, name: str) -> Artifact:
        """The artifact; KeyError if there is none."""
        return self._artifacts[folder, name]

    def find_uri(self, uri: str) -> Artifact:
        """The artifact of a URI that this store has given out; KeyError otherwise."""
        folder, _, name = uri.removeprefix(f"{self.base_url}/artifacts/").partition("/")
        return self._artifacts[folder, name]


def plain(content: bytes) -> bytes:
    """The content, decompressed if it is a zstd frame (SDK 6) and as it is otherwise (SDK 5).

    Raises BincodeMalformed for a damaged or oversized frame.
    """
    if not content.startswith(_ZSTD_MAGIC):
        return content
    frame, data = zstandard.ZstdDecompressor().decompressobj(), bytearray()
    try:
        for at in range(0, len(content), _CHUNK_BYTES):
            data += frame.decompress(content[at : at + _CHUNK_BYTES])
            if len(data) > MAX_CONTENT_BYTES:
                raise BincodeMalformed("the artifact is too large", limit=MAX_CONTENT_BYTES)
            if frame.eof:
                break
    except zstandard.ZstdError as error:
        raise BincodeMalformed("the zstd frame is damaged") from error
    if not frame.eof:
        raise BincodeMalformed("the zstd frame ends early")
    return bytes(data)
