"""`zk-operator order`: for whoever submits orders. Needs an endpoint, the manager's address and a key; no operator."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import typer

from zk_acts.cli.output import AsJson, print_result
from zk_acts.domain.ids import hex0x
from zk_operator.domain.ids import Address, OrderId
from zk_trader.cli.order_options import (
    Amount,
    Approve,
    ChainId,
    Finalized,
    Follow,
    FromBlock,
    InTokens,
    KeyFile,
    Lifetime,
    Manager,
    MaxFee,
    MinOut,
    OrderIdArgument,
    Owner,
    PasswordFile,
    Poll,
    PoolOption,
    Router,
    RpcUrls,
    Salt,
    Sell,
    Timeout,
    Via,
    ViaOption,
    fee_cap_wei,
    fresh_salt,
    parse_amount,
)
from zk_trader.cli.order_output import (
    placed_json,
    print_transition,
    progress_to_stderr,
)

if TYPE_CHECKING:
    from zk_operator.adapters.signing.evm import EvmSigner
    from zk_trader.client import TraderClient, TraderConfig
    from zk_trader.trader import Trader
    from zk_trader.watch import Transition

app = typer.Typer(no_args_is_help=True)
T = TypeVar("T")
EXIT_REFUNDED = 3


@app.command()
def place(
    rpc: RpcUrls,
    manager: Manager,
    key: KeyFile,
    password_file: PasswordFile,
    pool: PoolOption,
    sell: Sell,
    amount: Amount,
    min_out: MinOut,
    deadline: Lifetime = 3600,
    via: ViaOption = Via.SIGNED,
    router: Router = None,
    owner: Owner = None,
    salt: Salt = None,
    in_tokens: InTokens = False,
    approve: Approve = True,
    watch: Follow = False,
    chain_id: ChainId = None,
    max_fee_gwei: MaxFee = 200.0,
    timeout: Timeout = 120.0,
    poll: Poll = 1.0,
    as_json: AsJson = False,
) -> None:
    """Place an order and wait until it is mined; the whole amount is filled at --min-out or better, or refunded."""
    from zk_trader.trader import OrderRequest

    request = OrderRequest(
        pool_id=pool,
        zero_for_one=sell == 0,
        amount_in=parse_amount(amount, in_tokens=in_tokens, option="--amount"),
        min_out=parse_amount(min_out, in_tokens=in_tokens, option="--min-out"),
        lifetime_s=deadline,
        salt=fresh_salt() if salt is None else salt,
        router=_router(via, router),
        owner=owner,
        approve=approve,
    )
    config = _config(rpc, manager, chain_id, timeout, poll)
    signer = _signer(key, password_file)

    async def act(client: "TraderClient") -> OrderId:
        placed = await _trader(client, signer, max_fee_gwei, as_json).place(request)
        print_result("order placed", placed_json(placed), as_json=as_json)
        return placed.order_id

    placed_id = _run(config, act)
    if watch:
        longest = _config(rpc, manager, chain_id, deadline + timeout, poll)
        _follow(longest, placed_id, from_block=0, finalized=False, as_json=as_json)


@app.command()
def watch(
    order_id: OrderIdArgument,
    rpc: RpcUrls,
    manager: Manager,
    finalized: Finalized = False,
    from_block: FromBlock = 0,
    chain_id: ChainId = None,
    timeout: Timeout = 3600.0,
    poll: Poll = 2.0,
    as_json: AsJson = False,
) -> None:
    """Follow an order to its end. Exit code 0: settled, 3: refunded, 4: neither within --timeout."""
    config = _config(rpc, manager, chain_id, timeout, poll)
    _follow(config, order_id, from_block=from_block, finalized=finalized, as_json=as_json)


@app.command()
def cancel(
    order_id: OrderIdArgument,
    rpc: RpcUrls,
    manager: Manager,
    key: KeyFile,
    password_file: PasswordFile,
    from_block: FromBlock = 0,
    chain_id: ChainId = None,
    max_fee_gwei: MaxFee = 200.0,
    timeout: Timeout = 120.0,
    poll: Poll = 1.0,
    as_json: AsJson = False,
) -> None:
    """Ask for an order back, as its owner. It may still be settled until the printed time; then it can be refunded."""
    config = _config(rpc, manager, chain_id, timeout, poll)
    signer = _signer(key, password_file)

    async def act(client: "TraderClient") -> dict[str, object]:
        trader = _trader(client, signer, max_fee_gwei, as_json)
        event = await trader.cancel(order_id, from_block=from_block)
        return {
            "order_id": hex0x(order_id),
            "tx_hash": hex0x(event.at.tx_hash),
            "block": event.at.block_number,
            "cancel_at": event.cancel_at,
        }

    print_result("cancel requested", _run(config, act), as_json=as_json)


@app.command()
def refund(
    order_id: OrderIdArgument,
    rpc: RpcUrls,
    manager: Manager,
    key: KeyFile,
    password_file: PasswordFile,
    from_block: FromBlock = 0,
    chain_id: ChainId = None,
    max_fee_gwei: MaxFee = 200.0,
    timeout: Timeout = 120.0,
    poll: Poll = 1.0,
    as_json: AsJson = False,
) -> None:
    """Return an expired or cancelled order's input to its owner; anyone may, for the gas."""
    config = _config(rpc, manager, chain_id, timeout, poll)
    signer = _signer(key, password_file)

    async def act(client: "TraderClient") -> dict[str, object]:
        trader = _trader(client, signer, max_fee_gwei, as_json)
        event = await trader.refund(order_id, from_block=from_block)
        return {
            "order_id": hex0x(order_id),
            "tx_hash": hex0x(event.at.tx_hash),
            "block": event.at.block_number,
            "amount": str(event.amount),
        }

    print_result("order refunded", _run(config, act), as_json=as_json)


def _router(via: Via, router: Address | None) -> Address | None:
    """The router of a swap. A router in the environment does not turn a signed order into a swap."""
    if via is Via.SIGNED:
        return None
    if router is None:
        raise typer.BadParameter("--via swap needs it", param_hint="--router")
    return router


def _config(
    rpc: list[str], manager: Address, chain_id: int | None, timeout_s: float, poll_s: float
) -> "TraderConfig":
    from zk_acts.runtime.logs import configure_logs
    from zk_trader.client import TraderConfig

    configure_logs(level="error", form="auto")
    return TraderConfig(
        http_urls=tuple(rpc),
        manager=manager,
        chain_id=chain_id,
        timeout_s=timeout_s,
        poll_s=poll_s,
    )


def _signer(key: KeyFile, password_file: PasswordFile) -> "EvmSigner":
    from zk_operator.adapters.signing.evm import load_evm_key

    return load_evm_key(key, password_file)


def _trader(
    client: "TraderClient", signer: "EvmSigner", max_fee_gwei: float, as_json: bool
) -> "Trader":
    progress = progress_to_stderr(as_json=as_json)
    return client.trader(signer, max_fee_wei=fee_cap_wei(max_fee_gwei), progress=progress)


def _run(config: "TraderConfig", act: "Callable[[TraderClient], Awaitable[T]]") -> T:
    import anyio

    from zk_trader.client import open_trader_client

    async def work() -> T:
        async with open_trader_client(config) as client:
            return await act(client)

    return anyio.run(work)


def _follow(
    config: "TraderConfig", order_id: OrderId, *, from_block: int, finalized: bool, as_json: bool
) -> None:
    from zk_operator.domain.chain_event import BlockTag
    from zk_trader.stage import Stage

    def told(transition: "Transition") -> None:
        print_transition(transition, as_json=as_json)

    async def act(client: "TraderClient") -> "Transition":
        watch = client.watch(BlockTag.FINALIZED if finalized else BlockTag.LATEST)
        return await watch.follow(order_id, from_block=from_block, told=told)

    if _run(config, act).stage is Stage.REFUNDED:
        raise typer.Exit(EXIT_REFUNDED)
