"""A whole operator in memory: every service, the store and the three outside systems, moved step by step by a test.

What is outside and the store outlive a crash; `restart` builds everything else anew, as a new process would.
"""

from collections.abc import Sequence
from hashlib import sha256

from zk_acts.domain.acts import Intent, Purpose
from zk_acts.domain.errors import Disposition, OperatorError
from zk_acts.ports.fault import FaultPoints
from zk_acts.runtime.fault import NoFaults
from zk_devnet.testing.manual_clock import LeapingClock, ManualClock
from zk_devnet.testing.memory_store import MemoryStore
from zk_devnet.testing.scripted_chain import ScriptedChain, scripted_terms
from zk_devnet.testing.scripted_checker import ScriptedChecker
from zk_devnet.testing.scripted_contract import ScriptedContract
from zk_devnet.testing.scripted_kurier import ScriptedKurier
from zk_devnet.testing.scripted_prover import ScriptedProver
from zk_devnet.testing.scripted_transactions import ScriptedTransactions
from zk_devnet.testing.scripted_zkverify import ScriptedZkVerify
from zk_devnet.testing.world_process import (
    DOMAIN_ID,
    GENESIS_S,
    POOLS,
    PRICE,
    ROOT,
    VK_HASH,
    VKEY,
    Crash,
    CrashAt,
    Operator,
    Outside,
    Rules,
)
from zk_operator.domain.chain_event import CancelRequested, OrderPlaced
from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.order import Order, order_id
from zk_operator.domain.records import Batch, BatchState, OrderStatus
from zk_operator.ports.chain import PoolTerms
from zk_operator.ports.prover import (
    Groth16Proof,
    ProveRequest,
)
from zk_operator.runtime.supervisor import Service
from zk_operator.services.purchase_gate import Hold
from zkverify_client.domain.merkle import merkle_root

__all__ = ["POOLS", "ROOT", "VKEY", "VK_HASH", "Crash", "CrashAt", "Rules", "World"]


class World(Outside):
    """The store, the outside, and the operator of the moment. One `second` is one block on each chain."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self.clock = ManualClock(GENESIS_S * 1000)
        self.wall = LeapingClock(self.clock)
        self.store = MemoryStore(clock=self.clock)
        self.chain = ScriptedChain(
            terms=scripted_terms(
                zk_domain_id=DOMAIN_ID,
                groth16_program_vkey=VKEY,
                groth16_vk_hash=VK_HASH,
                groth16_recursion_root=ROOT,
            ),
            genesis_time_s=GENESIS_S,
        )
        for pool in POOLS:
            self.add_pool(pool)
        self.contract = ScriptedContract(chain=self.chain)
        self.transactions = ScriptedTransactions(
            chain=self.chain, address=Address(b"\xab" * 20), execute=self.contract.run
        )
        self.zkverify = ScriptedZkVerify()
        self.extrinsics = self.zkverify.channel("operator")
        self.kurier = ScriptedKurier(chain=self.zkverify, clock=self.clock)
        self.prover = ScriptedProver(
            program_vkey=VKEY, make_proof=_prove, clock=self.clock, auto_fulfil=True
        )
        self.checker = ScriptedChecker()
        self.relaying = True
        self.failures: list[OperatorError] = []
        self.operator = self.new_process(NoFaults())
        self._look()

    # --- the script ---

    def add_pool(self, pool_id: PoolId) -> None:
        """A pool that everybody knows."""
        self.chain.pools[pool_id] = PoolTerms(
            pool_id=pool_id,
            currency0=Address(b"\x0a" * 20),
            currency1=Address(b"\x0b" * 20),
            min_size0=1,
            min_size1=1,
            max_price_deviation_bps=500,
        )
        self.chain.prices[pool_id] = PRICE

    def order(self, salt: int, **changes: object) -> Order:
        """A token0 seller with an easy limit and an hour of time."""
        fields: dict[str, object] = {
            "owner": Address(b"\xcc" * 20),
            "pool_id": POOLS[0],
            "zero_for_one": True,
            "amount_in": 1_000_000,
            "min_out": 1,
            "deadline": self.chain.tip.timestamp + 3_600,
            "salt": salt,
        }
        return Order(**(fields | changes))  # type: ignore[arg-type]  # fields by name

    def identity(self, order: Order) -> OrderId:
        """Its id."""
        return order_id(order, self.chain.contract.signing_domain)

    def place(self, *orders: Order) -> list[OrderId]:
        """One block with these placements."""
        self.clock.advance(1000)
        self.chain.mine(*(self.chain.place(order) for order in orders))
        return [self.identity(order) for order in orders]

    def second(self, count: int = 1) -> None:
        """So many seconds, each with a block here and there, and with what relayers do."""
        for _ in range(count):
            self.clock.advance(1000)
            self.contract.begin_block()
            try:
                self.transactions.mine()
            finally:
                self.contract.end_block()
            self.zkverify.mine()
            if self.relaying:
                self.relay()

    def leap(self, seconds: int) -> None:
        """One block after a long time."""
        self.clock.advance(seconds * 1000)
        self.chain.mine(seconds=seconds)

    def reorg(self, depth: int, *, remine: bool = True) -> list[Order]:
        """Remove blocks of the EVM chain; the placements in them, which are mined again unless told otherwise."""
        removed = self.transactions.reorg(depth)
        events = [event for block in removed for event in block.events]
        orders = [event.order for event in events if isinstance(event, OrderPlaced)]
        if remine and orders:
            self.place(*orders)
        return orders

    def cancel(self, order: Order, delay_s: int = 600) -> None:
        """One block in which the owner asks for the order's end."""
        identity, cancel_at = self.identity(order), self.chain.tip.timestamp + delay_s
        self.clock.advance(1000)
        self.chain.mine(lambda at: CancelRequested(at=at, order_id=identity, cancel_at=cancel_at))

    def relay(self) -> None:
        """Post every finalized aggregation's root."""
        for key, leaves in self.zkverify.published().items():
            self.chain.roots[key] = merkle_root(leaves)

    def restart(self, faults: FaultPoints | None = None, *, has_looked: bool = True) -> Operator:
        """A new process on the same store and outside. `has_looked`: as after the first look at terms and outcomes."""
        self.operator = self.new_process(faults or NoFaults())
        if has_looked:
            self._look()
        return self.operator

    def _look(self) -> None:
        for reason in (Hold.UNREAD, Hold.OUTCOMES):
            self.operator.gate.release(reason)

    async def tick(self, service: Service) -> OperatorError | None:
        """One pass; an expected failure is noted and returned, as the supervisor would go on."""
        try:
            await service.tick()
        except OperatorError as error:
            if error.disposition is Disposition.FATAL:
                raise
            self.failures.append(error)
            return error
        return None

    async def round(self) -> None:
        """Every service once."""
        for service in self.operator.services:
            await self.tick(service)

    async def run(self, seconds: int) -> None:
        """Seconds, with a round in each."""
        for _ in range(seconds):
            await self.round()
            self.second()
        await self.round()

    async def until(self, state: BatchState, seconds: int = 60) -> Batch:
        """Run until the newest batch is in that state; LookupError where it does not get there."""
        for _ in range(seconds):
            await self.round()
            newest = await self.store.batches.recent(1)
            if newest and newest[0].state is state:
                return newest[0]
            self.second()
        raise LookupError(f"no batch is {state} after {seconds} s")

    async def batch(self) -> Batch:
        """The newest batch as stored."""
        (newest,) = await self.store.batches.recent(1)
        return newest

    async def statuses(self, order_ids: Sequence[OrderId]) -> list[OrderStatus]:
        """Of these orders, by our rows."""
        return [row.status for row in await self.store.orders.get(order_ids)]

    async def intents(self, purpose: Purpose) -> list[Intent]:
        """All acts of that purpose, oldest first."""
        entries = await self.store.intents.ledger(0)
        rows = [await self.store.intents.get(entry.intent_id) for entry in entries]
        return [row for row in rows if row is not None and row.purpose == purpose]


def _prove(request: ProveRequest) -> Groth16Proof:
    return Groth16Proof(
        onchain=sha256(request.public_values).digest(),
        public_values=request.public_values,
        sp1_version="v6.1.0",
    )
