"""Depth watch: whether every depth that is configured can be asked for. Without one, settling or spending cannot work."""

from collections.abc import Mapping

import anyio

from zk_operator.domain.failures import DepthUnknown
from zk_operator.ports.chain import BlockSource
from zk_operator.services.depth import Depth, block_at
from zk_operator.services.purchase_gate import Hold, PurchaseGate


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

    def __init__(
        self, *, source: BlockSource, depths: Mapping[str, Depth], gate: PurchaseGate
    ) -> None:
        self._source = source
        self._depths = depths
        self._gate = gate

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
