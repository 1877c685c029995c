"""Finished proofs on disk, by the request that they belong to: a restart does not prove again."""

import os
from dataclasses import dataclass
from pathlib import Path

from anyio import to_thread

from zk_operator.adapters.sp1.errors import ArtifactUnavailable
from zk_operator.domain.failures import ProofMalformed

KEEP_S = 7 * 86_400
PARTIAL_S = 3_600  # a younger one may be under way, in a daemon beside a command


@dataclass(frozen=True, slots=True)
class Spool:
    """A private folder of proofs."""

    folder: Path

    def prepare(self, now_s: float) -> None:
        """Make the folder; proofs that nobody has fetched for a week go, and what a crash left half written."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for pattern, most_s in (("*.proof", KEEP_S), ("*.partial", PARTIAL_S)):
            for path in self.folder.glob(pattern):
                if now_s - path.stat().st_mtime > most_s:
                    path.unlink(missing_ok=True)

    def has(self, reference: bytes) -> bool:
        """Whether the request's proof is there."""
        return self._path(reference).is_file()

    async def put(self, reference: bytes, proof: bytes) -> None:
        """Store whole or not at all. Errors: ArtifactUnavailable."""
        try:
            await to_thread.run_sync(_write, self._path(reference), proof)
        except OSError as error:
            raise ArtifactUnavailable("a proof cannot be stored", reason=str(error)) from error

    async def get(self, reference: bytes) -> bytes:
        """The proof. Errors: ProofMalformed if it is gone."""
        try:
            return await to_thread.run_sync(self._path(reference).read_bytes)
        except OSError as error:
            raise ProofMalformed("the local proof is gone", reason=str(error)) from error

    def _path(self, reference: bytes) -> Path:
        return self.folder / f"{reference.hex()}.proof"


def _write(path: Path, proof: bytes) -> None:
    partial = path.with_suffix(".partial")
    with partial.open("wb") as stream:
        stream.write(proof)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)
