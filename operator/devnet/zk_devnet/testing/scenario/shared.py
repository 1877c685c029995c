"""One devnet after the other for many scenarios: each while its chain remembers everything that an audit reads."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import Self

import anyio

from zk_devnet.evm.rpc import EvmRpc
from zk_devnet.testing.scenario.network import running_devnet
from zk_devnet.up import Devnet, DevnetConfig

# anvil keeps the state of some 4,000 blocks, and an audit reads balances from the first on; a scenario mines 600 at most.
MOST_BLOCKS = 2_500


def height_of(devnet: Devnet) -> int:
    """Its latest EVM block."""

    async def look() -> int:
        async with EvmRpc(devnet.evm.http_url) as rpc:
            return int(await rpc.call("eth_blockNumber"), 16)

    return anyio.run(look)


class SharedDevnet:
    """Gives the running devnet, or a new one in its place when that is old. A context that leaves none running."""

    def __init__(
        self,
        config: DevnetConfig,
        *,
        run: Callable[[DevnetConfig], AbstractContextManager[Devnet]] = running_devnet,
        height: Callable[[Devnet], int] = height_of,
    ) -> None:
        self._config = config
        self._run = run
        self._height = height
        self._running = ExitStack()
        self._devnet: Devnet | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._devnet = None
        self._running.close()

    def young(self) -> Devnet:
        """A devnet with room for a scenario. Raises what starting one raises."""
        if self._devnet is not None and self._height(self._devnet) > MOST_BLOCKS:
            self.__exit__(None, None, None)
        if self._devnet is None:
            self._devnet = self._running.enter_context(self._run(self._config))
        return self._devnet
