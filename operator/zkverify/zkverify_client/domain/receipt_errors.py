"""What a reader of zkVerify promises about receipts that cannot be had."""

from typing import ClassVar

from zk_acts.domain.errors import Disposition, OperatorError


class ReceiptUnprovable(OperatorError):
    """Raised when a published aggregation's path can neither be fetched nor rebuilt from events.

    Meaning: The aggregation is published, but in a block that no endpoint keeps any more; or no endpoint has its
    path, and neither the domain's entry before it nor the events that are left give its root.

    What you see: The batch waits between verified and aggregated. After a minute the daemon pays zkVerify once more
    for it (`verification.repeated`); if that receipt cannot be had either, it waits for the end of its time.

    What to do: Add an archive endpoint. Blocks that are kept are searched also where older ones are gone, and an
    aggregation that is still waiting in its domain is no trouble.
    """

    code: ClassVar[str] = "ZKO-ZKV-041"
    disposition = Disposition.DEGRADED
