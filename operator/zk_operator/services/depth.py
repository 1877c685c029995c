"""How deep a block must lie: a tag of the chain's own, or a number of confirmations."""

from zk_operator.domain.chain_event import BlockRef, BlockTag
from zk_operator.domain.failures import MalformedAnswer
from zk_operator.ports.chain import BlockSource

Depth = BlockTag | int


async def block_at(source: BlockSource, depth: Depth) -> BlockRef:
    """The newest block that lies that deep. Errors as `BlockSource`."""
    if isinstance(depth, BlockTag):
        return await source.head(depth)
    head = await source.head(BlockTag.LATEST)
    block = await source.block(max(0, head.number - depth))
    if block is None:
        raise MalformedAnswer("a block below the head is missing", head=head.number, depth=depth)
    return block
