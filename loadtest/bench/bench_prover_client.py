"""Client overhead per proof request: our network backend against SP1's SDK 6.10, on one dev server, by turns.

Each asks for Groth16 proofs of the same batch of ten orders, one at a time, under an account of its own. The server needs
no time for auction and proving. What is timed is what the client does: `request`, from the work to the accepted
request (terms, upload of the input, nonce, signature), and `collect`, from the first question about a request that is
known to be finished to the decoded proof. The wait between the two is left out: with it, the SDK's fixed pause of two
seconds between polls would decide everything. Left out on both sides are connecting, keys, the program's registration,
SP1's simulation (limits are stated), and on ours the database and the checks.

`far` is the figure with the limit: every answer takes 20 ms longer, as from a server in the same part of the world, and
what counts is how often a client waits for one. `near` is the same on one machine without that, where what is left is
the processor: SP1's client is compiled, ours is Python on gRPC's C library. `cpu` is that of the client's process, near.
The server's own time is part of both sides.

A round is one request of each, in turning order. Figures are medians over rounds; ratios are taken within a round and are
medians as well, so that a busy machine disturbs both sides alike.
"""

import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import grpc

from loadtest.bench.dev_network import NetworkProcess, dev_network
from loadtest.bench.measure import Entry, Measure, Skipped
from loadtest.bench.requesters import CLIENT, Requester, Step, ours, sdk
from zk_acts.domain.ids import Hash32
from zk_devnet.evm.accounts import dev_account
from zk_devnet.prover_network.client import PlainClient
from zk_devnet.prover_network.faults import ALWAYS, Fault
from zk_devnet.prover_network.states import NetworkMode
from zk_devnet.testing.batches import batch_over_pools, pythons_values
from zk_operator.ports.prover import ProveRequest
from zk_operator.program import batch_program

ORDERS, WARM_UP = 10, 5
LIFE_S = 3_600
FAR_S = 0.02
ROUNDS = {"near": 50, "far": 20}
OURS, SDK = "ours", "sdk"
LIMITS = {"far": 1.0}
FINISH_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """One requester's steps, by round."""

    request: list[Step] = field(default_factory=list)
    collect: list[Step] = field(default_factory=list)

    def wall_ms(self) -> list[float]:
        """Both steps."""
        rounds = zip(self.request, self.collect, strict=True)
        return [_ms(asked.wall_s + got.wall_s) for asked, got in rounds]

    def cpu_ms(self) -> list[float]:
        """Both steps."""
        rounds = zip(self.request, self.collect, strict=True)
        return [_ms(asked.cpu_s + got.cpu_s) for asked, got in rounds]


Rounds = Mapping[str, Times]


async def run() -> Sequence[Entry]:
    """Milliseconds per request, and the ratios; skipped where SP1's client is not built."""
    if not CLIENT.is_file():
        reason = "SP1's client is not built: run `make prover-clients`"
        return [Skipped(name=_ratio_name(mode, "far"), reason=reason) for mode in NetworkMode]
    found: list[Entry] = []
    for mode in NetworkMode:
        async with _requesters(mode) as (plain, requesters):
            for place, count in ROUNDS.items():
                await _move(plain, place)
                found += _entries(mode, place, await _rounds(requesters, plain, count))
    return found


def _entries(mode: NetworkMode, place: str, rounds: Rounds) -> Sequence[Entry]:
    found = [
        Measure(name=f"{mode}_{place}_{who}_{part}", value=median(values), unit="ms")
        for who, times in rounds.items()
        for part, values in _parts(place, times).items()
    ]
    pairs = zip(rounds[OURS].wall_ms(), rounds[SDK].wall_ms(), strict=True)
    ratio = Measure(
        name=_ratio_name(mode, place),
        value=median(mine / theirs for mine, theirs in pairs),
        unit="ratio",
        at_most=LIMITS.get(place),
    )
    return [*found, ratio]


def _ratio_name(mode: NetworkMode, place: str) -> str:
    return f"{mode}_{place}_{OURS}_to_{SDK}"


def _parts(place: str, times: Times) -> dict[str, list[float]]:
    parts = {
        "request": [_ms(step.wall_s) for step in times.request],
        "collect": [_ms(step.wall_s) for step in times.collect],
        "both": times.wall_ms(),
    }
    return {**parts, "cpu": times.cpu_ms()} if place == "near" else parts


async def _rounds(
    requesters: Mapping[str, Requester], plain: PlainClient, count: int
) -> dict[str, Times]:
    rounds = {name: Times() for name in requesters}
    for number in range(WARM_UP + count):
        names = list(requesters) if number % 2 else list(requesters)[::-1]
        for name in names:
            asked, got = await _one(requesters[name], plain)
            if number >= WARM_UP:
                rounds[name].request.append(asked)
                rounds[name].collect.append(got)
    return rounds


async def _one(requester: Requester, plain: PlainClient) -> tuple[Step, Step]:
    asked, request_id = await requester.request()
    await plain.finished(request_id, FINISH_S)
    return asked, await requester.collect()


async def _move(plain: PlainClient, place: str) -> None:
    far = {"fault": Fault.FAR, "count": ALWAYS, "delay_s": FAR_S}
    if place == "far" and await plain.post("/dev/faults", far) != 200:
        raise RuntimeError("the dev server cannot be moved")


@asynccontextmanager
async def _requesters(
    mode: NetworkMode,
) -> AsyncIterator[tuple[PlainClient, Mapping[str, Requester]]]:
    """A server, somebody who looks when a request is finished, and who is compared."""
    work = _work()
    keys = [dev_account(number).private_key for number in range(3)]
    async with AsyncExitStack() as stack:
        network = await stack.enter_async_context(dev_network(mode))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        mine = await stack.enter_async_context(ours(network, keys[0], work))
        theirs = await stack.enter_async_context(sdk(network, keys[1], work, folder))
        yield await _looker(stack, network, keys[2]), {OURS: mine, SDK: theirs}


async def _looker(stack: AsyncExitStack, network: NetworkProcess, key: bytes) -> PlainClient:
    target = network.grpc_url.removeprefix("http://")
    channel = await stack.enter_async_context(grpc.aio.insecure_channel(target))
    return PlainClient(
        channel=channel, http_url=network.http_url, private_key=key, mode=network.mode
    )


def _work() -> ProveRequest:
    made = batch_over_pools(ORDERS)
    return ProveRequest(
        program_vkey=Hash32(batch_program().vkey),
        stdin=made.stdin(),
        public_values=pythons_values(made),
        deadline_s=int(time.time()) + LIFE_S,
    )


def _ms(seconds: float) -> float:
    return seconds * 1000
