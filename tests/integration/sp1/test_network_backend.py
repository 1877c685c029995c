"""The network backend against the prover-network dev server, over real sockets; every proof is checked in full."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import anyio
import pytest

from zk_acts.domain.acts import Intent, Purpose
from zk_acts.domain.details import Fulfilled
from zk_acts.domain.failures import AmbiguousOutcome
from zk_acts.domain.ids import Hash32
from zk_acts.ports.act import Failed, Included, Outcome, Pending, Prepared, Unknown
from zk_acts.runtime.clock import SystemClock
from zk_devnet.groth16_dev.encoding import gnark_vk_bytes
from zk_devnet.groth16_dev.key import RECURSION_ROOT
from zk_devnet.groth16_dev.trapdoor import dev_verifying_key
from zk_devnet.prover_network.config import ProverNetworkConfig, Timing
from zk_devnet.prover_network.faults import ALWAYS, Fault, Faults
from zk_devnet.prover_network.server import serve
from zk_devnet.prover_network.states import NetworkMode
from zk_devnet.testing.act_rows import act_row
from zk_devnet.testing.tcp_gate import open_gate
from zk_operator.adapters.signing.evm import EvmSigner
from zk_operator.adapters.sp1.checker import Groth16Checker
from zk_operator.adapters.sp1.errors import AuctionTimedOut
from zk_operator.adapters.sp1.network import (
    NetworkBackend,
    NetworkConfig,
    NetworkTree,
    PricePolicy,
    limits_by_order,
    open_network_backend,
)
from zk_operator.adapters.sp1.network.artifacts import ATTEMPTS
from zk_operator.domain.batch_input import BatchInput
from zk_operator.domain.failures import (
    ProofMalformed,
    ProofMismatch,
    ProverUnreachable,
    RequestUnexecutable,
)
from zk_operator.domain.ids import Address, PoolId
from zk_operator.domain.order import Order, SigningDomain, order_id
from zk_operator.domain.public_values import public_values_of
from zk_operator.domain.section import Section
from zk_operator.ports.prover import ExpectedProof, ProverDetail, ProveRequest, RegisterProgram
from zk_operator.program import batch_program
from zkverify_client.domain.failures import ProofInvalid

pytestmark = pytest.mark.devnet
VKEY = Hash32(batch_program().vkey)
DOMAIN = SigningDomain(chain_id=31337, manager=Address(b"\x0d" * 20))
FAST = Timing(execution_s=0.02, auction_s=0.02, proving_s=0.02)
MODES = {NetworkTree.AUCTION: NetworkMode.MAINNET, NetworkTree.RESERVED: NetworkMode.RESERVED}
CONFIG = NetworkConfig(
    tree=NetworkTree.AUCTION,
    version="sp1-v6.1.0",
    program_vkey=VKEY,
    program_elf=batch_program().elf,
    program_vk=batch_program().vk,
    prices=PricePolicy(max_price_per_pgu=2_000_000_000, max_base_fee=10**18),
    limits=limits_by_order(
        cycles_base=1_000_000, cycles_per_order=500_000, gas_base=2_000_000, gas_per_order=1_000_000
    ),
    min_auction_period_s=0,
    auction_timeout_s=0.5,
    lapse_grace_s=0.2,
    request_timeout_s=5,
    transfer_timeout_s=5,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    backend: NetworkBackend
    faults: Faults
    endpoint: str

    async def issue(self, work: ProveRequest | RegisterProgram) -> Intent:
        """Prepared and sent; a lost answer is no error here."""
        prepared = await self.backend.prepare(work, await self.backend.next_nonce())
        purpose = Purpose.REGISTER_PROGRAM if isinstance(work, RegisterProgram) else Purpose.PROVE
        intent = row(self.backend, prepared, purpose)
        try:
            return replace(intent, known_as=await self.backend.send(intent))
        except AmbiguousOutcome:
            assert purpose == "prove"
        return intent

    async def ended(self, intent: Intent) -> Outcome[ProverDetail]:
        """The first outcome that is not pending."""
        with anyio.fail_after(20):
            while True:
                outcome = await self.backend.outcome(intent)
                if not isinstance(outcome, Pending):
                    return outcome
                await anyio.sleep(0.05)


def row(backend: NetworkBackend, prepared: Prepared, purpose: Purpose) -> Intent:
    return act_row(backend, prepared, purpose, created_at=SystemClock().now_ms())


@asynccontextmanager
async def bench(
    config: NetworkConfig = CONFIG,
    *,
    register: bool = True,
    barred_from_tee: frozenset[bytes] = frozenset(),
) -> AsyncIterator[Bench]:
    server = ProverNetworkConfig(
        mode=MODES[config.tree], timing=FAST, seed=1, barred_from_tee=barred_from_tee
    )
    async with anyio.create_task_group() as tasks:
        endpoints = await tasks.start(lambda task_status: serve(server, task_status=task_status))
        signer = EvmSigner(b"\x07" * 32)
        async with open_network_backend(
            endpoint=endpoints.grpc_url, config=config, signer=signer, clock=SystemClock()
        ) as backend:
            made = Bench(backend=backend, faults=endpoints.faults, endpoint=endpoints.grpc_url)
            if register:
                await made.issue(RegisterProgram(program_vkey=VKEY))
            yield made
        tasks.cancel_scope.cancel()


def work(*, min_out: int = 1) -> ProveRequest:
    """Two orders that meet exactly at price 1."""
    pool, valid_until = PoolId(b"\x33" * 32), SystemClock().now_ms() // 1000 + 600
    orders = [
        Order(
            owner=Address(bytes([side + 1]) * 20),
            pool_id=pool,
            zero_for_one=bool(side),
            amount_in=1_000,
            min_out=min_out,
            deadline=valid_until + 60,
            salt=side,
        )
        for side in (0, 1)
    ]
    orders.sort(key=lambda order: order_id(order, DOMAIN))
    section = Section(
        pool_id=pool,
        price_x128=2**128,
        remainder_zero_for_one=True,
        remainder_in=0,
        min_out=0,
        fee_bps=30,
        order_ids=tuple(order_id(order, DOMAIN) for order in orders),
    )
    batch = BatchInput(
        chain_id=DOMAIN.chain_id,
        manager=DOMAIN.manager,
        valid_until=valid_until,
        sections=(section,),
        orders=tuple(orders),
    )
    values = public_values_of(
        [section], chain_id=DOMAIN.chain_id, manager=DOMAIN.manager, valid_until=valid_until
    )
    return ProveRequest(
        program_vkey=VKEY,
        stdin=batch.stdin(),
        public_values=values.encode(),
        deadline_s=valid_until,
    )


async def checked(made: Bench, request: ProveRequest, outcome: Outcome[ProverDetail]) -> int:
    assert isinstance(outcome, Included)
    assert isinstance(outcome.detail, Fulfilled)
    proof = await made.backend.fetch(outcome.detail)
    checker = Groth16Checker(circuit_vk=gnark_vk_bytes(dev_verifying_key()), sp1_version="v6.1.0")
    expected = ExpectedProof(
        program_vkey=VKEY,
        public_values=request.public_values,
        recursion_root=Hash32(RECURSION_ROOT),
    )
    return await checker.check(proof, expected)


@pytest.mark.parametrize("tree", list(NetworkTree))
async def test_network__a_batch__is_proved_paid_and_checked(tree: NetworkTree) -> None:
    async with bench(replace(CONFIG, tree=tree), register=False) as made:
        assert not await made.backend.program_registered()
        registration = await made.issue(RegisterProgram(program_vkey=VKEY))
        assert isinstance(await made.backend.outcome(registration), Included)
        before, request = await made.backend.balance(), work()
        intent = await made.issue(request)
        outcome = await made.ended(intent)
        assert isinstance(outcome, Included)
        assert await checked(made, request, outcome) >= 0
        assert await made.backend.balance() == before - outcome.paid
        assert (outcome.paid > 0) is (tree is NetworkTree.AUCTION)
        assert outcome.paid <= intent.quoted


async def test_network__the_answer_lost__is_found_and_paid_once() -> None:
    async with bench() as made:
        made.faults.arm(Fault.LOST_ANSWER)
        request, before = work(), await made.backend.balance()
        intent = await made.issue(request)
        outcome = await made.ended(intent)
        assert await checked(made, request, outcome) >= 0
        assert isinstance(outcome, Included)
        assert await made.backend.balance() == before - outcome.paid


async def test_network__the_request_lost__is_unknown_and_sent_again_as_it_is() -> None:
    async with bench() as made:
        made.faults.arm(Fault.LOST_REQUEST)
        request = work()
        intent = await made.issue(request)
        assert await made.backend.outcome(intent) == Unknown()
        await made.backend.send(intent)
        assert await checked(made, request, await made.ended(intent)) >= 0


async def test_network__no_bids__is_cancelled_for_free() -> None:
    async with bench() as made:
        made.faults.arm(Fault.NO_BIDS)
        before = await made.backend.balance()
        outcome = await made.ended(await made.issue(work()))
        assert isinstance(outcome, Failed)
        assert (outcome.code, outcome.paid) == (AuctionTimedOut.code, 0)
        assert await made.backend.balance() == before


async def test_network__a_batch_that_breaks_the_rule__is_unexecutable_and_charged() -> None:
    async with bench() as made:
        before = await made.backend.balance()
        intent = await made.issue(work(min_out=1_001))
        outcome = await made.ended(intent)
        assert isinstance(outcome, Failed)
        assert outcome.code == RequestUnexecutable.code
        assert await made.backend.balance() == before - outcome.paid


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.UNFULFILLABLE, "ZKO-PRV-042"),
        (Fault.REVERTED, "ZKO-PRV-043"),
        (Fault.EXPIRED, "ZKO-PRV-044"),
    ],
)
async def test_network__a_request_that_fails__has_its_code(fault: Fault, code: str) -> None:
    async with bench() as made:
        made.faults.arm(fault)
        outcome = await made.ended(await made.issue(work()))
        assert isinstance(outcome, Failed)
        assert (outcome.code, outcome.paid) == (code, 0)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.TRUNCATED_PROOF, ProofMalformed),
        (Fault.WRONG_PUBLIC_VALUES, ProofMismatch),
        (Fault.INVALID_PROOF, ProofInvalid),
    ],
)
async def test_network__a_bad_proof__is_refused(fault: Fault, error: type[Exception]) -> None:
    async with bench() as made:
        made.faults.arm(fault)
        request = work()
        outcome = await made.ended(await made.issue(request))
        with pytest.raises(error):
            await checked(made, request, outcome)


async def test_network__down__is_unreachable_and_comes_back() -> None:
    async with bench() as made:
        made.faults.arm(Fault.DOWN)
        with pytest.raises(ProverUnreachable):
            await made.backend.next_nonce()
        assert await made.backend.next_nonce() == 1


async def test_network__a_transfer_refused_once__is_tried_again() -> None:
    async with bench() as made:
        made.faults.arm(Fault.UPLOAD_REFUSED)
        request = work()
        made.faults.arm(Fault.DOWNLOAD_REFUSED)
        outcome = await made.ended(await made.issue(request))
        assert await checked(made, request, outcome) >= 0


async def test_network__a_transfer_refused_again_and_again__is_transient() -> None:
    async with bench(replace(CONFIG, transfer_timeout_s=1.5)) as made:
        made.faults.arm(Fault.UPLOAD_REFUSED, count=ATTEMPTS)
        with pytest.raises(ProverUnreachable):
            await made.issue(work())
        made.faults.clear()
        made.faults.arm(Fault.DOWNLOAD_REFUSED, count=ALWAYS)
        request = work()
        outcome = await made.ended(await made.issue(request))
        with pytest.raises(ProverUnreachable):
            await checked(made, request, outcome)
        made.faults.clear()
        assert await checked(made, request, outcome) >= 0


async def test_network__nobody_listening__is_unreachable_in_time() -> None:
    async with open_network_backend(
        endpoint="http://127.0.0.1:9",
        config=replace(CONFIG, request_timeout_s=0.5),
        signer=EvmSigner(b"\x07" * 32),
        clock=SystemClock(),
    ) as backend:
        with anyio.fail_after(5), pytest.raises(ProverUnreachable):
            await backend.next_nonce()


async def test_network__silent_and_the_caller_will_not_wait__the_callers_scope_ends_the_call() -> (
    None
):
    async with bench() as made, open_gate(made.endpoint) as gate:
        gate.fall_silent()
        async with open_network_backend(
            endpoint=gate.url, config=CONFIG, signer=EvmSigner(b"\x07" * 32), clock=SystemClock()
        ) as backend:
            with anyio.fail_after(3), anyio.move_on_after(0.2) as scope:
                await backend.next_nonce()
            assert scope.cancelled_caught


async def test_network__private_proving__is_admitted_or_not_and_a_batch_is_proved() -> None:
    config = replace(CONFIG, tree=NetworkTree.RESERVED, private_input=True)
    async with bench(config) as made:
        assert await made.backend.tee_admitted() is True
        request = work()
        assert await checked(made, request, await made.ended(await made.issue(request))) >= 0
    barred = frozenset({bytes(EvmSigner(b"\x07" * 32).address)})
    async with bench(config, barred_from_tee=barred) as made:
        assert await made.backend.tee_admitted() is False
    async with bench() as made:
        assert await made.backend.tee_admitted() is None
