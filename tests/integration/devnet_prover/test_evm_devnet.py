"""The devnet's chain: anvil starts and stops cleanly, and the deployment is what it says."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from eth_abi.abi import decode, encode

from zk_devnet.errors import AnvilFailed, ToolchainMissing
from zk_devnet.evm import anvil, codec
from zk_devnet.evm.deploy import DeployConfig, deploy
from zk_devnet.evm.deployment import Deployment
from zk_devnet.evm.rpc import EvmRpc
from zk_devnet.evm.transactions import TransactionPlan, nonces_of, send_all
from zk_devnet.toolchain import Toolchain, find_toolchain

pytestmark = pytest.mark.devnet


def toolchain() -> Toolchain:
    try:
        found = find_toolchain()
        found.artifact("OrderServiceManager")
    except ToolchainMissing as missing:
        pytest.skip(str(missing))
    return found


@contextlib.asynccontextmanager
async def chain(**changes: Any) -> AsyncIterator[tuple[EvmRpc, anvil.AnvilEndpoints]]:
    tools = toolchain()

    async def run(*, task_status: Any) -> None:
        await anvil.serve(anvil.AnvilConfig(**changes), tools, task_status=task_status)

    async with anyio.create_task_group() as tasks:
        endpoints = await tasks.start(run)
        async with EvmRpc(endpoints.http_url) as rpc:
            yield rpc, endpoints
        tasks.cancel_scope.cancel()


async def read(rpc: EvmRpc, to: bytes, signature: str, types: list[str], *arguments: Any) -> Any:
    return decode(types, await rpc.read(to, codec.encode_call(signature, *arguments)))


async def test_deploy__on_a_fresh_chain__everything_is_in_place() -> None:
    async with chain() as (rpc, _):
        started = time.monotonic()
        made = await deploy(rpc, toolchain(), DeployConfig(domain_id=3, traders=2))
        assert time.monotonic() - started < 10
        assert Deployment.from_json(made.to_json()) == made
        assert await read(rpc, made.manager, "hook()", ["address"]) == ("0x" + made.hook.hex(),)
        assert await read(rpc, made.hook, "manager()", ["address"]) == ("0x" + made.manager.hex(),)
        assert int.from_bytes(made.hook, "big") & 0x3FFF == 0x2088
        types = ["address", "uint32", "bytes32", "bytes32", "bytes32", "bytes32"]
        assert await read(rpc, made.receipt_verifier, "proving()", types) == (
            "0x" + made.zkverify.hex(),
            3,
            made.groth16_vk_hash,
            made.program_vkey,
            made.recursion_root,
            bytes(32),
        )
        for pool in made.pools:
            ((price,)) = await read(
                rpc, made.hook, "poolPriceX128(bytes32)", ["uint256"], pool.pool_id
            )
            assert price > 0
        weight = await read(
            rpc, made.response_verifier, "weightOf(address)", ["uint256"], made.operator
        )
        assert weight == (1,)
        (balance,) = await read(
            rpc, made.tokens[1].address, "balanceOf(address)", ["uint256"], made.traders[0]
        )
        assert balance == 10**12


async def test_deploy__prices__are_what_the_pools_were_planned_for() -> None:
    async with chain() as (rpc, _):
        made = await deploy(rpc, toolchain(), DeployConfig(traders=0))
        usd = made.tokens[1].address
        for pool, one_base, usd_units in (
            (made.pools[0], 10**8, 60_000 * 10**6),
            (made.pools[1], 10**18, 2_500 * 10**6),
        ):
            (price,) = await read(
                rpc, made.hook, "poolPriceX128(bytes32)", ["uint256"], pool.pool_id
            )
            got = one_base * price >> 128 if pool.currency1 == usd else (one_base << 128) // price
            assert abs(got - usd_units) <= usd_units // 10**6


async def test_deploy__a_trader_swaps_with_order_data__a_task_is_created() -> None:
    async with chain(block_time_s=None) as (rpc, _):
        made = await deploy(rpc, toolchain(), DeployConfig(traders=1))
        trader, pool = made.traders[0], made.pools[0]
        key = (pool.currency0, pool.currency1, pool.fee, pool.tick_spacing, made.hook)
        sells_usd_as_0 = pool.currency0 == made.tokens[1].address
        block = await rpc.call("eth_getBlockByNumber", "latest", False)
        deadline = int(block["timestamp"], 16) + 600
        hook_data = bytes.fromhex("eb422606") + encode(
            ["address", "uint128", "uint40", "uint256"], [trader, 1, deadline, 7]
        )
        plan = TransactionPlan(await nonces_of(rpc, [trader]))
        data = codec.encode_call(
            f"swap({codec.POOL_KEY_ABI},bool,int256,bytes)",
            key,
            sells_usd_as_0,
            -100_000_000,
            hook_data,
        )
        plan.call(trader, "order", made.swap_router, data)
        (receipt,) = await send_all(rpc, plan.transactions)
        created = [
            entry for entry in receipt["logs"] if entry["address"] == "0x" + made.manager.hex()
        ]
        assert len(created) == 1


async def test_chain__one_slot_per_epoch__finalized_is_two_behind() -> None:
    async with chain(block_time_s=None) as (rpc, _):
        await rpc.call("anvil_mine", hex(10))
        blocks = await rpc.batch(
            [("eth_getBlockByNumber", [tag, False]) for tag in ("latest", "finalized")]
        )
        latest, finalized = (int(block["number"], 16) for block in blocks)
        assert latest - finalized == 2


async def test_chain__blocks__come_by_themselves() -> None:
    async with chain(block_time_s=0.2) as (rpc, _):
        with anyio.fail_after(10):
            while True:
                if int(await rpc.call("eth_blockNumber"), 16) > 0:
                    break
                await anyio.sleep(0.1)


async def test_anvil__killed__is_an_error_with_its_output() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        await _kill_a_chain()
    assert caught.group_contains(AnvilFailed, match="anvil ended")


async def _kill_a_chain() -> None:
    async with chain() as (_, endpoints):
        os.kill(endpoints.pid, signal.SIGKILL)
        await anyio.sleep(10)


async def test_anvil__port_taken__is_an_error_with_its_output() -> None:
    async with chain() as (_, endpoints):
        port = int(endpoints.http_url.rpartition(":")[2])
        with pytest.raises(AnvilFailed, match="did not start"):
            await anvil.serve(anvil.AnvilConfig(port=port), toolchain())


async def test_anvil__stopped__its_process_is_gone() -> None:
    async with chain() as (_, endpoints):
        assert _is_running(endpoints.pid)
    assert not _is_running(endpoints.pid)


PARENT = """
import anyio, sys
from zk_devnet.evm import anvil
from zk_devnet.toolchain import find_toolchain

async def main():
    async def run(*, task_status):
        await anvil.serve(anvil.AnvilConfig(), find_toolchain(), task_status=task_status)
    async with anyio.create_task_group() as tasks:
        endpoints = await tasks.start(run)
        print(endpoints.pid, flush=True)
        await anyio.sleep(60)

anyio.run(main)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="parent-death signals are Linux's")
async def test_anvil__parent_killed__dies_with_it() -> None:
    toolchain()
    parent = await anyio.open_process([sys.executable, "-c", PARENT], stderr=subprocess.DEVNULL)
    assert parent.stdout is not None
    pid = 0
    with anyio.fail_after(20):
        while pid == 0:
            text = (await parent.stdout.receive()).decode()
            pid = next((int(line) for line in text.splitlines() if line.isdigit()), 0)
    parent.kill()
    await parent.wait()
    await parent.aclose()
    with anyio.fail_after(5):
        while True:
            if not _is_running(pid):
                break
            await anyio.sleep(0.05)


def _is_running(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(") ")[2][0] != "Z"
