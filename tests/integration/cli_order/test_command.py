"""The `order` verbs as processes: what they print and how they exit."""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest
from tests.integration.cli_order.conftest import CANCEL_DELAY_S, Market, market

from zk_acts.domain.ids import hex0x
from zk_devnet.evm.accounts import FIRST_TRADER, dev_account
from zk_operator.adapters.signing.evm import create_evm_key

pytestmark = pytest.mark.devnet
UNKNOWN = "0x" + "00" * 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    code: int
    out: str
    err: list[dict[str, object]]

    @property
    def error(self) -> object:
        problem = self.err[-1]["error"]
        assert isinstance(problem, dict)
        return problem["code"]


def environment(at: Market, folder: Path) -> dict[str, str]:
    key, password = folder / "key.json", folder / "password"
    if not key.exists():
        password.write_text("secret\n")
        password.chmod(0o600)
        secret = dev_account(FIRST_TRADER).private_key
        create_evm_key(key, "secret", secret=secret, scrypt_n=2)
    return {
        "ZKO_RPC": at.url,
        "ZKO_MANAGER": hex0x(at.made.manager),
        "ZKO_KEY_FILE": str(key),
        "ZKO_PASSWORD_FILE": str(password),
        "ZKO_ROUTER": hex0x(at.made.swap_router),
    }


async def order(at: Market, folder: Path, *arguments: str) -> Ran:
    command: Sequence[str] = [sys.executable, "-m", "zk_operator.cli.main", "order", *arguments]
    done = await anyio.run_process(
        [*command, "--json", "--poll", "0.1"],
        check=False,
        env={**os.environ, **environment(at, folder)},
    )
    lines = done.stderr.decode().splitlines()
    return Ran(
        code=done.returncode, out=done.stdout.decode(), err=[json.loads(line) for line in lines]
    )


def placing(at: Market, amount: str = "1000") -> list[str]:
    options = f"--sell 0 --amount {amount} --in-tokens --min-out 0.01"
    return ["place", "--pool", hex0x(at.tokens.pool_id), *options.split()]


async def test_order__placed_cancelled_refunded__prints_and_exits_as_documented(
    tmp_path: Path,
) -> None:
    async with market() as at:
        placed = await order(at, tmp_path, *placing(at))
        told = json.loads(placed.out)
        order_id = told["order_id"]
        sold = next(each for each in at.made.tokens if each.address == at.tokens.currency0)
        amount = 1000 * 10**sold.decimals  # which of the tokens that is, their addresses decide
        assert (placed.code, int(told["amount_in"])) == (0, amount)
        assert [event["event"] for event in placed.err] == [
            "transaction.signed",
            "transaction.mined",
        ]

        watched = await order(at, tmp_path, "watch", order_id, "--timeout", "0.5")
        assert (watched.code, watched.error) == (4, "ZKO-ORD-040")
        assert json.loads(watched.out)["stage"] == "open"

        cancelled = await order(at, tmp_path, "cancel", order_id)
        assert cancelled.code == 0
        assert isinstance(json.loads(cancelled.out)["cancel_at"], int)

        early = await order(at, tmp_path, "refund", order_id)
        assert (early.code, early.error, early.out) == (75, "ZKO-ORD-034", "")

        await at.pass_time(CANCEL_DELAY_S)
        refunded = await order(at, tmp_path, "refund", order_id)
        assert (refunded.code, int(json.loads(refunded.out)["amount"])) == (0, amount)

        ended = await order(at, tmp_path, "watch", order_id)
        assert (ended.code, json.loads(ended.out)["stage"]) == (3, "refunded")


async def test_order__cannot_be_done__exits_with_the_errors_code(tmp_path: Path) -> None:
    async with market() as at:
        below = await order(at, tmp_path, *placing(at, "0.000001"))
        assert (below.code, below.error) == (65, "ZKO-ORD-002")
        missing = await order(at, tmp_path, "refund", UNKNOWN)
        assert (missing.code, missing.error) == (66, "ZKO-ORD-030")
        other_chain = await order(at, tmp_path, "watch", UNKNOWN, "--chain-id", "5")
        assert (other_chain.code, other_chain.error) == (78, "ZKO-EVM-003")
        nobody = await order(at, tmp_path, "cancel", UNKNOWN, "--rpc", "http://127.0.0.1:1")
        assert (nobody.code, nobody.error) == (69, "ZKO-EVM-010")


async def test_order__placed_by_swap_and_watched__goes_on_to_watch(tmp_path: Path) -> None:
    async with market() as at:
        await at.rpc.call("evm_setIntervalMining", 1)
        options = "--via swap --watch --deadline 4 --timeout 2"
        ran = await order(at, tmp_path, *placing(at), *options.split())
        assert (ran.code, ran.error) == (4, "ZKO-ORD-040")
        told, end = json.JSONDecoder().raw_decode(ran.out)
        assert json.loads(ran.out[end:])["stage"] == "open"
        assert told["owner"] == hex0x(at.made.traders[0])
