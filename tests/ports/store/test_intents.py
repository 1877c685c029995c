"""IntentStore: paid acts, their caps and the ledger."""

from dataclasses import replace

import pytest

from zk_acts.domain.acts import (
    INTENT_TRANSITIONS,
    LIVE_STATES,
    ActDetail,
    ActKind,
    Intent,
    IntentState,
    LedgerEntry,
    Purpose,
    Resource,
)
from zk_acts.domain.details import DomainChanged, Published, Verified
from zk_acts.domain.failures import BudgetExceeded, DuplicateIntent, LostRace
from zk_acts.domain.ids import IntentId, Statement
from zk_acts.ports.store import SpendCap
from zk_devnet.testing.manual_clock import ManualClock
from zk_devnet.testing.memory_store import MemoryStore
from zk_devnet.testing.store_builders import DETAILS, a_hash, an_intent
from zk_operator.adapters.storage import SqliteStore

Store = SqliteStore | MemoryStore
ACCOUNT = ("evm:31337", "0xabc")


def cap(limit: int, window_s: int = 3600, resource: Resource = Resource.GAS) -> SpendCap:
    return SpendCap(resource=resource, window_s=window_s, limit=limit)


async def stored(store: Store, name: str) -> Intent:
    found = await store.intents.get(IntentId(name))
    assert found is not None
    return found


async def record(store: Store, name: str, *caps: SpendCap, **fields: object) -> Intent:
    """Record an intent; the stored row."""
    await store.intents.record(an_intent(name, **fields), caps)
    return await stored(store, name)


async def move(store: Store, intent: Intent, state: IntentState, **facts: object) -> Intent:
    if state is intent.state:
        return intent
    return await store.intents.update(intent, state, **facts)


async def test_record__every_field__comes_back(store: Store) -> None:
    await record(store, "parent", nonce=2**62)
    intent = an_intent(
        "i",
        kind=ActKind.EXTRINSIC,
        nonce=2**62,
        quoted=2**200,
        paid=2**190,
        fee_cap=2**100,
        tip=2**90,
        born_block=3,
        expires=67,
        replaces=IntentId("parent"),
        included_block=8,
        error_code="ZKO-ACT-001",
        known_as=b"\0theirs",
        detail=DETAILS["aggregation"],
        created_at=5,
        updated_at=6,
    )
    await store.intents.record(intent, [])
    assert await stored(store, "i") == intent


async def test_record__a_purpose_of_a_library_user__comes_back(store: Store) -> None:
    await record(store, "i", purpose="their own", subject="s")
    assert (await stored(store, "i")).purpose == "their own"
    assert [row.intent_id for row in await store.intents.of_subject("their own", "s")] == ["i"]
    assert [entry.purpose for entry in await store.intents.ledger(0)] == ["their own"]


async def test_record__no_times_given__are_now(store: Store, clock: ManualClock) -> None:
    row = await record(store, "i")
    assert (row.created_at, row.updated_at) == (clock.now_ms(), clock.now_ms())


async def test_get__unknown__is_none(store: Store) -> None:
    assert await store.intents.get(IntentId("i")) is None


async def test_record__a_taken_id__is_a_duplicate(store: Store) -> None:
    await record(store, "i")
    with pytest.raises(DuplicateIntent):
        await record(store, "i", nonce=1)


@pytest.mark.parametrize("state", list(IntentState))
async def test_record__a_taken_nonce__is_a_duplicate_while_the_holder_lives(
    store: Store, state: IntentState
) -> None:
    await move(store, await record(store, "i"), state)
    if state in LIVE_STATES:
        with pytest.raises(DuplicateIntent):
            await record(store, "j")
        assert await store.intents.get(IntentId("j")) is None
    else:
        await record(store, "j")


@pytest.mark.parametrize("field", ["backend", "account"])
async def test_record__the_nonce_of_another_sequence__is_free(store: Store, field: str) -> None:
    await record(store, "i")
    await record(store, "j", **{field: "other"})


async def test_record__a_replacement__may_share_the_nonce(store: Store) -> None:
    await record(store, "i")
    await record(store, "j", replaces=IntentId("i"))
    await record(store, "k", replaces=IntentId("j"))
    rows = await store.intents.live(ActKind.TRANSACTION)
    assert [row.intent_id for row in rows] == ["i", "j", "k"]


async def test_record__a_second_replacement_of_the_same__is_a_duplicate(store: Store) -> None:
    await record(store, "i")
    await record(store, "j", replaces=IntentId("i"))
    with pytest.raises(DuplicateIntent):
        await record(store, "k", replaces=IntentId("i"))


async def test_record__replacing_what_is_not_there__loses_the_race(store: Store) -> None:
    with pytest.raises(LostRace):
        await record(store, "j", replaces=IntentId("i"))


async def test_record__at_the_cap__is_recorded_and_beyond_it_is_not(store: Store) -> None:
    await record(store, "a", cap(200))
    await record(store, "b", cap(200), nonce=1)
    with pytest.raises(BudgetExceeded) as caught:
        await record(store, "c", cap(200), nonce=2, quoted=1)
    assert caught.value.context == {
        "resource": Resource.GAS,
        "window_s": 3600,
        "limit": 200,
        "spent": 200,
    }
    assert await store.intents.get(IntentId("c")) is None


async def test_record__amounts_beyond_64_bits__are_summed_exactly(store: Store) -> None:
    await record(store, "a", quoted=2**100)
    with pytest.raises(BudgetExceeded):
        await record(store, "b", cap(2**101 - 1), nonce=1, quoted=2**100)
    await record(store, "b", cap(2**101), nonce=1, quoted=2**100)


async def test_record__several_caps__the_tightest_decides(store: Store, clock: ManualClock) -> None:
    hour, day = cap(100, 3600), cap(150, 86400)
    await record(store, "a", hour, day)
    clock.advance(3_600_000)
    with pytest.raises(BudgetExceeded) as caught:
        await record(store, "b", hour, day, nonce=1)
    assert caught.value.context["window_s"] == 86400


async def test_record__earlier_acts__count_until_the_window_has_moved_on(
    store: Store, clock: ManualClock
) -> None:
    await record(store, "a")
    clock.advance(3_600_000 - 1)
    with pytest.raises(BudgetExceeded):
        await record(store, "b", cap(100), nonce=1)
    clock.advance(1)
    await record(store, "b", cap(100), nonce=1)


async def test_record__other_resources__do_not_count(store: Store) -> None:
    await record(store, "a", resource=Resource.VFY, nonce=1)
    await record(store, "b", cap(100), cap(0, resource=Resource.VFY))


@pytest.mark.parametrize(
    ("state", "facts", "spent"),
    [
        (IntentState.INTENDED, {}, 100),
        (IntentState.SENT, {}, 100),
        (IntentState.INCLUDED, {"paid": 70}, 70),
        (IntentState.INCLUDED, {}, 100),
        (IntentState.FINAL, {"paid": 70}, 70),
        (IntentState.FINAL, {"paid": 0}, 0),
        (IntentState.FINAL, {}, 100),
        (IntentState.FAILED, {"paid": 30}, 30),
        (IntentState.LAPSED, {}, 0),
        (IntentState.LAPSED, {"paid": 5}, 5),
        (IntentState.REPLACED, {}, 0),
        (IntentState.REPLACED, {"paid": 5}, 5),
    ],
)
async def test_record__what_a_row_counts__is_paid_or_else_quoted(
    store: Store, state: IntentState, facts: dict[str, int], spent: int
) -> None:
    await move(store, await record(store, "a"), state, **facts)
    with pytest.raises(BudgetExceeded) as caught:
        await record(store, "b", cap(spent), nonce=1, quoted=1)
    assert caught.value.context["spent"] == spent
    await record(store, "b", cap(spent + 1), nonce=1, quoted=1)


async def test_record__siblings_of_one_nonce__only_the_dearest_counts(store: Store) -> None:
    await record(store, "a", quoted=100)
    await record(store, "b", cap(130), quoted=130, replaces=IntentId("a"))
    with pytest.raises(BudgetExceeded) as caught:
        await record(store, "c", cap(130), quoted=1, nonce=1)
    assert caught.value.context["spent"] == 130
    with pytest.raises(BudgetExceeded):
        await record(store, "d", cap(130), quoted=131, replaces=IntentId("b"))


async def test_update__facts__are_stored_with_the_state(store: Store, clock: ManualClock) -> None:
    intent = await record(store, "i")
    clock.advance(10)
    row = await store.intents.update(
        intent, IntentState.INCLUDED, paid=2**80, included_block=4, error_code="ZKO-EVM-006"
    )
    assert (row.state, row.paid, row.included_block) == (IntentState.INCLUDED, 2**80, 4)
    assert (row.error_code, row.updated_at) == ("ZKO-EVM-006", clock.now_ms())
    assert row.created_at == intent.created_at
    assert await stored(store, "i") == row


async def test_update__facts_not_given__stay(store: Store) -> None:
    intent = await record(store, "i")
    row = await store.intents.update(intent, IntentState.INCLUDED, paid=7, included_block=4)
    row = await store.intents.update(row, IntentState.FINAL, error_code="ZKO-EVM-006")
    assert (row.paid, row.included_block, row.error_code) == (7, 4, "ZKO-EVM-006")


async def test_update__back_to_sent__has_paid_nothing_that_is_known(store: Store) -> None:
    intent = await record(store, "i")
    intent = await store.intents.update(intent, IntentState.SENT, known_as=b"theirs")
    row = await store.intents.update(intent, IntentState.INCLUDED, paid=7, included_block=4)
    row = await store.intents.update(row, IntentState.SENT)
    assert (row.paid, row.included_block) == (None, None)
    assert row.known_as == b"theirs"
    assert await stored(store, "i") == row


async def test_update__an_unknown_fact__is_refused(store: Store) -> None:
    intent = await record(store, "i")
    with pytest.raises(TypeError):
        await store.intents.update(intent, IntentState.SENT, nonce=5)
    assert await stored(store, "i") == intent


async def test_update__it_moved__loses_the_race(store: Store) -> None:
    intent = await record(store, "i")
    await store.intents.update(intent, IntentState.SENT)
    with pytest.raises(LostRace):
        await store.intents.update(intent, IntentState.LAPSED)


async def test_update__not_there__loses_the_race(store: Store) -> None:
    with pytest.raises(LostRace):
        await store.intents.update(an_intent("i"), IntentState.SENT)


@pytest.mark.parametrize("before", list(IntentState))
async def test_update__every_transition__only_those_of_the_table(
    store: Store, before: IntentState
) -> None:
    for nonce, after in enumerate(IntentState):
        intent = await move(store, await record(store, after, nonce=nonce), before)
        may_stay = bool(INTENT_TRANSITIONS[before])
        if after in INTENT_TRANSITIONS[before] or (after is before and may_stay):
            assert (await store.intents.update(intent, after)).state is after
        else:
            with pytest.raises(LostRace):
                await store.intents.update(intent, after)
            assert await stored(store, after) == intent


async def test_of_subject__all_of_that_work__oldest_first(store: Store) -> None:
    await record(store, "late", nonce=0, created_at=20)
    await record(store, "early", nonce=1, created_at=10)
    await record(store, "early too", nonce=2, created_at=10)
    await record(store, "other subject", nonce=3, subject="b2")
    await record(store, "other purpose", nonce=4, purpose=Purpose.REFUND)
    lapsed = await stored(store, "early")
    await store.intents.update(lapsed, IntentState.LAPSED)
    rows = await store.intents.of_subject(Purpose.SETTLE, "b1")
    assert [row.intent_id for row in rows] == ["early", "early too", "late"]


async def test_live__that_kind__by_backend_account_and_nonce(store: Store) -> None:
    await record(store, "1", backend="evm:2", nonce=0)
    await record(store, "2", backend="evm:1", account="b", nonce=0)
    await record(store, "3", backend="evm:1", account="a", nonce=10)
    await record(store, "4", backend="evm:1", account="a", nonce=9)
    await record(store, "5", kind=ActKind.PROVE, nonce=5)
    rows = await store.intents.live(ActKind.TRANSACTION)
    assert [row.intent_id for row in rows] == ["4", "3", "2", "1"]


@pytest.mark.parametrize("state", list(IntentState))
async def test_live__a_state__is_among_them_or_not(store: Store, state: IntentState) -> None:
    await move(store, await record(store, "i"), state)
    rows = await store.intents.live(ActKind.TRANSACTION)
    assert [row.intent_id for row in rows] == (["i"] if state in LIVE_STATES else [])


async def test_ledger__quoted_against_paid__oldest_first(store: Store) -> None:
    await record(store, "before", nonce=0, created_at=9)
    await record(store, "b", nonce=1, created_at=20, resource=Resource.VFY)
    paid = await record(store, "a", nonce=2, created_at=10)
    await store.intents.update(paid, IntentState.FINAL, paid=60)
    entry = LedgerEntry(
        intent_id=IntentId("a"),
        resource=Resource.GAS,
        purpose=Purpose.SETTLE,
        subject="b1",
        quoted=100,
        paid=60,
        at=10,
    )
    unpaid = replace(entry, intent_id=IntentId("b"), resource=Resource.VFY, paid=None, at=20)
    assert await store.intents.ledger(10) == (entry, unpaid)


@pytest.mark.parametrize("state", [IntentState.LAPSED, IntentState.REPLACED])
async def test_ledger__never_took_effect__paid_nothing(store: Store, state: IntentState) -> None:
    await move(store, await record(store, "i"), state)
    (entry,) = await store.intents.ledger(0)
    assert entry.paid == 0


@pytest.mark.parametrize("detail", DETAILS.values(), ids=DETAILS)
async def test_update__what_an_act_brought__is_kept_as_it_was(
    store: Store, detail: ActDetail
) -> None:
    intent = await record(store, "i")
    row = await store.intents.update(intent, IntentState.INCLUDED, detail=detail)
    assert row.detail == detail
    row = await store.intents.update(row, IntentState.FINAL)
    assert row.detail == detail
    assert await stored(store, "i") == row
    assert await store.intents.of_subject(Purpose.SETTLE, "b1") == (row,)


async def test_update__another_detail__takes_the_place_of_the_first(store: Store) -> None:
    intent = await record(store, "i", detail=DomainChanged(domain_id=1, state="Hold"))
    assert (await stored(store, "i")).detail == DomainChanged(domain_id=1, state="Hold")
    final = Published(domain_id=1, aggregation_id=2, root=a_hash(), block_hash=a_hash(1))
    row = await store.intents.update(intent, IntentState.FINAL, detail=final)
    assert await stored(store, "i") == row
    assert row.detail == final


@pytest.mark.parametrize("state", [IntentState.SENT, IntentState.REPLACED])
async def test_update__taken_back__brought_nothing(store: Store, state: IntentState) -> None:
    detail = Verified(statement=Statement(a_hash()), block_number=1, block_hash=a_hash())
    intent = await store.intents.update(
        await record(store, "i"), IntentState.INCLUDED, detail=detail, paid=7
    )
    facts: dict[str, object] = {} if state is IntentState.SENT else {"detail": None}
    row = await store.intents.update(intent, state, **facts)
    assert row.detail is None
    assert (await stored(store, "i")).detail is None


async def test_used_nonce__by_the_rows__is_the_highest_that_was_used_for_good(
    store: Store,
) -> None:
    assert await store.intents.used_nonce(*ACCOUNT) is None
    for nonce, state in enumerate(
        (IntentState.FINAL, IntentState.FAILED, IntentState.REPLACED, IntentState.LAPSED)
    ):
        await move(store, await record(store, f"{nonce}", nonce=nonce), state)
        assert await store.intents.used_nonce(*ACCOUNT) == min(nonce, 2)
    await record(store, "live", nonce=9)
    included = await record(store, "included", nonce=10)
    await move(store, included, IntentState.INCLUDED)
    free = await record(store, "free", nonce=11, quoted=0)
    await move(store, free, IntentState.FINAL)
    assert await store.intents.used_nonce(*ACCOUNT) == 2
    assert await store.intents.used_nonce("evm:31337", "0xdef") is None
    assert await store.intents.used_nonce("evm:1", "0xabc") is None


async def test_unexplained__nonce_used_by_none_of_its_rows__all_of_them(
    store: Store, clock: ManualClock
) -> None:
    first = await record(store, "first")
    second = await record(store, "second", replaces=IntentId("first"))
    await store.intents.update(first, IntentState.LAPSED)
    assert await store.intents.unexplained(*ACCOUNT, 0) == ()  # its sibling may take it
    await store.intents.update(second, IntentState.REPLACED)
    rows = await store.intents.unexplained(*ACCOUNT, 0)
    assert [row.intent_id for row in rows] == ["first", "second"]
    assert await store.intents.unexplained(*ACCOUNT, clock.now_ms() + 1) == ()
    assert await store.intents.unexplained("evm:1", "0xabc", 0) == ()
    await store.intents.update(rows[0], IntentState.FINAL, paid=3)
    assert await store.intents.unexplained(*ACCOUNT, 0) == ()


async def test_unexplained__lapsed__only_below_a_nonce_that_is_used(store: Store) -> None:
    await move(store, await record(store, "lapsed"), IntentState.LAPSED)
    free = await record(store, "free", quoted=0, nonce=1)
    await move(store, free, IntentState.LAPSED)
    assert await store.intents.unexplained(*ACCOUNT, 0) == ()
    await move(store, await record(store, "later", nonce=2), IntentState.FINAL)
    rows = await store.intents.unexplained(*ACCOUNT, 0)
    assert [row.intent_id for row in rows] == ["lapsed"]


async def test_record_all__beyond_the_cap_together__none_is_written(store: Store) -> None:
    rows = [an_intent(name, nonce=number, quoted=60) for number, name in enumerate("ab")]
    with pytest.raises(BudgetExceeded):
        await store.intents.record_all(rows, [cap(100)])
    assert await store.intents.get(IntentId("a")) is None
    await store.intents.record_all(rows, [cap(120)])
    assert [row.intent_id for row in await store.intents.live(ActKind.TRANSACTION)] == ["a", "b"]


async def test_update_all__one_has_moved__none_is_written(store: Store) -> None:
    rows = [an_intent(name, nonce=number) for number, name in enumerate("ab")]
    await store.intents.record_all(rows, [])
    await store.intents.update(rows[1], IntentState.SENT)
    with pytest.raises(LostRace):
        await store.intents.update_all(rows, IntentState.SENT)
    assert [row.state for row in await store.intents.live(ActKind.TRANSACTION)] == [
        IntentState.INTENDED,
        IntentState.SENT,
    ]


async def test_record_all__two_under_one_nonce__none_is_written(store: Store) -> None:
    with pytest.raises(DuplicateIntent):
        await store.intents.record_all([an_intent("a", nonce=1), an_intent("b", nonce=1)], [])
    assert await store.intents.get(IntentId("a")) is None
