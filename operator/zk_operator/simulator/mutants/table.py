"""The faults by name."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from zk_operator.simulator.mutants import acts, evm, rows

Plant = Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One fault: what it is, and how it is planted."""

    about: str
    plant: Plant


MUTANTS: Mapping[str, Mutant] = {
    "range-logs": Mutant(
        about="an empty answer for a range of logs is believed", plant=evm.range_logs
    ),
    "receipt-null": Mutant(
        about="no receipt and a used nonce: taken for replaced", plant=evm.receipt_null
    ),
    "depth-zero": Mutant(about="an unknown depth is block 0", plant=evm.depth_zero),
    "outdated-nonce": Mutant(
        about="a lower nonce from a node that lags is taken", plant=acts.outdated_nonce
    ),
    "no-detail": Mutant(about="what a final act brought is in no row", plant=acts.no_detail),
    "blind-retry": Mutant(
        about="a send whose answer was lost is made again", plant=acts.blind_retry
    ),
    "same-price": Mutant(
        about="a replacement offers what the stuck transaction offers", plant=evm.same_price
    ),
    "cursor-first": Mutant(
        about="the cursor moves outside the transaction of its orders", plant=rows.cursor_first
    ),
    "no-caps": Mutant(about="spend caps are not checked", plant=rows.no_caps),
}
