"""Which job belongs to which act: a file of lines that is written before anything depends on it."""

import os
from pathlib import Path


class JobBook:
    """Append-only: one "reference job" line per job, flushed to disk. Small; read whole when opened.

    Errors: OSError where the file cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._jobs = dict(_lines(path))

    def find(self, reference: bytes) -> str | None:
        """The job of an act."""
        return self._jobs.get(reference.hex())

    def note(self, reference: bytes, job_id: str) -> None:
        """Remember a job; the newest counts."""
        with self._path.open("a", encoding="utf-8") as book:
            book.write(f"{reference.hex()} {job_id}\n")
            book.flush()
            os.fsync(book.fileno())
        self._jobs[reference.hex()] = job_id


def _lines(path: Path) -> list[tuple[str, str]]:
    if not path.exists():
        return []
    # A line that a crash cut off has no end, and is left out.
    whole = path.read_text(encoding="utf-8").rpartition("\n")[0]
    pairs = (line.partition(" ") for line in whole.splitlines())
    return [(reference, job_id) for reference, _, job_id in pairs if job_id]
