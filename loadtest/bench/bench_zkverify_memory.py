"""Memory of our client over ten thousand submissions through its channel: it must not grow with their number."""

import gc
import os

from loadtest.bench.client_load import opened, through_channels
from loadtest.bench.dev_node import derived, dev_node, drained, memory_bytes, register_key
from loadtest.bench.groth16_vector import make_vector
from loadtest.bench.measure import Measure
from zkverify_client.signing.signer import ZkVerifySigner

ACCOUNTS = 8
SUBMISSIONS = 10_000
WARM_UP = 2_000  # fills the caches, which are bounded
STEP = 1_000
MOST_GROWTH = 1.10
MEBIBYTE = 1 << 20


async def run() -> list[Measure]:
    """Memory after the warm-up and at the end, and their ratio."""
    vector = make_vector()
    async with dev_node(block_time_s=1.0, accounts=ACCOUNTS) as node:
        await register_key(node, vector.key_fields())
        signers = [ZkVerifySigner.from_development_uri(n) for n in derived("//Bob", ACCOUNTS)]
        sizes: dict[int, int] = {}
        rates = []
        async with opened(node, connections=ACCOUNTS) as client:
            channels = client.channels(signers)
            for done in range(0, SUBMISSIONS, STEP):
                each = STEP // ACCOUNTS
                rates.append(await through_channels(channels, vector, each, first=done // ACCOUNTS))
                await drained(node)
                gc.collect()
                sizes[done + STEP] = memory_bytes(os.getpid())
        node_bytes = node.memory_bytes()
    growth = sizes[SUBMISSIONS] / sizes[WARM_UP]
    return [
        Measure(name=f"after_{WARM_UP}", value=sizes[WARM_UP] / MEBIBYTE, unit="MiB"),
        Measure(name=f"after_{SUBMISSIONS}", value=sizes[SUBMISSIONS] / MEBIBYTE, unit="MiB"),
        Measure(name="growth", value=growth, unit="ratio", at_most=MOST_GROWTH),
        Measure(name="slowest_thousand", value=min(rates), unit="submissions/s"),
        Measure(name="dev_node_at_the_end", value=node_bytes / MEBIBYTE, unit="MiB"),
    ]
