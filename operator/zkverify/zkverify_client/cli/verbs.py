"""`zkverify`: a tool for any zkVerify chain. Needs an endpoint, and an account to pay; no operator."""

from typing import TYPE_CHECKING, Annotated

import typer

from zk_acts.cli.output import AsJson
from zk_acts.domain.acts import Purpose
from zk_acts.domain.ids import AccountId, hex0x
from zkverify_client.cli import domain as domain_verbs
from zkverify_client.cli import proof, vk
from zkverify_client.cli.options import (
    DEFAULT_STATE,
    Account,
    AggregationId,
    Dev,
    DomainId,
    DryRun,
    Endpoints,
    Genesis,
    NetworkName,
    PasswordFile,
    State,
    Timeout,
    Tip,
    parse_account,
    show_vfy,
    signer_of,
    target_of,
)
from zkverify_client.cli.words import show
from zkverify_client.cli.work import Deed, Wallet, act, run

if TYPE_CHECKING:
    from zkverify_client.session import Session

app = typer.Typer(no_args_is_help=True)
app.add_typer(vk.app, name="vk", help="Verifying keys: list, register, unregister.")
app.add_typer(domain_verbs.app, name="domain", help="Aggregation domains.")
app.command("submit")(proof.submit)
app.command("estimate")(proof.estimate)
app.command("receipt")(proof.receipt)
app.command("watch")(proof.watch)


@app.command()
def status(
    endpoint: Endpoints = None,
    network: NetworkName = None,
    genesis: Genesis = None,
    address: Annotated[
        AccountId | None,
        typer.Option(parser=parse_account, metavar="ADDRESS", help="Show this account, too."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The chain's heads and runtime, the endpoints' health, and an account's balance."""

    async def look(session: "Session") -> dict[str, object]:
        seen = await session.client.registry.status()
        shown: dict[str, object] = {
            "genesis": hex0x(seen.genesis),
            "spec_name": seen.version.spec_name,
            "spec_version": seen.version.spec_version,
            "best": seen.best.number,
            "finalized": seen.finalized.number,
            "endpoints": {
                health.name: "unused" if health.latency_s is None else f"{health.latency_s:.3f} s"
                for health in session.client.pool.health()
            },
        }
        if address is not None:
            account = await session.client.registry.account(address)
            shown["account"] = {
                "nonce": account.nonce,
                "free": str(account.free),
                "reserved": str(account.reserved),
                "free_vfy": show_vfy(account.free),
                "reserved_vfy": show_vfy(account.reserved),
            }
        return shown

    show(
        "zkVerify",
        run(target_of(endpoint, network, genesis), look, as_json=as_json),
        as_json=as_json,
    )


@app.command()
def aggregate(
    domain: DomainId,
    aggregation: AggregationId,
    account: Account,
    password_file: PasswordFile = None,
    dev: Dev = False,
    endpoint: Endpoints = None,
    network: NetworkName = None,
    genesis: Genesis = None,
    state: State = DEFAULT_STATE,
    tip: Tip = 0,
    dry_run: DryRun = False,
    timeout: Timeout = 180.0,
    as_json: AsJson = False,
) -> None:
    """Publish an aggregation; its submitters' reserves are paid to the account."""
    from zkverify_client.ports.zkverify import Publish

    act(
        target_of(endpoint, network, genesis, tip=tip, dry_run=dry_run),
        Wallet(signer=signer_of(account, password_file, dev=dev), state=state, timeout_s=timeout),
        Deed(
            request=Publish(domain_id=domain, aggregation_id=aggregation),
            purpose=Purpose.PUBLISH,
            title="aggregation published",
            again=False,  # it can be published once
        ),
        as_json=as_json,
    )
