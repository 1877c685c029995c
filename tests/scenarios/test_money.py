"""Balances that run dry and spend caps that are reached (money rule 6)."""

import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest

from zk_devnet.evm import accounts
from zk_devnet.evm.accounts import dev_account
from zk_devnet.testing.scenario import (
    Effects,
    Stage,
    open_stage,
    require_sound,
    until,
)
from zk_devnet.testing.scenario.api import alerts
from zk_devnet.up import Devnet, operator_account
from zk_devnet.zkverify.client import NodeClient
from zk_devnet.zkverify.context import Context
from zk_devnet.zkverify.pallets.balances import account_of, deposit, withdraw

pytestmark = [pytest.mark.devnet, pytest.mark.scenario]
TOKEN = 10**18
RICH = 1_000 * TOKEN
POOR = TOKEN // 100  # less than what always stays in an account
SP1_ACCOUNT = 4
MISSED_EARLIER = (
    "orders.missing"  # right: a stage's scan begins behind the orders of the scenarios before it
)
SetBalance = Callable[[Stage, int], Awaitable[None]]


async def set_prove(stage: Stage, amount: int) -> None:
    body = {"address": "0x" + dev_account(SP1_ACCOUNT).address.hex(), "amount": str(amount)}
    url = f"{stage.devnet.prover.http_url}/dev/balance"
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as reply:
        assert reply.status == 204


async def set_vfy(stage: Stage, amount: int) -> None:
    who = operator_account()

    def edit(ctx: Context) -> None:
        has = account_of(ctx, who)["data"]["free"]
        if amount > has:
            deposit(ctx, who, amount - has)
        else:
            withdraw(ctx, who, has - amount)

    stage.devnet.zkverify.node.schedule_edit(edit)

    async def done() -> bool:
        async with NodeClient(stage.devnet.zkverify_ws) as node:
            account = await node.storage("System", "Account", who)
        return bool(account["data"]["free"] == amount)

    await until(done, f"the operator has {amount} planck", timeout_s=10)


async def set_gas(stage: Stage, amount: int) -> None:
    address = "0x" + dev_account(accounts.OPERATOR).address.hex()
    await stage.rpc.call("anvil_setBalance", address, hex(amount))


@pytest.mark.parametrize(
    ("resource", "set_balance"),
    [
        ("PROVE", set_prove),
        pytest.param("VFY", set_vfy, marks=pytest.mark.full),
        pytest.param("GAS", set_gas, marks=pytest.mark.full),
    ],
    ids=["PROVE", "VFY", "GAS"],
)
async def test_balance__too_low__stops_spending_until_it_is_funded(
    devnet: Devnet, folder: Path, seed: int, resource: str, set_balance: SetBalance
) -> None:
    """Pins: an empty account delays orders, says so, and needs no restart. Budget 40 s each."""
    async with open_stage(devnet, folder) as stage, stage.operator() as operator:
        before = await Effects.read(stage)
        await set_balance(stage, POOR)
        try:
            await operator.start()
            posted = await stage.place(2, seed=seed)
            [line] = await operator.event("spending.stopped", resource=resource, timeout_s=40)
            assert line["code"] == "ZKO-ACT-003"
            assert f"spending.{resource}.balance" in await alerts(operator)
        finally:
            await set_balance(stage, RICH)
        await operator.event("spending.resumed", resource=resource, timeout_s=40)
        await stage.until_settled(posted)
        await stage.until_quiet()

        async def clear() -> bool:
            return not (await alerts(operator)).keys() - {MISSED_EARLIER}

        await until(clear, "no alert is left", timeout_s=10)
        assert await operator.stop() == 0
        await require_sound(stage, posted, before)


@pytest.mark.parametrize(
    ("resource", "cap"),
    [
        ("PROVE", "0.1"),
        pytest.param("VFY", "0.001", marks=pytest.mark.full),
        pytest.param("GAS", "0.0000000001", marks=pytest.mark.full),
    ],
)
async def test_cap__reached__stops_spending_until_it_is_raised(
    devnet: Devnet, folder: Path, seed: int, resource: str, cap: str
) -> None:
    """Pins: a cap holds over restarts, stops only spending, and orders go on beneath a higher one. Budget 50 s each."""
    key = f"limits.{resource.lower()}_per_hour"
    async with open_stage(devnet, folder) as stage, stage.operator() as operator:
        before = await Effects.read(stage)
        operator.settings[key] = cap
        await operator.start()
        posted = await stage.place(2, seed=seed)
        [line] = await operator.event("spending.stopped", resource=resource, timeout_s=40)
        assert line["code"] == "ZKO-BUD-001"
        assert f"spending.{resource}.budget" in await alerts(operator)
        operator.send(signal.SIGKILL)
        await operator.ended(timeout_s=10)
        del operator.settings[key]
        await operator.start()
        await stage.until_settled(posted)
        await stage.until_quiet()
        assert await operator.stop() == 0
        await require_sound(stage, posted, before)
