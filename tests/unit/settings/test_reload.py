"""A reload: live keys are taken, static ones are named, contradictions change nothing."""

from pathlib import Path

import pytest

from zk_operator.settings import load_settings, plan_reload, redacted
from zk_operator.settings.errors import ContradictoryConfig

EXAMPLE = Path(__file__).parents[3] / "config" / "operator.example.toml"
OLD = load_settings(EXAMPLE, {}).settings


def test_plan_reload__nothing_changed__the_same_settings() -> None:
    plan = plan_reload(OLD, load_settings(EXAMPLE, {}).settings)

    assert (plan.settings, plan.applied, plan.refused) == (OLD, (), ())


def test_plan_reload__a_live_and_a_static_key__only_the_live_one_is_taken() -> None:
    new = load_settings(
        EXAMPLE, {}, {"prover.network.price_percent": 150, "evm.chain_id": 5}
    ).settings

    plan = plan_reload(OLD, new)

    assert plan.applied == ("prover.network.price_percent",)
    assert plan.refused == ("evm.chain_id",)
    assert plan.settings.prover.network.price_percent == 150
    assert plan.settings.evm == OLD.evm
    assert plan_reload(plan.settings, new).applied == ()


def test_plan_reload__a_live_value_against_a_static_one_that_stays__refused_as_a_whole() -> None:
    """The file is consistent in itself; what would be in effect is not."""
    flags: dict[str, object] = {"timing.tick_s": 50, "timing.lease_ttl_s": 300}
    new = load_settings(EXAMPLE, {}, flags).settings

    with pytest.raises(ContradictoryConfig, match="lease"):
        plan_reload(OLD, new)


def test_plan_reload__other_priority_rules__taken_and_shown_as_they_are_written() -> None:
    rule = '[{priority = "low", min_fee = "0.5"}]'
    new = load_settings(EXAMPLE, {}, {"batching.priorities": rule}).settings

    plan = plan_reload(OLD, new)

    assert plan.applied == ("batching.priorities",)
    assert plan.settings.batching.priorities == new.batching.priorities
    shown = redacted(plan.settings)["batching.priorities"]
    assert shown == [{"min_fee": "0.5", "priority": "low"}]
