"""Adapters from settings."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from zk_acts.ports.clock import Clock
from zk_acts.ports.endpoints import HealthReader
from zk_acts.runtime.clock import SteadyClock
from zk_operator.adapters.evm.client import EvmClient, EvmConfig, open_evm
from zk_operator.adapters.evm.fees import FeePolicy
from zk_operator.adapters.evm.rpc import EndpointAlert, RpcObserver
from zk_operator.adapters.evm.settlement_reader import SettlementContracts
from zk_operator.adapters.sp1.checker import Groth16Checker
from zk_operator.app.keys import Keys
from zk_operator.app.provers import LocalProvers, OpenProver, open_provers
from zk_operator.settings import Circuit, Settings
from zk_operator.settings.chains import KurierSettings
from zkverify_client.adapters.channel import SubmissionPolicy, ZkVerifyChannel
from zkverify_client.adapters.client import ZkVerifyClient, ZkVerifyConfig, open_zkverify
from zkverify_client.adapters.pool import NetworkConfig as ZkNetworkConfig
from zkverify_client.adapters.reader import ZkVerifyReader
from zkverify_client.adapters.registry import ZkVerifyRegistry
from zkverify_client.domain.groth16 import Groth16Vk
from zkverify_client.domain.sp1_proof import decode_gnark_vk
from zkverify_client.kurier.channel import KurierChannel
from zkverify_client.kurier.client import KurierClient, KurierConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """Everything that talks to the outside."""

    evm: EvmClient
    zk_reader: ZkVerifyReader
    zk_channel: ZkVerifyChannel
    zk_endpoints: HealthReader
    zk_registry: ZkVerifyRegistry
    provers: tuple[OpenProver, ...]
    checker: Groth16Checker
    circuit: Circuit
    kurier: KurierChannel | None = None  # where it is used


@asynccontextmanager
async def open_clients(
    settings: Settings,
    keys: Keys,
    circuit: Circuit,
    clock: SteadyClock,
    observe: RpcObserver | None = None,
    kept: LocalProvers | None = None,
    alert: EndpointAlert | None = None,
) -> AsyncIterator[Clients]:
    """All clients; nothing is connected before the first call, everything but what was `kept` is closed at the end."""
    async with AsyncExitStack() as stack:
        evm = await stack.enter_async_context(
            open_evm(evm_config(settings), keys.evm, observe, alert, clock.chain.see)
        )
        zkverify = await stack.enter_async_context(open_zkverify(zkverify_config(settings)))
        provers = await stack.enter_async_context(
            open_provers(settings, keys, clock, kept, deadlines=clock.chain)
        )
        circuit_vk = decode_gnark_vk(circuit.vk)
        yield Clients(
            evm=evm,
            zk_reader=zkverify.reader,
            zk_channel=zkverify.channel(keys.zkverify, circuit_vk),
            kurier=await stack.enter_async_context(
                open_kurier(settings.zkverify.kurier, keys.kurier, zkverify, circuit_vk, clock)
            ),
            zk_endpoints=zkverify.pool.health,
            zk_registry=zkverify.registry,
            provers=provers,
            checker=Groth16Checker(circuit_vk=circuit.vk, sp1_version=circuit.facts.sp1_version),
            circuit=circuit,
        )


@asynccontextmanager
async def open_kurier(
    settings: KurierSettings,
    api_key: str | None,
    zkverify: ZkVerifyClient,
    vk: Groth16Vk,
    clock: Clock,
) -> AsyncIterator[KurierChannel | None]:
    """Kurier for this circuit; None where it is not used."""
    if settings.url is None or api_key is None:  # as `settings.check` sees to where it is used
        yield None
        return
    config = KurierConfig(
        base_url=settings.url, api_key=api_key, timeout_s=settings.request_timeout_s
    )
    async with KurierClient(config) as jobs:
        yield KurierChannel(
            jobs=jobs,
            finder=zkverify.search,
            clock=clock,
            api_key=api_key,
            chain_id=settings.chain_id,
            vk=vk,
            window_blocks=settings.window_blocks,
        )


def evm_config(settings: Settings) -> EvmConfig:
    """The EVM client's part of the settings."""
    evm = settings.evm
    return EvmConfig(
        http_urls=evm.http,
        ws_url=evm.ws,
        chain_id=evm.chain_id,
        contracts=SettlementContracts(manager=evm.manager, quoter=evm.quoter),
        fees=FeePolicy(
            max_fee_wei=evm.max_fee_wei, max_gas=evm.max_gas, bump_percent=evm.fee_bump_percent
        ),
        request_timeout_s=evm.request_timeout_s,
        max_log_range=evm.max_log_range,
        done_at=evm.done_at,
    )


def zkverify_config(settings: Settings) -> ZkVerifyConfig:
    """The zkVerify client's part of the settings."""
    zkverify = settings.zkverify
    return ZkVerifyConfig(
        network=ZkNetworkConfig(
            endpoints=zkverify.ws,
            genesis_hash=zkverify.genesis_hash,
            request_timeout_s=zkverify.request_timeout_s,
            query_connections=zkverify.connections - 2,
        ),
        policy=SubmissionPolicy(
            era_period=zkverify.era_period,
            tip=zkverify.tip_planck,
            fee_margin_percent=zkverify.fee_margin_bps // 100,
            dry_run=zkverify.dry_run,
        ),
    )
