"""zkVerify key files. A secret is never printed, and never taken from a command line."""

from pathlib import Path
from typing import Annotated

import typer

from zkverify_client.cli.options import SS58_PREFIXES, Network

app = typer.Typer(no_args_is_help=True)

KeyFile = Annotated[Path, typer.Argument(help="The key file.")]
KeyPassword = Annotated[
    Path, typer.Option("--password-file", help="File that holds the password (mode 0600).")
]
OnNetwork = Annotated[
    Network, typer.Option("--network", help="Whose address to show; the key is good for both.")
]


@app.command("create")
def create_zkverify(
    path: KeyFile, password_file: KeyPassword, network: OnNetwork = Network.VOLTA
) -> None:
    """Make a fresh sr25519 key for zkVerify, as polkadot-js encrypted JSON; print its address."""
    from zk_acts.adapters.signing.secret_file import read_password
    from zkverify_client.signing.signer import create_zkverify_key

    prefix = SS58_PREFIXES[network]
    typer.echo(create_zkverify_key(path, read_password(password_file), prefix=prefix))


@app.command("import")
def import_zkverify(
    path: KeyFile,
    password_file: KeyPassword,
    mnemonic_file: Annotated[
        Path, typer.Option("--mnemonic-file", help="File with the phrase's words (mode 0600).")
    ],
    derive: Annotated[
        str, typer.Option("--derive", help="Path below the phrase, such as //hard/soft.")
    ] = "",
    network: OnNetwork = Network.VOLTA,
) -> None:
    """Make a key file of a mnemonic phrase, as polkadot-js and wallets derive it; print its address."""
    from zk_acts.adapters.signing.secret_file import read_password
    from zkverify_client.signing.mnemonic import pair_of_phrase
    from zkverify_client.signing.signer import create_zkverify_key

    pair = pair_of_phrase(read_password(mnemonic_file), path=derive)
    prefix = SS58_PREFIXES[network]
    typer.echo(create_zkverify_key(path, read_password(password_file), pair=pair, prefix=prefix))


@app.command("check")
def check_zkverify(
    path: KeyFile, password_file: KeyPassword, network: OnNetwork = Network.VOLTA
) -> None:
    """Open a polkadot-js encrypted JSON and print its address."""
    from zkverify_client.signing.signer import load_zkverify_key

    typer.echo(load_zkverify_key(path, password_file).address(SS58_PREFIXES[network]))
