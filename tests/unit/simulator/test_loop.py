"""Virtual time: it passes when nothing else is left to do, and takes none itself."""

import time

import anyio
import anyio.lowlevel
import pytest

from zk_devnet.simulator.loop import Stalled, run_virtual


def test_sleep__a_day__is_over_at_once() -> None:
    async def main() -> float:
        await anyio.sleep(86_400)
        return anyio.current_time()

    began = time.monotonic()
    assert run_virtual(main) == 86_400
    assert time.monotonic() - began < 5


def test_timers__of_several_tasks__ring_in_order() -> None:
    rung: list[float] = []

    async def main() -> None:
        async def wait(seconds: float) -> None:
            await anyio.sleep(seconds)
            rung.append(anyio.current_time())

        async with anyio.create_task_group() as tasks:
            for seconds in (30.0, 10.0, 20.0):
                tasks.start_soon(wait, seconds)

    run_virtual(main)
    assert rung == [10.0, 20.0, 30.0]


def test_deadline__of_what_never_comes__is_met() -> None:
    async def main() -> float:
        with pytest.raises(TimeoutError), anyio.fail_after(7):
            await anyio.Event().wait()
        return anyio.current_time()

    assert run_virtual(main) == 7


def test_loop__everything_waits_for_nothing__says_so() -> None:
    async def main() -> None:
        await anyio.Event().wait()

    with pytest.raises(Stalled):
        run_virtual(main)


def test_loop__goes_round_without_time__says_so() -> None:
    async def main() -> None:
        while True:
            await anyio.lowlevel.checkpoint()

    with pytest.raises(Stalled):
        run_virtual(main)
