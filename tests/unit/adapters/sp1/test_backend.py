"""The network backend: what it signs and sends, and what it makes of the answers."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from grpc import StatusCode

from zk_acts.domain.acts import Intent, Purpose
from zk_acts.domain.details import Fulfilled, ProgramRegistered
from zk_acts.domain.failures import ActRefused, AmbiguousOutcome
from zk_acts.domain.ids import Hash32
from zk_acts.ports.act import Included, Lapsed, Pending, Unknown
from zk_devnet.testing.network_requests import registered, requested
from zk_devnet.testing.scripted_network import (
    ScriptedFailure,
    ScriptedNetwork,
)
from zk_operator.adapters.sp1 import errors
from zk_operator.adapters.sp1.network import (
    NetworkBackend,
    NetworkTree,
    PricePolicy,
    limits_by_order,
)
from zk_operator.domain.batch_input import BatchInputMalformed, sp1_stdin
from zk_operator.domain.failures import ProofMalformed, ProverUnreachable
from zk_operator.ports.prover import ProveRequest, RegisterProgram
from zk_operator.proto import auction_pb2 as auction
from zk_operator.proto import base_pb2 as base

NOW_S = 1_800_000_000
PRICE = 1_200_000_000  # 120 % of what the scripted network asks for
Connect = Callable[..., NetworkBackend]
Row = Callable[..., Intent]


async def test_registration__an_unknown_program__is_uploaded_and_found(
    backend: NetworkBackend, network: ScriptedNetwork, row: Row, work: ProveRequest
) -> None:
    assert not await backend.program_registered()
    prepared = await backend.prepare(RegisterProgram(program_vkey=work.program_vkey), 0)
    intent = row(prepared, Purpose.REGISTER_PROGRAM)
    assert (prepared.quoted, await backend.outcome(intent)) == (0, Unknown())
    await backend.send(intent)
    outcome = await backend.outcome(intent)
    assert isinstance(outcome, Included)
    assert outcome.detail == ProgramRegistered(program_vkey=work.program_vkey)
    assert list(network.artifacts.values()) == [b"\4" + bytes(7) + b"\x7fELF"]
    assert await backend.program_registered()


async def test_registration__its_nonce_used_by_another_act__has_lapsed(
    backend: NetworkBackend, network: ScriptedNetwork, row: Row, work: ProveRequest
) -> None:
    prepared = await backend.prepare(RegisterProgram(program_vkey=work.program_vkey), 0)
    network.nonce = 1
    assert await backend.outcome(row(prepared, Purpose.REGISTER_PROGRAM)) == Lapsed(by_nonce=True)


async def test_registration__without_the_full_key__says_so(
    connect: Connect, work: ProveRequest
) -> None:
    with pytest.raises(errors.ProgramKeyMissing):
        await connect(program_vk=None).prepare(RegisterProgram(program_vkey=work.program_vkey), 0)


async def test_prepare__a_request__is_signed_priced_and_sends_nothing(
    backend: NetworkBackend, network: ScriptedNetwork, row: Row, work: ProveRequest
) -> None:
    await registered(backend, row, work.program_vkey)
    prepared = await backend.prepare(work, 1)
    assert "RequestProof" not in network.calls
    assert (prepared.nonce, prepared.expires) == (1, work.deadline_s)
    assert prepared.quoted == 2 * 10**17 + PRICE * 2_000_005
    body = auction.RequestProofRequest.FromString(prepared.payload).body
    assert (body.max_price_per_pgu, body.base_fee) == (str(PRICE), str(2 * 10**17))
    assert body.public_values_hash == hashlib.sha256(b"values").digest()
    assert (body.cycle_limit, body.gas_limit) == (1_000_000, 2_000_005)
    assert b"stdin" in network.artifacts.values()


async def test_prepare__a_far_deadline__is_cut_to_the_proof_timeout(
    connect: Connect, work: ProveRequest
) -> None:
    prepared = await connect(proof_timeout_s=100).prepare(work, 0)
    assert prepared.expires == NOW_S + 100


@pytest.mark.parametrize(
    ("whitelist", "sent"),
    [((), []), (None, [b"\xb1" * 20, b"\xb2" * 20]), ((b"\x07" * 20,), [b"\x07" * 20])],
    ids=["anyone", "uptime", "list"],
)
async def test_prepare__by_whitelist__names_who_may_prove(
    connect: Connect, work: ProveRequest, whitelist: object, sent: list[bytes]
) -> None:
    prepared = await connect(whitelist=whitelist).prepare(work, 0)
    assert list(auction.RequestProofRequest.FromString(prepared.payload).body.whitelist) == sent


async def test_prepare__a_base_fee_above_the_cap__is_refused(
    connect: Connect, work: ProveRequest
) -> None:
    with pytest.raises(errors.PriceOutOfReach):
        await connect(prices=PricePolicy(max_price_per_pgu=1, max_base_fee=1)).prepare(work, 0)


async def test_prepare__another_program__is_refused(
    backend: NetworkBackend, work: ProveRequest
) -> None:
    other = ProveRequest(
        program_vkey=Hash32(bytes(32)), stdin=b"", public_values=b"", deadline_s=work.deadline_s
    )
    with pytest.raises(errors.WrongProgram):
        await backend.prepare(other, 0)


@pytest.mark.parametrize("stdin", [b"", b"no stdin", bytes(24), sp1_stdin([b"no batch"])])
async def test_prepare__an_input_that_is_no_batch__is_refused_before_it_is_uploaded(
    connect: Connect, network: ScriptedNetwork, work: ProveRequest, stdin: bytes
) -> None:
    limits = limits_by_order(cycles_base=1, cycles_per_order=1, gas_base=1, gas_per_order=1)
    with pytest.raises(BatchInputMalformed):
        await connect(limits=limits).prepare(replace(work, stdin=stdin), 0)
    assert network.artifacts == {}


async def test_prepare__an_upload_that_fails__is_transient(
    backend: NetworkBackend, network: ScriptedNetwork, work: ProveRequest
) -> None:
    network.failures.append(ScriptedFailure(method="CreateArtifact", status=StatusCode.UNAVAILABLE))
    with pytest.raises(ProverUnreachable):
        await backend.prepare(work, 0)


async def test_prepare__parameters_of_the_wrong_form__are_refused(
    backend: NetworkBackend, network: ScriptedNetwork, work: ProveRequest
) -> None:
    network.base_fee = "0x12"
    with pytest.raises(errors.ProverAnswerMalformed):
        await backend.prepare(work, 0)


async def test_request__accepted__is_known_by_the_computed_id(
    backend: NetworkBackend, network: ScriptedNetwork, row: Row, work: ProveRequest
) -> None:
    intent = await requested(backend, row, work)
    assert network.only.request_id == intent.reference
    assert await backend.outcome(intent) == Pending()
    assert await backend.next_nonce() == intent.nonce + 1


async def test_next_nonce__more_than_a_row_can_hold__is_a_malformed_answer(
    backend: NetworkBackend, network: ScriptedNetwork
) -> None:
    network.nonce = 2**64 - 1
    with pytest.raises(errors.ProverAnswerMalformed):
        await backend.next_nonce()


async def test_send__the_answer_lost__is_ambiguous_and_found_by_query(
    backend: NetworkBackend, network: ScriptedNetwork, row: Row, work: ProveRequest
) -> None:
    await registered(backend, row, work.program_vkey)
    intent = row(await backend.prepare(work, 1))
    network.failures.append(
        ScriptedFailure(method="RequestProof", status=StatusCode.DEADLINE_EXCEEDED, after=True)
    )
    with pytest.raises(AmbiguousOutcome):
        await backend.send(intent)
    assert await backend.outcome(intent) == Pending()


async def test_send__the_same_bytes_twice__make_one_request(
    backend: NetworkBackend, network: ScriptedNetwork, row: Row, work: ProveRequest
) -> None:
    intent = await requested(backend, row, work)
    with pytest.raises(AmbiguousOutcome):
        await backend.send(intent)
    assert len(network.requests) == 1
    assert await backend.outcome(intent) == Pending()


async def test_send__a_nonce_ahead__is_refused(
    backend: NetworkBackend, row: Row, work: ProveRequest
) -> None:
    await registered(backend, row, work.program_vkey)
    with pytest.raises(errors.NonceRefused):
        await backend.send(row(await backend.prepare(work, 9)))


async def test_send__a_program_nobody_registered__is_refused(
    backend: NetworkBackend, row: Row, work: ProveRequest
) -> None:
    with pytest.raises(errors.ProgramNotRegistered):
        await backend.send(row(await backend.prepare(work, 0)))


@pytest.mark.parametrize("provers", [(b"short",), (b"\xb1" * 20,) * 10_001])
async def test_prepare__a_list_of_provers_that_is_none__is_malformed(
    connect: Connect, network: ScriptedNetwork, work: ProveRequest, provers: tuple[bytes, ...]
) -> None:
    network.provers = provers
    with pytest.raises(errors.ProverAnswerMalformed):
        await connect(whitelist=None).prepare(work, 0)


async def test_fetch__missing_or_too_large__is_said(
    connect: Connect, network: ScriptedNetwork
) -> None:
    backend = connect(max_artifact_bytes=10)
    network.artifacts["http://artifacts.test/p"] = bytes(11)
    with pytest.raises(ProofMalformed, match="too large"):
        await backend.fetch(Fulfilled(proof_uri="http://artifacts.test/p"))
    with pytest.raises(errors.ArtifactUnavailable):
        await backend.fetch(Fulfilled(proof_uri="http://artifacts.test/none"))


async def test_queries__a_network_that_is_down__are_transient(
    backend: NetworkBackend, network: ScriptedNetwork
) -> None:
    for method in ("GetNonce", "GetBalance", "GetProgram"):
        network.failures.append(ScriptedFailure(method=method, status=StatusCode.UNAVAILABLE))
    for query in (backend.next_nonce, backend.balance, backend.program_registered):
        with pytest.raises(ProverUnreachable):
            await query()
    assert await backend.balance() == 1_000 * 10**18


async def test_cancel__not_ours_to_cancel__is_harmless(
    backend: NetworkBackend, row: Row, work: ProveRequest
) -> None:
    intent = await requested(backend, row, work)
    await backend.cancel(replace(intent, reference=bytes(32)))
    assert await backend.outcome(intent) == Pending()


def test_backend__its_repr__shows_no_secret(backend: NetworkBackend) -> None:
    assert repr(backend) == f"NetworkBackend(tree=auction, account={backend.account})"
    assert issubclass(errors.NonceRefused, ActRefused)


async def test_prepare__again_after_a_failure__asks_those_that_hardly_ever_fail(
    connect: Connect, network: ScriptedNetwork, work: ProveRequest
) -> None:
    backend, again = connect(whitelist=None), replace(work, attempt=2)

    async def asked() -> list[bytes]:
        envelope = (await backend.prepare(again, 0)).payload
        return list(auction.RequestProofRequest.FromString(envelope).body.whitelist)

    assert await asked() == [b"\xb2" * 20]
    network.reliable = ()
    assert await asked() == list(network.provers)


@pytest.mark.parametrize("tree", list(NetworkTree))
async def test_prepare__a_private_input__is_uploaded_and_marked_as_such(
    connect: Connect, work: ProveRequest, tree: NetworkTree
) -> None:
    prepared = await connect(tree=tree, private_input=True).prepare(work, 0)
    kind = auction.RequestProofRequest if tree is NetworkTree.AUCTION else base.RequestProofRequest
    body = kind.FromString(prepared.payload).body
    assert body.stdin_private
    assert body.stdin_uri.startswith("artifact://7/")


async def test_market_price__where_it_is_offered__is_a_number(
    backend: NetworkBackend, network: ScriptedNetwork
) -> None:
    assert await backend.market_price() == 690_000_000
    network.unimplemented.add("GetMarketPricePerPgu")
    assert await backend.market_price() is None
