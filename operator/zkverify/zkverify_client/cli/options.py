"""What the `zkverify` verbs take from a command line, checked as it is read."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zk_acts.domain.ids import Hash32, parse_hex
from zk_acts.domain.money import parse_tokens, tokens

if TYPE_CHECKING:
    from zkverify_client.session import Target
    from zkverify_client.signing.signer import ZkVerifySigner

METADATA_FOLDER = Path("~/.cache/zk-operator/zkverify")
DEFAULT_STATE = Path("~/.local/state/zk-operator/zkverify.sqlite")


class Network(StrEnum):
    """Public zkVerify networks."""

    VOLTA = "volta"
    MAINNET = "mainnet"


ENDPOINTS = {
    Network.VOLTA: "wss://zkverify-volta-rpc.zkverify.io",
    Network.MAINNET: "wss://zkverify-rpc.zkverify.io",
}
SS58_PREFIXES = {Network.VOLTA: 251, Network.MAINNET: 8741}
GENESIS = {
    Network.VOLTA: "ff7fe5a610f15fe7a0c52f94f86313fb7db7d3786e7f8acf2b66c11d5be7c242",
    Network.MAINNET: "060e3dd3fa2904d031206bb913c954687a2bcc350e5a83d33d9e273ad21460f1",
}


def parse_hash(text: str) -> Hash32:
    """32 bytes of hex."""
    try:
        return Hash32(parse_hex(text, 32))
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no hex of 32 bytes: {error}") from None


def parse_bytes(text: str) -> bytes:
    """Any number of bytes in hex."""
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no hex") from None


def parse_account(text: str) -> bytes:
    """An ss58 address, or 32 bytes of hex."""
    if text.startswith("0x"):
        return parse_hash(text)
    from zkverify_client.signing.ss58 import account_of_address

    try:
        return account_of_address(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no address: {error}") from None


def parse_vfy(text: str) -> int:
    """Whole VFY, such as 0.5, in planck."""
    try:
        return parse_tokens(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text[:80]!r}: {error}") from None


def show_vfy(planck: int) -> str:
    """Planck as VFY."""
    return f"{tokens(planck)} VFY"


Endpoints = Annotated[
    list[str] | None,
    typer.Option(
        "--endpoint",
        envvar="ZKO_ZKVERIFY_ENDPOINT",
        help="WebSocket endpoint; repeatable, the preferred one first.",
    ),
]
NetworkName = Annotated[
    Network | None,
    typer.Option("--network", help="A public network: its genesis hash, and its public endpoint."),
]
Genesis = Annotated[
    Hash32 | None,
    typer.Option(
        "--genesis",
        parser=parse_hash,
        metavar="HASH",
        help="Refuse any other chain; without it, the first endpoint's is taken and printed.",
    ),
]
Account = Annotated[
    str,
    typer.Option(
        "--account",
        envvar="ZKO_ZKVERIFY_ACCOUNT",
        help="polkadot-js key JSON, or a development URI such as //Alice with --dev.",
    ),
]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        "--password-file", envvar="ZKO_PASSWORD_FILE", help="The key's password (mode 0600)."
    ),
]
Dev = Annotated[
    bool, typer.Option("--dev", help="Allow development URIs, whose secrets everybody knows.")
]
State = Annotated[
    Path,
    typer.Option(
        "--state", envvar="ZKO_ZKVERIFY_STATE", help="SQLite file with a row of every paid act."
    ),
]
Timeout = Annotated[
    float, typer.Option("--timeout", min=1.0, help="Seconds after which to give up waiting.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Have the node execute it on trial before it is sent.")
]
Tip = Annotated[
    int, typer.Option("--tip", min=0, help="In planck: lifts the extrinsic over others.")
]
DomainId = Annotated[int, typer.Option("--domain", min=0, max=2**32 - 1, help="The domain's id.")]
OptionalDomain = Annotated[
    int | None,
    typer.Option(
        "--domain",
        min=0,
        max=2**32 - 1,
        help="Aggregation domain; without one the proof is only verified.",
    ),
]
AggregationId = Annotated[int, typer.Option("--aggregation", min=1, help="Its id.")]
HashOrFile = Annotated[
    str | None,
    typer.Option("--vk", help="Its hash, groth16_vk.bin, or zkVerify's JSON; hex for SP1."),
]


def target_of(
    endpoints: Sequence[str] | None,
    network: Network | None,
    genesis: Hash32 | None,
    *,
    tip: int = 0,
    dry_run: bool = False,
) -> "Target":
    """The chain that the options name."""
    from zk_acts.runtime.logs import configure_logs
    from zkverify_client.adapters.channel import SubmissionPolicy
    from zkverify_client.session import Target

    configure_logs(level="error", form="auto")
    urls = tuple(endpoints or ([ENDPOINTS[network]] if network else []))
    if not urls:
        raise typer.BadParameter("give an --endpoint, or a --network", param_hint="--endpoint")
    if genesis is None and network is not None:
        genesis = parse_hash(GENESIS[network])
    return Target(
        endpoints=urls,
        genesis_hash=genesis,
        policy=SubmissionPolicy(tip=tip, dry_run=dry_run),
        metadata_folder=METADATA_FOLDER.expanduser(),
    )


def signer_of(account: str, password_file: Path | None, *, dev: bool) -> "ZkVerifySigner":
    """The key that the options name."""
    from zkverify_client.signing.signer import ZkVerifySigner, load_zkverify_key

    if account.startswith("//"):
        if not dev:
            raise typer.BadParameter(
                f"everybody has the key of {account}: only with --dev", param_hint="--account"
            )
        try:
            return ZkVerifySigner.from_development_uri(account)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--account") from None
    if password_file is None:
        raise typer.BadParameter("a key file needs it", param_hint="--password-file")
    return load_zkverify_key(Path(account), password_file)
