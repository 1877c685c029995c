"""Who acts on the simulated EVM chain besides the operator: miner, traders, the contract's owner, rivals, and whoever
pays the operator's accounts."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol

import anyio
from anyio.abc import TaskGroup

from zk_devnet.simulator import config
from zk_devnet.simulator.case import OrderPlan
from zk_devnet.simulator.evm import contract
from zk_devnet.simulator.evm.chain import GWEI, USUAL_BASE_FEE
from zk_devnet.simulator.evm.contract import Execution
from zk_devnet.simulator.evm.deployment import (
    EPOCH_S,
    MANAGER,
    OTHER_RECEIPTS,
    POOLS,
    SIGNING_DOMAIN,
    Config,
    made_address,
)
from zk_devnet.simulator.evm.state import OPEN, OrderEntry
from zk_devnet.simulator.evm.transaction import Tx
from zk_devnet.simulator.weather import Kind
from zk_devnet.simulator.world import GAS_BALANCE, PROVE_BALANCE, VFY_BALANCE, World
from zk_devnet.simulator.zkverify.network import free_balance, setting_balance
from zk_operator.domain.ids import Address, OrderId
from zk_operator.domain.order import MAX_UINT128, Order, order_id

BLOCK_S = 6.0
OWNER, RIVAL = made_address("owner"), made_address("rival")
RISE = 4  # beyond what a transaction offers for a base fee that rises
JUMPS_S = {
    Kind.CLOCK_LEAP: (-300.0, -200.0, 200.0, 300.0),
    Kind.CLOCK_JUMP: (-40.0, -10.0, 10.0, 40.0),
}
DEEPEST_REORG = 2  # as deep as safe blocks are


def order_of(plan: OrderPlan, now_s: float) -> Order:
    """The order as it is placed."""
    return Order(
        owner=made_address(f"trader/{plan.salt}"),
        pool_id=POOLS[plan.pool].pool_id,
        zero_for_one=plan.zero_for_one,
        amount_in=plan.amount_in,
        min_out=min(plan.amount_in * plan.least_permille // 1000, MAX_UINT128),
        deadline=EPOCH_S + int(now_s) + plan.lives_s,
        salt=plan.salt,
    )


class Fund(Protocol):
    """Fills an account, or empties it."""

    def __call__(self, *, full: bool) -> None: ...


class People:
    """Everybody's tasks."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._weather = world.weather
        self._chain = world.chain
        self._has_risen = False
        self.placed: dict[OrderId, tuple[OrderPlan, Order]] = {}
        world.chain.spare = self._is_spared

    def start(self, tasks: TaskGroup) -> None:
        """Everybody begins."""
        tasks.start_soon(self._mine, name="miner")
        tasks.start_soon(self._meddle, name="meddlers")
        for plan in self._world.plan.orders:
            tasks.start_soon(self._trade, plan, name=f"trader:{plan.salt}")

    # --- the chain ---

    async def _mine(self) -> None:
        now = self._world.now_s
        while True:
            await anyio.sleep(BLOCK_S)
            self._before_block()
            if self._weather.is_on(Kind.EVM_STOP):
                continue
            self._chain.mine(now())
            # The block in which the contract was deployed is old: nothing takes that away.
            deepest = min(DEEPEST_REORG, self._chain.tip.number - 1)
            if self._weather.strikes(Kind.EVM_REORG) and deepest > 0:
                self._chain.reorg(self._weather.chance(Kind.EVM_REORG).randint(1, deepest), now())

    def _before_block(self) -> None:
        weather, chain = self._weather, self._chain
        leap = 20 if weather.is_on(Kind.EVM_FEES) else 1
        if chain.mempool.get(config.keys().evm.address) and weather.is_on(Kind.EVM_RISE):
            self._has_risen = True  # it is a rise only for what waits already
        leap *= RISE if self._has_risen else 1
        chain.base_fee = USUAL_BASE_FEE * leap + GWEI // 10
        if weather.strikes(Kind.EVM_FORGET):
            for tx in list(chain.mempool.get(config.keys().evm.address, {}).values()):
                chain.drop(tx)
        if weather.strikes(Kind.EVM_PRICES):
            chance = weather.chance(Kind.EVM_PRICES)
            pool, moved = chance.choice(POOLS).pool_id, chance.randint(-1500, 1500)
            chain.send_plain(OWNER, MANAGER, _moving(pool, moved), "prices")

    def _is_spared(self, tx: Tx) -> bool:
        ours = tx.sender == config.keys().evm.address
        return ours and self._weather.strikes(Kind.EVM_CENSOR)

    # --- traders ---

    async def _trade(self, plan: OrderPlan) -> None:
        await anyio.sleep(plan.at_s)
        order = order_of(plan, self._world.now_s())
        identity = order_id(order, SIGNING_DOMAIN)
        self.placed[identity] = plan, order
        self._chain.send_plain(
            order.owner, MANAGER, lambda call: contract.place(call, order), f"place-{plan.salt}"
        )
        if plan.cancel_after_s is None:
            return
        await anyio.sleep(plan.cancel_after_s)
        self._chain.send_plain(
            order.owner,
            MANAGER,
            lambda call: contract.request_cancel(call, identity),
            f"cancel-{plan.salt}",
        )
        while True:  # whoever wants it back takes it as soon as that is allowed
            await anyio.sleep(BLOCK_S)
            entry = self._chain.tip.state.orders.get(identity)
            if entry and self._may_be_refunded(entry) and not self._is_waiting(order.owner):
                self._chain.send_plain(order.owner, MANAGER, _refunding(order), "take-back")

    # --- meddlers ---

    async def _meddle(self) -> None:
        """Whatever is on or off for a while, looked at every three seconds."""
        while True:
            await anyio.sleep(3.0)
            self._set_clock()
            self._set_balances()
            self._own()
            self._settle_first()
            self._refund_first()

    def _set_clock(self) -> None:
        for kind, jumps in JUMPS_S.items():
            if self._weather.is_on(kind):
                clock = self._world.clock
                clock.ahead_s = clock.ahead_s or self._weather.chance(kind).choice(jumps)
                return
        self._world.clock.ahead_s = 0.0

    def _set_balances(self) -> None:
        for kind, is_low, fund in self._balances():
            if self._weather.is_on(kind) and not is_low:
                fund(full=False)
            elif is_low and self._weather.spell(kind) is None:
                fund(full=True)

    def _balances(self) -> Iterator[tuple[Kind, bool, "Fund"]]:
        world, own = self._world, config.keys()
        gas = world.chain.tip.state.balances[own.evm.address]
        yield Kind.LOW_GAS, gas < GAS_BALANCE // 100, self._fund_gas
        prove = world.prover.network.ledger.account(own.sp1.address).balance
        yield Kind.LOW_PROVE, prove < PROVE_BALANCE // 20, self._fund_prove
        vfy = free_balance(world.node.best_state(), own.zkverify.public_key)
        yield Kind.LOW_VFY, vfy < VFY_BALANCE // 100, self._fund_vfy

    def _fund_gas(self, *, full: bool) -> None:
        amount = GAS_BALANCE if full else GAS_BALANCE // 1000
        self._chain.send_plain(OWNER, MANAGER, _funding(config.keys().evm.address, amount), "fund")

    def _fund_prove(self, *, full: bool) -> None:
        network, account = self._world.prover.network.ledger, config.keys().sp1.address
        amount = PROVE_BALANCE if full else PROVE_BALANCE // 100
        network.set_balance(account, amount + network.account(account).reserved)

    def _fund_vfy(self, *, full: bool) -> None:
        amount = VFY_BALANCE if full else VFY_BALANCE // 1000
        self._world.node.schedule_edit(setting_balance(config.keys().zkverify.public_key, amount))

    def _own(self) -> None:
        """The owner pauses and changes terms; in the end everything is as it was."""
        state = self._chain.tip.state
        wanted = self._weather.is_on(Kind.OWNER_PAUSES)
        if state.paused != wanted and not self._is_waiting(OWNER):
            self._chain.send_plain(OWNER, MANAGER, _pausing(on=wanted), f"pause-{wanted}")
        terms = self._wanted_terms()
        if state.config != terms and not self._is_waiting(OWNER):
            self._chain.send_plain(OWNER, MANAGER, _configuring(terms), "terms")

    def _wanted_terms(self) -> Config:
        """Another fee, which suits the operator; or another program, which does not."""
        usual = Config()
        if self._weather.is_on(Kind.OWNER_CHANGES_FEE):
            return replace(usual, fee_bps=20)
        if self._weather.is_on(Kind.OWNER_CHANGES):
            return replace(usual, receipts=OTHER_RECEIPTS)
        return usual

    def _is_waiting(self, sender: Address) -> bool:
        return bool(self._chain.mempool.get(sender))

    def _settle_first(self) -> None:
        """A rival sends the operator's own settlement, and pays more."""
        if self._is_waiting(RIVAL):
            return
        for tx in self._chain.mempool.get(config.keys().evm.address, {}).values():
            if contract.batch_hash_of(tx.data) and self._weather.strikes(Kind.RIVAL_SETTLES):
                self._chain.send_copy(RIVAL, tx, "rival-settles")
                return

    def _refund_first(self) -> None:
        """A rival refunds what is over."""
        for entry in self._chain.tip.state.orders.values():
            free = self._may_be_refunded(entry) and not self._is_waiting(RIVAL)
            if free and self._weather.strikes(Kind.RIVAL_REFUNDS):
                self._chain.send_plain(RIVAL, MANAGER, _refunding(entry.order), "rival-refunds")

    def _may_be_refunded(self, entry: OrderEntry) -> bool:
        now_s = self._chain.tip.timestamp
        over = now_s > entry.order.deadline or 0 < entry.cancel_at <= now_s
        return entry.status == OPEN and over


def _refunding(order: Order) -> Callable[[Execution], None]:
    def act(call: Execution) -> None:
        contract.refund(call, [order])

    return act


def _moving(pool_id: bytes, moved: int) -> Callable[[Execution], None]:
    def act(call: Execution) -> None:
        reserves = call.state.reserves
        for each, (reserve0, reserve1) in reserves.items():
            if each == pool_id:
                reserves[each] = (reserve0, reserve1 + reserve1 * moved // 10_000)

    return act


def _funding(account: Address, amount: int) -> Callable[[Execution], None]:
    def act(call: Execution) -> None:
        call.state.balances[account] = amount

    return act


def _pausing(*, on: bool) -> Callable[[Execution], None]:
    def act(call: Execution) -> None:
        call.state.paused = on
        call.emit("Paused" if on else "Unpaused", OWNER)

    return act


def _configuring(terms: Config) -> Callable[[Execution], None]:
    def act(call: Execution) -> None:
        call.state.config = terms
        call.emit("ConfigApplied", bytes(32), terms.as_abi())

    return act
