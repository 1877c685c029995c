"""`zkverify submit|estimate|receipt|watch`: proofs and what becomes of them."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zk_acts.cli.output import AsJson
from zk_acts.domain.ids import Hash32, Statement, hex0x
from zkverify_client.cli.options import (
    DEFAULT_STATE,
    Account,
    AggregationId,
    Dev,
    DomainId,
    DryRun,
    Endpoints,
    Genesis,
    HashOrFile,
    NetworkName,
    OptionalDomain,
    PasswordFile,
    State,
    Timeout,
    Tip,
    parse_bytes,
    parse_hash,
    show_vfy,
    signer_of,
    target_of,
)
from zkverify_client.cli.request import ProofKind, ProofOptions, Until, proof_request, vk_request
from zkverify_client.cli.words import show
from zkverify_client.cli.work import Wallet, pay, run, values

if TYPE_CHECKING:
    from zkverify_client.adapters.estimate import Estimate
    from zkverify_client.adapters.follow import SeenEvent
    from zkverify_client.domain.receipt import AggregationReceipt
    from zkverify_client.session import Session

Kind = Annotated[
    ProofKind, typer.Argument(help="Which verifier; sp1 is for shrink proofs of SP1 5.")
]
ProofFile = Annotated[
    Path,
    typer.Option(
        "--proof",
        help="SP1's on-chain form; JSON of zkVerify, snarkjs, gnark or arkworks; a shrink proof of SP1's; JSON {proof, pubs, vk} for the others.",
    ),
]
ProgramVkey = Annotated[
    Hash32 | None,
    typer.Option(
        "--program-vkey",
        parser=parse_hash,
        metavar="HEX",
        help="The SP1 program's key, for the on-chain form.",
    ),
]
Pubs = Annotated[
    bytes | None,
    typer.Option("--pubs", parser=parse_bytes, metavar="HEX", help="The public values."),
]
Public = Annotated[
    Path | None,
    typer.Option(
        "--public", help="snarkjs's public.json: a list, where the proof's file has none."
    ),
]
StatementOption = Annotated[
    Statement,
    typer.Option("--statement", parser=parse_hash, metavar="HEX", help="The proof's statement."),
]
FromBlock = Annotated[
    int, typer.Option("--from-block", min=0, help="Where to look first: the proof's own block.")
]


def submit(
    kind: Kind,
    proof: ProofFile,
    account: Account,
    vk: HashOrFile = None,
    pubs: Pubs = None,
    program_vkey: ProgramVkey = None,
    public: Public = None,
    domain: OptionalDomain = None,
    until: Annotated[
        Until | None,
        typer.Option(
            help="How far to wait. Default: published with a domain, final without.",
            show_default=False,
        ),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Pay again for a statement that was verified before.")
    ] = False,
    password_file: PasswordFile = None,
    dev: Dev = False,
    endpoint: Endpoints = None,
    network: NetworkName = None,
    genesis: Genesis = None,
    state: State = DEFAULT_STATE,
    tip: Tip = 0,
    dry_run: DryRun = False,
    timeout: Timeout = 600.0,
    as_json: AsJson = False,
) -> None:
    """Have a proof verified, once. Interrupted, the same command goes on where it was."""
    from zkverify_client.cli.submission import Submission

    if until is Until.PUBLISHED and domain is None:
        raise typer.BadParameter(
            "a proof without a --domain is not published", param_hint="--until"
        )
    submission = Submission(
        options=ProofOptions(
            kind=kind,
            file=proof,
            vk=vk,
            pubs=pubs,
            program_vkey=program_vkey,
            domain_id=domain,
            public=public,
        ),
        until=until or (Until.FINAL if domain is None else Until.PUBLISHED),
        again=again,
        timeout_s=timeout,
    )
    report = pay(
        target_of(endpoint, network, genesis, tip=tip, dry_run=dry_run),
        Wallet(signer=signer_of(account, password_file, dev=dev), state=state, timeout_s=timeout),
        submission.run,
        as_json=as_json,
    )
    show(report.title, report.shown, as_json=as_json)
    if report.missing is not None:
        raise report.missing


def estimate(
    kind: Kind = ProofKind.GROTH16,
    proof: Annotated[Path | None, typer.Option("--proof", help="A proof, as for submit.")] = None,
    vk: HashOrFile = None,
    pubs: Pubs = None,
    program_vkey: ProgramVkey = None,
    public: Public = None,
    domain: OptionalDomain = None,
    endpoint: Endpoints = None,
    network: NetworkName = None,
    genesis: Genesis = None,
    as_json: AsJson = False,
) -> None:
    """What submitting a proof (--proof), or registering a key (--vk FILE), would cost; signs nothing."""
    options = (
        None
        if proof is None
        else ProofOptions(
            kind=kind,
            file=proof,
            vk=vk,
            pubs=pubs,
            program_vkey=program_vkey,
            domain_id=domain,
            public=public,
        )
    )
    if options is None and vk is None:
        raise typer.BadParameter("give a --proof or a --vk", param_hint="--proof")

    async def look(session: "Session") -> "Estimate":
        if options is None:
            wanted = await vk_request(kind, vk or "", session.client)
            return await session.client.estimator.estimate(wanted)
        request = await proof_request(options, session.client, None)
        return await session.client.estimator.estimate(request)

    found = run(target_of(endpoint, network, genesis), look, as_json=as_json)
    shown = {
        **values(found),
        "total": str(found.total),
        "fee_vfy": show_vfy(found.fee),
        "hold_vfy": show_vfy(found.hold),
        "total_vfy": show_vfy(found.total),
    }
    show("estimate", shown, as_json=as_json)


def receipt(
    domain: DomainId,
    aggregation: AggregationId,
    statement: StatementOption,
    from_block: FromBlock,
    endpoint: Endpoints = None,
    network: NetworkName = None,
    genesis: Genesis = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait until the aggregation is published.")
    ] = False,
    timeout: Timeout = 600.0,
    as_json: AsJson = False,
) -> None:
    """An aggregation's root and a statement's path under it, verified here. Exit code 4: not published (yet)."""
    from zk_acts.domain.details import Aggregation
    from zkverify_client.adapters.verdicts import DomainUnknown
    from zkverify_client.cli.progress import Narrator
    from zkverify_client.services.receipt_wait import NotPublished

    narrator = Narrator()

    async def look(session: "Session") -> "AggregationReceipt":
        block = await session.client.registry.block(from_block)
        if block is None:
            raise typer.BadParameter("the chain has no such block", param_hint="--from-block")
        wanted = Aggregation(
            statement=statement,
            domain_id=domain,
            aggregation_id=aggregation,
            block_number=block.number,
            block_hash=block.hash,
        )
        if (found := await session.client.reader.receipt(wanted)) is not None:
            return found
        if await session.client.registry.domain(domain) is None:
            raise DomainUnknown("there is no such domain", domain_id=domain)
        if not wait:
            raise NotPublished(domain_id=domain, aggregation_id=aggregation)
        return await session.receipt(
            wanted,
            timeout_s=timeout,
            report=lambda trouble: narrator.waiting(wanted, trouble),
        )

    found = run(target_of(endpoint, network, genesis), look, as_json=as_json)
    show("receipt", values(found), as_json=as_json)


def watch(
    domain: OptionalDomain = None,
    from_block: Annotated[
        int | None, typer.Option("--from-block", min=0, help="Default: the finalized head.")
    ] = None,
    until_block: Annotated[
        int | None, typer.Option("--until-block", min=0, help="Stop after this block.")
    ] = None,
    endpoint: Endpoints = None,
    network: NetworkName = None,
    genesis: Genesis = None,
    as_json: AsJson = False,
) -> None:
    """Proofs, aggregations, keys and domains as they are finalized, one event a line; no block is skipped."""

    async def follow(session: "Session") -> None:
        first = from_block
        if first is None:
            first = await session.client.reader.finalized_head()
        async for number, events in session.client.events.follow(first):
            for seen in events:
                if domain is None or seen.of_domain(domain):
                    _print_event(seen, as_json=as_json)
            if until_block is not None and number >= until_block:
                return

    run(target_of(endpoint, network, genesis), follow, as_json=as_json)


def _print_event(seen: "SeenEvent", *, as_json: bool) -> None:
    event = seen.event
    if as_json:
        line = {
            "block": seen.block_number,
            "block_hash": hex0x(seen.block_hash),
            "extrinsic": event.extrinsic,
            "event": f"{event.pallet}.{event.name}",
            "fields": dict(event.fields),
        }
        typer.echo(json.dumps(line))
        return
    shown = " ".join(f"{name}={value}" for name, value in event.fields.items())
    typer.echo(f"{seen.block_number} {event.pallet}.{event.name} {shown}")
