"""Places the planned orders on the chain, wave by wave, as traders and a relayer would."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import anyio
import structlog
from eth_account import Account

from zk_acts.domain.ids import Hash32
from zk_devnet.evm import accounts
from zk_devnet.evm.accounts import dev_account
from zk_devnet.evm.codec import creation_code
from zk_devnet.evm.deployment import Deployment
from zk_devnet.evm.rpc import EvmRpc
from zk_devnet.evm.transactions import Transaction, TransactionPlan, nonces_of
from zk_devnet.toolchain import Toolchain
from zk_devnet.traffic import encode
from zk_devnet.traffic.errors import TrafficFailed
from zk_devnet.traffic.kind import Kind
from zk_devnet.traffic.market import Market, pool_sides, read_market, terms_of
from zk_devnet.traffic.plan import Item, TrafficConfig, plan_traffic
from zk_operator.domain.ids import Address, OrderId
from zk_operator.domain.order import Order, SigningDomain, order_id

log = structlog.get_logger("traffic")
_SWAP_GAS = 600_000
_POST_GAS, _POST_GAS_PER_ORDER = 1_000_000, 600_000
_CANCEL_GAS = 150_000
_MINED_TIMEOUT_S = 30.0
_POLL_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """An item that was sent: its terms, its id, and the transaction that placed it."""

    item: Item
    order: Order
    order_id: OrderId
    tx_hash: Hash32


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """An item with its terms; `key` signs it if a relayer posts it."""

    item: Item
    order: Order
    order_id: OrderId
    key: bytes


class Traffic:
    """One run of planned orders. `posted` grows while `run` is under way."""

    def __init__(
        self,
        *,
        rpc: EvmRpc,
        deployment: Deployment,
        toolchain: Toolchain,
        config: TrafficConfig,
    ) -> None:
        self._rpc = rpc
        self._deployment = deployment
        self._toolchain = toolchain
        self._config = config
        self._domain = SigningDomain(chain_id=deployment.chain_id, manager=deployment.manager)
        self._traders = [
            dev_account(accounts.FIRST_TRADER + number)
            for number in range(min(config.traders, len(deployment.traders)))
        ]
        self._relayer = dev_account(accounts.ORDER_RELAYER)
        self._nonces = anyio.Lock()  # a nonce is read and used before the next is read
        self._wallets: dict[int, Address] = {}
        self._drafts: dict[int, _Draft] = {}
        self.items = plan_traffic(config, pool_sides(deployment))
        self.posted: list[Posted] = []

    async def run(self) -> tuple[Posted, ...]:
        """Place everything; returns when it is mined.

        Raises TrafficFailed if a placing transaction fails, EvmCallFailed if one is refused.
        """
        await self._deploy_wallets()
        async with anyio.create_task_group() as cancels:
            for wave in range(self._config.waves):
                started = anyio.current_time()
                placed = await self._place([item for item in self.items if item.wave == wave])
                late = [one for one in placed if one.item.kind is Kind.CANCELLED_LATE]
                if late:
                    cancels.start_soon(self._cancel_later, late)
                await anyio.sleep_until(started + self._config.wave_s)
        await self._require_mined()
        log.info("traffic.placed", orders=len(self.posted))
        return tuple(self.posted)

    async def _place(self, items: Sequence[Item]) -> list[Posted]:
        if not items:
            return []
        market = await read_market(self._rpc, self._deployment)
        drafts = [self._draft(item, market) for item in items]
        self._drafts.update({draft.item.number: draft for draft in drafts})
        async with self._nonces:
            plan = TransactionPlan(await nonces_of(self._rpc, self._senders()))
            sources = self._plan_swaps(plan, drafts) + self._plan_posts(plan, drafts)
            hashes = await self._send(plan.transactions)
        placed = [
            Posted(
                item=draft.item,
                order=draft.order,
                order_id=draft.order_id,
                tx_hash=hashes[position],
            )
            for draft, position in sources
        ]
        self.posted.extend(placed)
        return placed

    def _draft(self, item: Item, market: Market) -> _Draft:
        if item.original is not None:
            first = self._drafts[item.original]
            return _Draft(item=item, order=first.order, order_id=first.order_id, key=first.key)
        owner, key = self._owner_of(item)
        order = terms_of(item, owner, self._deployment, market)
        return _Draft(item=item, order=order, order_id=order_id(order, self._domain), key=key)

    def _owner_of(self, item: Item) -> tuple[Address, bytes]:
        """Who owns the order, and the key that signs it: not always the owner's."""
        trader = self._traders[item.trader % len(self._traders)]
        if item.kind is Kind.NO_ALLOWANCE:
            key = sha256(b"zk-operator devnet pauper %d" % item.number).digest()
            owner = Account.from_key(key).address
            return Address(bytes.fromhex(owner[2:])), key
        if item.kind is Kind.BAD_SIGNATURE:
            return trader.address, self._relayer.private_key
        if item.number in self._wallets:
            return self._wallets[item.number], trader.private_key
        return trader.address, trader.private_key

    def _plan_swaps(
        self, plan: TransactionPlan, drafts: Sequence[_Draft]
    ) -> list[tuple[_Draft, int]]:
        sources = []
        for draft in drafts:
            if not draft.item.by_swap:
                continue
            trader = self._traders[draft.item.trader % len(self._traders)].address
            sources.append((draft, len(plan.transactions)))
            pool = self._deployment.pools[draft.item.side.pool]
            plan.call(
                trader,
                "swap",
                self._deployment.swap_router,
                encode.swap_call(self._deployment, pool, draft.order),
                value=draft.order.amount_in if draft.item.side.native_in else 0,
                gas=_SWAP_GAS,
            )
            if draft.item.kind is Kind.CANCELLED:
                data = encode.cancel_call(draft.order)
                plan.call(trader, "cancel", self._deployment.manager, data, gas=_CANCEL_GAS)
        return sources

    def _plan_posts(
        self, plan: TransactionPlan, drafts: Sequence[_Draft]
    ) -> list[tuple[_Draft, int]]:
        signed = [draft for draft in drafts if not draft.item.by_swap]
        if not signed:
            return []
        data = encode.post_call(
            [draft.order for draft in signed],
            [encode.sign(draft.order_id, draft.key) for draft in signed],
        )
        position = len(plan.transactions)
        gas = _POST_GAS + _POST_GAS_PER_ORDER * len(signed)
        plan.call(self._relayer.address, "postOrders", self._deployment.manager, data, gas=gas)
        return [(draft, position) for draft in signed]

    async def _deploy_wallets(self) -> None:
        """A wallet that refuses payouts for every order that needs one."""
        wanted = [
            item for item in self.items if item.kind in (Kind.PAYOUT_REFUSED, Kind.REFUND_REFUSED)
        ]
        artifact = self._toolchain.artifact("RefusingRecipient")
        plan = TransactionPlan(await nonces_of(self._rpc, self._senders()))
        for item in wanted:
            trader = self._traders[item.trader % len(self._traders)]
            code = creation_code(artifact, trader.address)
            made = plan.create(self._relayer.address, "RefusingRecipient", code)
            self._wallets[item.number] = Address(made)
        await self._send(plan.transactions)

    async def _cancel_later(self, posted: Sequence[Posted]) -> None:
        """Ask for orders back that may be settled by then; the request of a settled one reverts."""
        await anyio.sleep(self._config.late_cancel_s)
        async with self._nonces:
            plan = TransactionPlan(await nonces_of(self._rpc, self._senders()))
            for one in posted:
                data = encode.cancel_call(one.order)
                plan.call(
                    one.order.owner, "cancel", self._deployment.manager, data, gas=_CANCEL_GAS
                )
            await self._send(plan.transactions)

    async def _require_mined(self) -> None:
        hashes = sorted({one.tx_hash for one in self.posted})
        with anyio.move_on_after(_MINED_TIMEOUT_S):
            while True:
                receipts = await self._rpc.batch(
                    [("eth_getTransactionReceipt", ["0x" + one.hex()]) for one in hashes]
                )
                failed = [one for one in receipts if one and int(one["status"], 16) != 1]
                if failed:
                    raise TrafficFailed(tx_hash=failed[0]["transactionHash"])
                if all(receipts):
                    return
                await anyio.sleep(_POLL_S)
        raise TrafficFailed("orders were not mined in time", timeout_s=_MINED_TIMEOUT_S)

    async def _send(self, transactions: Sequence[Transaction]) -> list[Hash32]:
        if not transactions:
            return []
        hashes = await self._rpc.batch(
            [("eth_sendTransaction", [one.as_params()]) for one in transactions]
        )
        return [Hash32(bytes.fromhex(one[2:])) for one in hashes]

    def _senders(self) -> list[bytes]:
        return [self._relayer.address, *(trader.address for trader in self._traders)]
