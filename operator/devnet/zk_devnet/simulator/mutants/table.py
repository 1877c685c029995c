"""The faults by name."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from zk_devnet.simulator.mutants import acts, evm, purchases, rows
from zk_devnet.simulator.weather import Kind

Plant = Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One fault: what it is, and how it is planted. `needs`: of each of these sets a kind has to be about for it to show."""

    about: str
    plant: Plant
    needs: tuple[frozenset[Kind], ...]

    def may_show(self, kinds: Iterable[Kind]) -> bool:
        """Whether these kinds of faults could show it."""
        return all(not each.isdisjoint(kinds) for each in self.needs)


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
        needs=(frozenset({Kind.EVM_REPLICAS}),),
    ),
    "early-batch": Mutant(
        about="batches are closed and bought by rows alone, however far the scan is behind",
        plant=purchases.early_batch,
        needs=(
            CRASHES,
            frozenset({Kind.RIVAL_SETTLES, Kind.RIVAL_REFUNDS, Kind.TRADER_CANCELS}),
        ),
    ),
    "receipt-null": Mutant(
        about="no receipt and a used nonce: taken for replaced",
        plant=evm.receipt_null,
        needs=(frozenset({Kind.EVM_REPLICAS}),),
    ),
    "depth-zero": Mutant(
        about="an unknown depth is block 0",
        plant=evm.depth_zero,
        needs=(frozenset({Kind.EVM_TAGS}),),
    ),
    "same-price": Mutant(
        about="a replacement offers what the stuck transaction offers",
        plant=evm.same_price,
        needs=(frozenset({Kind.EVM_RISE}),),
    ),
    "blind-retry": Mutant(
        about="a send whose answer was lost is made again",
        plant=acts.blind_retry,
        needs=(UNANSWERED,),
    ),
    "cursor-first": Mutant(
        about="the cursor moves outside the transaction of its orders",
        plant=rows.cursor_first,
        needs=(CRASHES,),
    ),
    "terms-once": Mutant(
        about="the contract's terms are read once",
        plant=purchases.terms_once,
        needs=(frozenset({Kind.OWNER_CHANGES, Kind.OWNER_PAUSES}),),
    ),
    "status-first": Mutant(
        about="an HTTP status other than 200 hides what the body says",
        plant=evm.status_first,
        needs=(frozenset({Kind.EVM_LOG_LIMIT}),),
    ),
    "fatal-chain": Mutant(
        about="a fallback of another chain ends the process",
        plant=evm.fatal_chain,
        needs=(frozenset({Kind.EVM_OTHER_CHAIN}),),
    ),
    "sent-unasked": Mutant(
        about="what the other side does not know of is sent again unasked",
        plant=acts.sent_unasked,
        needs=(CRASHES,),
    ),
    "machine-clock": Mutant(
        about="deadlines of others are judged by this machine's clock",
        plant=acts.machine_clock,
        needs=(frozenset({Kind.CLOCK_JUMP}),),
    ),
    "no-caps": Mutant(
        about="spend caps are not checked",
        plant=rows.no_caps,
        needs=(frozenset({Kind.TIGHT_CAPS}),),
    ),
}
