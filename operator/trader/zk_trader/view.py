"""Views that traders need, at the latest block. Unlike the operator's they need no quoter and no signer."""

from dataclasses import dataclass
from typing import Final

from zk_acts.domain.ids import hex0x
from zk_operator.adapters.evm.abi import readable_revert
from zk_operator.adapters.evm.contract_view import check_code, onchain_order, view
from zk_operator.adapters.evm.endpoint import EndpointPool
from zk_operator.adapters.evm.errors import RpcError
from zk_operator.adapters.evm.headers import fetch_head
from zk_operator.adapters.evm.revert import revert_data
from zk_operator.adapters.evm.rpc import Rpc
from zk_operator.adapters.evm.wire import as_hex, data, quantity
from zk_operator.domain.chain_event import BlockRef, BlockTag
from zk_operator.domain.failures import CallReverted, ContractMismatch, MalformedAnswer
from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.order import SigningDomain
from zk_operator.ports.chain import Call, OnchainOrder
from zk_trader.revert import swap_refusal
from zk_trader.terms import NATIVE, TradedPool, TraderTerms

_MANAGER: Final = "OrderServiceManager"
_HOOK: Final = "DarkCoWHook"
_ERC20: Final = "ERC20"
_NATIVE_DECIMALS: Final = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What an account has of a currency, and what a spender may take of it. Smallest units."""

    balance: int
    allowance: int


class TraderView:
    """Errors of every view: EvmUnreachable, MalformedAnswer, NoContractCode, CallReverted."""

    def __init__(self, *, pool: EndpointPool, manager: Address) -> None:
        self._pool = pool
        self._manager = manager

    async def terms(self) -> TraderTerms:
        """The manager's. Error also: ContractMismatch where the address is no manager of ours on this chain."""
        return await self._pool.consistently(self._terms)

    async def pool(self, pool_id: PoolId) -> TradedPool | None:
        """The pool with its limits (zero where it is not listed); None where the hook does not serve it."""
        return await self._pool.consistently(lambda rpc: self._read_pool(rpc, pool_id))

    async def state(self, order_id: OrderId) -> OnchainOrder:
        """The contract's slot of the order."""
        statuses, cancels = await self._pool.consistently(
            lambda rpc: view(rpc, _MANAGER, self._manager, "orderStates", [order_id])
        )
        if len(statuses) != 1 or len(cancels) != 1:
            raise MalformedAnswer("orderStates answered for other orders than asked for")
        return onchain_order(order_id, statuses[0], cancels[0])

    async def head(self, tag: BlockTag = BlockTag.LATEST) -> BlockRef:
        """The newest block with that tag."""
        return await self._pool.consistently(lambda rpc: fetch_head(rpc, tag))

    async def decimals(self, currency: Address) -> int:
        """Decimals of a token, or of the native currency."""
        if currency == NATIVE:
            return _NATIVE_DECIMALS
        (found,) = await self._pool.consistently(
            lambda rpc: view(rpc, _ERC20, currency, "decimals")
        )
        return int(found)

    async def holding(self, currency: Address, owner: Address, spender: Address) -> Holding:
        """Balance and allowance; of the native currency all is allowed, because the owner sends it along."""
        if currency == NATIVE:
            answer = await self._pool.request("eth_getBalance", hex0x(owner), BlockTag.LATEST.value)
            balance = quantity(answer, "balance")
            return Holding(balance=balance, allowance=balance)

        async def read(rpc: Rpc) -> Holding:
            (balance,) = await view(rpc, _ERC20, currency, "balanceOf", owner)
            (allowance,) = await view(rpc, _ERC20, currency, "allowance", owner, spender)
            return Holding(balance=balance, allowance=allowance)

        return await self._pool.consistently(read)

    async def simulate(self, call: Call, sender: Address) -> bytes:
        """What the call would return now. Errors also: OrderRejectedOnChain, CallReverted."""
        request = {
            "from": hex0x(sender),
            "to": hex0x(call.to),
            "data": hex0x(call.data),
            "value": as_hex(call.value),
        }
        try:
            answer = await self._pool.request("eth_call", request, BlockTag.LATEST.value)
        except RpcError as error:
            raw = revert_data(error)
            if raw is None:
                raise
            reason = readable_revert(raw) if raw else error.text
            raise swap_refusal(raw) or CallReverted(to=hex0x(call.to), reason=reason) from error
        return data(answer, "simulation's result")

    async def _terms(self, rpc: Rpc) -> TraderTerms:
        manager = self._manager
        await check_code(rpc, manager)
        domain = SigningDomain(chain_id=self._pool.chain_id, manager=manager)
        (separator,) = await view(rpc, _MANAGER, manager, "domainSeparator")
        if separator != domain.separator:
            raise ContractMismatch(
                "the contract signs under another EIP-712 domain",
                found=hex0x(separator),
                expected=hex0x(domain.separator),
            )
        (hook,) = await view(rpc, _MANAGER, manager, "hook")
        (config,) = await view(rpc, _MANAGER, manager, "config")
        (paused,) = await view(rpc, _MANAGER, manager, "paused")
        _, _, fee_bps, cancel_delay_s, max_span_s = config
        return TraderTerms(
            domain=domain,
            hook=_address(hook),
            max_span_s=max_span_s,
            cancel_delay_s=cancel_delay_s,
            fee_bps=fee_bps,
            paused=paused,
        )

    async def _read_pool(self, rpc: Rpc, pool_id: PoolId) -> TradedPool | None:
        (found,) = await view(rpc, _MANAGER, self._manager, "hook")
        hook = _address(found)
        (key,) = await view(rpc, _HOOK, hook, "poolKey", pool_id)
        currency0, currency1, fee, tick_spacing, hooks = key
        if _address(hooks) != hook:
            return None
        (settings,) = await view(rpc, _MANAGER, self._manager, "poolSettings", pool_id)
        min_size0, min_size1, _ = settings
        return TradedPool(
            pool_id=pool_id,
            currency0=_address(currency0),
            currency1=_address(currency1),
            fee=fee,
            tick_spacing=tick_spacing,
            hook=hook,
            min_size0=min_size0,
            min_size1=min_size1,
        )


def _address(text: str) -> Address:
    """eth-abi gives addresses as hex."""
    return Address(bytes.fromhex(text[2:]))
