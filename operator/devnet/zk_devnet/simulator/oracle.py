"""Judges a run by what the simulated chains and the prover network have on record."""

from collections.abc import Iterator
from dataclasses import dataclass

from zk_acts.domain.acts import Resource
from zk_acts.domain.errors import Disposition, OperatorError
from zk_devnet.simulator import config, storage
from zk_devnet.simulator.alarms import Alarms
from zk_devnet.simulator.books import (
    GasEntry,
    PostBook,
    ProofBook,
    TakenIn,
    VerificationBook,
    gas_book,
)
from zk_devnet.simulator.evm.deployment import EPOCH_S
from zk_devnet.simulator.evm.state import OPEN, REFUNDED, OrderEntry
from zk_devnet.simulator.people import People
from zk_devnet.simulator.weather import Kind
from zk_devnet.simulator.world import World
from zk_operator.domain.failures import ContractMismatch, LeaseLost
from zk_operator.domain.ids import OrderId
from zk_operator.settings.field import TOKEN

# Between the end of all faults, placing, or the operator's last start, and a deadline: then an order has to be settled.
ENOUGH_S = 240.0
# With these an order may have to wait longer than that.
EXCUSES = frozenset({Kind.TIGHT_CAPS, Kind.EVM_PRICES, Kind.CLOCK_LEAP})

RESOURCES = ("prove", "vfy", "gas")


@dataclass(slots=True, kw_only=True)
class Oracle:
    """What it looks at."""

    world: World
    people: People
    proofs: ProofBook
    posts: PostBook
    verifications: VerificationBook
    alarms: Alarms

    def judge(self, left: list[str]) -> list[str]:
        """Every problem, in words. `left`: what had not ended in time."""
        gas = gas_book(self.world.chain, config.keys().evm.address)
        return [
            *(f"not drained: {each}" for each in left),
            *self._orders(),
            *self._purchases(),
            *self._verified(),
            *_settled(gas),
            *(f"a settlement of nothing was sent: {each}" for each in self.posts.useless),
            *self._caps(gas),
            *self._ends(),
            *(f"silent: {kind}" for kind in sorted(self.alarms.silent)),
            *(f"crash of {name}: {what[:160]}" for name, what in self.alarms.surprises.items()),
        ]

    # --- orders ---

    def _orders(self) -> Iterator[str]:
        for identity, entry in self.world.chain.tip.state.orders.items():
            ends = self._ends_of(identity)
            name = f"order {identity.hex()[:8]}"
            if entry.status != OPEN and ends != 1:
                yield f"{name} ended {ends} times"
            if entry.status == REFUNDED and self._had_to_settle(identity, entry):
                yield f"{name} was refunded, and could have been settled"

    def _ends_of(self, identity: OrderId) -> int:
        return sum(
            1
            for block in self.world.chain.canonical
            for receipt in block.receipts
            for log in receipt.logs
            if log.name in ("OrderSettled", "OrderRefunded") and log.values[0] == identity
        )

    def _had_to_settle(self, identity: OrderId, entry: OrderEntry) -> bool:
        plan, order = self.people.placed[identity]
        up_s = 0.0 if self.world.life is None else self.world.life.began_s
        ready_s = max(plan.at_s, self.world.plan.calm_at_s, up_s)
        time_s = order.deadline - EPOCH_S - ready_s
        excused = EXCUSES & set(self.world.plan.kinds)
        return plan.can_be_met and entry.cancel_at == 0 and time_s >= ENOUGH_S and not excused

    # --- money ---

    def _purchases(self) -> Iterator[str]:
        for purchase in self.proofs.purchases:
            name = f"proof of {purchase.batch.hex()[:8]} at {purchase.at_s:.0f}"
            if purchase.absent:
                yield f"{name}: bought for an order that was not there at the depth of spending"
            if purchase.over:
                yield f"{name}: bought for an order that was over"
            if purchase.unsuited:
                yield f"{name}: bought under terms that did not suit"
        yield from (f"proof paid twice: {each}" for each in self.proofs.twice)

    def _verified(self) -> Iterator[str]:
        for statement, places in self.verifications.statements.items():
            if any(self._could_be_known(statement, place) for place in places[:-1]):
                yield f"statement {statement.hex()[:8]} was paid for {len(places)} times"

    def _could_be_known(self, statement: bytes, place: TakenIn) -> bool:
        """Where state is dropped within seconds, nobody can use what nobody was told in time (ADR 0209)."""
        if Kind.ZK_PRUNED not in self.world.plan.kinds:
            return True
        zkverify = self.world.zkverify
        was_there = self.world.longest_absence_s <= config.ZK_POLL_S
        has_path = (place.aggregation_id, statement) in zkverify.paths
        return was_there and place.block in zkverify.told and has_path

    def _caps(self, gas: list[GasEntry]) -> Iterator[str]:
        spent = {
            "prove": sum(each.request.deduction or 0 for each in self.proofs.purchases),
            "vfy": self.verifications.fees,
            "gas": sum(each.paid for each in gas),
        }
        for name in RESOURCES:
            cap = self.world.plan.caps.get(f"{name}_per_hour")
            if cap is not None and spent[name] > float(cap) * TOKEN:
                yield f"{spent[name] / TOKEN:.3f} of {name} spent, cap {cap}"

    # --- the process ---

    def _ends(self) -> Iterator[str]:
        for end in self.world.ends:
            if end.error is None:
                continue
            if not isinstance(end.error, OperatorError):
                yield f"ended at {end.at_s:.0f} by a surprise: {end.error!r}"
            elif end.error.disposition is Disposition.FATAL and not self._is_justified(end.error):
                yield f"ended at {end.at_s:.0f} without need: {end.error}"

    def _is_justified(self, error: OperatorError) -> bool:
        causes: dict[type[OperatorError], set[Kind]] = {
            ContractMismatch: {Kind.OWNER_CHANGES},
            LeaseLost: {Kind.CLOCK_JUMP, Kind.CLOCK_LEAP},
        }
        return any(
            isinstance(error, leaf) and kinds & set(self.world.plan.kinds)
            for leaf, kinds in causes.items()
        )


async def ledger_problems(world: World, oracle: Oracle) -> list[str]:
    """Where the operator's own ledger differs from the books of the other side."""
    paid = dict.fromkeys(Resource, 0)
    store = storage.rows(world.connection, world.clock)
    for entry in await store.intents.ledger(0):
        paid[entry.resource] += entry.paid or 0
    gas = sum(each.paid for each in gas_book(world.chain, config.keys().evm.address))
    proofs = sum(each.request.deduction or 0 for each in oracle.proofs.purchases)
    found = []
    if paid[Resource.GAS] != gas:
        found.append(f"ledger: {paid[Resource.GAS]} of gas, the chain charged {gas}")
    if paid[Resource.PROVE] != proofs:
        found.append(f"ledger: {paid[Resource.PROVE]} of PROVE, the network charged {proofs}")
    if paid[Resource.VFY] < oracle.verifications.fees:
        found.append(f"ledger: {paid[Resource.VFY]} of VFY, {oracle.verifications.fees} charged")
    return found


def _settled(gas: list[GasEntry]) -> Iterator[str]:
    """What was ended twice by transactions of ours, or sent again after an earlier one had ended all of its batch."""
    done: set[OrderId] = set()
    for entry in gas:
        if entry.ended & done:
            yield "an order was ended twice by us"
        if entry.batch is not None and entry.orders <= done:
            yield f"batch {entry.batch.hex()[:8]} was paid for again after we had settled it"
        done |= entry.ended
