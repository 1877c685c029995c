"""What the `order` verbs take from a command line, checked as it is read."""

import secrets
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from zk_acts.domain.ids import parse_hex
from zk_operator.domain.ids import Address, OrderId, PoolId

_HASH_BYTES = 32
_SALT_BITS = 256
_GWEI = 10**9
_MOST_GWEI = 1e9  # a whole token per gas


class Via(StrEnum):
    """How an order gets in."""

    SIGNED = "signed"
    SWAP = "swap"


def _bytes(size: int) -> Callable[[str], bytes]:
    def parse(text: str) -> bytes:
        try:
            return parse_hex(text, size)
        except ValueError as error:
            raise typer.BadParameter(f"{text!r} is no hex of {size} bytes: {error}") from None

    return parse


def parse_address(text: str) -> bytes:
    """An EVM address; one of mixed case must carry the right EIP-55 checksum."""
    from zk_operator.domain.address import parse_address as parsed

    try:
        return parsed(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no hex of 20 bytes: {error}") from None


def parse_amount(text: str, *, in_tokens: bool, option: str) -> int | Decimal:
    """Smallest units as int, or whole tokens as Decimal; not negative."""
    try:
        amount = Decimal(text) if in_tokens else int(text)
        negative = amount < 0
    except (InvalidOperation, ValueError):
        hint = "a number" if in_tokens else "a whole number of smallest units (see --in-tokens)"
        raise typer.BadParameter(f"{text!r} is not {hint}", param_hint=option) from None
    if negative:
        raise typer.BadParameter(f"{text} is negative", param_hint=option)
    return amount


def fresh_salt() -> int:
    """Random, so that the same terms make another order."""
    return secrets.randbits(_SALT_BITS)


def fee_cap_wei(gwei: float) -> int:
    """The most to pay per gas."""
    if not 0 <= gwei <= _MOST_GWEI:
        raise typer.BadParameter(f"{gwei} is no fee", param_hint="--max-fee-gwei")
    return int(Decimal(str(gwei)) * _GWEI)


def parse_salt(text: str) -> int:
    """Decimal or 0x-hex; a uint256."""
    try:
        salt = int(text, 0)
    except ValueError:
        raise typer.BadParameter(f"{text[:80]!r} is no number") from None
    if salt < 0 or salt >> _SALT_BITS:
        raise typer.BadParameter(f"{text[:80]!r} is no number of {_SALT_BITS} bits")
    return salt


RpcUrls = Annotated[
    list[str],
    typer.Option("--rpc", envvar="ZKO_RPC", help="HTTP endpoint of the EVM chain; repeatable."),
]
Manager = Annotated[
    Address,
    typer.Option(
        "--manager",
        envvar="ZKO_MANAGER",
        parser=parse_address,
        metavar="ADDRESS",
        help="The OrderServiceManager.",
    ),
]
ChainId = Annotated[
    int | None,
    typer.Option(
        "--chain-id", min=1, help="Refuse any other chain; without it, the endpoint's is taken."
    ),
]
KeyFile = Annotated[
    Path, typer.Option("--key", envvar="ZKO_KEY_FILE", help="V3 keystore of the account.")
]
PasswordFile = Annotated[
    Path,
    typer.Option(
        "--password-file", envvar="ZKO_PASSWORD_FILE", help="Its password (file of mode 0600)."
    ),
]
MaxFee = Annotated[
    float, typer.Option("--max-fee-gwei", min=0.0, help="The most to pay per gas, in gwei.")
]
Timeout = Annotated[
    float, typer.Option("--timeout", min=0.0, help="Seconds to wait for each transaction.")
]
Poll = Annotated[float, typer.Option("--poll", min=0.01, help="Seconds between two looks.")]
FromBlock = Annotated[
    int,
    typer.Option(
        "--from-block", min=0, help="Search the order's events down to this block, newest first."
    ),
]
OrderIdArgument = Annotated[
    OrderId,
    typer.Argument(metavar="ORDER_ID", parser=_bytes(_HASH_BYTES), help="0x-hex, 32 bytes."),
]
PoolOption = Annotated[
    PoolId,
    typer.Option(
        "--pool",
        parser=_bytes(_HASH_BYTES),
        metavar="POOL_ID",
        help="The Uniswap v4 pool, 0x-hex of 32 bytes.",
    ),
]
Sell = Annotated[
    int, typer.Option("--sell", min=0, max=1, help="Which currency of the pool to sell: 0 or 1.")
]
Amount = Annotated[
    str, typer.Option("--amount", help="What to sell, in smallest units (or see --in-tokens).")
]
MinOut = Annotated[
    str, typer.Option("--min-out", help="The least payout, after the fee, in smallest units.")
]
InTokens = Annotated[
    bool,
    typer.Option("--in-tokens", help="Amounts are whole tokens, such as 1.5; decimals are read."),
]
Lifetime = Annotated[
    int, typer.Option("--deadline", min=1, help="Seconds from now until the order expires.")
]
Salt = Annotated[
    int | None,
    typer.Option("--salt", parser=parse_salt, metavar="NUMBER", help="Random if it is not given."),
]
ViaOption = Annotated[
    Via, typer.Option("--via", help="A signed order, or a swap through --router.")
]
Router = Annotated[
    Address | None,
    typer.Option(
        "--router",
        envvar="ZKO_ROUTER",
        parser=parse_address,
        metavar="ADDRESS",
        help="Swap router for --via swap: swap(PoolKey, bool, int256, bytes).",
    ),
]
Owner = Annotated[
    Address | None,
    typer.Option(
        "--owner",
        parser=parse_address,
        metavar="ADDRESS",
        help="Who is paid, with --via swap; the key's account if it is not given.",
    ),
]
Approve = Annotated[
    bool,
    typer.Option(
        "--approve/--no-approve", help="Approve exactly the amount where the allowance is too low."
    ),
]
Follow = Annotated[bool, typer.Option("--watch", help="Go on as `order watch` when it is placed.")]
Finalized = Annotated[
    bool, typer.Option("--finalized", help="End only when the order's end is finalized.")
]
