"""Several accounts side by side, and a publisher of one's own, on the dev node."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

import anyio
import pytest

from zk_acts.domain.acts import Purpose
from zk_acts.domain.details import Aggregation
from zk_acts.runtime.clock import SystemClock
from zk_devnet.testing.memory_store import MemoryStore
from zk_devnet.testing.tools import some_tools
from zk_devnet.zkverify.scale import Case
from zk_devnet.zkverify.signature import key_pair
from zk_operator.domain.publishing import PublishWhen
from zk_operator.services.publisher import Publisher, PublishPolicy
from zkverify_client.domain.sp1_proof import decode_sp1_proof
from zkverify_client.domain.statement import groth16_vk_hash
from zkverify_client.ports.zkverify import SubmitGroth16
from zkverify_client.services.vk_registrar import Registration
from zkverify_client.session import Session, Target
from zkverify_client.signing.signer import ZkVerifySigner

pytestmark = pytest.mark.devnet
VFY = 10**18
SIGNERS = ZkVerifySigner.from_development_uri("//Alice").derived(3)


class Worlds(Protocol):
    def __call__(self, **settings: Any) -> AbstractAsyncContextManager[Any]: ...


async def _funded(world: Any) -> None:
    for signer in SIGNERS:
        body = {"dest": Case("Id", bytes(signer.public_key)), "value": 20 * VFY}
        call = Case("Balances", Case("transfer_keep_alive", body))
        await world.other_side.submit(key_pair("//Bob"), call)
    world.mine(3)


def _session(world: Any) -> Session:
    target = Target(
        endpoints=world.network.endpoints, genesis_hash=world.network.genesis_hash, poll_s=0.1
    )
    return Session(target=target, genesis_hash=world.network.genesis_hash, client=world.client)


def _request(world: Any, seed: int) -> SubmitGroth16:
    proof = world.proof(seed=seed)
    return SubmitGroth16(
        vk_hash=groth16_vk_hash(world.vk),
        proof=decode_sp1_proof(proof.onchain_proof).proof,
        public_inputs=proof.public_inputs,
        statement=proof.statement,
        domain_id=0,
    )


async def _mine_meanwhile(world: Any) -> None:
    while True:
        world.mine()
        await anyio.sleep(0.1)


async def test_derived_accounts__proofs_side_by_side__each_verified_once(
    worlds: Worlds, tmp_path: Path
) -> None:
    async with worlds() as world, anyio.create_task_group() as group:
        await _funded(world)
        await world.domain(8)
        group.start_soon(_mine_meanwhile, world)
        async with _session(world).payer(SIGNERS, tmp_path / "acts.sqlite") as payer:
            [key] = await payer.registrar.register([world.vk, world.vk])
            assert key.how is Registration.NEW
            assert [k.how for k in await payer.registrar.register([world.vk])] == [
                Registration.OURS
            ]
            details: list[Any] = []

            async def verify(seed: int) -> None:
                done = await payer.runner.run(
                    purpose=Purpose.VERIFY, subject=str(seed), request=_request(world, seed)
                )
                details.append(done.detail)

            with anyio.fail_after(60):
                async with anyio.create_task_group() as tasks:
                    for seed in range(1, 7):
                        tasks.start_soon(verify, seed)
            used = {
                row.account
                for n in range(1, 7)
                for row in await payer.acts.of(Purpose.VERIFY, str(n))
            }
        group.cancel_scope.cancel()
        assert used == {signer.ss58_address for signer in SIGNERS}
        assert all(isinstance(detail, Aggregation) for detail in details)
        domain = await world.client.registry.domain(0)
        assert [(a.size, a.complete) for a in domain.aggregations] == [(6, False)]


async def test_publisher__complete_aggregation_of_ours__is_published_and_pays_back(
    worlds: Worlds, tmp_path: Path
) -> None:
    async with worlds() as world, anyio.create_task_group() as group:
        await _funded(world)
        await world.registered()
        await world.domain(1)
        group.start_soon(_mine_meanwhile, world)
        async with _session(world).payer(SIGNERS[:1], tmp_path / "acts.sqlite") as payer:
            with anyio.fail_after(60):
                done = await payer.runner.run(
                    purpose=Purpose.VERIFY, subject="1", request=_request(world, 1)
                )
                before = await world.client.registry.account(SIGNERS[0].public_key)
                publisher = Publisher(
                    some_tools(MemoryStore(clock=SystemClock()), SystemClock()),
                    acts=payer.acts.members[0],
                    account=SIGNERS[0].public_key,
                    registry=world.client.registry,
                    policy=PublishPolicy(domain_id=0, when=PublishWhen.COMPLETE),
                )
                while (receipt := await world.client.reader.receipt(done.detail)) is None:
                    await publisher.tick()
                    await anyio.sleep(0.2)
                await publisher.tick()
            rows = await payer.acts.of(Purpose.PUBLISH, "0/1")
        group.cancel_scope.cancel()
        after = await world.client.registry.account(SIGNERS[0].public_key)
        assert receipt.leaf_count == 1
        assert len(rows) == 1
        assert (before.reserved > 0, after.reserved) == (True, 0)
        assert after.free > before.free  # the reserve is worth more than the fee
