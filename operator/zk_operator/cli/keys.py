"""`zk-operator keys`: key files. A secret is never printed, and never taken from a command line."""

import typer

from zkverify_client.cli.keys import (
    KeyFile,
    KeyPassword,
    check_zkverify,
    create_zkverify,
    import_zkverify,
)

app = typer.Typer(no_args_is_help=True)


@app.command("create-evm")
def create_evm(path: KeyFile, password_file: KeyPassword) -> None:
    """Make a fresh secp256k1 key for the EVM chain or the prover network, as a V3 keystore; print its address."""
    from zk_acts.adapters.signing.secret_file import read_password
    from zk_acts.domain.ids import hex0x
    from zk_operator.adapters.signing.evm import create_evm_key

    typer.echo(hex0x(create_evm_key(path, read_password(password_file))))


@app.command("check-evm")
def check_evm(path: KeyFile, password_file: KeyPassword) -> None:
    """Open a V3 keystore and print its address."""
    from zk_acts.domain.ids import hex0x
    from zk_operator.adapters.signing.evm import load_evm_key

    typer.echo(hex0x(load_evm_key(path, password_file).address))


app.command("create-zkverify")(create_zkverify)
app.command("import-zkverify")(import_zkverify)
app.command("check-zkverify")(check_zkverify)
