"""Which runtime the zkVerify dev node is: options of the verbs that start one."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

import typer

_VERSION = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})")
_MOST_PERCENT = 10_000


def parse_version(text: str) -> int:
    """1.6.2 as the runtime's number, 1006002."""
    found = _VERSION.fullmatch(text)
    if found is None:
        raise typer.BadParameter(f"{text!r} is no version such as 1.6.2")
    major, minor, patch = map(int, found.groups())
    return (major * 1_000 + minor) * 1_000 + patch


RuntimeVersion = Annotated[
    int | None,
    typer.Option(
        "--runtime",
        parser=parse_version,
        metavar="VERSION",
        help="Of zkVerify, such as 1.6.2. Before 1.3.0 there are no allow-lists, and fewer verifiers.",
    ),
]
WeightPercent = Annotated[
    int,
    typer.Option(
        "--weight-percent",
        min=1,
        max=_MOST_PERCENT,
        help="What zkVerify's weights cost of what they really do.",
    ),
]
DepositPercent = Annotated[
    int,
    typer.Option(
        "--deposit-percent",
        min=1,
        max=_MOST_PERCENT,
        help="What zkVerify's deposits are of the real ones.",
    ),
]
Without = Annotated[
    list[str] | None,
    typer.Option(
        "--without",
        metavar="METHOD",
        help="An RPC method that the zkVerify node does not have, such as payment_queryInfo; repeatable.",
    ),
]
AcceptUnverified = Annotated[
    bool,
    typer.Option(
        "--accept-unverified",
        help="Believe proofs that zkVerify's dev node cannot verify: SP1 5, and all but Groth16 over BN254.",
    ),
]


def runtime_fields(
    *,
    version: int | None,
    weight_percent: int,
    deposit_percent: int,
    without: list[str] | None,
    accept_unverified: bool,
) -> Mapping[str, Any]:
    """Fields of ZkVerifyNodeConfig."""
    from zk_devnet.zkverify import Sp1Policy, UnverifiedPolicy

    fields: dict[str, Any] = {
        "weight_percent": weight_percent,
        "deposit_percent": deposit_percent,
        "without": frozenset(without or ()),
    }
    if version is not None:
        fields["spec_version"] = version
    if accept_unverified:
        fields["sp1_policy"] = Sp1Policy.ACCEPT_UNVERIFIED
        fields["others_policy"] = UnverifiedPolicy.ACCEPT_UNVERIFIED
    return fields
