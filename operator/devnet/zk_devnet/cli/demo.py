"""`zk-operator demo`: everything at once, on chains of its own, and every token accounted for."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from zk_devnet.cli.demo_run.run import DemoConfig
    from zk_devnet.cli.demo_run.summary import DemoResult

_INTERRUPTED = 130


def demo(
    orders: Annotated[int, typer.Option(min=1, max=5_000, help="How many orders.")] = 100,
    traders: Annotated[int, typer.Option(min=1, max=200, help="How many traders.")] = 20,
    seed: Annotated[int, typer.Option(help="The same seed places the same orders.")] = 1,
    summary: Annotated[
        Path | None, typer.Option(help="Write the summary as JSON into this file.")
    ] = None,
    folder: Annotated[Path, typer.Option("--dir", help="Configuration, keys, logs.")] = Path(
        ".demo"
    ),
    timeout: Annotated[float, typer.Option(min=1, help="Seconds until all must have ended.")] = 240,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the folder with logs and database.")
    ] = False,
    prover_host: Annotated[
        Path | None,
        typer.Option(help="Run the batch program on SP1's executor, with this zk-operator-prover."),
    ] = None,
    compressed: Annotated[
        bool,
        typer.Option(
            "--compressed",
            help="Make a real compressed proof of every batch (with --prover-host; 16 GB, 15 minutes each).",
        ),
    ] = False,
    circuits: Annotated[
        Path | None,
        typer.Option(
            help="SP1's Groth16 circuit files under a setup of one's own: the operator proves with them itself"
            " (with --prover-host; 48 GB).",
        ),
    ] = None,
) -> None:
    """Run a devnet, the daemon and traders; audit the chain. Exit code 0 only if everything is as it must be."""
    if compressed and prover_host is None:
        raise typer.BadParameter("--compressed needs --prover-host")
    if circuits is not None and (prover_host is None or compressed):
        raise typer.BadParameter("--circuits needs --prover-host, and excludes --compressed")
    from zk_devnet.cli.demo_run.run import DemoConfig
    from zk_devnet.folder import claim_folder, remove_folder
    from zk_devnet.toolchain import find_toolchain
    from zk_devnet.traffic.plan import TrafficConfig
    from zk_devnet.up import devnet_config

    toolchain = find_toolchain()
    claim_folder(folder)
    devnet = devnet_config(traders=traders)
    config = DemoConfig(
        folder=folder,
        toolchain=toolchain,
        devnet=devnet,
        traffic=TrafficConfig(orders=orders, traders=traders, seed=seed),
        timeout_s=timeout,
    )
    result = _run(_proving(config, prover_host, circuits, compressed=compressed))
    _report(result, summary, folder)
    if not keep:
        remove_folder(folder)
    typer.echo("demo: passed")


def _proving(
    config: "DemoConfig", host: Path | None, circuits: Path | None, *, compressed: bool
) -> "DemoConfig":
    """The run with the proofs that were asked for."""
    from zk_devnet.cli.demo_run.own_circuit import own_proving
    from zk_devnet.cli.demo_run.run import (
        with_compressed_proofs,
        with_own_circuit,
        with_real_pace,
    )

    if host is not None and circuits is not None:
        return with_real_pace(with_own_circuit(config, own_proving(host, circuits)))
    devnet = replace(config.devnet, prover=replace(config.devnet.prover, prover_host=host))
    config = replace(config, devnet=devnet)
    return with_compressed_proofs(config) if compressed else config


def _run(config: "DemoConfig") -> "DemoResult":
    """The devnet's log goes to a file of its own; Ctrl-C ends everything in order."""
    from zk_acts.runtime.logs import configure_logs
    from zk_devnet.cli.demo_run.run import run_demo
    from zk_operator.cli.serving import run_until_signal

    async def work() -> "DemoResult":
        return await run_demo(config)

    with (config.folder / "devnet.log").open("w") as log_file:
        configure_logs(level="info", form="json", stream=log_file)
        result = run_until_signal(work)
        configure_logs(level="info", form="auto")
    if result is None:
        typer.echo("interrupted", err=True)
        raise typer.Exit(_INTERRUPTED)
    return result


def _report(result: "DemoResult", summary: Path | None, folder: Path) -> None:
    """Print and write the summary; end with 1 if something is not as it must be."""
    from zk_devnet.cli.demo_run.summary import print_summary, summary_json

    print_summary(result)
    if summary:
        summary.write_text(json.dumps(summary_json(result), indent=2) + "\n")
    failures = result.failures()
    for error in failures:
        typer.echo(f"error: {error}", err=True)
    if failures:
        typer.echo(f"logs: {folder}/operator.log, {folder}/devnet.log", err=True)
        typer.echo("demo: failed")
        raise typer.Exit(1)
