"""What acts have cost, or may still cost, by their rows."""

from collections.abc import Iterable

from zk_operator.domain.failures import BudgetExceeded
from zk_operator.domain.records import Intent, IntentState, LedgerEntry
from zk_operator.ports.store import SpendCap

WITHOUT_EFFECT = frozenset({IntentState.LAPSED, IntentState.REPLACED})


def cost(intent: Intent) -> int:
    """What it paid; what it can cost at most while that is not known; nothing if it never took effect."""
    paid = known_cost(intent)
    return intent.quoted if paid is None else paid


def known_cost(intent: Intent) -> int | None:
    """What it paid, None while that is not known."""
    if intent.paid is None and intent.state in WITHOUT_EFFECT:
        return 0
    return intent.paid


def spent(intents: Iterable[Intent]) -> int:
    """The sum of the costs. Of siblings with one nonce only one can take effect: the dearest counts."""
    dearest: dict[tuple[str, str, int], int] = {}
    for intent in intents:
        sequence = (intent.backend, intent.account, intent.nonce)
        dearest[sequence] = max(dearest.get(sequence, 0), cost(intent))
    return sum(dearest.values())


def check_cap(cap: SpendCap, earlier: tuple[Intent, ...], wanted: Intent) -> None:
    """Error: BudgetExceeded if the wanted act together with the window's earlier ones could exceed the cap."""
    if spent((*earlier, wanted)) > cap.limit:
        raise BudgetExceeded(
            resource=cap.resource, window_s=cap.window_s, limit=cap.limit, spent=spent(earlier)
        )


def ledger_entry(intent: Intent) -> LedgerEntry:
    """The line of the ledger."""
    return LedgerEntry(
        intent_id=intent.intent_id,
        resource=intent.resource,
        purpose=intent.purpose,
        subject=intent.subject,
        quoted=intent.quoted,
        paid=known_cost(intent),
        at=intent.created_at,
    )
