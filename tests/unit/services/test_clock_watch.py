"""The alert for clocks that disagree."""

from zk_devnet.testing.manual_clock import ManualClock
from zk_devnet.testing.scripted_chain import ScriptedChain
from zk_operator.domain.chain_event import BlockRef, BlockTag
from zk_operator.domain.ids import Hash32
from zk_operator.runtime.health import HealthBoard
from zk_operator.services.clock_watch import MOST_SKEW_S, ClockWatch


class FixedHead(ScriptedChain):
    """A chain whose head has one time."""

    async def head(self, tag: BlockTag) -> BlockRef:
        return BlockRef(
            number=7, hash=Hash32(bytes(32)), parent_hash=Hash32(bytes(32)), timestamp=10_000
        )


def watch(now_s: int) -> tuple[ClockWatch, ManualClock, HealthBoard]:
    clock = ManualClock(now_s * 1000)
    board = HealthBoard(clock=clock)
    return ClockWatch(source=FixedHead(), clock=clock, board=board), clock, board


async def test_clock__within_the_limit__no_alert() -> None:
    for skew in (-MOST_SKEW_S, 0, MOST_SKEW_S):
        service, _, board = watch(10_000 + skew)
        await service.tick()
        assert board.alerts == {}


async def test_clock__too_far_apart__alert_until_it_agrees() -> None:
    service, clock, board = watch(10_000 - MOST_SKEW_S - 1)

    await service.tick()
    assert "clock" in board.alerts

    clock.advance(60_000)
    await service.tick()
    assert board.alerts == {}


async def test_clock__head_too_old__alert() -> None:
    service, _, board = watch(10_000 + MOST_SKEW_S + 1)

    await service.tick()

    assert "121 s behind" in board.alerts["clock"]
