"""`zk-operator devnet zkverify` as a process that a person starts: a runtime as the options say."""

import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from anyio.abc import ByteReceiveStream

from zk_devnet.zkverify.client import NodeClient
from zkverify_client.adapters.chain import Chain
from zkverify_client.adapters.deposits import vk_deposit
from zkverify_client.adapters.errors import RpcRefused
from zkverify_client.session import Session, Target, open_session

pytestmark = pytest.mark.devnet
_START_S = 60.0


@asynccontextmanager
async def started(folder: Path, *options: str) -> AsyncIterator[str]:
    """Its endpoint, as the verb prints it."""
    command = [sys.executable, "-m", "zk_operator.cli.main", "devnet", "zkverify", *options]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "TMPDIR": str(folder)}
    async with await anyio.open_process(command, env=environment, stderr=None) as process:
        assert process.stdout is not None
        try:
            with anyio.fail_after(_START_S):
                yield await _endpoint(process.stdout)
        finally:
            process.send_signal(signal.SIGTERM)


async def _endpoint(output: ByteReceiveStream) -> str:
    said = ""
    while "\ngenesis_hash: " not in said:
        said += (await output.receive()).decode()
    [line] = [each for each in said.splitlines() if each.startswith("zkverify: ")]
    return line.removeprefix("zkverify: ")


async def test_verb__told_of_an_old_dearer_runtime_without_methods__is_one(tmp_path: Path) -> None:
    options = ("--runtime", "1.1.0", "--deposit-percent", "200", "--block-time", "0.1")
    hidden = ("--without", "payment_queryInfo", "--without", "aggregate_statementPath")
    async with (
        started(tmp_path, *options, *hidden, "--accept-unverified") as endpoint,
        open_session(Target(endpoints=(endpoint,))) as session,
        NodeClient(endpoint) as node,
    ):
        status = await session.client.registry.status()
        assert status.version.spec_version == 1_001_000
        assert await _vk_deposit(session) == 2 * 4_160 * 10**15
        said = json.dumps((await node.call("dev_status"))["notVerified"])
        assert said.count("ACCEPTED WITHOUT VERIFICATION") == 2
        methods = await node.call("rpc_methods")
        assert not {"payment_queryInfo", "aggregate_statementPath"} & set(methods["methods"])
        with pytest.raises(RpcRefused):
            await session.client.access.read(lambda chain: chain.call("payment_queryInfo", ["0x"]))


async def _vk_deposit(session: Session) -> int:
    """For a key of SP1's."""

    async def look(chain: Chain) -> int:
        return vk_deposit(await chain.runtime(), 32)

    return await session.client.access.read(look)


async def test_verb__told_nothing__is_1_6_2(tmp_path: Path) -> None:
    async with (
        started(tmp_path) as endpoint,
        open_session(Target(endpoints=(endpoint,))) as session,
    ):
        assert (await session.client.registry.status()).version.spec_version == 1_006_002
        assert await _vk_deposit(session) == 4_160 * 10**15
