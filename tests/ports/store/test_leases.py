"""LeaseStore."""

import pytest

from zk_acts.domain.failures import LeaseHeld
from zk_devnet.testing.manual_clock import ManualClock
from zk_devnet.testing.memory_store import MemoryStore
from zk_operator.adapters.storage import SqliteStore
from zk_operator.domain.failures import LeaseLost
from zk_operator.ports.store import Lease

Store = SqliteStore | MemoryStore


async def test_acquire__nobody_has_it__until_the_ttl(store: Store, clock: ManualClock) -> None:
    lease = await store.leases.acquire("db", "one", 100)
    assert lease == Lease(holder="one", fence=1, expires_at=clock.now_ms() + 100)


async def test_acquire__another_has_it__names_the_holder(store: Store, clock: ManualClock) -> None:
    await store.leases.acquire("db", "one", 100)
    clock.advance(99)
    with pytest.raises(LeaseHeld) as caught:
        await store.leases.acquire("db", "two", 100)
    assert caught.value.context["holder"] == "one"


async def test_acquire__expired__goes_to_the_next_under_a_higher_fence(
    store: Store, clock: ManualClock
) -> None:
    await store.leases.acquire("db", "one", 100)
    clock.advance(100)
    assert (await store.leases.acquire("db", "two", 100)).fence == 2


async def test_acquire__its_own__again_under_a_higher_fence(store: Store) -> None:
    first = await store.leases.acquire("db", "one", 100)
    second = await store.leases.acquire("db", "one", 100)
    assert second.fence == first.fence + 1
    with pytest.raises(LeaseLost):
        await store.leases.renew("db", first, 100)


async def test_acquire__another_name__is_another_lease(store: Store) -> None:
    await store.leases.acquire("db", "one", 100)
    assert (await store.leases.acquire("key", "two", 100)).fence == 1


async def test_renew__in_time__is_extended_under_the_same_fence(
    store: Store, clock: ManualClock
) -> None:
    lease = await store.leases.acquire("db", "one", 100)
    clock.advance(99)
    renewed = await store.leases.renew("db", lease, 100)
    assert renewed == Lease(holder="one", fence=1, expires_at=clock.now_ms() + 100)
    clock.advance(99)
    with pytest.raises(LeaseHeld):
        await store.leases.acquire("db", "two", 100)


async def test_renew__expired__is_lost(store: Store, clock: ManualClock) -> None:
    lease = await store.leases.acquire("db", "one", 100)
    clock.advance(100)
    with pytest.raises(LeaseLost):
        await store.leases.renew("db", lease, 100)


async def test_renew__another_took_over__is_lost(store: Store, clock: ManualClock) -> None:
    lease = await store.leases.acquire("db", "one", 100)
    clock.advance(100)
    await store.leases.acquire("db", "two", 100)
    with pytest.raises(LeaseLost):
        await store.leases.renew("db", lease, 100)


async def test_renew__never_acquired__is_lost(store: Store) -> None:
    with pytest.raises(LeaseLost):
        await store.leases.renew("db", Lease(holder="one", fence=1, expires_at=0), 100)


async def test_release__the_next_gets_it_at_once_under_a_higher_fence(store: Store) -> None:
    lease = await store.leases.acquire("db", "one", 100)
    await store.leases.release("db", lease)
    assert (await store.leases.acquire("db", "two", 100)).fence == 2


async def test_release__it_is_anothers_by_now__does_nothing(
    store: Store, clock: ManualClock
) -> None:
    lease = await store.leases.acquire("db", "one", 100)
    clock.advance(100)
    held = await store.leases.acquire("db", "two", 100)
    await store.leases.release("db", lease)
    assert (await store.leases.renew("db", held, 100)).holder == "two"
