"""Faults: their kinds, and when each of them is about. A seed turns some kinds on, each with a rate, for some time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from zk_devnet.simulator.chance import stream


class Kind(StrEnum):
    """What can go wrong. The first word says where."""

    # An EVM endpoint, request by request
    EVM_REPLICAS = "evm-replicas"  # one URL, several nodes of different heights
    EVM_LOST_REQUEST = "evm-lost-request"
    EVM_LOST_ANSWER = "evm-lost-answer"
    EVM_SLOW = "evm-slow"
    EVM_DOUBLED = "evm-doubled"  # a request is carried out twice
    EVM_HTTP = "evm-http"  # 4xx and 5xx, some with JSON-RPC in the body
    EVM_BUSY = "evm-busy"  # over the limit, in many words
    EVM_GARBLED = "evm-garbled"  # truncated, or of another type
    EVM_WRONG_RECEIPT = "evm-wrong-receipt"  # of a block that is not the chain's
    # An EVM endpoint, for a while
    EVM_DOWN = "evm-down"  # the first endpoint is dead
    EVM_ALL_DOWN = "evm-all-down"
    EVM_LOG_LIMIT = "evm-log-limit"
    EVM_LOGS_REFUSED = "evm-logs-refused"
    EVM_TAGS = "evm-tags"  # safe and finalized are unknown
    EVM_OTHER_CHAIN = "evm-other-chain"  # the second endpoint serves another chain
    # The EVM chain and its people
    EVM_REORG = "evm-reorg"
    EVM_CENSOR = "evm-censor"  # our transactions are left out
    EVM_FEES = "evm-fees"  # the base fee leaps
    EVM_RISE = "evm-rise"  # the base fee rises while we wait, and stays there
    EVM_FORGET = "evm-forget"  # the mempool drops transactions
    EVM_STOP = "evm-stop"  # no blocks
    EVM_PRICES = "evm-prices"  # pools leap
    RIVAL_SETTLES = "rival-settles"
    RIVAL_REFUNDS = "rival-refunds"
    OWNER_PAUSES = "owner-pauses"
    OWNER_CHANGES_FEE = "owner-changes-fee"  # and back again
    OWNER_CHANGES = "owner-changes"  # the program, and back again
    TRADER_CANCELS = "trader-cancels"
    # zkVerify
    ZK_DOWN = "zk-down"
    ZK_OTHER_NETWORK = "zk-other-network"  # one endpoint serves another network
    ZK_LOST_REQUEST = "zk-lost-request"
    ZK_LOST_ANSWER = "zk-lost-answer"
    ZK_SLOW = "zk-slow"
    ZK_BUSY = "zk-busy"
    ZK_GARBLED = "zk-garbled"
    ZK_RETRACT = "zk-retract"
    ZK_STALL = "zk-stall"  # no finality
    ZK_STOP = "zk-stop"  # no blocks
    ZK_PRUNED = "zk-pruned"
    ZK_FATE = "zk-fate"  # dropped, invalid, usurped, lost
    ZK_POOL_FULL = "zk-pool-full"
    ZK_DOMAIN_FULL = "zk-domain-full"
    ZK_UPGRADE = "zk-upgrade"
    AGGREGATOR_HOLDS = "aggregator-holds"
    RELAYER_HOLDS = "relayer-holds"
    # The prover network
    PROVER_DOWN = "prover-down"
    PROVER_LOST_REQUEST = "prover-lost-request"
    PROVER_LOST_ANSWER = "prover-lost-answer"
    PROVER_SLOW = "prover-slow"
    PROVER_BUSY = "prover-busy"
    PROVER_REQUEST = "prover-request"  # no bids, unfulfilled, stuck, expired, a bad proof
    PROVER_UNEXECUTABLE = "prover-unexecutable"
    PROVER_NONCE = "prover-nonce"
    PROVER_TRANSFER = "prover-transfer"  # uploads and downloads fail
    # The operator itself
    CRASH_STEP = "crash-step"  # at any await
    CRASH_POINT = "crash-point"  # at the labelled points
    CRASH_STATEMENT = "crash-statement"  # between two statements of a transaction
    CLOCK_JUMP = "clock-jump"  # by less than a minute, forwards or back
    CLOCK_LEAP = "clock-leap"  # by minutes
    LOW_GAS = "low-gas"
    LOW_VFY = "low-vfy"
    LOW_PROVE = "low-prove"
    TIGHT_CAPS = "tight-caps"


FOR_A_WHILE = frozenset(
    {
        Kind.EVM_DOWN,
        Kind.EVM_ALL_DOWN,
        Kind.EVM_LOG_LIMIT,
        Kind.EVM_LOGS_REFUSED,
        Kind.EVM_TAGS,
        Kind.EVM_OTHER_CHAIN,
        Kind.EVM_STOP,
        Kind.EVM_FEES,
        Kind.OWNER_PAUSES,
        Kind.OWNER_CHANGES_FEE,
        Kind.OWNER_CHANGES,
        Kind.ZK_DOWN,
        Kind.ZK_OTHER_NETWORK,
        Kind.ZK_STALL,
        Kind.ZK_STOP,
        Kind.ZK_POOL_FULL,
        Kind.ZK_DOMAIN_FULL,
        Kind.AGGREGATOR_HOLDS,
        Kind.RELAYER_HOLDS,
        Kind.PROVER_DOWN,
        Kind.CLOCK_JUMP,
        Kind.CLOCK_LEAP,
        Kind.LOW_GAS,
        Kind.LOW_VFY,
        Kind.LOW_PROVE,
    }
)
"""Kinds that are simply on while they are about; the others strike at their rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """One kind, for some time. `rate`: how often it strikes then, of the moments at which it could."""

    kind: Kind
    start_s: float
    end_s: float
    rate: float


class Weather:
    """Which faults strike. Each kind has a stream of its own, so that leaving one out does not change the others."""

    def __init__(
        self,
        *,
        spells: Sequence[Spell],
        seed: int,
        now_s: Callable[[], float],
        note: Callable[[Kind], None] = lambda _: None,
    ) -> None:
        self._spells: dict[Kind, list[Spell]] = {}
        for spell in spells:
            self._spells.setdefault(spell.kind, []).append(spell)
        self._chances = {kind: stream(seed, "weather", kind.value) for kind in self._spells}
        self._now_s = now_s
        self._note = note
        self.struck: dict[Kind, int] = {}
        self._felt: dict[Kind, tuple[Spell, float]] = {}

    def spell(self, kind: Kind) -> Spell | None:
        """The spell of that kind that is on now."""
        now_s = self._now_s()
        for spell in self._spells.get(kind, ()):
            if spell.start_s <= now_s < spell.end_s:
                return spell
        return None

    def is_on(self, kind: Kind) -> bool:
        """Whether the kind is about."""
        found = self.spell(kind)
        if found is None:
            return False
        self._count(kind)
        if self._felt.get(kind, (None, 0.0))[0] is not found:
            self._felt[kind] = found, self._now_s()
        return True

    def felt_since(self, kind: Kind) -> float | None:
        """Since when the spell that is on has made itself felt; None where it has not, or none is on."""
        spell, since = self._felt.get(kind, (None, 0.0))
        return since if spell is not None and spell is self.spell(kind) else None

    def strikes(self, kind: Kind) -> bool:
        """Whether it strikes at this moment."""
        found = self.spell(kind)
        if found is None or self._chances[kind].random() >= found.rate:
            return False
        self._count(kind)
        self._note(kind)
        return True

    def chance(self, kind: Kind) -> Random:
        """The kind's own stream, for how it strikes."""
        return self._chances[kind]

    def _count(self, kind: Kind) -> None:
        self.struck[kind] = self.struck.get(kind, 0) + 1
