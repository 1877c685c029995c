"""`config check --online` against the whole devnet: what is there is found, and nothing is sent."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest

from zk_acts.domain.finding import Finding, Severity
from zk_devnet.cli.devnet_files import write_devnet_files
from zk_devnet.errors import ToolchainMissing
from zk_devnet.evm.rpc import EvmRpc
from zk_devnet.rpc_proxy import ProxyConfig, RpcProxy
from zk_devnet.toolchain import find_toolchain
from zk_devnet.up import Devnet, DevnetConfig, run_devnet
from zk_operator.app.doctor import EndpointsUnfit, diagnose, require_fit
from zk_operator.app.doctor.evm import examine_url
from zk_operator.app.materials import read_materials
from zk_operator.runtime.listening import why_not_free
from zk_operator.settings import load_settings

pytestmark = pytest.mark.devnet
NOWHERE = "http://127.0.0.1:1"


@dataclass(slots=True)
class Site:
    devnet: Devnet
    config: Path

    async def findings(self, **flags: object) -> tuple[Finding, ...]:
        overrides = {key.replace("__", "."): value for key, value in flags.items()}
        settings = load_settings(self.config, {}, overrides).settings
        return await diagnose(settings, await read_materials(settings))


@asynccontextmanager
async def a_site(folder: Path) -> AsyncIterator[Site]:
    try:
        toolchain = find_toolchain()
        toolchain.artifact("OrderServiceManager")
    except ToolchainMissing as missing:
        pytest.skip(str(missing))

    async def serve(*, task_status: Any) -> None:
        await run_devnet(DevnetConfig(), toolchain=toolchain, task_status=task_status)

    async with anyio.create_task_group() as tasks:
        devnet: Devnet = await tasks.start(serve)
        yield Site(devnet=devnet, config=write_devnet_files(folder, devnet).config)
        tasks.cancel_scope.cancel()


def severe(findings: tuple[Finding, ...]) -> set[str]:
    return {finding.check for finding in findings if finding.severity is Severity.SEVERE}


@pytest.mark.timeout(120)
async def test_online__on_the_devnet__fit_and_nothing_was_sent(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site, EvmRpc(site.devnet.evm.http_url) as rpc:
        findings = await site.findings()
        broken = await site.findings(
            evm__http=f"{NOWHERE},{site.devnet.evm.http_url}", evm__ws="ws://127.0.0.1:1"
        )
        unfit = await site.findings(
            evm__http=NOWHERE, zkverify__domain_id=77, prover__network__endpoint=NOWHERE
        )
        operator = next(each.target for each in findings if each.check == "nonce")
        sent = await rpc.call("eth_getTransactionCount", operator, "pending")

    require_fit(findings)
    require_fit(broken)
    assert {each.severity for each in findings if each.target == site.devnet.evm.http_url} == {
        Severity.OK
    }
    assert {"contract", "domain", "new heads", "PROVE balance", "VFY balance"} <= {
        each.check for each in findings if each.severity is Severity.OK
    }
    reached = {each.target: each.severity for each in broken if each.check == "reachable"}
    assert reached[NOWHERE] is Severity.WARNING
    assert severe(unfit) == {"reachable", "domain"}
    with pytest.raises(EndpointsUnfit):
        require_fit(unfit)
    assert sent == "0x0"


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A fault of the proxy, and what is said of an endpoint that has it."""

    fault: str
    check: str
    severity: Severity


SHORTFALLS = (
    Shortfall("replicas:lags=0|1|3", "replicas", Severity.WARNING),
    Shortfall("refuse-logs", "logs by range", Severity.SEVERE),
    Shortfall("range-limit:blocks=10,text=alchemy", "logs by range", Severity.NOTE),
    Shortfall("range-limit:blocks=10,text=quicknode", "logs by range", Severity.NOTE),
    Shortfall("rate-limit:text=infura,fraction=0.2", "request limit", Severity.WARNING),
    Shortfall("depth-unknown:tags=finalized,text=geth", "depth done_at", Severity.SEVERE),
    Shortfall("depth-unknown:tags=finalized,text=null", "depth done_at", Severity.SEVERE),
    Shortfall("pruned-state:blocks=100,text=missing-trie-node", "state", Severity.WARNING),
    Shortfall("wrong-chain:chain_id=1", "chain id", Severity.SEVERE),
    Shortfall("down", "reachable", Severity.SEVERE),
    Shortfall("garbage:what=html", "reachable", Severity.SEVERE),
)


@pytest.mark.timeout(300)
async def test_online__each_shortfall_of_an_endpoint__is_the_one_that_is_found(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site, EvmRpc(site.devnet.evm.http_url) as rpc:
        await rpc.call("anvil_mine", 600)
        for shortfall in SHORTFALLS:
            config = ProxyConfig(upstream=site.devnet.evm.http_url, faults=(shortfall.fault,))
            async with RpcProxy(config).running() as proxy:
                settings = load_settings(site.config, {}, {"evm.http": proxy.url}).settings
                materials = await read_materials(settings)
                found = {
                    each.check: each for each in await examine_url(proxy.url, settings, materials)
                }
            worst = {check for check, each in found.items() if each.severity is Severity.SEVERE}
            assert found[shortfall.check].severity is shortfall.severity, (shortfall, found)
            assert worst <= {shortfall.check, "logs by block hash"}, (shortfall, found)


def test_why_not_free__a_port_that_somebody_has__why() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        reason = why_not_free("127.0.0.1", port)

    assert reason is not None
    assert "in use" in reason
    assert why_not_free("127.0.0.1", 0) is None
