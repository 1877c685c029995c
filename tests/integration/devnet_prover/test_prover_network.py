"""The prover-network dev server as a client meets it: real wire formats, no code shared with the adapter."""

import threading
import time
from dataclasses import replace
from hashlib import sha256
from typing import Any

import aiohttp
import anyio
import grpc
import pytest
from eth_utils.crypto import keccak

from zk_devnet.groth16_dev import key
from zk_devnet.prover_network.errors import HostFailed
from zk_devnet.prover_network.faults import ALWAYS
from zk_devnet.prover_network.program import (
    ExecutionResult,
    NativeBatchProgram,
    ProgramKey,
    batch_key,
)
from zk_devnet.prover_network.states import NetworkMode
from zk_devnet.testing.batches import pythons_values
from zk_devnet.testing.dev_prover_network import Blob, batch, network
from zk_operator.domain.batch_input import sp1_stdin
from zk_operator.program import batch_program
from zk_operator.proto import artifact_pb2, auction_pb2

pytestmark = pytest.mark.devnet


class HostThatGoes(NativeBatchProgram):
    """Runs programs, and cannot say a program's key any more once it has run one."""

    def __init__(self) -> None:
        self.has_run = False

    def key(self, elf: bytes) -> ProgramKey:
        if self.has_run:
            raise HostFailed(reason="gone")
        return super().key(elf)

    def execute(self, elf: bytes, stdin: bytes) -> ExecutionResult:
        self.has_run = True
        return super().execute(elf, stdin)


class HostThatHangs(NativeBatchProgram):
    """Never comes back from a run before it is let go."""

    def __init__(self) -> None:
        self.asked, self.let_go = threading.Event(), threading.Event()

    def execute(self, elf: bytes, stdin: bytes) -> ExecutionResult:
        self.asked.set()
        self.let_go.wait(30)
        return super().execute(elf, stdin)


class CommitsNothing(NativeBatchProgram):
    """A program that ends well and says nothing."""

    def execute(self, elf: bytes, stdin: bytes) -> ExecutionResult:
        return replace(super().execute(elf, stdin), public_values=b"")


async def refused(call: Any) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code(), caught.value.details() or ""


async def test_network__a_batch_that_keeps_the_rule__is_proven_and_paid_for() -> None:
    async with network() as client:
        await client.register()
        before = await client.balance()
        request_id = await client.request(batch().stdin())
        status = await client.finished(request_id)
        assert (status.fulfillment_status, status.execution_status) == (3, 2)
        blob = Blob(await client.download(status.proof_uri))
        values = pythons_values(batch())
        assert (blob.tag, blob.rest, blob.version) == (3, b"", "v6.1.0")
        assert blob.public_values == values
        assert status.public_values_hash == sha256(values).digest()
        assert blob.inputs[0] == int.from_bytes(batch_key().bytes32, "big")
        assert blob.inputs[1] == int.from_bytes(sha256(values).digest(), "big") % 2**253
        assert blob.inputs[2:4] == [0, int.from_bytes(key.RECURSION_ROOT, "big")]
        assert blob.vkey_hash == key.GNARK_VK_SHA256
        assert (len(blob.encoded), len(blob.raw)) == (352, 324)
        assert blob.verifies()
        details = await client.details(request_id)
        cost = 200_000_000_000_000_000 + 600_000_000 * details.gas_used
        assert int(details.deduction_amount) == cost
        assert await client.balance() == before - cost


async def test_network__the_request_id__is_what_a_client_can_compute() -> None:
    async with network() as client:
        await client.register()
        fields = await client.auction_fields()
        body = client.tree.RequestProofRequestBody(
            nonce=await client.nonce(),
            vk_hash=batch_key().hash_bytes,
            version="sp1-v6.1.0",
            mode=4,
            strategy=3,
            stdin_uri=await client.upload(2, batch().stdin(), compress=False),
            deadline=int(time.time()) + 60,
            cycle_limit=10_000_000,
            gas_limit=20_000_000,
            **fields,
        ).SerializeToString(deterministic=True)
        envelope = client.tree.RequestProofRequest(format=1, signature=client.sign(body))
        envelope.body.MergeFromString(body)
        answer = await client.call("RequestProof", envelope)
        assert answer.body.request_id == keccak(client.address + body)
        assert len(answer.tx_hash) == 32
        assert (await client.finished(answer.body.request_id)).fulfillment_status == 3


async def test_network__a_batch_that_breaks_the_rule__is_unexecutable_and_costs_the_maximum() -> (
    None
):
    async with network() as client:
        await client.register()
        before = await client.balance()
        request_id = await client.request(batch(min_out=2442).stdin())
        status = await client.finished(request_id)
        assert (status.fulfillment_status, status.execution_status) == (4, 3)
        details = await client.details(request_id)
        assert (details.execute_fail_cause, details.error) == (1, 1)
        most = 200_000_000_000_000_000 + 1_200_000_000 * 20_000_000
        assert await client.balance() == before - most


@pytest.mark.parametrize("stdin", [b"", b"\x01", sp1_stdin([b"junk"]), sp1_stdin([])])
async def test_network__input_that_is_no_batch__is_not_proven(stdin: bytes) -> None:
    async with network() as client:
        await client.register()
        status = await client.finished(await client.request(stdin or b"\x00"))
        assert (status.fulfillment_status, status.execution_status) == (4, 3)
        assert not status.HasField("proof_uri")


async def test_network__limits_too_low__name_the_limit() -> None:
    async with network() as client:
        await client.register()
        for limit, cause in (("cycle_limit", 5), ("gas_limit", 9)):
            request_id = await client.request(batch().stdin(), **{limit: 1000})
            await client.finished(request_id)
            assert (await client.details(request_id)).execute_fail_cause == cause


async def test_network__promised_values_differ__fails_validation() -> None:
    async with network() as client:
        await client.register()
        request_id = await client.request(batch().stdin(), public_values_hash=b"\x01" * 32)
        status = await client.finished(request_id)
        assert (status.fulfillment_status, status.execution_status) == (4, 4)
        assert (await client.details(request_id)).error == 4


async def test_get_program__unknown__is_not_found() -> None:
    async with network() as client:
        message = client.tree.GetProgramRequest(vk_hash=batch_key().hash_bytes)
        code, _ = await refused(client.call("GetProgram", message))
        assert code is grpc.StatusCode.NOT_FOUND
        await client.register()
        found = await client.call("GetProgram", message)
        assert (found.program.vk, found.program.owner) == (batch_program().vk, client.address)


async def test_request__wrong_nonce__is_unavailable_in_the_networks_words() -> None:
    async with network() as client:
        await client.register()
        code, text = await refused(client.request(batch().stdin(), nonce=9))
        assert code is grpc.StatusCode.UNAVAILABLE
        sender = f"0x{client.address.hex()}"
        assert text == (
            f"failed nonce verification: invalid nonce for sender {sender} expected 1, got 9"
        )
        assert await client.nonce() == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"version": "sp1-v5.0.0"}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"mode": 2}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"mode": 77}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"strategy": 2}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"deadline": 1}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"domain": b"\x01" * 32}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"base_fee": "1"}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"max_price_per_pgu": "1000000001"}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"max_price_per_pgu": "1e9"}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"base_fee": "1" * 5_000}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"executor": b"\x01"}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"stdin_uri": "artifact://nowhere"}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"vk_hash": b"\x09" * 32}, grpc.StatusCode.FAILED_PRECONDITION),
        ({"gas_limit": 10**15}, grpc.StatusCode.FAILED_PRECONDITION),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
async def test_request__bad_terms__are_refused_and_keep_the_nonce(
    changes: dict[str, Any], code: grpc.StatusCode
) -> None:
    async with network() as client:
        await client.register()
        got, _ = await refused(client.request(batch().stdin(), **changes))
        assert got is code
        assert await client.nonce() == 1


async def test_request__missing_body_or_broken_signature__is_refused() -> None:
    async with network() as client:
        envelope = client.tree.RequestProofRequest
        code, _ = await refused(client.call("RequestProof", envelope(format=1)))
        assert code is grpc.StatusCode.INVALID_ARGUMENT
        body = client.tree.RequestProofRequestBody(nonce=0)
        broken = envelope(format=1, signature=b"\x01" * 64 + b"\x05", body=body)
        code, _ = await refused(client.call("RequestProof", broken))
        assert code is grpc.StatusCode.UNAUTHENTICATED


async def test_create_artifact__every_v_form__is_taken() -> None:
    async with network() as client:
        signature = client.sign(b"create_artifact")
        for v in (signature[64] - 27, signature[64], signature[64] + 27):
            message = artifact_pb2.CreateArtifactRequest(
                signature=signature[:64] + bytes([v]),
                artifact_type=artifact_pb2.ARTIFACT_TYPE_STDIN,
            )
            answer = await client.call("CreateArtifact", message, artifact_pb2)
            assert "/artifacts/stdins/" in answer.artifact_uri


async def test_upload__without_the_presigned_token__is_forbidden() -> None:
    async with network() as client:
        uri = await client.upload(2, b"x")
        async with aiohttp.ClientSession() as session, session.put(uri, data=b"y") as reply:
            assert reply.status == 403
        assert await client.download(uri) == b"x"


async def test_network__a_host_that_goes_before_the_proof__costs_one_request_and_no_server() -> (
    None
):
    async with network(HostThatGoes()) as client:
        await client.register()
        before = await client.balance()
        request_id = await client.request(batch().stdin())
        assert (await client.finished(request_id)).fulfillment_status == 4
        assert await client.balance() == before


async def test_network__a_host_that_hangs__does_not_keep_the_server_from_ending() -> None:
    host = HostThatHangs()
    try:
        with anyio.fail_after(10):
            async with network(host) as client:
                await client.register()
                await client.request(batch().stdin())
                await anyio.to_thread.run_sync(host.asked.wait, 5)
    finally:
        host.let_go.set()


async def test_fault__wrong_values_of_a_program_that_commits_none__are_served() -> None:
    async with network(CommitsNothing()) as client:
        await client.register()
        await client.post("/dev/faults", {"fault": "wrong_public_values"})
        status = await client.finished(await client.request(batch().stdin()))
        assert Blob(await client.download(status.proof_uri)).public_values != b""


async def test_private_input__is_read_by_its_requester_only() -> None:
    async with network() as client:
        await client.register()
        uri = await client.upload(7, batch().stdin())
        with pytest.raises(aiohttp.ClientResponseError, match="403"):
            await client.download(uri)
        request_id = await client.request(b"", stdin_uri=uri, stdin_private=True)
        assert (await client.finished(request_id)).fulfillment_status == 3
        assert (await client.details(request_id)).stdin_public_uri == ""
        link = await client.signed("GetStdinUri", request_id=request_id)
        assert await client.download(link.stdin_uri) == batch().stdin()


async def test_auction__price_below_the_market__gets_no_bids_until_cancelled() -> None:
    async with network() as client:
        await client.register()
        before = await client.balance()
        request_id = await client.request(batch().stdin(), max_price_per_pgu="500000000")
        await anyio.sleep(0.3)
        status = await client.status(request_id)
        assert (status.fulfillment_status, status.execution_status) == (1, 2)
        assert await client.balance() < before
        await client.signed("CancelRequest", request_id=request_id)
        assert await client.balance() == before
        assert (await client.details(request_id)).is_canceled
        code, _ = await refused(client.signed("CancelRequest", request_id=request_id))
        assert code is grpc.StatusCode.FAILED_PRECONDITION


async def test_auction__whitelist__decides_who_wins() -> None:
    async with network() as client:
        await client.register()
        message = client.tree.GetProversByUptimeRequest(high_availability_only=False)
        provers = (await client.call("GetProversByUptime", message)).provers
        request_id = await client.request(batch().stdin(), whitelist=[provers[1]])
        await client.finished(request_id)
        details = await client.details(request_id)
        assert (details.fulfiller, details.gas_price) == (provers[1], 700_000_000)


@pytest.mark.parametrize(
    ("fault", "status"),
    [("unexecutable", 4), ("unfulfillable", 4), ("reverted", 5), ("expired", 6)],
)
async def test_fault__ends_one_request__and_the_next_succeeds(fault: str, status: int) -> None:
    async with network() as client:
        await client.register()
        assert await client.post("/dev/faults", {"fault": fault}) == 200
        first = await client.finished(await client.request(batch().stdin()))
        assert first.fulfillment_status == status
        second = await client.finished(await client.request(batch().stdin()))
        assert second.fulfillment_status == 3


async def test_fault__spoilt_downloads__do_not_verify() -> None:
    async with network() as client:
        await client.register()
        for fault in ("wrong_public_values", "invalid_proof", "truncated_proof"):
            await client.post("/dev/faults", {"fault": fault})
            status = await client.finished(await client.request(batch().stdin()))
            data = await client.download(status.proof_uri)
            if fault == "truncated_proof":
                with pytest.raises(AssertionError, match="ends early"):
                    Blob(data)
            elif fault == "invalid_proof":
                assert not Blob(data).verifies()
            else:
                assert Blob(data).public_values != pythons_values(batch())


async def test_fault__lost_answer__leaves_a_request_that_can_be_found() -> None:
    async with network() as client:
        await client.register()
        await client.post("/dev/faults", {"fault": "lost_answer"})
        code, _ = await refused(client.request(batch().stdin()))
        assert code is grpc.StatusCode.UNAVAILABLE
        assert await client.nonce() == 2
        found = await client.call(
            "GetFilteredProofRequests",
            client.tree.GetFilteredProofRequestsRequest(requester=client.address, limit=100),
        )
        assert [one.requester for one in found.requests] == [client.address]


async def test_fault__nonce_error_and_downtime__pass() -> None:
    async with network() as client:
        await client.register()
        await client.post("/dev/faults", {"fault": "nonce_error"})
        code, _ = await refused(client.request(batch().stdin()))
        assert code is grpc.StatusCode.UNAVAILABLE
        await client.post("/dev/faults", {"fault": "down"})
        code, _ = await refused(client.nonce())
        assert code is grpc.StatusCode.UNAVAILABLE
        assert await client.nonce() == 2


async def test_filter__limit_outside_1_to_100__is_refused() -> None:
    async with network() as client:
        for limit in (0, 101):
            message = client.tree.GetFilteredProofRequestsRequest(limit=limit)
            code, _ = await refused(client.call("GetFilteredProofRequests", message))
            assert code is grpc.StatusCode.INVALID_ARGUMENT


async def test_bytes_that_are_no_message__are_internal_as_tonic_says() -> None:
    async with network() as client:
        code, text = await refused(client.call_raw("RequestProof", b"\xff\xff"))
        assert code is grpc.StatusCode.INTERNAL
        assert text.startswith("failed to decode Protobuf message")


async def test_unknown_rpc__is_unimplemented() -> None:
    async with network() as client:
        message = client.tree.BidRequest()
        code, _ = await refused(client.call("Bid", message))
        assert code is grpc.StatusCode.UNIMPLEMENTED


async def test_reserved_network__free_of_charge__proves_without_an_auction() -> None:
    async with network(mode=NetworkMode.RESERVED) as client:
        await client.register()
        before = await client.balance()
        request_id = await client.request(batch().stdin(), stdin_private=True)
        status = await client.finished(request_id)
        assert status.fulfillment_status == 3
        assert Blob(await client.download(status.proof_uri)).verifies()
        assert await client.balance() == before
        assert (await client.details(request_id)).stdin_private
        params = auction_pb2.GetProofRequestParamsRequest()
        code, _ = await refused(client.call("GetProofRequestParams", params, auction_pb2))
        assert code is grpc.StatusCode.UNIMPLEMENTED


async def test_network__far_away__takes_its_time_for_every_call_and_transfer() -> None:
    async with network() as client:
        await client.post("/dev/faults", {"fault": "far", "count": ALWAYS, "delay_s": 0.2})
        started = anyio.current_time()
        uri = await client.upload(2, b"x")  # two hops
        assert await client.download(uri) == b"x"
        assert 0.6 <= anyio.current_time() - started < 5


@pytest.mark.parametrize("v_shift", [-27, 0, 27])
async def test_signed_calls__every_v_form__is_taken(v_shift: int) -> None:
    async with network() as client:
        client.v_shift = v_shift
        await client.register()
        status = await client.finished(await client.request(batch().stdin()))
        assert status.fulfillment_status == 3


async def test_status_page__says_what_is_not_real() -> None:
    async with network() as client:
        async with (
            aiohttp.ClientSession() as session,
            session.get(client.http_url + "/dev/status") as reply,
        ):
            page = await reply.json()
        assert "trapdoor is public" in page["notice"]
        assert "natively" in page["execution"]
        assert page["batch_program_vkey"] == "0x" + batch_key().bytes32.hex()
        assert await client.post("/dev/faults", {"fault": "no such"}) == 400
