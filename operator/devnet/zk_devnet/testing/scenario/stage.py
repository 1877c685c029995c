"""One scenario's place on a devnet: configuration, traders, chain reads, and what must hold at the end."""

import shutil
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from zk_devnet.auditor import order_outcomes
from zk_devnet.cli.devnet_files import DevnetFiles, write_devnet_files
from zk_devnet.evm.rpc import EvmRpc
from zk_devnet.testing.scenario.deadline import until
from zk_devnet.testing.scenario.process import OperatorProcess
from zk_devnet.testing.scenario.rows import Rows, read_rows
from zk_devnet.traffic.kind import Kind
from zk_devnet.traffic.plan import Item, TrafficConfig
from zk_devnet.traffic.post import Posted, Traffic
from zk_devnet.up import Devnet

SETTLED, REFUNDED = 2, 3
QUICK = {
    "evm.poll_interval_s": "0.25",
    "evm.replace_after_s": "10",
    "evm.reorg_patience_s": "6",
    "zkverify.poll_interval_s": "0.25",
    "prover.network.poll_interval_s": "0.2",
    "batching.max_age_high_s": "0.25",
    "batching.max_age_s": "0.5",
    "batching.max_age_low_s": "1",
    "batching.min_deadline_reserve_s": "5",
    "timing.refund_interval_s": "0.5",
    "timing.balance_interval_s": "0.5",
    "timing.drain_timeout_s": "30",
    "log.format": "json",
}


@dataclass(slots=True, kw_only=True)
class Stage:
    """A devnet as one scenario sees it. `settings` are those of every operator made here."""

    devnet: Devnet
    folder: Path
    files: DevnetFiles
    rpc: EvmRpc
    settings: dict[str, str] = field(default_factory=dict)

    def operator(
        self,
        name: str = "operator",
        settings: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> OperatorProcess:
        """An operator with a database of its own, named so."""
        return OperatorProcess(
            config=self.files.config,
            log=self.folder / f"{name}.log",
            locks=self.folder / "locks",
            settings={
                **self.settings,
                "store.path": str(self.database(name)),
                **(settings or {}),
            },
            environment=environment,
        )

    def database(self, name: str = "operator") -> Path:
        """Where that operator's database is."""
        return self.folder / f"{name}.sqlite"

    def rows(self, name: str = "operator") -> Rows:
        """What that operator's database says now."""
        return read_rows(self.database(name))

    async def place(self, orders: int, *, seed: int, lifetime_s: int = 300) -> tuple[Posted, ...]:
        """Good orders, half by swap, half signed; returned when they are mined."""
        config = TrafficConfig(
            orders=orders,
            traders=len(self.devnet.deployment.traders),
            seed=seed,
            spread_s=0.2,
            wave_s=0.1,
            lifetime_s=lifetime_s,
        )
        return await self.traffic(config).run()

    async def place_as(
        self, change: Callable[[Item], Item], orders: int, *, seed: int, lifetime_s: int = 300
    ) -> tuple[Posted, ...]:
        """Signed orders in two waves, each as `change` wants it; returned when they are mined.

        The plan of many orders has bad ones and replays: they become orders of their own.
        """
        config = TrafficConfig(
            orders=orders,
            traders=len(self.devnet.deployment.traders),
            seed=seed,
            spread_s=0.2,
            wave_s=0.1,
            lifetime_s=lifetime_s,
        )
        traffic = self.traffic(config)
        traffic.items = tuple(
            change(
                replace(
                    item,
                    kind=Kind.SIGNED,
                    original=None,
                    salt=item.salt ^ item.number,
                    lifetime_s=lifetime_s,
                )
            )
            for item in traffic.items
        )
        return await traffic.run()

    def traffic(self, config: TrafficConfig) -> Traffic:
        """Orders as planned by this configuration."""
        return Traffic(
            rpc=self.rpc,
            deployment=self.devnet.deployment,
            toolchain=self.devnet.toolchain,
            config=config,
        )

    async def states(self, posted: Sequence[Posted], block: str = "latest") -> list[int]:
        """The contract's word on each: 0 unknown, 1 open, 2 settled, 3 refunded."""
        ids = [one.order_id for one in posted]
        found = await order_outcomes(self.rpc, self.devnet.deployment, ids, block=block)
        return [found[order_id] for order_id in ids]

    async def until_settled(self, posted: Sequence[Posted], *, timeout_s: float = 60.0) -> None:
        """Until every one is settled. Raises ScenarioStuck."""

        async def look() -> bool:
            return all(state == SETTLED for state in await self.states(posted))

        await until(look, f"{len(posted)} orders settled", timeout_s=timeout_s)

    async def until_ended(self, posted: Sequence[Posted], *, timeout_s: float = 60.0) -> None:
        """Until every one is settled or refunded. Raises ScenarioStuck."""

        async def look() -> bool:
            return all(state in (SETTLED, REFUNDED) for state in await self.states(posted))

        await until(look, f"{len(posted)} orders ended", timeout_s=timeout_s)

    async def until_quiet(self, name: str = "operator", *, timeout_s: float = 60.0) -> None:
        """Until that operator has nothing under way. Raises ScenarioStuck, naming what is."""
        left: list[str] = []

        async def look() -> bool:
            left[:] = self.rows(name).unfinished()
            return not left

        try:
            await until(look, "nothing under way", timeout_s=timeout_s)
        except AssertionError as error:
            raise type(error)(f"{error}: {left}") from None

    async def block_number(self) -> int:
        """The latest block."""
        return int(await self.rpc.call("eth_blockNumber"), 16)


@asynccontextmanager
async def open_stage(
    devnet: Devnet, folder: Path, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Stage]:
    """A stage in a fresh folder; its operators see the chain from now on."""
    files = _fresh(folder, devnet)
    async with EvmRpc(devnet.evm.http_url) as rpc:
        stage = Stage(devnet=devnet, folder=folder, files=files, rpc=rpc)
        start = await stage.block_number()
        stage.settings = {**QUICK, "evm.start_block": str(start), **(settings or {})}
        yield stage


def _fresh(folder: Path, devnet: Devnet) -> DevnetFiles:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return write_devnet_files(folder, devnet)
