"""What befalls zkVerify in a scenario: nobody publishes, nodes forget, the account's holder acts past the daemon."""

from collections.abc import Iterator
from contextlib import contextmanager

from zk_devnet.testing.scenario.deadline import until
from zk_devnet.testing.scenario.stage import Stage
from zk_devnet.up import Devnet
from zk_devnet.zkverify.client import NodeClient
from zk_devnet.zkverify.scale import Case
from zk_devnet.zkverify.signature import key_pair

_KEPT_BLOCKS = 4  # for the relayer, which reads the events of finalized blocks


@contextmanager
def unpublished(devnet: Devnet) -> Iterator[None]:
    """Nobody publishes an aggregation inside."""
    steering = devnet.zkverify.faults.aggregator
    steering.hold_publishing = True
    try:
        yield
    finally:
        steering.hold_publishing = False


@contextmanager
def garbled(devnet: Devnet, *methods: str) -> Iterator[None]:
    """Inside, these methods are answered in a form that no real node gives."""
    faults = devnet.zkverify.faults
    faults.garbled = set(methods)
    try:
        yield
    finally:
        faults.garbled = set()


async def until_forgotten(stage: Stage) -> None:
    """Until what was sent is in a block, and the state of that block is dropped."""
    async with NodeClient(stage.devnet.zkverify_ws) as node:

        async def pool_is_empty() -> bool:
            pool: dict[str, int] = (await node.call("dev_status"))["pool"]
            return pool["ready"] + pool["future"] == 0

        await until(pool_is_empty, "the pool is empty", timeout_s=20)
        newest: int = (await node.call("dev_status"))["best"]["number"]

        async def is_old() -> bool:
            finalized: int = (await node.call("dev_status"))["finalized"]["number"]
            return finalized > newest + _KEPT_BLOCKS

        await until(is_old, "some further blocks", timeout_s=20)
        await node.call("dev_prune", _KEPT_BLOCKS)


async def until_published(stage: Stage) -> None:
    """Until no aggregation waits to be published."""
    async with NodeClient(stage.devnet.zkverify_ws) as node:

        async def none_waits() -> bool:
            domain = await node.storage("Aggregate", "Domains", stage.devnet.deployment.domain_id)
            return not domain["next"]["statements"] and not domain["should_publish"]

        await until(none_waits, "every aggregation is published", timeout_s=20)


async def take_back_the_key(stage: Stage) -> None:
    """The account's holder unregisters the circuit's key, past the daemon: one extrinsic that no row knows."""
    vk_hash = stage.devnet.deployment.groth16_vk_hash
    call = Case("SettlementGroth16Pallet", Case("unregister_vk", {"vk_hash": vk_hash}))
    async with NodeClient(stage.devnet.zkverify_ws) as node:
        await node.submit(key_pair(f"0x{stage.devnet.operator.zkverify_seed.hex()}"), call)

        async def is_gone() -> bool:
            return await node.storage("SettlementGroth16Pallet", "Vks", vk_hash) is None

        await until(is_gone, "the key is gone", timeout_s=20)
