"""Proof submissions accepted per second through one node: our client, zkverifyjs at its best, and the node's ceiling.

All submit the same proof under a registered key, which the node verifies once: what is compared is the clients. All
account for nonces themselves and use sixteen derived accounts. They take turns, each with the pool to itself, and their
best rounds are compared: on a shared machine a slow round says something about the neighbours.
"""

from dataclasses import dataclass, field

from loadtest.bench.client_load import Library, opened, through_channels
from loadtest.bench.dev_node import NodeProcess, derived, dev_node, drained, register_key
from loadtest.bench.groth16_vector import Vector, make_vector
from loadtest.bench.measure import Measure
from loadtest.bench.zkverifyjs_process import zkverifyjs
from zk_operator.adapters.signing.zkverify import ZkVerifySigner

ACCOUNTS, EACH, ROUNDS = 16, 15, 4
CHANNEL_EACH = 5
BLOCK_TIME_S = 6.0  # the real chain's
LEAST_RATIO = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Submissions per second by round."""

    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)
    ceiling: list[float] = field(default_factory=list)
    channel: list[float] = field(default_factory=list)


async def run() -> list[Measure]:
    """The best rates and their ratios."""
    vector = make_vector()
    async with dev_node(block_time_s=BLOCK_TIME_S, accounts=ACCOUNTS) as node:
        await register_key(node, vector.key_fields())
        rates = await _rounds(node, vector)
    ours, theirs, ceiling = (max(found) for found in (rates.ours, rates.theirs, rates.ceiling))
    unit = "submissions/s"
    return [
        Measure(name="zkverifyjs", value=theirs, unit=unit),
        Measure(name="ours", value=ours, unit=unit),
        Measure(name="ceiling", value=ceiling, unit=unit),
        Measure(name="ours_through_the_channel", value=max(rates.channel), unit=unit),
        Measure(name="ours_to_zkverifyjs", value=ours / theirs, unit="ratio", at_least=LEAST_RATIO),
        Measure(name="ours_to_ceiling", value=ours / ceiling, unit="ratio"),
    ]


async def _rounds(node: NodeProcess, vector: Vector) -> Rates:
    rates, (bob, charlie) = Rates(), (_signers("//Bob"), _signers("//Charlie"))
    proof = vector.snarkjs()
    async with (
        Library.opened(node, vector) as library,
        opened(node, connections=ACCOUNTS) as client,
        zkverifyjs(node.endpoint, owner="//Alice", accounts=ACCOUNTS, proof=proof) as official,
    ):
        for number in range(ROUNDS):
            first = number * EACH
            rates.theirs.append(await official.submit_all(first=first, each=EACH))
            await drained(node)
            rates.ours.append(await library.submit_all(bob, EACH, first=first))
            await drained(node)
            signed = await library.signed_ahead(charlie, EACH, first=first)
            rates.ceiling.append(await library.send_all(signed))
            await drained(node)
        channels = client.channels(bob)
        first = ROUNDS * EACH
        rates.channel.append(await through_channels(channels, vector, CHANNEL_EACH, first=first))
    return rates


def _signers(owner: str) -> list[ZkVerifySigner]:
    return [ZkVerifySigner.from_development_uri(name) for name in derived(owner, ACCOUNTS)]
