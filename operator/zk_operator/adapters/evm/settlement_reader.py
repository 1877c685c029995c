"""Views of the settlement contracts as of one block, named by its hash (EIP-1898)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import anyio
import structlog
from cachetools import TTLCache

from zk_acts.domain.ids import Hash32, hex0x
from zk_operator.adapters.evm.abi import contract_abi
from zk_operator.adapters.evm.contract_view import check_code, dry_run, onchain_order, view
from zk_operator.adapters.evm.endpoint import EndpointPool
from zk_operator.adapters.evm.rpc import Rpc
from zk_operator.domain.chain_event import BlockRef
from zk_operator.domain.failures import CallReverted, ContractMismatch, MalformedAnswer
from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.order import SigningDomain
from zk_operator.ports.chain import Call, ContractTerms, OnchainOrder, PoolTerms

log = structlog.get_logger("evm")
MANAGER: Final = "OrderServiceManager"
HOOK: Final = "DarkCoWHook"
QUOTER: Final = "RemainderQuoter"
RECEIPTS: Final = "ReceiptVerifier"
ZKVERIFY: Final = "ZkVerifyAggregation"
VERIFIER: Final = "AllowListVerifier"
_STATES_PER_CALL: Final = 500
_POOL_TERMS_TTL_S: Final = 60.0
_KNOWN_POOLS: Final = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementContracts:
    """Where to read. `quoter` is the RemainderQuoter of the hook's PoolManager."""

    manager: Address
    quoter: Address


class EvmSettlementReader:
    """SettlementReader over a pool of endpoints. `signer` is the account whose certificate is to count."""

    def __init__(
        self, *, pool: EndpointPool, contracts: SettlementContracts, signer: Address
    ) -> None:
        self._pool = pool
        self._contracts = contracts
        self._signer = signer
        self._facts = _Facts()

    def at(self, block: BlockRef) -> "EvmContractView":
        """As `SettlementReader`."""
        return EvmContractView(
            pool=self._pool,
            contracts=self._contracts,
            signer=self._signer,
            facts=self._facts,
            block=block,
        )


@dataclass(slots=True)
class _Facts:
    """What cannot change, and a pool's terms as of a block: the hook is fixed by the manager's code, what a receipt verifier
    was deployed with by its own. Each reading of the terms reads them again, so that no wrong answer stays.
    """

    hook: Address | None = None
    proving: dict[Address, tuple[Any, ...]] = field(default_factory=dict)
    pools: TTLCache[tuple[PoolId, Hash32], PoolTerms] = field(
        default_factory=lambda: TTLCache(_KNOWN_POOLS, _POOL_TERMS_TTL_S, timer=anyio.current_time)
    )


class EvmContractView:
    """ContractView at one block. An endpoint that does not have the block is passed over."""

    def __init__(
        self,
        *,
        pool: EndpointPool,
        contracts: SettlementContracts,
        signer: Address,
        facts: _Facts,
        block: BlockRef,
    ) -> None:
        self._pool = pool
        self._contracts = contracts
        self._signer = signer
        self._facts = facts
        self._block = block

    async def terms(self) -> ContractTerms:
        """As `ContractView`, from one endpoint.

        Errors also: NoContractCode; ContractMismatch where the manager's EIP-712 domain is not the expected one.
        """
        return await self._pool.consistently(self._terms, names_block=True)

    async def task_count(self) -> int:
        """As `ContractView`."""
        (count,) = await self._view(MANAGER, self._contracts.manager, "taskCount")
        return int(count)

    async def pool(self, pool_id: PoolId) -> PoolTerms | None:
        """As `ContractView`; remembered for a minute, and for this block alone: the owner may change the terms."""
        place = (pool_id, self._block.hash)
        known = self._facts.pools.get(place)
        if known is None:
            known = await self._pool.consistently(
                lambda rpc: self._read_pool(rpc, pool_id), names_block=True
            )
        if known is not None:
            self._facts.pools[place] = known
        return known

    async def pool_price(self, pool_id: PoolId) -> int:
        """As `ContractView`. Error also: CallReverted for an unknown pool."""
        (price,) = await self._view(HOOK, await self._hook_address(), "poolPriceX128", pool_id)
        return int(price)

    async def quote_remainder(
        self, pool_id: PoolId, *, price_x128: int, zero_for_one: bool, amount_in: int
    ) -> int:
        """As `ContractView`."""
        arguments = (pool_id, price_x128, zero_for_one, amount_in)
        try:
            (output,) = await self._view(
                QUOTER, self._contracts.quoter, "quoteRemainder", *arguments
            )
        except CallReverted as error:
            log.info("quote.refused", pool_id=hex0x(pool_id), reason=error.context["reason"])
            return 0
        return int(output)

    async def order_states(self, order_ids: Sequence[OrderId]) -> Sequence[OnchainOrder]:
        """As `ContractView`, in the order asked for."""
        states: list[OnchainOrder] = []
        for at in range(0, len(order_ids), _STATES_PER_CALL):
            states += await self._some_states(order_ids[at : at + _STATES_PER_CALL])
        return states

    async def aggregation_root(self, domain_id: int, aggregation_id: int) -> Hash32 | None:
        """As `ContractView`, from the contract that the manager's receipt verifier names at this block."""
        root = await self._pool.consistently(
            lambda rpc: self._root(rpc, domain_id, aggregation_id), names_block=True
        )
        return Hash32(root) if any(root) else None

    async def sections_settled(self, call: Call) -> int:
        """As `ContractView`."""
        (count,) = await self._dry_run("respondToBatch", call)
        return int(count)

    async def is_useful(self, call: Call) -> bool:
        """As `ContractView`."""
        responds = call.data.startswith(contract_abi(MANAGER).functions["respondToBatch"].selector)
        try:
            (ended,) = await self._dry_run("respondToBatch" if responds else "refund", call)
        except CallReverted:
            return False
        return bool(ended)

    async def _dry_run(self, function: str, call: Call) -> tuple[Any, ...]:
        """What a call of ours would return. Error: CallReverted."""
        request = {
            "from": hex0x(self._signer),
            "to": hex0x(call.to),
            "data": hex0x(call.data),
        }
        return await self._pool.consistently(
            lambda rpc: dry_run(rpc, MANAGER, function, request, self._block), names_block=True
        )

    async def _terms(self, rpc: Rpc) -> ContractTerms:
        manager, at = self._contracts.manager, self._block
        await check_code(rpc, manager, at)
        domain = SigningDomain(chain_id=self._pool.chain_id, manager=manager)
        await _check_domain(rpc, domain, at)
        (found,) = await view(rpc, MANAGER, manager, "hook", at=at)
        (config,) = await view(rpc, MANAGER, manager, "config", at=at)
        (paused,) = await view(rpc, MANAGER, manager, "paused", at=at)
        receipts, verifier, fee_bps, delay, span = config
        zkverify, zk_domain_id, vk_hash, vkey, root, _ = await self._proving(rpc, receipts)
        self._facts.hook = hook = _address(found)
        for address in (hook, _address(zkverify), self._contracts.quoter):
            await check_code(rpc, address, at)
        weight, threshold = await self._weights(rpc, _address(verifier))
        return ContractTerms(
            signing_domain=domain,
            hook=hook,
            zkverify=_address(zkverify),
            zk_domain_id=zk_domain_id,
            groth16_program_vkey=Hash32(vkey),
            groth16_vk_hash=Hash32(vk_hash),
            groth16_recursion_root=Hash32(root),
            fee_bps=fee_bps,
            cancel_delay_s=delay,
            max_order_span_s=span,
            paused=paused,
            allowed_signer=weight >= threshold,
            signer_weight=weight,
        )

    async def _proving(self, rpc: Rpc, receipts: str) -> tuple[Any, ...]:
        """What the manager's receipt verifier was deployed with, in the order of the Solidity struct."""
        verifier = _address(receipts)
        await check_code(rpc, verifier, self._block)
        (proving,) = await view(rpc, RECEIPTS, verifier, "proving", at=self._block)
        self._facts.proving[verifier] = tuple(proving)
        return tuple(proving)

    async def _root(self, rpc: Rpc, domain_id: int, aggregation_id: int) -> bytes:
        manager, at = self._contracts.manager, self._block
        (config,) = await view(rpc, MANAGER, manager, "config", at=at)
        proving = self._facts.proving.get(_address(config[0])) or await self._proving(
            rpc, config[0]
        )
        zkverify = _address(proving[0])
        wanted = (domain_id, aggregation_id)
        (root,) = await view(rpc, ZKVERIFY, zkverify, "proofsAggregations", *wanted, at=at)
        return bytes(root)

    async def _weights(self, rpc: Rpc, verifier: Address) -> tuple[int, int]:
        """What this signer's certificate weighs, and what it has to."""
        at = self._block
        await check_code(rpc, verifier, at)
        (weight,) = await view(rpc, VERIFIER, verifier, "weightOf", self._signer, at=at)
        (threshold,) = await view(rpc, VERIFIER, verifier, "threshold", at=at)
        return int(weight), int(threshold)

    async def _read_pool(self, rpc: Rpc, pool_id: PoolId) -> PoolTerms | None:
        manager, at = self._contracts.manager, self._block
        hook = self._facts.hook or _address((await view(rpc, MANAGER, manager, "hook", at=at))[0])
        (key,) = await view(rpc, HOOK, hook, "poolKey", pool_id, at=at)
        currency0, currency1, _, _, hooks = key
        if _address(hooks) != hook:
            return None
        (settings,) = await view(rpc, MANAGER, manager, "poolSettings", pool_id, at=at)
        (paused,) = await view(rpc, MANAGER, manager, "isPoolPaused", pool_id, at=at)
        min_size0, min_size1, deviation_bps = settings
        return PoolTerms(
            pool_id=pool_id,
            currency0=_address(currency0),
            currency1=_address(currency1),
            min_size0=min_size0,
            min_size1=min_size1,
            max_price_deviation_bps=0 if paused else deviation_bps,
        )

    async def _some_states(self, order_ids: Sequence[OrderId]) -> list[OnchainOrder]:
        statuses, cancels = await self._view(
            MANAGER, self._contracts.manager, "orderStates", list(order_ids)
        )
        if not len(statuses) == len(cancels) == len(order_ids):
            raise MalformedAnswer("orderStates answered for other orders than asked for")
        return [
            onchain_order(order_id, status, cancel_at)
            for order_id, status, cancel_at in zip(order_ids, statuses, cancels, strict=True)
        ]

    async def _hook_address(self) -> Address:
        if self._facts.hook is None:
            (found,) = await self._view(MANAGER, self._contracts.manager, "hook")
            self._facts.hook = _address(found)
        return self._facts.hook

    async def _view(
        self, contract: str, address: Address, function: str, *arguments: object
    ) -> tuple[Any, ...]:
        return await self._pool.consistently(
            lambda rpc: view(rpc, contract, address, function, *arguments, at=self._block),
            names_block=True,
        )


async def _check_domain(rpc: Rpc, domain: SigningDomain, at: BlockRef) -> None:
    (found,) = await view(rpc, MANAGER, domain.manager, "domainSeparator", at=at)
    if found != domain.separator:
        raise ContractMismatch(
            "the manager signs under another EIP-712 domain",
            found=hex0x(found),
            expected=hex0x(domain.separator),
        )


def _address(text: str) -> Address:
    """eth-abi gives addresses as hex."""
    return Address(bytes.fromhex(text[2:]))
