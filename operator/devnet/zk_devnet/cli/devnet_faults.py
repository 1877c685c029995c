"""`zk-operator devnet fault`: make a running dev server fail on purpose. Prints the server's answer as JSON."""

from collections.abc import Coroutine
from enum import StrEnum
from typing import Annotated, Any

import typer

from zk_acts.cli.output import print_json

app = typer.Typer(no_args_is_help=True)
zkverify = typer.Typer(no_args_is_help=True)
prover = typer.Typer(no_args_is_help=True)
rpc = typer.Typer(no_args_is_help=True)
app.add_typer(zkverify, name="zkverify", help="The zkVerify dev node.")
app.add_typer(prover, name="prover", help="The prover network.")
app.add_typer(rpc, name="rpc", help="The RPC proxy.")

Endpoint = Annotated[
    str, typer.Option("--endpoint", envvar="ZKO_DEV_ENDPOINT", help="The dev server's URL.")
]
Off = Annotated[bool, typer.Option("--off", help="End the fault.")]


class Fate(StrEnum):
    """What can happen to the next accepted extrinsic."""

    DROPPED = "dropped"
    INVALID = "invalid"
    USURPED = "usurped"
    LOST = "lost"


@zkverify.command()
def status(endpoint: Endpoint) -> None:
    """Heads, pool, faults that are on, and what the node does not verify."""
    _node(endpoint, "dev_status")


@zkverify.command()
def drop(endpoint: Endpoint) -> None:
    """Cut every WebSocket."""
    _node(endpoint, "dev_dropConnections")


@zkverify.command()
def delay(
    endpoint: Endpoint,
    seconds: Annotated[float, typer.Argument(min=0, help="0 ends the delay.")],
    method: Annotated[list[str] | None, typer.Option("--method", help="Only this one.")] = None,
) -> None:
    """Answer late: everything, or some methods."""
    if method:
        _switch(endpoint, methodDelaysS=dict.fromkeys(method, seconds))
    else:
        _switch(endpoint, rpcDelayS=seconds, methodDelaysS={})


@zkverify.command()
def silence(
    endpoint: Endpoint,
    methods: Annotated[list[str] | None, typer.Argument(help="None: answer again.")] = None,
) -> None:
    """Never answer some methods, as a half-open connection."""
    _switch(endpoint, silenced=methods or [])


@zkverify.command()
def garble(
    endpoint: Endpoint,
    methods: Annotated[list[str] | None, typer.Argument(help="None: answer rightly again.")] = None,
) -> None:
    """Answer some methods, over WebSockets, in a form that no real node gives."""
    _switch(endpoint, garbled=methods or [])


@zkverify.command()
def refuse(
    endpoint: Endpoint,
    code: Annotated[int, typer.Argument(help="As 1010, 1012, 1014, 1016.")],
    message: Annotated[str, typer.Argument()] = "Invalid Transaction",
    data: Annotated[str | None, typer.Option("--data", help="The error's data.")] = None,
    count: Annotated[
        int, typer.Option("--count", min=1, max=1_000, help="How many extrinsics.")
    ] = 1,
) -> None:
    """Answer the next extrinsics with an RPC error."""
    for _ in range(count):
        _node(endpoint, "dev_refuseNext", code, message, data)


@zkverify.command()
def fate(
    endpoint: Endpoint,
    what: Annotated[Fate, typer.Argument()],
    count: Annotated[
        int, typer.Option("--count", min=1, max=1_000, help="How many extrinsics.")
    ] = 1,
) -> None:
    """Accept the next extrinsics, then drop, invalidate, usurp or silently lose them."""
    for _ in range(count):
        _node(endpoint, "dev_fateOfNext", what.value)


@zkverify.command()
def retract(
    endpoint: Endpoint,
    depth: Annotated[int, typer.Argument(min=1, help="Blocks, down to the finalized one.")] = 1,
    lose: Annotated[bool, typer.Option("--lose", help="Their transactions vanish.")] = False,
) -> None:
    """Replace the last blocks by a longer branch."""
    _node(endpoint, "dev_retractBlocks", depth, lose)


@zkverify.command("finality-stall")
def finality_stall(endpoint: Endpoint, off: Off = False) -> None:
    """Let blocks come, but none become final."""
    _switch(endpoint, finalityStalled=not off)


@zkverify.command("production-pause")
def production_pause(endpoint: Endpoint, off: Off = False) -> None:
    """Author no blocks."""
    _switch(endpoint, productionPaused=not off)


@zkverify.command("pool-full")
def pool_full(endpoint: Endpoint, off: Off = False) -> None:
    """Answer every extrinsic with 1016, immediately dropped."""
    _switch(endpoint, poolFull=not off)


@zkverify.command("domain-full")
def domain_full(
    endpoint: Endpoint,
    domain: Annotated[int, typer.Argument(min=0)] = 0,
    queue: Annotated[int, typer.Option("--queue", min=0, max=16, help="0: full.")] = 0,
) -> None:
    """Let a domain take no further proofs; --queue 16 ends it."""
    _node(endpoint, "dev_setDomainQueue", domain, queue)


@zkverify.command()
def upgrade(
    endpoint: Endpoint, spec_version: Annotated[int, typer.Argument(min=1, max=2**32 - 1)]
) -> None:
    """Bring another runtime version with the next block."""
    _node(endpoint, "dev_upgradeRuntime", spec_version)


@zkverify.command()
def prune(
    endpoint: Endpoint,
    depth: Annotated[int, typer.Argument(min=0, help="Blocks kept behind the final one.")] = 0,
) -> None:
    """Drop old state now."""
    _node(endpoint, "dev_prune", depth)


@zkverify.command("clear")
def clear_node(endpoint: Endpoint) -> None:
    """End every fault: switches, delays, refusals and fates. Full domains, upgrades and pruned state stay."""
    _node(endpoint, "dev_clearFaults")


@prover.command("list")
def list_prover(endpoint: Endpoint) -> None:
    """What is armed, and every fault that can be."""
    _server(endpoint, "GET")


@prover.command()
def arm(
    endpoint: Endpoint,
    fault: Annotated[str, typer.Argument(help="A name from `list`.")],
    count: Annotated[
        int, typer.Option("--count", min=-1, help="Times; -1 until cleared, 0 disarms.")
    ] = 1,
    delay_s: Annotated[float, typer.Option("--delay", min=0, help="Seconds, for slow ones.")] = 0.0,
) -> None:
    """Let a fault strike."""
    _server(endpoint, "POST", {"fault": fault, "count": count, "delay_s": delay_s})


@prover.command("clear")
def clear_prover(endpoint: Endpoint) -> None:
    """Disarm everything."""
    _server(endpoint, "DELETE")


@rpc.command("list")
def list_rpc(endpoint: Endpoint) -> None:
    """What is armed, how often each fault has struck, and every fault that can be."""
    _server(endpoint, "GET")


@rpc.command("arm")
def arm_rpc(
    endpoint: Endpoint,
    fault: Annotated[str, typer.Argument(help="As --fault of `devnet rpc-proxy`.")],
) -> None:
    """Switch a fault on, or give one that is on other options."""
    _server(endpoint, "POST", {"fault": fault})


@rpc.command("clear")
def clear_rpc(
    endpoint: Endpoint,
    fault: Annotated[str | None, typer.Argument(help="Only this one, by its name.")] = None,
) -> None:
    """Switch faults off."""
    _server(endpoint, "DELETE", name=fault)


def _switch(endpoint: str, **faults: Any) -> None:
    _node(endpoint, "dev_setFaults", faults)


def _node(endpoint: str, method: str, *params: Any) -> None:
    from zk_devnet.remote_faults import tell_node

    _print(tell_node(endpoint, method, *params))


def _server(
    endpoint: str, verb: str, body: dict[str, Any] | None = None, *, name: str | None = None
) -> None:
    from zk_devnet.remote_faults import tell_server

    _print(tell_server(endpoint, verb, body, name=name))


def _print(answer: Coroutine[Any, Any, Any]) -> None:
    import anyio

    async def ask() -> Any:
        return await answer

    print_json(anyio.run(ask))
