"""A zkVerify dev node in a process of its own, so that it does not share an interpreter with what is measured."""

import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio

from zk_devnet.zkverify.client import NodeClient
from zk_devnet.zkverify.config import ZkVerifyNodeConfig, development_accounts
from zk_devnet.zkverify.scale import Case
from zk_devnet.zkverify.serve import ZkVerifyDevNode
from zk_devnet.zkverify.signature import key_pair

VFY = 10**18
OWNERS = ("//Alice", "//Bob", "//Charlie")
START_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeProcess:
    """A running node: where it is, and how much memory it has (bytes)."""

    endpoint: str
    genesis: bytes
    process_id: int

    def memory_bytes(self) -> int:
        """Resident memory."""
        return memory_bytes(self.process_id)


def memory_bytes(process_id: int) -> int:
    """Resident memory of a process, from /proc."""
    pages = int(Path(f"/proc/{process_id}/statm").read_text().split()[1])
    return pages * 4096


def derived(owner: str, count: int) -> list[str]:
    """The derived accounts of an owner, as zkverifyjs derives them."""
    return [f"{owner}//{number}" for number in range(count)]


@asynccontextmanager
async def dev_node(*, block_time_s: float, accounts: int = 8) -> AsyncIterator[NodeProcess]:
    """A node whose owners have `accounts` funded derived accounts each; the Groth16 vector's key is registered."""
    settings = json.dumps({"block_time_s": block_time_s, "accounts": accounts})
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "loadtest.bench.dev_node", settings),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        with anyio.fail_after(START_S):
            said = json.loads(await process.stdout.readline())
        genesis = bytes.fromhex(said["genesis"])
        yield NodeProcess(endpoint=said["endpoint"], genesis=genesis, process_id=process.pid)
    finally:
        process.terminate()
        await process.wait()


async def register_key(node: NodeProcess, vk: dict[str, Any]) -> None:
    """Register a Groth16 key, given as the pallet's fields."""
    async with NodeClient(node.endpoint) as client:
        call = Case("SettlementGroth16Pallet", Case("register_vk", {"vk": vk}))
        await client.submit(key_pair("//Alice"), call)
        await client.call("dev_authorBlock")


async def drained(node: NodeProcess) -> None:
    """Author blocks until the pool is empty."""
    async with NodeClient(node.endpoint, timeout_s=60.0) as client:
        while (await client.call("dev_status"))["pool"]["ready"]:
            await client.call("dev_authorBlock")


async def _serve(settings: dict[str, Any]) -> None:
    funded = [name for owner in OWNERS for name in derived(owner, settings["accounts"])]
    balances = {key_pair(name).public: 10_000 * VFY for name in funded}
    config = ZkVerifyNodeConfig(
        block_time_s=settings["block_time_s"], accounts={**development_accounts(), **balances}
    )
    async with ZkVerifyDevNode(config).running() as node:
        said = {"endpoint": node.endpoint, "genesis": node.node.genesis_hash.hex()}
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()
        await anyio.sleep_forever()


if __name__ == "__main__":
    import structlog

    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    anyio.run(_serve, json.loads(sys.argv[1]))
