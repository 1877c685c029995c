"""How deep a block must lie: a tag of the chain's own, or a number of confirmations.

Whether every depth that is configured can be asked for is watched: without one, settling or spending cannot work.
"""

from collections.abc import Mapping

import anyio

from zk_operator.domain.chain_event import BlockRef, BlockTag
from zk_operator.domain.failures import DepthUnknown, MalformedAnswer
from zk_operator.ports.chain import BlockSource
from zk_operator.services.purchase_gate import Hold
from zk_operator.services.tools import Tools

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


async def unknown_depths(source: BlockSource, depths: Mapping[str, Depth]) -> list[str]:
    """The settings, as `name = value`, whose depth no endpoint can name a block for. Errors: those of `BlockSource`."""
    found = []
    for name, depth in depths.items():
        try:
            await block_at(source, depth)
        except DepthUnknown:
            found.append(f'{name} = "{depth}"')
    return found


class DepthWatch:
    """Holds purchases while a depth is unknown; what does not need it goes on."""

    name = "depths"
    description = "Watches the chain's configured depths"

    def __init__(self, tools: Tools, *, depths: Mapping[str, Depth]) -> None:
        self._source = tools.source
        self._depths = depths
        self._gate = tools.gate

    async def wake(self) -> None:
        """The interval is enough."""
        await anyio.sleep_forever()

    async def tick(self) -> None:
        """Ask for each once."""
        unknown = await unknown_depths(self._source, self._depths)
        if unknown:
            text = (
                f"no endpoint knows {' or '.join(unknown)}; a number of confirmations always works"
            )
            self._gate.hold(Hold.DEPTH, text)
        else:
            self._gate.release(Hold.DEPTH)
