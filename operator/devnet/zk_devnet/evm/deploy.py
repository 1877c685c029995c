"""Deploys the AVS on the devnet: Uniswap's PoolManager, our contracts, two pools with liquidity, funded traders.

The steps are those of `avs-contracts/README.md`. Addresses follow from nonces, so everything is planned first and goes
into as few blocks as its gas allows.
"""

from dataclasses import dataclass, field

from zk_acts.domain.ids import Hash32
from zk_devnet.evm import accounts, codec
from zk_devnet.evm.accounts import dev_account
from zk_devnet.evm.deployment import Deployment, Pool, Token
from zk_devnet.evm.rpc import EvmRpc
from zk_devnet.evm.transactions import TransactionPlan, nonces_of, send_all
from zk_devnet.groth16_dev.key import RECURSION_ROOT, ZKVERIFY_VK_HASH
from zk_devnet.toolchain import Artifact, Toolchain
from zk_operator.domain.ids import Address, PoolId
from zk_operator.program import batch_program

NATIVE = Address(bytes(20))
ETHER = 10**18
_FEE, _TICK_SPACING, _MAX_TICK = 3000, 60, 887_220
_MAX_UINT256 = 2**256 - 1
_HOOK_GAS = 6_000_000
_NO_SHRINK_ROUTE = bytes(32)  # a zero key disables the route
_ALLOWED = True
_DEV_VK_HASH = Hash32(ZKVERIFY_VK_HASH)
_DEV_ROOT = Hash32(RECURSION_ROOT)


def _shipped_vkey() -> Hash32:
    return Hash32(batch_program().vkey)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployConfig:
    """What can be chosen about a deployment. Times in seconds; accounts default to the devnet's roles."""

    domain_id: int = 0
    fee_bps: int = 10
    config_delay_s: int = 60
    cancel_delay_s: int = 90
    max_order_span_s: int = 86_400
    max_price_deviation_bps: int = 500
    traders: int = 20
    operator: Address | None = None
    relayer: Address | None = None
    groth16_vk_hash: Hash32 = _DEV_VK_HASH
    program_vkey: Hash32 = field(default_factory=_shipped_vkey)
    recursion_root: Hash32 = _DEV_ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolPlan:
    """A pool to open with this much of both currencies, at the price that they imply."""

    label: str
    base: Token
    quote: Token
    base_amount: int
    quote_amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the plan puts the contracts."""

    pool_manager: Address
    hook: Address
    zkverify: Address
    receipts: Address
    verifier: Address
    manager: Address
    quoter: Address
    swap_router: Address
    liquidity_router: Address


async def deploy(rpc: EvmRpc, toolchain: Toolchain, config: DeployConfig) -> Deployment:
    """Deploy everything and wait until it is mined. Raises DeploymentFailed, EvmCallFailed, ToolchainMissing."""
    traders = tuple(dev_account(accounts.FIRST_TRADER + at).address for at in range(config.traders))
    owner = dev_account(accounts.DEPLOYER).address
    plan = TransactionPlan(await nonces_of(rpc, [owner, *traders]))
    deployer = _Deployer(plan=plan, toolchain=toolchain, config=config, owner=owner)
    addresses = deployer.create_contracts()
    tokens = deployer.create_tokens(addresses)
    pools = tuple(deployer.open_pool(pool, addresses) for pool in pool_plans(tokens))
    for trader in traders:
        deployer.fund(trader, tokens, addresses)
    receipts = await send_all(rpc, plan.transactions)
    return Deployment(
        chain_id=int(await rpc.call("eth_chainId"), 16),
        deploy_block=min(int(receipt["blockNumber"], 16) for receipt in receipts),
        pool_manager=addresses.pool_manager,
        hook=addresses.hook,
        manager=addresses.manager,
        zkverify=addresses.zkverify,
        receipt_verifier=addresses.receipts,
        response_verifier=addresses.verifier,
        quoter=addresses.quoter,
        swap_router=addresses.swap_router,
        liquidity_router=addresses.liquidity_router,
        owner=owner,
        operator=deployer.operator,
        relayer=deployer.relayer,
        tokens=(Token(address=NATIVE, symbol="ETH", decimals=18), *tokens),
        pools=pools,
        traders=traders,
        domain_id=config.domain_id,
        fee_bps=config.fee_bps,
        cancel_delay_s=config.cancel_delay_s,
        max_order_span_s=config.max_order_span_s,
        groth16_vk_hash=config.groth16_vk_hash,
        program_vkey=config.program_vkey,
        recursion_root=config.recursion_root,
    )


def pool_plans(tokens: tuple[Token, ...]) -> tuple[PoolPlan, ...]:
    """The devnet's two pools: a token pair of unequal decimals, and native currency against a token."""
    usd, btc = tokens
    ether = Token(address=NATIVE, symbol="ETH", decimals=18)
    return (
        PoolPlan(
            label="dBTC/dUSD",
            base=btc,
            quote=usd,
            base_amount=1_000 * 10**btc.decimals,
            quote_amount=60_000_000 * 10**usd.decimals,
        ),
        PoolPlan(
            label="ETH/dUSD",
            base=ether,
            quote=usd,
            base_amount=2_000 * ETHER,
            quote_amount=5_000_000 * 10**usd.decimals,
        ),
    )


class _Deployer:
    """Adds the deployment's steps to a plan."""

    def __init__(
        self, *, plan: TransactionPlan, toolchain: Toolchain, config: DeployConfig, owner: Address
    ) -> None:
        self._plan = plan
        self._tools = toolchain
        self._config = config
        self._owner = owner
        self.operator = config.operator or dev_account(accounts.OPERATOR).address
        self.relayer = config.relayer or dev_account(accounts.RELAYER).address

    def create_contracts(self) -> Addresses:
        tools, owner = self._tools, self._owner
        pool_manager = self._create(tools.v4_artifact("PoolManager"), owner)
        hook = self._create_hook(pool_manager)
        zkverify = self._create(tools.artifact("ZkVerifyAggregation"), owner, self.relayer)
        receipts = self._create(tools.artifact("ReceiptVerifier"), self._proving(zkverify))
        verifier = self._create(tools.artifact("AllowListVerifier"), owner, [self.operator], [1], 1)
        manager = self._create(
            tools.artifact("OrderServiceManager"),
            hook,
            owner,
            self._config.config_delay_s,
            self._contract_config(receipts, verifier),
        )
        self._call("set manager", hook, "setManager(address)", manager)
        return Addresses(
            pool_manager=pool_manager,
            hook=hook,
            zkverify=zkverify,
            receipts=receipts,
            verifier=verifier,
            manager=manager,
            quoter=self._create(tools.artifact("RemainderQuoter"), hook),
            swap_router=self._create(tools.artifact("DevSwapRouter"), pool_manager),
            liquidity_router=self._create(
                tools.v4_artifact("PoolModifyLiquidityTest"), pool_manager
            ),
        )

    def create_tokens(self, addresses: Addresses) -> tuple[Token, ...]:
        made = []
        for name, symbol, decimals in (("Dev Dollar", "dUSD", 6), ("Dev Bitcoin", "dBTC", 8)):
            token = self._create(self._tools.artifact("DevToken"), name, symbol, decimals)
            self._call(
                f"allow {symbol}",
                addresses.hook,
                "setCurrencyAllowed(address,bool)",
                token,
                _ALLOWED,
            )
            self._call(
                f"approve {symbol}",
                token,
                "approve(address,uint256)",
                addresses.liquidity_router,
                _MAX_UINT256,
            )
            made.append(Token(address=token, symbol=symbol, decimals=decimals))
        return tuple(made)

    def open_pool(self, wanted: PoolPlan, addresses: Addresses) -> Pool:
        ((currency0, amount0), (currency1, amount1)) = sorted(
            [
                (wanted.base.address, wanted.base_amount),
                (wanted.quote.address, wanted.quote_amount),
            ]
        )
        key = (currency0, currency1, _FEE, _TICK_SPACING, addresses.hook)
        self._call(
            f"initialize {wanted.label}",
            addresses.pool_manager,
            f"initialize({codec.POOL_KEY_ABI},uint160)",
            key,
            codec.sqrt_price_x96(amount1, amount0),
        )
        self._add_liquidity(key, amount0, amount1, addresses)
        pool_id = PoolId(codec.pool_id(key))
        self._list_pool(pool_id, amount0, amount1, addresses)
        return Pool(
            pool_id=pool_id,
            label=wanted.label,
            currency0=currency0,
            currency1=currency1,
            fee=_FEE,
            tick_spacing=_TICK_SPACING,
        )

    def fund(self, trader: Address, tokens: tuple[Token, ...], addresses: Addresses) -> None:
        for token in tokens:
            amount = 1_000_000 * 10**token.decimals
            self._call(
                f"fund {token.symbol}", token.address, "mint(address,uint256)", trader, amount
            )
            for spender in (addresses.hook, addresses.swap_router):
                data = codec.encode_call("approve(address,uint256)", spender, _MAX_UINT256)
                self._plan.call(trader, f"approve {token.symbol}", token.address, data)

    def _add_liquidity(
        self, key: codec.PoolKeyAbi, amount0: int, amount1: int, addresses: Addresses
    ) -> None:
        for currency, amount in ((key[0], amount0), (key[1], amount1)):
            if currency != NATIVE:
                owner = self._owner
                self._call("mint liquidity", currency, "mint(address,uint256)", owner, amount)
        self._call(
            "add liquidity",
            addresses.liquidity_router,
            f"modifyLiquidity({codec.POOL_KEY_ABI},(int24,int24,int256,bytes32),bytes)",
            key,
            (-_MAX_TICK, _MAX_TICK, codec.full_range_liquidity(amount1, amount0), bytes(32)),
            b"",
            value=amount0 if key[0] == NATIVE else 0,
        )

    def _list_pool(self, pool_id: PoolId, amount0: int, amount1: int, addresses: Addresses) -> None:
        # The least order is a ten-millionth of the pool: dust that costs more gas than it moves.
        settings = (amount0 // 10**7, amount1 // 10**7, self._config.max_price_deviation_bps)
        self._call(
            "list pool",
            addresses.manager,
            "listPool(bytes32,(uint128,uint128,uint16))",
            pool_id,
            settings,
        )

    def _create_hook(self, pool_manager: Address) -> Address:
        artifact = self._tools.artifact("DarkCoWHook")
        init_code = codec.creation_code(artifact, pool_manager, self._owner)
        salt, address = codec.mine_hook_salt(init_code)
        self._plan.call(
            self._owner, "DarkCoWHook", codec.CREATE2_FACTORY, salt + init_code, gas=_HOOK_GAS
        )
        return Address(address)

    def _contract_config(self, receipts: Address, verifier: Address) -> tuple[object, ...]:
        config = self._config
        return (
            receipts,
            verifier,
            config.fee_bps,
            config.cancel_delay_s,
            config.max_order_span_s,
        )

    def _proving(self, zkverify: Address) -> tuple[object, ...]:
        config = self._config
        return (
            zkverify,
            config.domain_id,
            config.groth16_vk_hash,
            config.program_vkey,
            config.recursion_root,
            _NO_SHRINK_ROUTE,
        )

    def _create(self, artifact: Artifact, *arguments: object) -> Address:
        init_code = codec.creation_code(artifact, *arguments)
        return Address(self._plan.create(self._owner, artifact.name, init_code))

    def _call(
        self, label: str, to: bytes, signature: str, *arguments: object, value: int = 0
    ) -> None:
        data = codec.encode_call(signature, *arguments)
        self._plan.call(self._owner, label, to, data, value=value)
