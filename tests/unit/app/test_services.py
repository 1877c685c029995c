"""Settings reach the services that they are for."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from zk_operator.app.services import Builder
from zk_operator.app.tools import WakeUps
from zk_operator.settings import load_settings

EXAMPLE = Path(__file__).parents[3] / "config" / "operator.example.toml"


def _anything() -> Any:
    """Ports that are only passed on."""
    return cast("Any", SimpleNamespace(source=None, reader=None, calls=None))


def test_builder__replacements_of_transactions__the_same_for_both_who_send_them() -> None:
    settings = load_settings(EXAMPLE, {}, {"evm.max_replacements": "3"}).settings
    anything = _anything()
    builder = Builder(
        settings=settings,
        terms=cast("Any", SimpleNamespace(signing_domain=None)),
        keys=cast("Any", SimpleNamespace(evm=None)),
        clients=cast("Any", SimpleNamespace(evm=anything)),
        store=cast("Any", SimpleNamespace(orders=None, batches=None)),
        acts=cast("Any", SimpleNamespace(transaction=None)),
        tools=cast(
            "Any",
            SimpleNamespace(
                clock=SimpleNamespace(chain=None), gate=SimpleNamespace(hold=lambda *_: None)
            ),
        ),
        wake_ups=WakeUps(),
        checks=cast("Any", None),
        transitions=cast("Any", None),
    )

    settler, reaper = builder.settler()._policy, builder.reaper()._policy

    assert settler.max_replacements == reaper.max_replacements == 3
    assert settler.replace_after_ms == reaper.replace_after_ms
