"""The ProverBackend port: one suite for the fake and the adapter."""

import contextlib
from typing import Any

import pytest

from zk_operator.domain.failures import ActRefused, AmbiguousOutcome
from zk_operator.domain.records import ActKind, Intent, Resource
from zk_operator.ports.act import Failed, Included, Lapsed, Pending, Unknown
from zk_operator.ports.prover import Fulfilled, ProgramRegistered, RegisterProgram

Bench = Any  # the protocol of the conftest, which importlib mode does not let tests import


async def registered(bench: Bench) -> None:
    vkey = bench.work().program_vkey
    prepared = await bench.prover.prepare(
        RegisterProgram(program_vkey=vkey), await bench.prover.next_nonce()
    )
    await bench.prover.send(bench.row(prepared, "register-program"))


async def sent(bench: Bench, values: bytes = b"values") -> Intent:
    if not await bench.prover.program_registered():
        await registered(bench)
    work, nonce = bench.work(values), await bench.prover.next_nonce()
    intent: Intent = bench.row(await bench.prover.prepare(work, nonce))
    await bench.prover.send(intent)
    return intent


async def test_identity__as_rows_store_it(bench: Bench) -> None:
    prover = bench.prover
    assert (prover.kind, prover.resource) == (ActKind.PROVE, Resource.PROVE)
    assert prover.name == "network"
    assert prover.account.startswith("0x")
    assert await prover.balance() > 0


async def test_registering__once__makes_the_program_known(bench: Bench) -> None:
    vkey = bench.work().program_vkey
    assert not await bench.prover.program_registered()
    prepared = await bench.prover.prepare(RegisterProgram(program_vkey=vkey), 0)
    intent = bench.row(prepared, "register-program")
    assert prepared.quoted == 0
    assert await bench.prover.outcome(intent) == Unknown()
    await bench.prover.send(intent)
    outcome = await bench.prover.outcome(intent)
    assert isinstance(outcome, Included)
    assert outcome.detail == ProgramRegistered(program_vkey=vkey)
    assert (outcome.final, outcome.paid) == (True, 0)
    assert await bench.prover.program_registered()


async def test_prepare__twice__gives_different_references_and_sends_nothing(bench: Bench) -> None:
    await registered(bench)
    nonce = await bench.prover.next_nonce()
    first = await bench.prover.prepare(bench.work(b"one"), nonce)
    second = await bench.prover.prepare(bench.work(b"two"), nonce)
    assert first.reference != second.reference
    assert first.expires <= bench.work().deadline_s
    assert await bench.prover.next_nonce() == nonce
    assert await bench.prover.outcome(bench.row(first)) == Unknown()


async def test_send__accepted__is_pending_and_uses_the_nonce(bench: Bench) -> None:
    intent = await sent(bench)
    assert await bench.prover.outcome(intent) == Pending()
    assert await bench.prover.next_nonce() == intent.nonce + 1


async def test_send__again_with_the_same_bytes__makes_no_second_request(bench: Bench) -> None:
    intent = await sent(bench)
    with contextlib.suppress(AmbiguousOutcome):
        await bench.prover.send(intent)
    assert await bench.prover.next_nonce() == intent.nonce + 1
    assert await bench.prover.outcome(intent) == Pending()


async def test_send__a_nonce_ahead_of_the_account__is_refused(bench: Bench) -> None:
    await registered(bench)
    prepared = await bench.prover.prepare(bench.work(), 99)
    with pytest.raises(ActRefused):
        await bench.prover.send(bench.row(prepared))


async def test_outcome__fulfilled__is_final_and_can_be_fetched(bench: Bench) -> None:
    intent = await sent(bench)
    bench.fulfil(intent)
    outcome = await bench.prover.outcome(intent)
    assert isinstance(outcome, Included)
    assert outcome.final
    assert outcome.paid <= intent.quoted
    assert isinstance(outcome.detail, Fulfilled)
    proof = await bench.prover.fetch(outcome.detail)
    assert proof.public_values == b"values"
    assert len(proof.onchain) == 356
    assert await bench.prover.outcome(intent) == outcome


async def test_outcome__failed__is_final_with_a_code(bench: Bench) -> None:
    intent = await sent(bench)
    bench.fail(intent)
    outcome = await bench.prover.outcome(intent)
    assert isinstance(outcome, Failed)
    assert outcome.final
    assert outcome.code == "ZKO-PRV-042"


async def test_outcome__never_arrived_and_too_late__has_lapsed(bench: Bench) -> None:
    await registered(bench)
    prepared = await bench.prover.prepare(bench.work(), await bench.prover.next_nonce())
    bench.advance(1_000)
    assert await bench.prover.outcome(bench.row(prepared)) == Lapsed()


async def test_outcome__its_nonce_used_by_another__has_lapsed_by_nonce(bench: Bench) -> None:
    await registered(bench)
    nonce = await bench.prover.next_nonce()
    lost = bench.row(await bench.prover.prepare(bench.work(b"lost"), nonce))
    await sent(bench, b"other")
    bench.advance(30)
    assert await bench.prover.outcome(lost) == Lapsed(by_nonce=True)


async def test_cancel__unknown_or_finished__is_harmless(bench: Bench) -> None:
    await bench.prover.cancel(bytes(32))
    intent = await sent(bench)
    bench.fulfil(intent)
    await bench.prover.cancel(intent.reference)
    assert isinstance(await bench.prover.outcome(intent), Included)
