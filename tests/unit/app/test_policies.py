"""Settings reach the services that they are for."""

from pathlib import Path

from zk_devnet.testing.scripted_chain import scripted_terms
from zk_operator.app.policies import reap_policy, settle_policy
from zk_operator.settings import load_settings

EXAMPLE = Path(__file__).parents[3] / "config" / "operator.example.toml"


def test_policies__replacements_of_transactions__the_same_for_both_who_send_them() -> None:
    settings = load_settings(EXAMPLE, {}, {"evm.max_replacements": "3"}).settings

    settler, reaper = settle_policy(settings, scripted_terms()), reap_policy(settings)

    assert settler.max_replacements == reaper.max_replacements == 3
    assert settler.replace_after_ms == reaper.replace_after_ms
