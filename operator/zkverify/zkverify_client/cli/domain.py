"""`zkverify domain`: aggregation domains."""

from typing import TYPE_CHECKING, Annotated

import typer

from zk_acts.cli.output import AsJson, print_json, print_table
from zk_acts.domain.acts import Purpose
from zk_acts.domain.ids import AccountId
from zkverify_client.cli.options import (
    DEFAULT_STATE,
    Account,
    Dev,
    DryRun,
    Endpoints,
    Genesis,
    NetworkName,
    PasswordFile,
    State,
    Timeout,
    Tip,
    parse_account,
    parse_vfy,
    show_vfy,
    signer_of,
    target_of,
)
from zkverify_client.cli.work import Deed, Wallet, act, run, values
from zkverify_client.domain.aggregation_rules import AggregateRules, ProofRules

if TYPE_CHECKING:
    from zk_acts.ports.act import Included
    from zkverify_client.ports.zkverify import DomainInfo, DomainRequest, ZkVerifyDetail
    from zkverify_client.session import Session, Target

app = typer.Typer(no_args_is_help=True)
Domain = Annotated[int, typer.Argument(min=0, max=2**32 - 1, metavar="DOMAIN", help="Its id.")]
Fee = Annotated[int, typer.Option(parser=parse_vfy, metavar="VFY", help="Per aggregation, in VFY.")]
Accounts = Annotated[
    list[AccountId],
    typer.Option(
        "--submitter", parser=parse_account, metavar="ADDRESS", help="An account; repeatable."
    ),
]


@app.command("list")
def list_domains(
    endpoint: Endpoints = None,
    network: NetworkName = None,
    genesis: Genesis = None,
    as_json: AsJson = False,
) -> None:
    """All domains, with what is open in them."""

    async def look(session: "Session") -> "tuple[DomainInfo, ...]":
        return await session.client.registry.domains()

    found = run(target_of(endpoint, network, genesis), look, as_json=as_json)
    if as_json:
        print_json([values(domain) for domain in found])
        return
    columns = ("id", "state", "size", "queue", "who publishes", "who submits", "delivery", "open")
    print_table("domains", columns, [_row(domain) for domain in found])


@app.command()
def register(
    account: Account,
    size: Annotated[int, typer.Option(min=1, max=128, help="Proofs per aggregation.")],
    queue: Annotated[int, typer.Option(min=1, max=16, help="Full aggregations that wait.")] = 16,
    aggregate_rules: Annotated[
        AggregateRules, typer.Option(help="Who may publish besides the owner.")
    ] = AggregateRules.UNTRUSTED,
    proof_rules: Annotated[
        ProofRules, typer.Option(help="Who may submit proofs (runtime 1.3 and later).")
    ] = ProofRules.UNTRUSTED,
    delivery_fee: Fee = 0,
    owner_tip: Fee = 0,
    another: Annotated[
        bool, typer.Option("--another", help="Also where one was made with the same options.")
    ] = False,
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
    """Make a domain. Its deposit grows with size and queue, and is given back when it is unregistered.

    The same command again makes no second one: it carries on what was interrupted, or shows the domain that it made.
    """
    from zkverify_client.ports.zkverify import RegisterDomain

    request = RegisterDomain(
        size=size,
        queue=queue,
        aggregate_rules=aggregate_rules,
        proof_rules=proof_rules,
        delivery_fee=delivery_fee,
        owner_tip=owner_tip,
    )
    act(
        target_of(endpoint, network, genesis, tip=tip, dry_run=dry_run),
        Wallet(signer=signer_of(account, password_file, dev=dev), state=state, timeout_s=timeout),
        Deed(
            request=request,
            purpose=Purpose.REGISTER_DOMAIN,
            title="domain registered",
            again=another,
            stands=_still_exists,
        ),
        as_json=as_json,
    )


async def _still_exists(session: "Session", made: "Included[ZkVerifyDetail]") -> bool:
    """Whether the domain that was made before is there: one that was unregistered since is made anew."""
    from zk_acts.domain.details import DomainRegistered

    assert isinstance(made.detail, DomainRegistered)
    domain = await session.client.registry.domain(made.detail.domain_id)
    return domain is not None and domain.state != "Removed"


@app.command()
def hold(
    domain: Domain,
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
    """Take no more proofs, for good."""
    from zkverify_client.ports.zkverify import HoldDomain

    target = target_of(endpoint, network, genesis, tip=tip, dry_run=dry_run)
    wallet = Wallet(
        signer=signer_of(account, password_file, dev=dev), state=state, timeout_s=timeout
    )
    _change(target, wallet, HoldDomain(domain_id=domain), as_json=as_json)


@app.command()
def unregister(
    domain: Domain,
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
    """Remove a held domain, in which nothing is open any more, and get the deposit back."""
    from zkverify_client.ports.zkverify import UnregisterDomain

    target = target_of(endpoint, network, genesis, tip=tip, dry_run=dry_run)
    wallet = Wallet(
        signer=signer_of(account, password_file, dev=dev), state=state, timeout_s=timeout
    )
    request = UnregisterDomain(domain_id=domain)
    # Ids are never given again: a domain is removed once.
    _change(target, wallet, request, again=False, as_json=as_json)


@app.command()
def fees(
    domain: Domain,
    account: Account,
    delivery_fee: Fee,
    owner_tip: Fee = 0,
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
    """Set what each aggregation pays for its delivery, shared by its proofs."""
    from zkverify_client.ports.zkverify import SetDeliveryFees

    target = target_of(endpoint, network, genesis, tip=tip, dry_run=dry_run)
    wallet = Wallet(
        signer=signer_of(account, password_file, dev=dev), state=state, timeout_s=timeout
    )
    request = SetDeliveryFees(domain_id=domain, fee=delivery_fee, owner_tip=owner_tip)
    _change(target, wallet, request, as_json=as_json)


@app.command()
def allow(
    domain: Domain,
    account: Account,
    submitter: Accounts,
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
    """Put accounts on the domain's allow-list."""
    from zkverify_client.ports.zkverify import AllowSubmitters

    target = target_of(endpoint, network, genesis, tip=tip, dry_run=dry_run)
    wallet = Wallet(
        signer=signer_of(account, password_file, dev=dev), state=state, timeout_s=timeout
    )
    request = AllowSubmitters(domain_id=domain, accounts=tuple(submitter))
    _change(target, wallet, request, as_json=as_json)


@app.command()
def disallow(
    domain: Domain,
    account: Account,
    submitter: Accounts,
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
    """Take accounts off the domain's allow-list."""
    from zkverify_client.ports.zkverify import DisallowSubmitters

    target = target_of(endpoint, network, genesis, tip=tip, dry_run=dry_run)
    wallet = Wallet(
        signer=signer_of(account, password_file, dev=dev), state=state, timeout_s=timeout
    )
    request = DisallowSubmitters(domain_id=domain, accounts=tuple(submitter))
    _change(target, wallet, request, as_json=as_json)


def _change(
    target: "Target",
    wallet: Wallet,
    request: "DomainRequest",
    *,
    again: bool = True,
    as_json: bool,
) -> None:
    deed = Deed(request=request, purpose=Purpose.CHANGE_DOMAIN, title="domain changed", again=again)
    act(target, wallet, deed, as_json=as_json)


def _row(domain: "DomainInfo") -> tuple[object, ...]:
    waiting = ", ".join(f"{a.aggregation_id}: {a.size}/{a.capacity}" for a in domain.aggregations)
    return (
        domain.domain_id,
        domain.state,
        domain.size,
        domain.queue,
        domain.aggregate_rules,
        domain.proof_rules,
        show_vfy(domain.delivery_fee + domain.owner_tip),
        waiting or None,
    )
