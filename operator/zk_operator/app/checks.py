"""What is asked before money is spent, put together: the acts ask as well as the services that issue them."""

from dataclasses import dataclass
from functools import partial

from zk_operator.app.clients import Clients
from zk_operator.app.preflight import differences
from zk_operator.ports.chain import ContractTerms
from zk_operator.services.clock_watch import ClockWatch
from zk_operator.services.spend_check import SpendCheck
from zk_operator.services.terms_watch import TermsWatch
from zk_operator.services.tools import Tools
from zk_operator.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """Watches that are services too, and what asks them."""

    terms: TermsWatch
    clocks: ClockWatch
    spend: SpendCheck


def build_checks(
    agreed: ContractTerms, clients: Clients, settings: Settings, tools: Tools
) -> Checks:
    """`agreed`: what contract and configuration agreed on at the start."""
    compare = partial(differences, settings=settings, facts=clients.circuit.facts)
    terms = TermsWatch(tools, agreed=agreed, compare=compare)
    clocks = ClockWatch(tools)
    spend = SpendCheck(
        tools,
        terms=terms,
        clocks=clocks,
        see_at=settings.evm.see_at,
        spend_at=settings.evm.spend_at,
    )
    return Checks(terms=terms, clocks=clocks, spend=spend)
