"""Spend guard: keeps an account's reserve, and tells the operator when a resource is not spent (money rule 6)."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from zk_acts.domain.acts import Intent, Resource
from zk_acts.domain.failures import BalanceTooLow, BudgetExceeded
from zk_acts.ports.act import Prepared
from zk_acts.ports.store import SpendCap
from zk_acts.ports.telemetry import AlertBoard, Telemetry
from zk_acts.services.attempt import WAITING_STATES

log = structlog.get_logger("spend_guard")
WHOLE = 10**18
BALANCE, BUDGET = "balance", "budget"
CODES = {BALANCE: BalanceTooLow.code, BUDGET: BudgetExceeded.code}


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendPolicy:
    """What limits an account's spending. `reserve` always stays in the account (1e-18 of the token)."""

    caps: Sequence[SpendCap]
    reserve: int
    resend_after_ms: int = 5_000


class SpendGuard:
    """The alerts of one resource, and the check before each spend."""

    def __init__(
        self,
        *,
        resource: Resource,
        reserve: int,
        telemetry: Telemetry,
        board: AlertBoard,
    ) -> None:
        self._resource = resource
        self._reserve = reserve
        self._telemetry = telemetry
        self._board = board

    def require(
        self,
        *,
        account: str,
        balance: int | None,
        wanted: Sequence[Prepared],
        live: Sequence[Intent],
    ) -> None:
        """BalanceTooLow unless the acts, and all that is undecided, can be paid and the reserve stays.

        Of siblings under one nonce, the wanted ones included, the dearest counts. What costs nothing is never
        refused; nor is anything whose account shows no balance.
        """
        if balance is None:
            return
        quoted = sum(each.quoted for each in wanted)
        if quoted:  # machines of one's own cost nothing, and have no balance to show
            self._telemetry.gauge("balance", balance / WHOLE, resource=self._resource)
        # What is undecided may all still be charged (ADR 0120).
        needed = self._reserve + committed(live, *wanted)
        if quoted and balance < needed:
            error = BalanceTooLow(
                account=wanted[0].payer or account,
                resource=self._resource,
                balance=balance,
                needed=needed,
            )
            self.stop(error)
            raise error
        # A free act shows no funding: only one that is paid for ends the alert (ADR 0085).
        if quoted:
            self.resume(BALANCE)

    def stop(self, error: BalanceTooLow | BudgetExceeded) -> None:
        """Spending stops for this reason; an alert, logged once."""
        why = BALANCE if isinstance(error, BalanceTooLow) else BUDGET
        self._telemetry.gauge("spending_stopped", 1, resource=self._resource)
        if self._board.raise_alert(self._alert(why), str(error)):
            log.error(
                "spending.stopped",
                code=CODES[why],
                resource=self._resource,
                reason=str(error),
            )

    def resume(self, why: str) -> None:
        """That reason is over; the gauge falls with the last one."""
        if self._board.clear_alert(self._alert(why)):
            log.info("spending.resumed", resource=self._resource, after=why)
        stopped = any(self._alert(reason) in self._board.alerts for reason in CODES)
        self._telemetry.gauge("spending_stopped", int(stopped), resource=self._resource)

    def _alert(self, why: str) -> str:
        return f"spending.{self._resource}.{why}"


def committed(live: Sequence[Intent], *wanted: Prepared) -> int:
    """The most that undecided acts and the wanted ones can still cost; of the siblings of one nonce the dearest."""
    dearest = {each.nonce: each.quoted for each in wanted}
    for row in live:
        if row.state in WAITING_STATES:
            dearest[row.nonce] = max(dearest.get(row.nonce, 0), row.quoted)
    return sum(dearest.values())
