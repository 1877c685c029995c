"""What happened, in lines that are the same for the same seed, and their digest."""

from collections.abc import Callable
from hashlib import sha256


class Trace:
    """Takes lines with the virtual time in front. `keep` keeps them all; otherwise only the last ones, and the digest."""

    LAST = 400

    def __init__(self, now_s: Callable[[], float], *, keep: bool = False) -> None:
        self._now_s = now_s
        self._keep = keep
        self._digest = sha256()
        self.lines: list[str] = []

    def say(self, source: str, what: str, **fields: object) -> None:
        """One line: time, source, event, fields by name."""
        shown = " ".join(f"{name}={_text(fields[name])}" for name in sorted(fields))
        line = f"{self._now_s():9.3f} {source:<9} {what} {shown}".rstrip()
        self._digest.update(line.encode() + b"\n")
        self.lines.append(line)
        if not self._keep and len(self.lines) > 2 * self.LAST:
            del self.lines[: self.LAST]

    def tell(self, line: str) -> None:
        """A line of the operator's log; not part of the digest, which is the same with and without it."""
        if self._keep:
            self.lines.append(f"{self._now_s():9.3f} {'log':<9} {line}")

    def digest(self) -> str:
        """Of all lines so far."""
        return self._digest.hexdigest()


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()[:16]
    if isinstance(value, float):
        return f"{value:.3f}"
    return str(value)
