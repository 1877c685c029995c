"""The error taxonomy: every failure has a stable code, a disposition and context."""

from enum import StrEnum
from typing import ClassVar


class Disposition(StrEnum):
    """What a caller does about a failure; one table in the runtime maps it to an action."""

    TRANSIENT = "transient"  # try again with back-off
    RATE_LIMITED = "rate_limited"  # try again when the other side says so
    AMBIGUOUS = "ambiguous"  # the outcome is unknown: resolve by query, never retry blindly
    REJECTED = "rejected"  # this piece of work can never succeed
    EXPIRED = "expired"  # too late
    DEGRADED = "degraded"  # a backend or resource is unusable for now
    FATAL = "fatal"  # stop the process


class OperatorError(Exception):
    """Raised when something goes wrong that an operator would want named.

    Leaves set `code` (`ZKO-<AREA>-<NNN>`, unique), `disposition` and a docstring in the "raised when" form, which is
    the default message without those two words, and whose sections are the code's page docs/runbook/<CODE>.md.

    Meaning: The base of all errors. It is never raised itself; a class of ours that forgets its code would show it.

    What you see: `[ZKO-GEN-000]` in a message.

    What to do: Report it with the log: it is a mistake in the program.
    """

    code: ClassVar[str] = "ZKO-GEN-000"
    disposition: ClassVar[Disposition] = Disposition.FATAL
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str | None = None, **context: object) -> None:
        self.message = message or _said(type(self).__doc__ or type(self).__name__)
        self.context = context
        super().__init__(self.message)

    def __str__(self) -> str:
        detail = ", ".join(f"{key}={_shown(value)}" for key, value in self.context.items())
        said = f"[{self.code}] {self.message}" + (f" ({detail})" if detail else "")
        # A half of a surrogate pair would end whoever writes it to a terminal or a database.
        return said.encode("utf-8", "backslashreplace").decode()


def _shown(value: object) -> str:
    """Any value that came from outside: an integer without end, or lists in lists, have no text of their own."""
    try:
        return str(value)
    except (RecursionError, ValueError):
        return f"a {type(value).__name__} that cannot be shown"


def _said(docstring: str) -> str:
    return docstring.strip().splitlines()[0].removeprefix("Raised when ").rstrip(".")


def error_codes() -> dict[str, type[OperatorError]]:
    """Every leaf that has been imported, by code."""
    found: dict[str, type[OperatorError]] = {}
    pending = list(OperatorError.__subclasses__())
    while pending:
        leaf = pending.pop()
        pending.extend(leaf.__subclasses__())
        if "code" in vars(leaf):
            found[leaf.code] = leaf
    return found
