"""What others than the operator do on the chain: its owner, traders, the chain itself."""

from collections.abc import Sequence

import anyio

from zk_devnet.evm import accounts, codec
from zk_devnet.evm.accounts import dev_account
from zk_devnet.evm.deployment import Deployment, Pool
from zk_devnet.evm.transactions import TransactionPlan, nonces_of, send_all
from zk_devnet.testing.scenario.deadline import until
from zk_devnet.testing.scenario.stage import Stage
from zk_devnet.traffic.post import Posted
from zk_operator.domain.ids import Address, PoolId
from zk_operator.domain.order import ORDER_ABI

_CONFIG_ABI = "(address,address,uint16,uint32,uint32)"  # `Config`
_CONFIG_DELAY_S = 2.0  # of the scenarios' devnet, and a block
_NO_SHRINK_ROUTE = bytes(32)
_MAX_TICK = 887_200
_HEADERS_ONLY = False
_PRICE_DEVIATION_BPS = 200  # at the third pool's tick spacing more would be too many ticks
_RESERVES = {"dBTC": 1_000, "dUSD": 60_000_000}


async def mine(stage: Stage, blocks: int) -> None:
    """So many blocks at once, without the chain's clock running ahead of ours."""
    await stage.rpc.call("anvil_setBlockTimestampInterval", 0)
    await stage.rpc.call("anvil_mine", hex(blocks))
    await stage.rpc.call("anvil_removeBlockTimestampInterval")


async def refund_when_over(stage: Stage, posted: Sequence[Posted]) -> None:
    """A stranger refunds them all as soon as the last deadline has passed."""
    manager = stage.devnet.deployment.manager
    last = max(one.order.deadline for one in posted)

    async def over() -> bool:
        return await _now_s(stage) > last

    await until(over, "the last deadline has passed", timeout_s=60)
    stranger = dev_account(accounts.ORDER_RELAYER).address
    plan = TransactionPlan(await nonces_of(stage.rpc, [stranger]))
    orders = [one.order.as_abi() for one in posted]
    plan.call(stranger, "refund", manager, codec.encode_call(f"refund({ORDER_ABI}[])", orders))
    await send_all(stage.rpc, plan.transactions)


async def apply_config(stage: Stage, wanted: Deployment) -> None:
    """The owner gives the contract the configuration of this deployment, after the delay that it has to wait.

    What is proven cannot be changed in a receipt verifier, so it comes with a new one.
    """
    config = (
        await _receipt_verifier(stage, wanted),
        wanted.response_verifier,
        wanted.fee_bps,
        wanted.cancel_delay_s,
        wanted.max_order_span_s,
    )
    await _as_owner(stage, (wanted.manager, f"proposeConfig({_CONFIG_ABI})", config))
    await anyio.sleep(_CONFIG_DELAY_S)
    await _as_owner(stage, (wanted.manager, f"applyConfig({_CONFIG_ABI})", config))


async def _receipt_verifier(stage: Stage, wanted: Deployment) -> bytes:
    proving = (
        wanted.zkverify,
        wanted.domain_id,
        wanted.groth16_vk_hash,
        wanted.program_vkey,
        wanted.recursion_root,
        _NO_SHRINK_ROUTE,
    )
    code = codec.creation_code(stage.devnet.toolchain.artifact("ReceiptVerifier"), proving)
    plan = TransactionPlan(await nonces_of(stage.rpc, [wanted.owner]))
    made = plan.create(wanted.owner, "ReceiptVerifier", code)
    await send_all(stage.rpc, plan.transactions)
    return made


async def open_pool(stage: Stage, *, fee: int = 500, tick_spacing: int = 10) -> Pool:
    """A third pool, of the tokens of the first at its price, with another fee; listed for orders."""
    deployment = stage.devnet.deployment
    first = deployment.pools[0]
    tokens = {token.address: token for token in deployment.tokens}
    amount0, amount1 = (
        _RESERVES[tokens[currency].symbol] * 10 ** tokens[currency].decimals
        for currency in (first.currency0, first.currency1)
    )
    key = (first.currency0, first.currency1, fee, tick_spacing, deployment.hook)
    pool_id = PoolId(codec.pool_id(key))
    liquidity = (-_MAX_TICK, _MAX_TICK, codec.full_range_liquidity(amount1, amount0), bytes(32))
    await _as_owner(
        stage,
        (first.currency0, "mint(address,uint256)", deployment.owner, amount0 * 2),
        (first.currency1, "mint(address,uint256)", deployment.owner, amount1 * 2),
        (
            deployment.pool_manager,
            f"initialize({codec.POOL_KEY_ABI},uint160)",
            key,
            codec.sqrt_price_x96(amount1, amount0),
        ),
        (
            deployment.liquidity_router,
            f"modifyLiquidity({codec.POOL_KEY_ABI},(int24,int24,int256,bytes32),bytes)",
            key,
            liquidity,
            b"",
        ),
        (
            deployment.manager,
            "listPool(bytes32,(uint128,uint128,uint16))",
            pool_id,
            (amount0 // 10**7, amount1 // 10**7, _PRICE_DEVIATION_BPS),
        ),
    )
    return Pool(
        pool_id=pool_id,
        label="third",
        currency0=first.currency0,
        currency1=first.currency1,
        fee=fee,
        tick_spacing=tick_spacing,
    )


async def _now_s(stage: Stage) -> int:
    head = await stage.rpc.call("eth_getBlockByNumber", "latest", _HEADERS_ONLY)
    return int(head["timestamp"], 16)


async def _as_owner(stage: Stage, *calls: tuple[object, ...]) -> None:
    owner = Address(stage.devnet.deployment.owner)
    plan = TransactionPlan(await nonces_of(stage.rpc, [owner]))
    for to, signature, *arguments in calls:
        assert isinstance(to, bytes)
        plan.call(owner, str(signature), to, codec.encode_call(str(signature), *arguments))
    await send_all(stage.rpc, plan.transactions)
