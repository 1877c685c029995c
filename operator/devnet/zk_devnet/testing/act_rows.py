"""The row of a prepared act, for tests and benchmarks that use a channel without the daemon's rows."""

from typing import Any

from zk_acts.domain.acts import Intent, Purpose
from zk_acts.domain.ids import IntentId
from zk_acts.ports.act import PaidChannel, Prepared


def act_row(
    channel: PaidChannel[Any, Any],
    prepared: Prepared,
    purpose: Purpose = Purpose.PROVE,
    *,
    subject: str = "x",
    attempt: int = 1,
    created_at: int = 0,
) -> Intent:
    """As the daemon writes it before it sends. `created_at`: unix time in ms."""
    return Intent(
        intent_id=IntentId(f"{purpose}/{subject}/{attempt}"),
        kind=channel.kind,
        purpose=purpose,
        subject=subject,
        backend=channel.name,
        account=channel.account,
        nonce=prepared.nonce,
        reference=prepared.reference,
        payload=prepared.payload,
        resource=channel.resource,
        quoted=prepared.quoted,
        fee_cap=prepared.fees.fee_cap,
        tip=prepared.fees.tip,
        born_block=prepared.born_block,
        expires=prepared.expires,
        created_at=created_at,
    )
