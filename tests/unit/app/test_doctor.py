"""Judgements of contract, accounts, domain and prover network, and the end of an examination."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from zk_acts.domain.finding import Finding, Severity
from zk_acts.domain.ids import AccountId, Hash32
from zk_devnet.testing.scripted_chain import scripted_terms
from zk_operator.app.doctor import EndpointsUnfit, require_fit
from zk_operator.app.doctor.common import judge_balance
from zk_operator.app.doctor.evm import judge_contract, judge_nonce
from zk_operator.app.doctor.prover import judge_admission, judge_price, judge_program
from zk_operator.app.doctor.zkverify import judge_domain
from zk_operator.settings import KNOWN_CIRCUITS, load_settings
from zkverify_client.ports.zkverify import DomainInfo

EXAMPLE = Path(__file__).parents[3] / "config" / "operator.example.toml"
SETTINGS = load_settings(EXAMPLE, {}).settings
FACTS = KNOWN_CIRCUITS["v6.1.0"]
TERMS = scripted_terms(
    zk_domain_id=SETTINGS.zkverify.domain_id,
    groth16_program_vkey=SETTINGS.prover.program_vkey,
    groth16_vk_hash=FACTS.zkverify_vk_hash,
    groth16_recursion_root=FACTS.recursion_root,
)
ME, OTHER = AccountId(b"\x01" * 32), AccountId(b"\x02" * 32)
DOMAIN = DomainInfo(
    domain_id=2,
    owner=OTHER,
    state="Ready",
    size=8,
    queue=16,
    aggregate_rules="Untrusted",
    proof_rules="Untrusted",
    delivery_owner=OTHER,
    delivery_fee=0,
    owner_tip=0,
    aggregations=(),
)


def test_judge_contract__agrees__ok_and_paused__a_warning() -> None:
    (agrees,) = judge_contract(SETTINGS, FACTS, TERMS)
    (paused,) = judge_contract(SETTINGS, FACTS, replace(TERMS, paused=True))
    timeout_s = int(SETTINGS.prover.proof_timeout_s)
    (hasty,) = judge_contract(SETTINGS, FACTS, replace(TERMS, cancel_delay_s=timeout_s))

    assert hasty.severity is Severity.WARNING
    assert (agrees.severity, paused.severity) == (Severity.OK, Severity.WARNING)


def test_judge_contract__two_differences__a_severe_line_for_each() -> None:
    terms = replace(TERMS, groth16_vk_hash=Hash32(b"\x09" * 32), allowed_signer=False)

    found = judge_contract(SETTINGS, FACTS, terms)

    assert [finding.check for finding in found] == ["contract vk_hash", "contract signer_allowed"]
    assert {finding.severity for finding in found} == {Severity.SEVERE}


@pytest.mark.parametrize(
    ("domain", "allowed", "severity"),
    [
        (DOMAIN, (), Severity.OK),
        (None, (), Severity.SEVERE),
        (replace(DOMAIN, state="Hold"), (), Severity.SEVERE),
        (replace(DOMAIN, proof_rules="OnlyOwner"), (), Severity.SEVERE),
        (replace(DOMAIN, proof_rules="OnlyOwner", owner=ME), (), Severity.OK),
        (replace(DOMAIN, proof_rules="OnlyAllowlisted"), (OTHER,), Severity.SEVERE),
        (replace(DOMAIN, proof_rules="OnlyAllowlisted"), (OTHER, ME), Severity.OK),
    ],
)
def test_judge_domain__by_state_and_rules(
    domain: DomainInfo | None, allowed: tuple[AccountId, ...], severity: Severity
) -> None:
    assert judge_domain(2, domain, ME, allowed).severity is severity


@pytest.mark.parametrize(
    ("judged", "severity"),
    [
        (lambda: judge_balance("a", "b", 2, 1, "fund"), Severity.OK),
        (lambda: judge_balance("a", "b", 1, 1, "fund"), Severity.WARNING),
        (lambda: judge_nonce("a", 7, 7), Severity.OK),
        (lambda: judge_nonce("a", 7, 9), Severity.WARNING),
        (lambda: judge_program("a", registered=True, has_key=False), Severity.OK),
        (lambda: judge_program("a", registered=False, has_key=True), Severity.NOTE),
        (lambda: judge_program("a", registered=False, has_key=False), Severity.SEVERE),
        (lambda: judge_price("a", None, 5), Severity.OK),
        (lambda: judge_price("a", 5, 5), Severity.OK),
        (lambda: judge_price("a", 6, 5), Severity.WARNING),
        (lambda: judge_admission("a", None), Severity.OK),
        (lambda: judge_admission("a", False), Severity.SEVERE),
    ],
)
def test_judge__accounts_and_prover(judged: Callable[[], Finding], severity: Severity) -> None:
    assert judged().severity is severity


@pytest.mark.parametrize("severity", [Severity.OK, Severity.NOTE, Severity.WARNING])
def test_require_fit__nothing_severe__passes(severity: Severity) -> None:
    require_fit([Finding(target="a", check="b", severity=severity, found="c")])


def test_require_fit__something_severe__names_it_and_ends_with_one() -> None:
    with pytest.raises(EndpointsUnfit, match="a: b") as caught:
        require_fit([Finding(target="a", check="b", severity=Severity.SEVERE, found="c")])

    assert caught.value.exit_code == 1
