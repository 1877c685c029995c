"""How long after the chain has done its part our client knows it: inclusion and finality, over the node's own block time.

The chain's part is known from the blocks' timestamps, so what remains is the client's: hearing of the head, looking, deciding.
"""

import time
from dataclasses import dataclass

import anyio

from loadtest.bench.client_load import intent_of, opened
from loadtest.bench.dev_node import NodeProcess, dev_node, register_key
from loadtest.bench.groth16_vector import Vector, make_vector
from loadtest.bench.measure import Measure, percentile
from zk_acts.ports.act import Included
from zk_devnet.zkverify.client import NodeClient
from zkverify_client.adapters.channel import ZkVerifyChannel
from zkverify_client.adapters.client import ZkVerifyClient
from zkverify_client.domain.statement import groth16_statement
from zkverify_client.ports.zkverify import SubmitGroth16
from zkverify_client.signing.signer import ZkVerifySigner

SAMPLES = 12
BLOCK_TIME_S = 1.0
FINALITY_LAG = 2
WAIT_S = 30.0
MOST_OF_A_BLOCK = 0.5  # the client's share, in block times


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Seconds from sending to knowing that it is final, and of those the client's own."""

    total_s: float
    own_s: float


async def run() -> list[Measure]:
    """Totals, and the client's share."""
    vector = make_vector()
    async with dev_node(block_time_s=BLOCK_TIME_S) as node:
        await register_key(node, vector.key_fields())
        async with opened(node, connections=1) as client:
            channel = client.channel(ZkVerifySigner.from_development_uri("//Bob//0"))
            samples = [
                await _sample(node, client, channel, vector, nonce) for nonce in range(SAMPLES)
            ]
    own = [sample.own_s for sample in samples]
    return [
        Measure(
            name="final_after_sending_median",
            value=percentile([sample.total_s for sample in samples], 50),
            unit="s",
        ),
        Measure(name="known_after_final_median", value=percentile(own, 50), unit="s"),
        Measure(
            name="known_after_final_p95_over_block_time",
            value=percentile(own, 95) / BLOCK_TIME_S,
            unit="block times",
            at_most=MOST_OF_A_BLOCK,
        ),
    ]


async def _sample(
    node: NodeProcess,
    client: ZkVerifyClient,
    channel: ZkVerifyChannel,
    vector: Vector,
    nonce: int,
) -> Sample:
    request = SubmitGroth16(
        vk_hash=vector.vk_hash,
        proof=vector.proof,
        public_inputs=vector.public_inputs,
        statement=groth16_statement(vector.vk_hash, vector.public_inputs),
    )
    intent = intent_of(channel, await channel.prepare(request, nonce))
    sent = time.time()
    await channel.send(intent)
    with anyio.fail_after(WAIT_S):
        while True:
            await client.reader.wait_for_head()
            outcome = await channel.outcome(intent)
            if isinstance(outcome, Included) and outcome.final:
                known = time.time()
                assert outcome.block_number is not None
                final = await _final_at(node, outcome.block_number)
                return Sample(total_s=known - sent, own_s=known - final)


async def _final_at(node: NodeProcess, included_in: int) -> float:
    """When the block that made it final was authored, by its own timestamp (Unix seconds)."""
    async with NodeClient(node.endpoint) as chain:
        at = await chain.call("chain_getBlockHash", included_in + FINALITY_LAG)
        stamp: int = await chain.storage("Timestamp", "Now", at=at)
        return stamp / 1000
