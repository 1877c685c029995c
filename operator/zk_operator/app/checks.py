"""What is asked before money is spent, put together: the acts ask as well as the services that issue them."""

from dataclasses import dataclass
from functools import partial

from zk_operator.adapters.storage.sqlite_store import SqliteStore
from zk_operator.app.clients import Clients
from zk_operator.app.preflight import differences
from zk_operator.app.tools import Tools, WakeUps
from zk_operator.ports.chain import ContractTerms
from zk_operator.services.clock_watch import ClockWatch
from zk_operator.services.spend_check import SpendCheck
from zk_operator.services.terms_watch import TermsWatch
from zk_operator.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """Watches that are services too, and what asks them."""

    terms: TermsWatch
    clocks: ClockWatch
    spend: SpendCheck


def build_checks(
    agreed: ContractTerms,
    clients: Clients,
    store: SqliteStore,
    settings: Settings,
    tools: Tools,
    *,
    wake_ups: WakeUps,
) -> Checks:
    """`agreed`: what contract and configuration agreed on at the start."""
    source, reader = clients.evm.source, clients.evm.reader
    terms = TermsWatch(
        source=source,
        reader=reader,
        chain=store.chain,
        agreed=agreed,
        compare=partial(differences, settings=settings, facts=clients.circuit.facts),
        gate=tools.gate,
        telemetry=tools.telemetry,
        board=tools.board,
        wake_up=wake_ups.terms,
    )
    clocks = ClockWatch(source=source, clock=tools.clock, board=tools.board, gate=tools.gate)
    spend = SpendCheck(
        source=source,
        reader=reader,
        chain=store.chain,
        terms=terms,
        clocks=clocks,
        see_at=settings.evm.see_at,
        spend_at=settings.evm.spend_at,
        gate=tools.gate,
    )
    return Checks(terms=terms, clocks=clocks, spend=spend)
