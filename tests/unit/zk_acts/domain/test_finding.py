"""Findings of several endpoints together."""

import pytest

from zk_acts.domain.finding import Finding, Severity, together


def finding(target: str, check: str, severity: Severity) -> Finding:
    return Finding(target=target, check=check, severity=severity, found="x", cost="much")


@pytest.mark.parametrize("other", [Severity.OK, Severity.NOTE, Severity.WARNING])
def test_together__another_endpoint_can__a_warning(other: Severity) -> None:
    found = together([[finding("a", "logs", Severity.SEVERE)], [finding("b", "logs", other)]])

    assert [each.severity for each in found] == [Severity.WARNING, other]
    assert found[0].cost == "only while another endpoint works: much"


def test_together__another_endpoint_was_not_asked__stays_severe() -> None:
    found = together(
        [[finding("a", "logs", Severity.SEVERE)], [finding("b", "reachable", Severity.SEVERE)]]
    )

    assert {each.severity for each in found} == {Severity.SEVERE}


def test_together__an_inexcusable_check__stays_severe() -> None:
    endpoints = [[finding("a", "genesis", Severity.SEVERE)], [finding("b", "genesis", Severity.OK)]]

    found = together(endpoints, inexcusable={"genesis"})

    assert found[0].severity is Severity.SEVERE
