"""What an examination of something outside finds: a capability, whether it is there, and what its lack costs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class Severity(StrEnum):
    """How bad it is, for an operator who wants to start."""

    OK = "ok"
    NOTE = "note"  # costs nothing that matters; good to know
    WARNING = "warning"  # costs time, requests or attention
    SEVERE = "severe"  # the operator cannot work, or loses money


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`target`: the endpoint or account. `cost`: what the operator pays for the lack. `remedy`: what to do about it."""

    target: str
    check: str
    severity: Severity
    found: str
    cost: str = ""
    remedy: str = ""


def together(
    endpoints: Sequence[Sequence[Finding]], *, inexcusable: Collection[str] = ()
) -> tuple[Finding, ...]:
    """The findings of several endpoints of one kind, of which one that can do a thing is enough for that thing.

    What is severe at one and not at another is a warning: the operator works as long as the other does. Not so for
    checks that are `inexcusable`: there one endpoint spoils it for all.
    """
    able = {
        finding.check
        for findings in endpoints
        for finding in findings
        if finding.severity is not Severity.SEVERE and finding.check not in inexcusable
    }
    return tuple(
        replace(
            finding,
            severity=Severity.WARNING,
            cost=f"only while another endpoint works: {finding.cost}",
        )
        if finding.severity is Severity.SEVERE and finding.check in able
        else finding
        for findings in endpoints
        for finding in findings
    )
