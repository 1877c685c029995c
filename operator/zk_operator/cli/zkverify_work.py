"""How the `zkverify` verbs run: a session with the chain, paid acts with rows, one way to print."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from zk_operator.cli.order_output import print_result
from zk_operator.cli.zkverify_options import show_vfy
from zk_operator.domain.ids import hex0x

if TYPE_CHECKING:
    from zk_operator.adapters.signing.zkverify import ZkVerifySigner
    from zk_operator.app.zkverify_session import Payer, Session, Target
    from zk_operator.cli.zkverify_progress import Narrator
    from zk_operator.ports.act import Included
    from zk_operator.ports.zkverify import ZkVerifyDetail, ZkVerifyRequest

T = TypeVar("T")
_AMOUNTS = frozenset({"deposit", "reward", "delivery_fee", "owner_tip", "paid", "fee", "hold"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """Who pays, where the rows are, and how long to wait."""

    signer: "ZkVerifySigner"
    state: Path
    timeout_s: float


def run(target: "Target", work: "Callable[[Session], Awaitable[T]]", *, as_json: bool) -> T:
    """Run one piece of work with a session. Says which chain it is, where nobody had said."""
    import anyio

    from zk_operator.app.zkverify_session import open_session

    async def main() -> T:
        async with open_session(target) as session:
            if target.genesis_hash is None and not as_json:
                typer.echo(f"chain {hex0x(session.genesis_hash)}", err=True)
            return await work(session)

    try:
        return anyio.run(main)
    except BaseExceptionGroup as group:
        raise _first(group) from None


def pay(
    target: "Target",
    purse: Purse,
    work: "Callable[[Session, Payer, Narrator], Awaitable[T]]",
    *,
    as_json: bool,
) -> T:
    """Run work that pays, and say on standard error how it goes. Errors: those of the work."""
    from zk_operator.cli.zkverify_progress import Narrator

    async def within(session: "Session") -> T:
        state, narrator = purse.state.expanduser(), Narrator()
        async with session.payer(
            [purse.signer], state, timeout_s=purse.timeout_s, report=narrator.tell
        ) as payer:
            return await work(session, payer, narrator)

    return run(target, within, as_json=as_json)


def act(
    target: "Target",
    purse: Purse,
    request: "ZkVerifyRequest",
    *,
    purpose: str,
    subject: str,
    title: str,
    as_json: bool,
) -> None:
    """Carry one act through and print what it came to."""

    async def work(
        _session: "Session", payer: "Payer", _narrator: "Narrator"
    ) -> "Included[ZkVerifyDetail]":
        return await payer.errand.run(
            purpose=purpose, subject=payer.subject(subject), request=request, again=True
        )

    print_result(title, outcome_json(pay(target, purse, work, as_json=as_json)), as_json=as_json)


def outcome_json(outcome: "Included[ZkVerifyDetail]") -> dict[str, object]:
    """What took effect, in which block, and what it cost (deposits and reserves included)."""
    paid = {"block": outcome.block_number, "paid": str(outcome.paid)}
    return {**values(outcome.detail), **paid, "paid_vfy": show_vfy(outcome.paid)}


def values(item: object) -> dict[str, object]:
    """A dataclass as JSON: bytes as 0x-hex, amounts in planck as decimal strings."""
    assert is_dataclass(item)
    assert not isinstance(item, type)
    return {field.name: _plain(field.name, getattr(item, field.name)) for field in fields(item)}


def _plain(name: str, value: object) -> object:
    if isinstance(value, bytes):
        return hex0x(value)
    if name in _AMOUNTS and isinstance(value, int):
        return str(value)
    if isinstance(value, (tuple, list, frozenset)):
        plain = [_plain("", item) for item in value]
        return sorted(map(str, plain)) if isinstance(value, frozenset) else plain
    if is_dataclass(value) and not isinstance(value, type):
        return values(value)
    return value


def flat(item: Mapping[str, object]) -> dict[str, object]:
    """For a person: long lists as their length."""
    return {
        name: f"{len(value)}" if isinstance(value, list) and len(value) > 3 else value
        for name, value in item.items()
    }


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
