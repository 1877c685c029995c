"""`zkverify vk`: verifying keys."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zk_acts.cli.output import AsJson, print_json, print_table
from zk_acts.domain.acts import Purpose
from zk_acts.domain.ids import AccountId, Hash32, hex0x
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
    parse_hash,
    show_vfy,
    signer_of,
    target_of,
)
from zkverify_client.cli.request import ProofKind, vk_request
from zkverify_client.cli.words import show
from zkverify_client.cli.work import Deed, Wallet, act, pay, run, values

if TYPE_CHECKING:
    from zkverify_client.cli.progress import Narrator
    from zkverify_client.ports.zkverify import VkHolding
    from zkverify_client.services.vk_registrar import RegisteredVk
    from zkverify_client.session import Payer, Session

app = typer.Typer(no_args_is_help=True)
Keys = Annotated[
    list[str],
    typer.Argument(
        metavar="KEY",
        help="groth16_vk.bin of SP1, JSON of zkVerify or the prover's tool; for sp1 and risc0 the key in hex. Several at once.",
    ),
]
Own = Annotated[
    bool, typer.Option("--own", help="Register also what somebody else has registered already.")
]
VkHash = Annotated[
    Hash32, typer.Argument(parser=parse_hash, metavar="HASH", help="The key's hash, 0x-hex.")
]
Verifier = Annotated[ProofKind, typer.Option("--verifier", help="Whose key it is.")]


@app.command("list")
def list_keys(
    address: Annotated[
        AccountId,
        typer.Option("--address", parser=parse_account, metavar="ADDRESS", help="Whose keys."),
    ],
    endpoint: Endpoints = None,
    network: NetworkName = None,
    genesis: Genesis = None,
    as_json: AsJson = False,
) -> None:
    """The keys that an account has registered, with what is held for each."""
    from zkverify_client.domain.verifier import VerifierPallet

    async def look(session: "Session") -> "list[VkHolding]":
        registry = session.client.registry
        return [
            holding
            for pallet in VerifierPallet
            for holding in await registry.vks_of(address, pallet)
        ]

    found = run(target_of(endpoint, network, genesis), look, as_json=as_json)
    if as_json:
        print_json([values(holding) for holding in found])
        return
    rows = [(hex0x(h.vk_hash), h.pallet, h.holders, show_vfy(h.deposit or 0)) for h in found]
    print_table("verifying keys", ("hash", "pallet", "holders", "deposit"), rows)


@app.command()
def register(
    keys: Keys,
    account: Account,
    password_file: PasswordFile = None,
    dev: Dev = False,
    own: Own = False,
    verifier: Verifier = ProofKind.GROTH16,
    endpoint: Endpoints = None,
    network: NetworkName = None,
    genesis: Genesis = None,
    state: State = DEFAULT_STATE,
    tip: Tip = 0,
    dry_run: DryRun = False,
    timeout: Timeout = 180.0,
    as_json: AsJson = False,
) -> None:
    """Register keys, each at most once. A deposit is held for each; `estimate --vk` shows it before."""

    async def work(
        session: "Session", payer: "Payer", _narrator: "Narrator"
    ) -> "list[RegisteredVk]":
        wanted = [await vk_request(verifier, key, session.client) for key in keys]
        return list(await payer.registrar.register(wanted, own=own))

    done = pay(
        target_of(endpoint, network, genesis, tip=tip, dry_run=dry_run),
        Wallet(signer=signer_of(account, password_file, dev=dev), state=state, timeout_s=timeout),
        work,
        as_json=as_json,
    )
    if as_json:
        print_json([values(key) for key in done])
        return
    rows = [(hex0x(key.vk_hash), key.how, show_vfy(key.deposit)) for key in done]
    print_table("verifying keys", ("hash", "registered", "our deposit"), rows)


@app.command()
def unregister(
    vk_hash: VkHash,
    account: Account,
    password_file: PasswordFile = None,
    dev: Dev = False,
    verifier: Verifier = ProofKind.GROTH16,
    endpoint: Endpoints = None,
    network: NetworkName = None,
    genesis: Genesis = None,
    state: State = DEFAULT_STATE,
    tip: Tip = 0,
    dry_run: DryRun = False,
    timeout: Timeout = 180.0,
    as_json: AsJson = False,
) -> None:
    """Give up this account's registration and get the deposit back. The last holder's ends it for everybody."""
    from zkverify_client.ports.zkverify import UnregisterVk

    act(
        target_of(endpoint, network, genesis, tip=tip, dry_run=dry_run),
        Wallet(signer=signer_of(account, password_file, dev=dev), state=state, timeout_s=timeout),
        Deed(
            request=UnregisterVk(vk_hash=vk_hash, pallet=verifier.pallet),
            purpose=Purpose.UNREGISTER_VK,
            title="key unregistered",
        ),
        as_json=as_json,
    )


@app.command("hash")
def hash_of(
    file: Annotated[str, typer.Argument(metavar="KEY", help="As for register.")],
    verifier: Verifier = ProofKind.GROTH16,
    endpoint: Endpoints = None,
    network: NetworkName = None,
    genesis: Genesis = None,
    as_json: AsJson = False,
) -> None:
    """The hash under which zkVerify stores a key. Asks no chain for Groth16 over BN254; for the others, its metadata."""
    from zkverify_client.adapters.proof_file import read_vk

    if verifier is ProofKind.GROTH16 and not (endpoint or network):
        vk = read_vk(Path(file))
        shown: dict[str, object] = {"vk_hash": hex0x(vk.hash), "inputs": len(vk.vk.k) - 1}
        if vk.raw_hash != vk.hash:
            shown["as_in_the_file"] = hex0x(vk.raw_hash)
        show("verifying key", shown, as_json=as_json)
        return

    async def look(session: "Session") -> Hash32:
        request = await vk_request(verifier, file, session.client)
        return request.vk if isinstance(request, RegisterShrinkVk) else request.vk_hash

    from zkverify_client.ports.zkverify import RegisterShrinkVk

    found = run(target_of(endpoint, network, genesis), look, as_json=as_json)
    show("verifying key", {"vk_hash": hex0x(found)}, as_json=as_json)
