"""Waiting: what is asked again, what is not, and how it ends."""

from collections.abc import Sequence

import anyio
import pytest

from zk_operator.domain.failures import CallReverted, MalformedAnswer
from zk_trader.polling import Polling, WaitedInVain

EAGER = Polling(timeout_s=10, poll_s=0)


class Script:
    """A probe that gives, or raises, one thing after the other; then None for ever."""

    def __init__(self, answers: Sequence[object]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self) -> object:
        await anyio.lowlevel.checkpoint()
        self.asked += 1
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_wait__until_a_value__passes_over_nothing_and_transient_errors() -> None:
    script = Script([None, MalformedAnswer("odd"), None, "found", "later"])
    assert await EAGER.wait(script) == "found"
    assert script.asked == 4


async def test_wait__an_error_that_stays__ends_it() -> None:
    with pytest.raises(CallReverted):
        await EAGER.wait(Script([CallReverted(reason="no"), "never"]))


async def test_wait__in_vain__keeps_the_latest_error() -> None:
    short = Polling(timeout_s=0.01, poll_s=60)
    with pytest.raises(WaitedInVain) as caught:
        await short.wait(Script([MalformedAnswer("odd")]))
    assert isinstance(caught.value.last_error, MalformedAnswer)


async def test_wait__probe_that_hangs__ends_in_time() -> None:
    with pytest.raises(WaitedInVain) as caught:
        await Polling(timeout_s=0.01, poll_s=0).wait(anyio.sleep_forever)
    assert caught.value.last_error is None
