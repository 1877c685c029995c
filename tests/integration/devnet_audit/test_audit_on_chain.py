"""The traffic and the auditor on a real chain, without an operator: nothing is settled, everything is accounted for."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest

from zk_devnet.auditor import AuditReport, audit, order_outcomes
from zk_devnet.errors import ToolchainMissing
from zk_devnet.evm import anvil
from zk_devnet.evm.codec import encode_call
from zk_devnet.evm.deploy import DeployConfig, deploy
from zk_devnet.evm.deployment import Deployment
from zk_devnet.evm.rpc import EvmRpc
from zk_devnet.toolchain import Toolchain, find_toolchain
from zk_devnet.traffic.kind import Expectation, Kind
from zk_devnet.traffic.plan import TrafficConfig
from zk_devnet.traffic.post import Posted, Traffic
from zk_operator.domain.order import ORDER_ABI

pytestmark = pytest.mark.devnet
ORDERS = 24


def toolchain() -> Toolchain:
    try:
        found = find_toolchain()
        found.artifact("OrderServiceManager")
    except ToolchainMissing as missing:
        pytest.skip(str(missing))
    return found


@contextlib.asynccontextmanager
async def traded_chain() -> AsyncIterator[tuple[EvmRpc, Deployment, tuple[Posted, ...]]]:
    """A chain on which traders have placed orders."""
    tools = toolchain()

    async def run(*, task_status: Any) -> None:
        await anvil.serve(anvil.AnvilConfig(), tools, task_status=task_status)

    async with anyio.create_task_group() as tasks:
        endpoints = await tasks.start(run)
        async with EvmRpc(endpoints.http_url) as rpc:
            made = await deploy(rpc, tools, DeployConfig(cancel_delay_s=1, traders=6))
            config = TrafficConfig(orders=ORDERS, traders=6, spread_s=2.0, wave_s=0.5)
            traffic = Traffic(rpc=rpc, deployment=made, toolchain=tools, config=config)
            yield rpc, made, await traffic.run()
        tasks.cancel_scope.cancel()


async def mine(rpc: EvmRpc, sender: bytes, to: bytes, data: bytes) -> None:
    """Send as anybody, and wait until it is mined."""
    account = "0x" + sender.hex()
    await rpc.call("anvil_setBalance", account, hex(10**18))
    await rpc.call("anvil_impersonateAccount", account)
    sent = {
        "from": account,
        "to": "0x" + to.hex(),
        "data": "0x" + data.hex(),
        "gas": hex(5_000_000),
    }
    tx_hash = await rpc.call("eth_sendTransaction", sent)
    await rpc.call("evm_mine")
    receipt = await rpc.call("eth_getTransactionReceipt", tx_hash)
    assert receipt["status"] == "0x1"


async def steal(rpc: EvmRpc, made: Deployment, currency: bytes, amount: int) -> None:
    """What the hook never does: give away a claim."""
    data = encode_call(
        "transfer(address,uint256,uint256)", made.owner, int.from_bytes(currency, "big"), amount
    )
    await mine(rpc, made.hook, made.pool_manager, data)


async def test_audit__open_and_rejected_orders__every_token_is_there() -> None:
    async with traded_chain() as (rpc, made, posted):
        report = await audit(rpc, made)
        assert report.problems == ()
        rejected = [one for one in posted if one.item.expectation is Expectation.REJECTED]
        refused = {(one.tx_hash, one.order_id) for one in rejected}
        every = {(one.tx_hash, one.order_id) for one in posted}
        assert set(report.placings) == every - refused
        assert len(report.orders) == len(report.placings) == ORDERS - len(rejected)
        assert sum(row.open_escrow for row in report.currencies) > 0


async def test_audit__refunded_orders__each_is_refunded_in_full_or_credited() -> None:
    async with traded_chain() as (rpc, made, posted):
        ended = (Kind.EXPIRES_SOON, Kind.LIMIT_OUT_OF_REACH, Kind.REFUND_REFUSED, Kind.CANCELLED)
        over = [one for one in posted if one.item.kind in ended]
        await rpc.call("evm_increaseTime", 60)
        await rpc.call("evm_mine")
        terms = [one.order.as_abi() for one in over]
        await mine(rpc, made.owner, made.manager, encode_call(f"refund({ORDER_ABI}[])", terms))
        states = await order_outcomes(rpc, made, [one.order_id for one in over])
        assert set(states.values()) == {3}
        report = await audit(rpc, made)
        assert report.problems == ()
        native = report.currencies[0]
        assert native.credits_added == native.total_credits > 0  # the wallet that refuses


@pytest.mark.parametrize("which", [0, 1, 2])
async def test_audit__one_wei_of_a_claim_is_stolen__is_found(which: int) -> None:
    async with traded_chain() as (rpc, made, _):
        before = await audit(rpc, made)
        assert before.conserved
        await steal(rpc, made, made.tokens[which].address, 1)
        _require_found(await audit(rpc, made), made.tokens[which].symbol)
        assert (await audit(rpc, made, block=before.block)).conserved


def _require_found(report: AuditReport, symbol: str) -> None:
    assert not report.conserved
    assert any(
        problem.startswith(f"{symbol}: the hook's claims") and "differs by -1" in problem
        for problem in report.problems
    ), report.problems
