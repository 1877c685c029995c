"""The ProverBackend port: one suite for the fake and the adapters."""

import contextlib
from dataclasses import replace
from typing import Any

import pytest

from zk_acts.domain.acts import ActKind, Intent, Purpose, Resource
from zk_acts.domain.details import Fulfilled, ProgramRegistered
from zk_acts.domain.failures import ActRefused, AmbiguousOutcome
from zk_acts.ports.act import Failed, Included, Lapsed, Pending, Unknown
from zk_operator.ports.prover import RegisterProgram

Bench = Any  # the protocols of the conftest, which importlib mode does not let tests import
Opening = Any


async def registered(bench: Bench) -> None:
    vkey = bench.work().program_vkey
    prepared = await bench.prover.prepare(
        RegisterProgram(program_vkey=vkey), await bench.prover.next_nonce()
    )
    await bench.prover.send(bench.row(prepared, Purpose.REGISTER_PROGRAM))


async def ready(bench: Bench) -> None:
    if not await bench.prover.program_registered():
        await registered(bench)


async def sent(bench: Bench, values: bytes = b"values") -> Intent:
    await ready(bench)
    work, nonce = bench.work(values), await bench.prover.next_nonce()
    intent: Intent = bench.row(await bench.prover.prepare(work, nonce))
    known_as: bytes | None = await bench.prover.send(intent)
    return replace(intent, known_as=known_as)


async def test_identity__as_rows_store_it(opening: Opening) -> None:
    async with opening() as bench:
        prover = bench.prover
        assert (prover.kind, prover.resource) == (ActKind.PROVE, Resource.PROVE)
        assert prover.name == bench.name
        assert prover.account
        assert await prover.balance() > 0


async def test_registering__once__makes_the_program_known(opening: Opening) -> None:
    async with opening() as bench:
        vkey = bench.work().program_vkey
        assert await bench.prover.program_registered() is not bench.registers
        prepared = await bench.prover.prepare(RegisterProgram(program_vkey=vkey), 0)
        intent = bench.row(prepared, Purpose.REGISTER_PROGRAM)
        assert prepared.quoted == 0
        if bench.registers:
            assert await bench.prover.outcome(intent) == Unknown()
            await bench.prover.send(intent)
        outcome = await bench.prover.outcome(intent)
        assert isinstance(outcome, Included)
        assert outcome.detail == ProgramRegistered(program_vkey=vkey)
        assert (outcome.final, outcome.paid) == (True, 0)
        assert await bench.prover.program_registered()


async def test_prepare__twice__gives_different_references_and_sends_nothing(
    opening: Opening,
) -> None:
    async with opening() as bench:
        await ready(bench)
        nonce = await bench.prover.next_nonce()
        first = await bench.prover.prepare(bench.work(b"one"), nonce)
        second = await bench.prover.prepare(bench.work(b"two"), nonce)
        assert first.reference != second.reference
        assert first.expires <= bench.work().deadline_s
        assert await bench.prover.outcome(bench.row(first)) == Unknown()
        assert await bench.prover.next_nonce() >= nonce


async def test_prepare__unsent__leaves_the_accounts_nonce(of_account: Opening) -> None:
    async with of_account() as bench:
        await ready(bench)
        nonce = await bench.prover.next_nonce()
        await bench.prover.prepare(bench.work(), nonce)
        assert await bench.prover.next_nonce() == nonce


async def test_send__accepted__is_pending_and_its_nonce_does_not_come_again(
    making: Opening,
) -> None:
    async with making() as bench:
        intent = await sent(bench)
        assert await bench.prover.outcome(intent) == Pending()
        assert await bench.prover.next_nonce() == intent.nonce + 1


async def test_is_nonce_free__accepted__used_where_the_account_has_nonces(
    of_account: Opening,
) -> None:
    async with of_account() as bench:
        intent = await sent(bench)
        assert not await bench.prover.is_nonce_free(intent.nonce)
        assert await bench.prover.is_nonce_free(intent.nonce + 1)


async def test_send__again_with_the_same_bytes__makes_no_second_request(making: Opening) -> None:
    async with making() as bench:
        intent = await sent(bench)
        with contextlib.suppress(AmbiguousOutcome):
            await bench.prover.send(intent)
        assert await bench.prover.next_nonce() == intent.nonce + 1
        assert await bench.prover.outcome(intent) == Pending()
        bench.fulfil(intent)
        assert isinstance(await bench.ended(intent), Included)
        assert bench.requests() == 1


async def test_send__a_nonce_ahead_of_the_account__is_refused(of_account: Opening) -> None:
    async with of_account() as bench:
        await ready(bench)
        prepared = await bench.prover.prepare(bench.work(), 99)
        with pytest.raises(ActRefused):
            await bench.prover.send(bench.row(prepared))


async def test_outcome__fulfilled__is_final_and_can_be_fetched(making: Opening) -> None:
    async with making() as bench:
        intent = await sent(bench)
        bench.fulfil(intent)
        outcome = await bench.ended(intent)
        assert isinstance(outcome, Included)
        assert outcome.final
        assert outcome.paid <= intent.quoted
        assert isinstance(outcome.detail, Fulfilled)
        proof = await bench.prover.fetch(outcome.detail)
        assert proof.public_values == b"values"
        assert len(proof.onchain) == 356
        assert await bench.prover.outcome(intent) == outcome


async def test_outcome__failed__is_final_with_a_code(making: Opening) -> None:
    async with making() as bench:
        intent = await sent(bench)
        bench.fail(intent)
        outcome = await bench.ended(intent)
        assert isinstance(outcome, Failed)
        assert outcome.final
        assert outcome.code == bench.failure_code
        assert outcome.paid <= intent.quoted


async def test_outcome__never_arrived_and_too_late__has_lapsed(opening: Opening) -> None:
    async with opening() as bench:
        await ready(bench)
        prepared = await bench.prover.prepare(bench.work(), await bench.prover.next_nonce())
        bench.advance(1_000)
        assert await bench.prover.outcome(bench.row(prepared)) == Lapsed()


async def test_outcome__its_nonce_used_by_another__has_lapsed_by_nonce(
    of_account: Opening,
) -> None:
    async with of_account() as bench:
        await ready(bench)
        nonce = await bench.prover.next_nonce()
        lost = bench.row(await bench.prover.prepare(bench.work(b"lost"), nonce))
        await sent(bench, b"other")
        bench.advance(30)
        assert await bench.prover.outcome(lost) == Lapsed(by_nonce=True)


async def test_cancel__unknown__is_harmless(opening: Opening) -> None:
    async with opening() as bench:
        intent = await sent(bench)
        await bench.prover.cancel(replace(intent, reference=bytes(32)))
        assert await bench.prover.outcome(intent) == Pending()


async def test_cancel__finished__changes_nothing(making: Opening) -> None:
    async with making() as bench:
        intent = await sent(bench)
        bench.fulfil(intent)
        assert isinstance(await bench.ended(intent), Included)
        await bench.prover.cancel(intent)
        assert isinstance(await bench.prover.outcome(intent), Included)
