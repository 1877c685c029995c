"""The block tree: best and finalized block, reorganisations, pruning of state."""

from dataclasses import dataclass, field

from zk_devnet.zkverify.block import Block
from zk_devnet.zkverify.state import State


class UnknownBlock(KeyError):
    """Raised when a hash names no block of this chain."""


class StatePruned(KeyError):
    """Raised when a block's state is not kept any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBest:
    """What changed with a new best block: blocks that left and joined the best chain, oldest first."""

    retracted: tuple[Block, ...] = ()
    enacted: tuple[Block, ...] = ()


@dataclass(slots=True)
class Chain:
    """All blocks by hash and the best chain by number."""

    genesis: Block
    best: Block = field(init=False)
    finalized: Block = field(init=False)
    _blocks: dict[bytes, Block] = field(init=False)
    _canonical: dict[int, bytes] = field(init=False)
    _pruned_below: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.best = self.finalized = self.genesis
        self._blocks = {self.genesis.hash: self.genesis}
        self._canonical = {0: self.genesis.hash}

    def block(self, block_hash: bytes) -> Block:
        """The block of a hash; UnknownBlock otherwise."""
        found = self._blocks.get(block_hash)
        if found is None:
            raise UnknownBlock(block_hash.hex())
        return found

    def hash_at(self, number: int) -> bytes | None:
        """The hash of the best chain's block at a height."""
        return self._canonical.get(number)

    def is_canonical(self, block: Block) -> bool:
        """Whether the block is on the best chain."""
        return self._canonical.get(block.number) == block.hash

    def state_at(self, block_hash: bytes | None) -> State:
        """The state after a block (None: the best one); StatePruned when it is gone."""
        block = self.best if block_hash is None else self.block(block_hash)
        if block.number < self._pruned_below:
            raise StatePruned(block.hash.hex())
        return block.state

    def ancestor(self, block: Block, number: int) -> Block:
        """The block at a height on the branch that ends in `block`."""
        while block.number > number:
            block = self.block(block.header.parent_hash)
        return block

    def import_best(self, block: Block) -> NewBest:
        """Add a block and make it the best one."""
        self._blocks[block.hash] = block
        enacted, cursor = [block], self.block(block.header.parent_hash)
        while not self.is_canonical(cursor):
            enacted.append(cursor)
            cursor = self.block(cursor.header.parent_hash)
        retracted = self._above(cursor.number)
        for old in retracted:
            del self._canonical[old.number]
        enacted.reverse()
        for new in enacted:
            self._canonical[new.number] = new.hash
        self.best = block
        return NewBest(retracted=tuple(retracted), enacted=tuple(enacted))

    def add_side(self, block: Block) -> None:
        """Add a block that is not the best one."""
        self._blocks[block.hash] = block

    def finalize(self, number: int) -> list[Block]:
        """Finalize the best chain up to a height; the blocks that became final, oldest first."""
        heights = range(self.finalized.number + 1, min(number, self.best.number) + 1)
        fresh = [self._blocks[self._canonical[height]] for height in heights]
        if fresh:
            self.finalized = fresh[-1]
        return fresh

    def prune(self, depth: int) -> None:
        """Drop the state of blocks more than `depth` behind the finalized one."""
        below = self.finalized.number - depth
        for number in range(self._pruned_below, below):
            block = self._blocks[self._canonical[number]]
            emptied = Block(
                header=block.header, hash=block.hash, extrinsics=block.extrinsics, state={}
            )
            self._blocks[block.hash] = emptied
        self._pruned_below = max(self._pruned_below, below)

    def _above(self, number: int) -> list[Block]:
        return [
            self._blocks[self._canonical[height]]
            for height in range(number + 1, self.best.number + 1)
        ]
