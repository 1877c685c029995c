"""Findings that every part of an examination can come to."""

from typing import Final

from zk_acts.domain.errors import OperatorError
from zk_acts.domain.finding import Finding, Severity

EXAMINATION_S: Final = (
    180.0  # for one endpoint: some thirty questions, each under the deadline of the settings
)


def too_slow(target: str, check: str) -> Finding:
    """An endpoint whose examination did not end."""
    return Finding(
        target=target,
        check=check,
        severity=Severity.SEVERE,
        found=f"not examined in {EXAMINATION_S:.0f} s",
        cost="every step is late",
        remedy="use a quicker endpoint",
    )


def failed(target: str, check: str, error: OperatorError) -> Finding:
    """A question whose error would end or stop the daemon."""
    return Finding(
        target=target,
        check=check,
        severity=Severity.SEVERE,
        found=str(error)[:300],
        cost="the daemon does not start, or cannot go on there",
        remedy=f"see the runbook's page {error.code}",
    )


def judge_balance(target: str, check: str, balance: int, minimum: int, how: str) -> Finding:
    """A balance against what always stays in the account, in 1e-18 tokens. `how`: to fund it."""
    found = f"{shown(balance)}, minimum {shown(minimum)}"
    if balance > minimum:
        return Finding(target=target, check=check, severity=Severity.OK, found=found)
    return Finding(
        target=target,
        check=check,
        severity=Severity.WARNING,
        found=found,
        cost="nothing is spent from it until it is funded: batches wait",
        remedy=how,
    )


def shown(amount: int) -> str:
    """Whole tokens, to the millionth."""
    whole, rest = divmod(amount, 10**18)
    return f"{whole}.{rest // 10**12:06d}"
