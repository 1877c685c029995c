"""The faults by name."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from zk_devnet.simulator.mutants import acts, evm, purchases, rows
from zk_devnet.simulator.weather import Kind

Plant = Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One fault: what it is, and how it is planted. `needs`: kinds of which one has to be about for it to show."""

    about: str
    plant: Plant
    needs: frozenset[Kind]


CRASHES = frozenset({Kind.CRASH_STEP, Kind.CRASH_POINT, Kind.CRASH_STATEMENT})
UNANSWERED = frozenset(
    {
        Kind.EVM_LOST_ANSWER,
        Kind.EVM_SLOW,
        Kind.ZK_LOST_ANSWER,
        Kind.ZK_SLOW,
        Kind.PROVER_LOST_ANSWER,
        Kind.PROVER_SLOW,
    }
)
MUTANTS: Mapping[str, Mutant] = {
    "range-logs": Mutant(
        about="an empty answer for a range of logs is believed",
        plant=evm.range_logs,
        needs=frozenset({Kind.EVM_REPLICAS}),
    ),
    "early-batch": Mutant(
        about="batches are closed and bought by rows alone, however far the scan is behind",
        plant=purchases.early_batch,
        needs=frozenset({Kind.EVM_LOGS_REFUSED, Kind.EVM_ALL_DOWN, Kind.EVM_BUSY}),
    ),
    "receipt-null": Mutant(
        about="no receipt and a used nonce: taken for replaced",
        plant=evm.receipt_null,
        needs=frozenset({Kind.EVM_REPLICAS}),
    ),
    "depth-zero": Mutant(
        about="an unknown depth is block 0",
        plant=evm.depth_zero,
        needs=frozenset({Kind.EVM_TAGS}),
    ),
    "outdated-nonce": Mutant(
        about="a lower nonce from a node that lags is taken",
        plant=acts.outdated_nonce,
        needs=frozenset({Kind.EVM_REPLICAS}),
    ),
    "no-detail": Mutant(
        about="what a final act brought is in no row",
        plant=acts.no_detail,
        needs=frozenset({Kind.ZK_PRUNED}),
    ),
    "same-price": Mutant(
        about="a replacement offers what the stuck transaction offers",
        plant=evm.same_price,
        needs=frozenset({Kind.EVM_RISE}),
    ),
    "blind-retry": Mutant(
        about="a send whose answer was lost is made again",
        plant=acts.blind_retry,
        needs=UNANSWERED,
    ),
    "cursor-first": Mutant(
        about="the cursor moves outside the transaction of its orders",
        plant=rows.cursor_first,
        needs=CRASHES,
    ),
    "no-caps": Mutant(
        about="spend caps are not checked",
        plant=rows.no_caps,
        needs=frozenset({Kind.TIGHT_CAPS}),
    ),
}
