"""Questions asked at once: their answers, their errors, and what becomes of the others."""

import anyio
import pytest

from zk_operator.adapters.sp1.network.together import together
from zk_operator.domain.failures import ProverUnreachable


async def test_together__answers__are_there_at_the_end_and_in_the_time_of_the_slowest() -> None:
    met = anyio.Event()

    async def waits() -> str:
        await met.wait()
        return "slow"

    async def comes(number: int) -> int:
        met.set()
        return number + 1

    with anyio.fail_after(1):
        async with together() as questions:
            slow, quick = questions.ask(waits), questions.ask(comes, 1)
    assert (slow.value, quick.value) == ("slow", 2)


async def test_together__one_fails__its_error_leaves_as_itself_and_the_others_end() -> None:
    ended = []

    async def waits() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append(True)

    async def fails() -> None:
        raise ProverUnreachable(method="GetProofRequestParams")

    with pytest.raises(ProverUnreachable):
        async with together() as questions:
            questions.ask(waits)
            questions.ask(fails)
    assert ended == [True]


async def test_together__several_fail__one_error_leaves() -> None:
    async def fails() -> None:
        raise ProverUnreachable

    with pytest.raises(ProverUnreachable):
        async with together() as questions:
            questions.ask(fails)
            questions.ask(fails)


async def test_together__cancelled__is_no_error_of_a_question() -> None:
    async def waits() -> None:
        await anyio.sleep_forever()

    with anyio.move_on_after(0) as scope:
        async with together() as questions:
            questions.ask(waits)
    assert scope.cancelled_caught
