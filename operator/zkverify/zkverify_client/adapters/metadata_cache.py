"""Runtime metadata on disk, by chain and runtime version: a third of a megabyte that a tool need not fetch each time."""

import hashlib
import tempfile
from pathlib import Path

import structlog

from zk_acts.domain.ids import Hash32
from zkverify_client.adapters.runtime import RuntimeVersion

_log = structlog.get_logger(__name__)
_DIGEST_BYTES = 32


class MetadataCache:
    """A folder of files. What cannot be read is as if it were not there; what cannot be written is not kept.

    Each file begins with the digest of the rest, so that a damaged one is noticed. Blocking; the files are small.
    """

    def __init__(self, folder: Path, *, genesis_hash: Hash32) -> None:
        self._folder = folder
        self._chain = genesis_hash.hex()

    def find(self, version: RuntimeVersion) -> bytes | None:
        """The metadata of that version."""
        try:
            raw = self._path(version).read_bytes()
        except OSError:
            return None
        digest, metadata = raw[:_DIGEST_BYTES], raw[_DIGEST_BYTES:]
        return metadata if _digest(metadata) == digest else None

    def keep(self, version: RuntimeVersion, metadata: bytes) -> None:
        """For the next time."""
        path = self._path(version)
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as file:
                file.write(_digest(metadata) + metadata)
            Path(file.name).replace(path)
        except OSError as error:
            _log.info("metadata.not_kept", path=str(path), error=str(error))

    def _path(self, version: RuntimeVersion) -> Path:
        name = f"{self._chain}-{version.spec_name}-{version.spec_version}.metadata"
        return self._folder / name.replace("/", "_")


def _digest(raw: bytes) -> bytes:
    return hashlib.blake2b(raw, digest_size=_DIGEST_BYTES).digest()
