"""Submissions by our client: as a library (compose, sign, send under nonces that are counted here), and as the daemon."""

import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Self

import anyio

from loadtest.bench.dev_node import NodeProcess
from loadtest.bench.groth16_vector import Vector
from zk_acts.domain.acts import IntentState, Resource
from zk_acts.domain.ids import Hash32
from zk_acts.ports.store import SpendCap
from zk_acts.runtime.clock import SystemClock
from zk_acts.runtime.fault import NoFaults
from zk_acts.services.paid_act import Work
from zk_acts.services.spend_guard import SpendPolicy
from zk_operator.adapters.storage.sqlite_store import open_store
from zk_operator.runtime.health import HealthBoard
from zk_operator.runtime.telemetry import Telemetry
from zk_operator.services.bulk_acts import BulkActs
from zkverify_client.adapters.chain import BlockHead, Chain, ChainCache
from zkverify_client.adapters.client import ZkVerifyClient, ZkVerifyConfig, open_zkverify
from zkverify_client.adapters.extrinsic import Terms, sign
from zkverify_client.adapters.pool import NetworkConfig
from zkverify_client.adapters.proof_calls import ProofCalls
from zkverify_client.adapters.rpc import WebSocketRpc
from zkverify_client.adapters.runtime import Runtime
from zkverify_client.adapters.submission import submit_many
from zkverify_client.domain.statement import groth16_statement
from zkverify_client.ports.zkverify import SubmitGroth16, ZkVerifyDetail, ZkVerifyRequest
from zkverify_client.signing.signer import ZkVerifySigner

ERA_BLOCKS = 64
BIRTH_S = 1.0  # how long the era's birth block is reused
CONNECTIONS, STRIDE = 4, 4  # connections that send at a time; nonces of each account in one message


@asynccontextmanager
async def opened(node: NodeProcess, *, connections: int) -> AsyncIterator[ZkVerifyClient]:
    """Our client on one node."""
    network = NetworkConfig(
        endpoints=(node.endpoint,),
        genesis_hash=Hash32(node.genesis),
        submit_connections=connections,
        query_connections=connections,
        request_timeout_s=60.0,
    )
    async with open_zkverify(ZkVerifyConfig(network=network)) as client:
        yield client


class Library:
    """Proofs composed, signed and sent, as a program does that keeps its nonces itself."""

    def __init__(
        self,
        *,
        vector: Vector,
        genesis: bytes,
        runtime: Runtime,
        chain: Chain,
        senders: Sequence[WebSocketRpc],
    ) -> None:
        self._vector = vector
        self._genesis = Hash32(genesis)
        self._runtime, self._chain = runtime, chain
        self._calls = ProofCalls(runtime, vk_hash=vector.vk_hash, domain_id=None)
        self._idle = list(senders)
        self._looking = anyio.Lock()
        self._birth: BlockHead | None = None
        self._born_at = 0.0

    @classmethod
    @asynccontextmanager
    async def opened(cls, node: NodeProcess, vector: Vector) -> AsyncIterator[Self]:
        """With its connections: some that send, and one that looks."""
        async with AsyncExitStack() as stack:
            rpcs = [
                await stack.enter_async_context(
                    await WebSocketRpc.open(node.endpoint, timeout_s=60.0)
                )
                for _ in range(CONNECTIONS + 1)
            ]
            chain = Chain(rpcs[0], ChainCache())
            yield cls(
                vector=vector,
                genesis=node.genesis,
                runtime=await chain.runtime(),
                chain=chain,
                senders=rpcs[1:],
            )

    def signed(self, signer: ZkVerifySigner, terms: Terms) -> bytes:
        """One submission's bytes."""
        call = self._calls.call(self._vector.proof, self._vector.public_inputs)
        return sign(self._runtime, call, terms, signer).raw

    async def terms(self, nonce: int) -> Terms:
        """What a signature under this nonce commits to."""
        birth = await self._fresh_birth()
        return Terms(
            genesis_hash=self._genesis,
            nonce=nonce,
            tip=0,
            birth_block=birth.number,
            birth_hash=birth.hash,
            period=ERA_BLOCKS,
        )

    async def _fresh_birth(self) -> BlockHead:
        async with self._looking:
            if self._birth is None or time.monotonic() - self._born_at > BIRTH_S:
                self._birth = await self._chain.finalized()
                self._born_at = time.monotonic()
            return self._birth

    async def signed_ahead(
        self, signers: Sequence[ZkVerifySigner], each: int, *, first: int
    ) -> list[list[bytes]]:
        """The bytes of `each` submissions by account."""
        nonces = range(first, first + each)
        return [[self.signed(who, await self.terms(nonce)) for nonce in nonces] for who in signers]

    async def submit_all(
        self, signers: Sequence[ZkVerifySigner], each: int, *, first: int
    ) -> float:
        """Every account submits `each` proofs from nonce `first`; how many were taken a second."""

        async def part(mine: Sequence[ZkVerifySigner]) -> None:
            for start in range(first, first + each, STRIDE):
                nonces = range(start, min(start + STRIDE, first + each))
                terms = [await self.terms(nonce) for nonce in nonces]
                await self._send([self.signed(signer, term) for signer in mine for term in terms])

        parts = [signers[number::CONNECTIONS] for number in range(CONNECTIONS)]
        return await _rate([partial(part, mine) for mine in parts], len(signers) * each)

    async def send_all(self, batches: Sequence[Sequence[bytes]]) -> float:
        """Bytes signed before, by account; how many were taken a second."""
        parts = [
            [raw for batch in batches[number::CONNECTIONS] for raw in batch]
            for number in range(CONNECTIONS)
        ]
        return await _rate([partial(self._send, part) for part in parts], sum(map(len, batches)))

    async def _send(self, payloads: Sequence[bytes]) -> None:
        rpc = self._idle.pop()
        try:
            verdicts = await submit_many(rpc, payloads)
        finally:
            self._idle.append(rpc)
        if refused := [verdict for verdict in verdicts if not verdict.taken]:
            raise RuntimeError(f"{len(refused)} submissions were refused: {refused[0]}")


@asynccontextmanager
async def daemons_acts(
    client: ZkVerifyClient, signer: ZkVerifySigner, database: Path
) -> AsyncIterator[BulkActs[ZkVerifyRequest, ZkVerifyDetail]]:
    """One account's acts as the daemon has them: rows in SQLite, spend caps, balance and domain looked at."""
    clock, channel, telemetry = SystemClock(), client.channel(signer), Telemetry()
    caps = [
        SpendCap(resource=Resource.VFY, window_s=window, limit=10**30) for window in (3600, 86_400)
    ]
    async with open_store(database, clock=clock) as store:
        yield BulkActs(
            channel=channel,
            store=store.intents,
            policy=SpendPolicy(caps=caps, reserve=10**18),
            clock=clock,
            faults=NoFaults(),
            telemetry=telemetry,
            board=HealthBoard(clock=clock),
            resigner=channel,
        )


async def through_acts(
    acts: BulkActs[ZkVerifyRequest, ZkVerifyDetail], vector: Vector, count: int, *, name: str
) -> float:
    """The daemon's way with so many proofs that are due: how many were written down, sent and taken a second."""
    request = SubmitGroth16(
        vk_hash=vector.vk_hash,
        proof=vector.proof,
        public_inputs=vector.public_inputs,
        statement=groth16_statement(vector.vk_hash, vector.public_inputs),
    )
    works: list[Work[ZkVerifyRequest]] = [
        Work(purpose="bench", subject=f"{name}/{number}", request=request)
        for number in range(count)
    ]

    async def all_of_them() -> None:
        rows = await acts.issue_all(works)
        taken = sum(1 for row in rows if row.state is IntentState.SENT)
        if taken != count:
            raise RuntimeError(f"{taken} of {count} submissions were taken")

    return await _rate([all_of_them], count)


async def _rate(works: Sequence[Callable[[], Coroutine[Any, Any, None]]], count: int) -> float:
    started = time.perf_counter()
    async with anyio.create_task_group() as tasks:
        for work in works:
            tasks.start_soon(work)
    return count / (time.perf_counter() - started)
