"""Places at which services may wait: read from their code, and known again in a suspended frame."""

import inspect
from collections.abc import Generator
from typing import Any

from zk_acts.runtime.wake_up import WakeUp
from zk_devnet.simulator.awaits import place_at, places
from zk_devnet.simulator.case import Case
from zk_devnet.simulator.coverage import Coverage
from zk_operator.services.lease_keeper import LeaseKeeper
from zk_operator.services.publisher import Publisher


class _Waiting:
    """Suspends whoever awaits it."""

    def __await__(self) -> Generator[None, None, None]:
        yield


class _Leases:
    async def acquire(self, *_: Any) -> None:
        await _Waiting()


def test_places__of_the_daemon__are_its_services_and_not_the_tools() -> None:
    files = {cut[0] for cut in places()}
    assert {"zk_operator/services/settler.py", "zk_acts/services/paid_act.py"} <= files
    assert "zkverify_client/services/vk_registrar.py" not in files


def test_places__two_awaits_of_one_line__are_two() -> None:
    lines = [cut[:2] for cut in places()]
    assert len(lines) > len(set(lines))


def test_place_at__a_suspended_frame__names_its_await() -> None:
    keeper = LeaseKeeper(store=_Leases(), holder="here", ttl_s=9.0)  # type: ignore[arg-type]
    entering = keeper.__aenter__()
    entering.send(None)
    assert inspect.iscoroutine(entering)
    frame = entering.cr_frame
    assert frame is not None
    cut = place_at(frame.f_code, frame.f_lasti)
    assert cut is not None
    assert (
        places()[cut].text
        == "self._lease = await self._store.acquire(LEASE, self._holder, self._ttl_ms)"
    )
    entering.close()


def test_place_at__outside_the_services__is_none() -> None:
    assert place_at(WakeUp.wait.__code__, 0) is None
    assert place_at(Publisher.wake.__code__, -1) is None


def test_directed__a_place_that_was_met_and_not_cut__is_cut_in_the_plainest_case() -> None:
    one, other = list(places())[:2]
    found = Coverage()
    found.add(Case(seed=9), (other,), (one, other))
    found.add(Case(seed=7), (), (one,))
    found.add(Case(seed=1, cuts=(other,)), (), (one,))
    assert found.directed() == [Case(seed=7, cuts=(one,))]
    assert [place.cut for place in found.uncut] == [one]
    assert len(found.unmet) == len(places()) - 2
