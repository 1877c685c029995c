"""Proof submissions accepted per second through one node: our client, zkverifyjs at its best, and the node's ceiling.

All submit the same proof under a registered key, which the node verifies once: what is compared is the clients. All
account for nonces themselves and use sixteen derived accounts; the daemon has one, and writes every act down first. They take turns, each with the pool to itself, and their
best rounds are compared: on a shared machine a slow round says something about the neighbours.
"""

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from loadtest.bench.client_load import Library, daemons_acts, opened, through_acts
from loadtest.bench.dev_node import NodeProcess, derived, dev_node, drained, register_key
from loadtest.bench.groth16_vector import Vector, make_vector
from loadtest.bench.measure import Measure
from loadtest.bench.zkverifyjs_process import zkverifyjs
from zkverify_client.signing.signer import ZkVerifySigner

ACCOUNTS, EACH, ROUNDS = 16, 15, 4
BLOCK_TIME_S = 6.0  # the real chain's
LEAST_RATIO, LEAST_OF_THE_DAEMON = 2.0, 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Submissions per second by round."""

    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)
    ceiling: list[float] = field(default_factory=list)
    daemon: list[float] = field(default_factory=list)


async def run() -> list[Measure]:
    """The best rates and their ratios."""
    vector = make_vector()
    async with dev_node(block_time_s=BLOCK_TIME_S, accounts=ACCOUNTS) as node:
        await register_key(node, vector.key_fields())
        with TemporaryDirectory() as folder:
            rates = await _rounds(node, vector, Path(folder))
    ours, theirs, ceiling = (max(found) for found in (rates.ours, rates.theirs, rates.ceiling))
    unit = "submissions/s"
    return [
        Measure(name="zkverifyjs", value=theirs, unit=unit),
        Measure(name="ours", value=ours, unit=unit),
        Measure(name="ceiling", value=ceiling, unit=unit),
        Measure(name="daemon", value=max(rates.daemon), unit=unit),
        Measure(name="ours_to_zkverifyjs", value=ours / theirs, unit="ratio", at_least=LEAST_RATIO),
        Measure(
            name="daemon_to_zkverifyjs",
            value=max(rates.daemon) / theirs,
            unit="ratio",
            at_least=LEAST_OF_THE_DAEMON,
        ),
        Measure(name="ours_to_ceiling", value=ours / ceiling, unit="ratio"),
    ]


async def _rounds(node: NodeProcess, vector: Vector, folder: Path) -> Rates:
    rates, (bob, charlie) = Rates(), (_signers("//Bob"), _signers("//Charlie"))
    proof = vector.snarkjs()
    async with (
        Library.opened(node, vector) as library,
        opened(node, connections=4) as client,
        daemons_acts(
            client, ZkVerifySigner.from_development_uri("//Dave"), folder / "acts.sqlite"
        ) as acts,
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
            rates.daemon.append(
                await through_acts(acts, vector, ACCOUNTS * EACH, name=f"round-{number}")
            )
            await drained(node)
    return rates


def _signers(owner: str) -> list[ZkVerifySigner]:
    return [ZkVerifySigner.from_development_uri(name) for name in derived(owner, ACCOUNTS)]
