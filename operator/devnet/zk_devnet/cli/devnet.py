"""`zk-operator devnet`: the local devnet, whole or in parts. Runs until SIGINT or SIGTERM."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zk_devnet.cli import devnet_faults
from zk_devnet.cli.devnet_runtime import (
    AcceptUnverified,
    DepositPercent,
    RuntimeVersion,
    WeightPercent,
    Without,
    runtime_fields,
)
from zk_devnet.prover_network.states import NetworkMode

if TYPE_CHECKING:
    from anyio.abc import TaskStatus

    from zk_devnet.evm.deployment import Deployment

app = typer.Typer(no_args_is_help=True)
app.add_typer(devnet_faults.app, name="fault", help="Make a running dev server fail on purpose.")

Port = Annotated[int, typer.Option("--port", min=0, max=65_535, help="0 takes a free one.")]
Folder = Annotated[Path, typer.Option("--dir", help="Where configuration, keys and data go.")]
Epoch = Annotated[
    int,
    typer.Option(
        "--slots-in-an-epoch",
        min=1,
        max=1_000,
        help="Finality of the EVM chain: 1 is two blocks behind.",
    ),
]
BlockTime = Annotated[float, typer.Option("--block-time", min=0.05, help="Seconds per block.")]
EvmBlockTime = Annotated[int, typer.Option("--block-time", min=1, help="Seconds per block.")]
Serve = Callable[..., Coroutine[Any, Any, None]]
_HOST_HELP = "zk-operator-prover: SP1's executor, in place of the batch rule in Python."


@app.command()
def up(
    folder: Folder = Path(".run/devnet"),
    slots_in_an_epoch: Epoch = 1,
    cancel_delay: Annotated[
        int,
        typer.Option(
            "--cancel-delay",
            min=1,
            help="Seconds until a cancel takes effect; a batch is valid for less than that.",
        ),
    ] = 90,
    traders: Annotated[
        int, typer.Option("--traders", min=1, max=200, help="How many funded traders there are.")
    ] = 20,
    runtime: RuntimeVersion = None,
    weight_percent: WeightPercent = 100,
    deposit_percent: DepositPercent = 100,
    without: Without = None,
    accept_unverified: AcceptUnverified = False,
) -> None:
    """Run EVM chain with contracts, zkVerify node, aggregator and prover network; write an operator's files."""
    from zk_devnet.cli.devnet_files import write_devnet_files
    from zk_devnet.folder import claim_folder
    from zk_devnet.toolchain import find_toolchain
    from zk_devnet.up import Devnet, devnet_config, run_devnet

    toolchain = find_toolchain()
    claim_folder(folder)
    config = devnet_config(
        slots_in_an_epoch=slots_in_an_epoch, cancel_delay_s=cancel_delay, traders=traders
    )
    told = runtime_fields(
        version=runtime,
        weight_percent=weight_percent,
        deposit_percent=deposit_percent,
        without=without,
        accept_unverified=accept_unverified,
    )
    config = replace(config, zkverify=replace(config.zkverify, **told))

    async def serve(*, task_status: "TaskStatus[Devnet]") -> None:
        await run_devnet(config, toolchain=toolchain, task_status=task_status)

    def describe(devnet: Devnet) -> Mapping[str, object]:
        files = write_devnet_files(folder, devnet)
        return {
            "evm": devnet.evm.http_url,
            "evm_ws": devnet.evm.ws_url,
            "zkverify": devnet.zkverify_ws,
            "prover_network": devnet.prover.grpc_url,
            "artifacts": devnet.prover.http_url,
            "manager": "0x" + devnet.deployment.manager.hex(),
            **_pools(devnet.deployment),
            "deployment": files.deployment,
            "trader": f". {files.trader}",
            "next": f"zk-operator run --config {files.config}",
        }

    _run(serve, describe)


@app.command()
def evm(
    port: Port = 0,
    slots_in_an_epoch: Epoch = 1,
    block_time: EvmBlockTime = 1,
    deploy: Annotated[
        bool, typer.Option("--deploy/--no-deploy", help="Deploy the contracts as well.")
    ] = True,
) -> None:
    """Run the EVM chain alone, with the contracts and funded traders."""
    from zk_devnet.evm import anvil
    from zk_devnet.evm.anvil import AnvilConfig
    from zk_devnet.toolchain import find_toolchain

    toolchain = find_toolchain()
    config = AnvilConfig(port=port, slots_in_an_epoch=slots_in_an_epoch, block_time_s=block_time)

    async def serve(*, task_status: "TaskStatus[anvil.AnvilEndpoints]") -> None:
        await anvil.serve(config, toolchain, task_status=task_status)

    async def describe(endpoints: anvil.AnvilEndpoints) -> Mapping[str, object]:
        shown: dict[str, object] = {"evm": endpoints.http_url, "evm_ws": endpoints.ws_url}
        return {**shown, **(await _deployed(endpoints.http_url) if deploy else {})}

    _run(serve, describe)


@app.command()
def zkverify(
    port: Port = 0,
    block_time: BlockTime = 1.0,
    runtime: RuntimeVersion = None,
    weight_percent: WeightPercent = 100,
    deposit_percent: DepositPercent = 100,
    without: Without = None,
    accept_unverified: AcceptUnverified = False,
) -> None:
    """Run the zkVerify dev node alone: domain 0 is registered; nobody aggregates."""
    from zk_devnet.up import devnet_zkverify
    from zk_devnet.zkverify import ZkVerifyDevNode
    from zk_devnet.zkverify import serve as serve_node

    told = runtime_fields(
        version=runtime,
        weight_percent=weight_percent,
        deposit_percent=deposit_percent,
        without=without,
        accept_unverified=accept_unverified,
    )
    config = replace(devnet_zkverify(port=port, block_time_s=block_time), **told)

    async def serve(*, task_status: "TaskStatus[ZkVerifyDevNode]") -> None:
        await serve_node(config, task_status=task_status)

    def describe(node: ZkVerifyDevNode) -> Mapping[str, object]:
        genesis = "0x" + node.node.genesis_hash.hex()
        return {"zkverify": node.endpoint, "http": node.http_endpoint, "genesis_hash": genesis}

    _run(serve, describe)


@app.command("prover-network")
def prover_network(
    port: Port = 0,
    http_port: Annotated[
        int, typer.Option("--http-port", min=0, max=65_535, help="Of the artifact store.")
    ] = 0,
    mode: Annotated[NetworkMode, typer.Option("--mode", help="Which protocol.")] = (
        NetworkMode.MAINNET
    ),
    host: Annotated[
        Path | None,
        typer.Option("--host", exists=True, dir_okay=False, help=_HOST_HELP),
    ] = None,
    compressed_proofs: Annotated[
        bool,
        typer.Option("--compressed-proofs", help="Make and verify a real one first; needs --host."),
    ] = False,
    auction_s: Annotated[float, typer.Option("--auction", min=0, help="Seconds.")] = 0.5,
    proving_s: Annotated[float, typer.Option("--proving", min=0, help="Seconds.")] = 1.0,
) -> None:
    """Run the prover-network dev server alone: gRPC, and HTTP for artifacts and faults."""
    from zk_devnet.prover_network import server
    from zk_devnet.prover_network.config import ProverNetworkConfig, Timing
    from zk_devnet.prover_network.web import execution

    if compressed_proofs and host is None:
        raise typer.BadParameter("needs --host", param_hint="--compressed-proofs")
    config = ProverNetworkConfig(
        mode=mode,
        grpc_port=port,
        http_port=http_port,
        prover_host=host,
        compressed_proofs=compressed_proofs,
        timing=Timing(auction_s=auction_s, proving_s=proving_s),
    )

    async def serve(*, task_status: "TaskStatus[server.ProverNetworkEndpoints]") -> None:
        await server.serve(config, task_status=task_status)

    def describe(endpoints: server.ProverNetworkEndpoints) -> Mapping[str, object]:
        return {
            "executes": execution(config),
            "faults": f"zk-operator devnet fault prover list --endpoint {endpoints.http_url}",
            "prover_network": endpoints.grpc_url,
            "artifacts": endpoints.http_url,
        }

    _run(serve, describe)


@app.command("rpc-proxy")
def rpc_proxy(
    upstream: Annotated[
        str, typer.Option("--upstream", help="URL of the real endpoint (HTTP).")
    ] = "http://127.0.0.1:8545",
    listen: Annotated[
        str, typer.Option("--listen", metavar="HOST:PORT", help="Port 0 takes a free one.")
    ] = "127.0.0.1:0",
    faults: Annotated[
        list[str] | None,
        typer.Option(
            "--fault", metavar="NAME[:KEY=VALUE,...]", help="On at the start; repeatable."
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of everything that is random.")] = 1,
    list_faults: Annotated[
        bool, typer.Option("--list", help="Print every fault with its options, and end.")
    ] = False,
) -> None:
    """Put an endpoint that misbehaves on purpose in front of a real one."""
    from zk_devnet.cli.devnet_rpc_proxy import described, proxy_config
    from zk_devnet.rpc_proxy import RpcProxy
    from zk_devnet.rpc_proxy import serve as serve_proxy

    if list_faults:
        typer.echo(described())
        return
    config = proxy_config(upstream, listen, faults or [], seed)

    async def serve(*, task_status: "TaskStatus[RpcProxy]") -> None:
        await serve_proxy(config, task_status=task_status)

    def describe(proxy: RpcProxy) -> Mapping[str, object]:
        return {
            "evm": proxy.url,
            "upstream": upstream,
            **{f"fault {name}": text for name, text in proxy.panel.armed().items()},
            "faults": f"zk-operator devnet fault rpc list --endpoint {proxy.url}",
        }

    _run(serve, describe)


def _pools(deployment: "Deployment") -> Mapping[str, object]:
    """Each pool's id by its currencies, the one with number 0 first."""
    symbols = {token.address: token.symbol for token in deployment.tokens}
    return {
        f"pool {symbols[pool.currency0]}/{symbols[pool.currency1]}": "0x" + pool.pool_id.hex()
        for pool in deployment.pools
    }


async def _deployed(http_url: str) -> Mapping[str, object]:
    from zk_devnet.evm.deploy import DeployConfig, deploy
    from zk_devnet.evm.rpc import EvmRpc
    from zk_devnet.toolchain import find_toolchain

    async with EvmRpc(http_url) as rpc:
        made = await deploy(rpc, find_toolchain(), DeployConfig())
    return {
        "manager": "0x" + made.manager.hex(),
        "hook": "0x" + made.hook.hex(),
        "pool_manager": "0x" + made.pool_manager.hex(),
        "zkverify_contract": "0x" + made.zkverify.hex(),
    }


def _run(serve: Serve, describe: Callable[[Any], Any]) -> None:
    """Serve, print one `name: value` line per endpoint, and stop at a signal."""
    import inspect

    import anyio

    from zk_acts.runtime.logs import configure_logs
    from zk_operator.cli.serving import run_until_signal

    configure_logs(level="info", form="auto")

    async def work() -> None:
        async with anyio.create_task_group() as tasks:
            shown = describe(await tasks.start(serve))
            if inspect.isawaitable(shown):
                shown = await shown
            for name, value in shown.items():
                typer.echo(f"{name}: {value}")

    run_until_signal(work)
    typer.echo("stopped")
