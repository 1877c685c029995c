"""How the `zkverify` verbs run: a session with the chain, paid acts with rows, one way to print."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from zk_acts.domain.acts import Purpose
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.ids import hex0x
from zkverify_client.cli.options import show_vfy
from zkverify_client.cli.words import in_words, show

if TYPE_CHECKING:
    from zk_acts.ports.act import Included
    from zk_acts.services.task_runner import Progress
    from zkverify_client.cli.progress import Narrator
    from zkverify_client.ports.zkverify import ZkVerifyDetail, ZkVerifyRequest
    from zkverify_client.session import Payer, Session, Target
    from zkverify_client.signing.signer import ZkVerifySigner

T = TypeVar("T")
_AMOUNTS = frozenset({"deposit", "reward", "delivery_fee", "owner_tip", "paid", "fee", "hold"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """Who pays, where the rows are, and how long to wait."""

    signer: "ZkVerifySigner"
    state: Path
    timeout_s: float


def run(target: "Target", work: "Callable[[Session], Awaitable[T]]", *, as_json: bool) -> T:
    """Run one piece of work with a session. Says which chain it is, where nobody had said."""
    import anyio

    from zkverify_client.session import open_session

    async def main() -> T:
        async with open_session(target) as session:
            if target.genesis_hash is None and not as_json:
                typer.echo(f"chain {hex0x(session.genesis_hash)}", err=True)
            try:
                return await work(session)
            except OperatorError as error:
                raise in_words(error, await _prefix(session)) from error.__cause__

    try:
        return anyio.run(main)
    except BaseExceptionGroup as group:
        raise _first(group) from None


async def _prefix(session: "Session") -> int | None:
    """With which the chain's addresses begin; None where nobody can be asked any more."""
    try:
        return await session.client.registry.ss58_prefix()
    except OperatorError:
        return None


def pay(
    target: "Target",
    wallet: Wallet,
    work: "Callable[[Session, Payer, Narrator], Awaitable[T]]",
    *,
    as_json: bool,
) -> T:
    """Run work that pays, and say on standard error how it goes. Errors: those of the work."""
    from zk_acts.runtime.fault import asked_for
    from zkverify_client.cli.progress import Narrator

    async def within(session: "Session") -> T:
        state, narrator = wallet.state.expanduser(), Narrator()
        async with session.payer(
            [wallet.signer],
            state,
            timeout_s=wallet.timeout_s,
            report=narrator.tell,
            faults=asked_for(),
        ) as payer:
            return await work(session, payer, narrator)

    return run(target, within, as_json=as_json)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What a verb does to the chain, and how it says so."""

    request: "ZkVerifyRequest"
    purpose: Purpose
    title: str
    again: bool = True  # also where it was done before
    stands: "Callable[[Session, Included[ZkVerifyDetail]], Awaitable[bool]] | None" = None
    # whether what was done before still holds; else it is done again


def act(target: "Target", wallet: Wallet, deed: Deed, *, as_json: bool) -> None:
    """Carry one act through and print what it came to, or that there was nothing to do."""

    async def work(
        session: "Session", payer: "Payer", _narrator: "Narrator"
    ) -> tuple[str, dict[str, object]]:
        from zkverify_client.cli.already import already

        subject = payer.subject_of(deed.request)
        if not await _is_under_way(payer, deed.purpose, subject):
            note = await already(session.client.registry, deed.request, payer.accounts[0])
            if note is not None:
                return "nothing to do", {"sent": False, "note": note}
        done = await _carry(session, payer, deed, subject)
        assert done.outcome is not None
        title = "done before; nothing was sent" if done.was_done_before else deed.title
        return title, {"sent": not done.was_done_before, **outcome_json(done.outcome)}

    title, shown = pay(target, wallet, work, as_json=as_json)
    show(title, shown, as_json=as_json)


async def _is_under_way(payer: "Payer", purpose: Purpose, subject: str) -> bool:
    from zk_acts.domain.acts import LIVE_STATES

    return any(row.state in LIVE_STATES for row in await payer.acts.of(purpose, subject))


async def _carry(
    session: "Session", payer: "Payer", deed: Deed, subject: str
) -> "Progress[ZkVerifyDetail]":
    async def carry(*, again: bool) -> "Progress[ZkVerifyDetail]":
        return await payer.runner.carry(
            purpose=deed.purpose, subject=subject, request=deed.request, again=again
        )

    done = await carry(again=deed.again)
    if not done.was_done_before or done.outcome is None or deed.stands is None:
        return done
    return done if await deed.stands(session, done.outcome) else await carry(again=True)


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


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
