"""A model of one URL with three nodes of different heights: whatever is read and confirmed near the head is complete.

Each request is answered by one of the nodes, by the seed. A node has the chain as it was some steps ago, other branches
included, and says of what it does not have yet whatever nodes say: nothing, null, an empty list, an error in some words.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise
from random import Random
from typing import Any

import anyio.lowlevel
import pytest
from eth_utils.crypto import keccak
from tests.unit.adapters.evm.conftest import CHAIN_ID

from zk_acts.domain.errors import OperatorError
from zk_devnet.simulator.evm.block import bloom_of
from zk_operator.adapters.evm.block_source import NEAR_BLOCKS, EvmBlockSource
from zk_operator.adapters.evm.endpoint import EndpointPool
from zk_operator.adapters.evm.errors import RpcError
from zk_operator.adapters.evm.headers import ChainHead
from zk_operator.domain.chain_event import BlockRef, BlockTag
from zk_operator.domain.ids import Address

SEEDS = 300
MANAGER = Address(b"\x11" * 20)
SETTLED = "0x" + keccak(text="OrderSettled(bytes32,uint256)").hex()
OURS_IN_BLOOM = (bloom_of(MANAGER) | bloom_of(bytes.fromhex(SETTLED[2:]))).to_bytes(256)
OTHERS_IN_BLOOM = bloom_of(b"\x22" * 20).to_bytes(256)
WORDS = (
    "unknown block",
    "header not found",
    "One of the blocks specified in filter cannot be found.",
    "Block with such an ID doesn't exist yet",
    "Internal error",
)
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block. `ours`: how many logs of the manager's; `others`: logs that no parser takes."""

    number: int
    hash: str
    parent: str
    ours: int
    others: int

    def logs(self) -> list[Json]:
        ours = [self._log(index, data="0x" + bytes(32).hex()) for index in range(self.ours)]
        odd = {"address": "0x" + "22" * 20, "topics": None}
        return ours + [self._log(self.ours + index) | odd for index in range(self.others)]

    def _log(self, index: int, data: str = "0x") -> Json:
        return {
            "address": "0x" + MANAGER.hex(),
            "topics": [SETTLED, self.hash],
            "data": data,
            "blockNumber": hex(self.number),
            "blockHash": self.hash,
            "transactionHash": self.hash,
            "logIndex": hex(index),
            "removed": False,
        }


@dataclass(slots=True, kw_only=True)
class World:
    """The chain, its past, and three nodes that are some steps behind."""

    random: Random
    most_lag: int
    has_blooms: bool
    has_receipts: bool
    past: list[list[Block]] = field(default_factory=lambda: [[]])  # the chain after each step
    behind: list[int] = field(default_factory=lambda: [0, 0, 0])
    made: int = 0

    @property
    def chain(self) -> list[Block]:
        return self.past[-1]

    def step(self) -> None:
        """One or two more blocks; sometimes the last ones are replaced. Each node falls behind, or catches up a bit."""
        chain = list(self.chain)
        if len(chain) > 20 and self.random.random() < 0.08:
            del chain[-self.random.randint(1, 6) :]
        for _ in range(self.random.choice((1, 1, 2))):
            chain.append(self._block(chain))
        self.past.append(chain)
        for node, steps in enumerate(self.behind):
            drift = self.random.choice((1, 1, 0, -1, -steps))
            self.behind[node] = max(0, min(self.most_lag, len(self.past) - 1, steps + drift))

    def _block(self, chain: list[Block]) -> Block:
        self.made += 1
        return Block(
            number=len(chain),
            hash="0x" + sha256(b"%d" % self.made).hexdigest(),
            parent=chain[-1].hash if chain else "0x" + "00" * 32,
            ours=self.random.choice((0, 0, 0, 1, 2)),
            others=self.random.choice((0, 1, 2)),
        )

    # --- one node's answers ---

    def answer(self, method: str, params: tuple[Any, ...]) -> object:
        step = len(self.past) - 1 - self.behind[self.random.randrange(3)]
        if method == "eth_getBlockByNumber":
            return self._header(self.past[step], params[0])
        if method == "eth_getBlockReceipts":
            if not self.has_receipts:
                return RpcError(method=method, number=-32601, text="the method is not available")
            block = self._known(step, params[0])
            return [{"logs": [log]} for log in block.logs()] if block else self._unknown()
        query = params[0]
        if "blockHash" in query:
            block = self._known(step, query["blockHash"])
            return self._matching(block.logs(), query) if block else self._unknown()
        first, last = int(query["fromBlock"], 16), int(query["toBlock"], 16)
        logs = [log for block in self.past[step][first : last + 1] for log in block.logs()]
        return self._matching(logs, query)

    def _matching(self, logs: list[Json], query: Json) -> list[Json]:
        return [log for log in logs if log["address"] in query.get("address", [log["address"]])]

    def _unknown(self) -> object:
        words = RpcError(method="m", number=-32000, text=self.random.choice(WORDS))
        return self.random.choice(([], None, words))

    def _known(self, step: int, block_hash: str) -> Block | None:
        """Also of branches that were left: within some steps that is all of them."""
        for chain in self.past[step : max(0, step - 60) : -12]:
            for block in reversed(chain[-40:]):
                if block.hash == block_hash:
                    return block
        return next((block for block in self.past[step] if block.hash == block_hash), None)

    def _header(self, chain: list[Block], wanted: str) -> object:
        number = len(chain) - 1 if wanted == "latest" else int(wanted, 16)
        if number >= len(chain):
            return None
        block = chain[number]
        bloom = int.from_bytes(OURS_IN_BLOOM) if block.ours else 0
        bloom |= int.from_bytes(OTHERS_IN_BLOOM) if block.others else 0
        return {
            "number": hex(number),
            "hash": block.hash,
            "parentHash": block.parent,
            "timestamp": hex(number),
            "logsBloom": "0x" + (bloom if self.has_blooms else 0).to_bytes(256).hex(),
            "transactions": [block.hash] if block.ours + block.others else [],
        }


@dataclass(frozen=True, slots=True)
class Url:
    """The three nodes' one address."""

    world: World
    name: str = "http://one"

    async def request(self, method: str, *params: object) -> object:
        await anyio.lowlevel.checkpoint()
        answer = hex(CHAIN_ID) if method == "eth_chainId" else self.world.answer(method, params)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def aclose(self) -> None:
        """Nothing is open."""


@dataclass(slots=True, kw_only=True)
class Follower:
    """Follows the chain with a source as intake does, and compares what it was told with what there was."""

    world: World
    source: EvmBlockSource
    head: ChainHead
    seen: list[BlockRef] = field(default_factory=list)  # blocks that were read, all of one branch
    read: dict[int, int] = field(default_factory=dict)  # our logs of each block
    failures: int = 0

    async def try_to_follow(self) -> None:
        try:
            await self._follow()
        except OperatorError:
            self.failures += 1

    async def _follow(self) -> None:
        head = await self.source.head(BlockTag.LATEST)
        await self._rewind(head.number)
        while self._next <= head.number:
            first, last = self._next, min(head.number, self._next + 99)
            reading = await self.source.read(first, last)
            view = {block.number: block for block in reading.blocks}
            blocks = [
                view.get(number) or await self.source.block(number)
                for number in range(first, last + 1)
            ]
            if not self._is_believed(blocks, reading.events):
                return
            self._compare(first, last, head.number, reading.events)

    @property
    def _next(self) -> int:
        return self.seen[-1].number + 1 if self.seen else 0

    async def _rewind(self, head: int) -> None:
        """To the last common block; nowhere, where the chain only ends below what was read."""
        for length in range(len(self.seen), 0, -1):
            known = self.seen[length - 1]
            if known.number > head:
                continue
            now = await self.source.block(known.number)
            if now is not None and now.hash == known.hash:
                if length < len(self.seen) and self.seen[length].number <= head:
                    del self.seen[length:]
                return

    def _is_believed(self, blocks: list[BlockRef | None], events: Any) -> bool:
        """As intake judges it."""
        found = [block for block in blocks if block is not None]
        chain = [*self.seen[-1:], *found]
        linked = all(child.parent_hash == parent.hash for parent, child in pairwise(chain))
        hashes = {block.number: block.hash for block in found}
        if len(found) != len(blocks) or not linked:
            return False
        if any(hashes[event.at.block_number] != event.at.block_hash for event in events):
            return False
        self.seen += found
        return True

    def _compare(self, first: int, last: int, head: int, events: Any) -> None:
        near = max(last, head) - NEAR_BLOCKS
        for block in self._branch(first, last):
            told = sum(1 for event in events if event.at.block_number == block.number)
            self.read[block.number] = told
            if block.number > near or self.world.most_lag <= NEAR_BLOCKS // 2:
                assert told == block.ours, f"block {block.number} of {first} to {last}, head {head}"
            else:
                assert told in (0, block.ours)

    def _branch(self, first: int, last: int) -> Iterator[Block]:
        """What those blocks really held."""
        ends = {"0x" + self.seen[-1].hash.hex()}
        chain = next(
            chain
            for chain in reversed(self.world.past)
            if len(chain) > last and chain[last].hash in ends
        )
        yield from chain[first : last + 1]


def follower_of(seed: int) -> Follower:
    random = Random(seed)
    has_blooms = random.random() < 0.8
    world = World(
        random=random,
        most_lag=random.choice((1, 3, 10, 30, 90)),
        has_blooms=has_blooms,
        has_receipts=not has_blooms or random.random() < 0.6,
    )
    pool = EndpointPool(
        transports=[Url(world)],
        chain_id=CHAIN_ID,
        again_s=(0.0,) * 5,
    )
    head = ChainHead(pool=pool)
    source = EvmBlockSource(pool=pool, addresses=[MANAGER], head=head)
    return Follower(world=world, source=source, head=head)


async def one_run(seed: int) -> Follower:
    follower = follower_of(seed)
    for _ in range(follower.world.random.choice((10, 30, 80))):
        follower.world.step()
    for _ in range(12):
        for _ in range(follower.world.random.randint(0, 5)):
            follower.world.step()
        await follower.try_to_follow()
    while (
        len(follower.world.chain) <= follower.head.number
    ):  # a shorter one is believed only after a while
        follower.world.step()
    follower.world.behind = [0, 0, 0]
    for _ in range(4):
        await follower.try_to_follow()
    return follower


@pytest.mark.parametrize("part", range(4))
async def test_events__any_node_answers_any_request__what_is_confirmed_is_complete(
    part: int,
) -> None:
    confirmed = 0
    for seed in range(part, SEEDS, 4):
        try:
            follower = await one_run(seed)
            tip = follower.world.chain[-1]
            assert follower.seen, "never gets through a scan"
            assert follower.seen[-1].number == tip.number, "does not reach the tip"
            assert "0x" + follower.seen[-1].hash.hex() == tip.hash
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
        confirmed += len(follower.read)
    assert confirmed > SEEDS
