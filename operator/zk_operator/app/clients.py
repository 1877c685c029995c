"""Adapters from settings."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from zk_operator.adapters.evm.client import EvmClient, EvmConfig, open_evm
from zk_operator.adapters.evm.fees import FeePolicy
from zk_operator.adapters.evm.rpc import RpcObserver
from zk_operator.adapters.evm.settlement_reader import SettlementContracts
from zk_operator.adapters.sp1.checker import Groth16Checker
from zk_operator.adapters.sp1.network import (
    NetworkBackend,
    NetworkConfig,
    NetworkTree,
    PricePolicy,
    limits_by_order,
    open_network_backend,
)
from zk_operator.adapters.zkverify.channel import SubmissionPolicy, ZkVerifyChannel
from zk_operator.adapters.zkverify.client import ZkVerifyConfig, open_zkverify
from zk_operator.adapters.zkverify.pool import NetworkConfig as ZkNetworkConfig
from zk_operator.adapters.zkverify.reader import ZkVerifyReader
from zk_operator.adapters.zkverify.registry import ZkVerifyRegistry
from zk_operator.app.keys import Keys
from zk_operator.domain.ids import Address
from zk_operator.domain.sp1_proof import decode_gnark_vk
from zk_operator.ports.clock import Clock
from zk_operator.settings import Circuit, Settings, Whitelist


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """Everything that talks to the outside."""

    evm: EvmClient
    zk_reader: ZkVerifyReader
    zk_channel: ZkVerifyChannel
    zk_registry: ZkVerifyRegistry
    prover: NetworkBackend
    checker: Groth16Checker


@asynccontextmanager
async def open_clients(
    settings: Settings,
    keys: Keys,
    circuit: Circuit,
    clock: Clock,
    observe: RpcObserver | None = None,
) -> AsyncIterator[Clients]:
    """All clients; nothing is connected before the first call, everything is closed at the end."""
    async with AsyncExitStack() as stack:
        evm = await stack.enter_async_context(open_evm(evm_config(settings), keys.evm, observe))
        zkverify = await stack.enter_async_context(open_zkverify(zkverify_config(settings)))
        prover = await stack.enter_async_context(
            open_network_backend(
                endpoint=settings.prover.network.endpoint,
                config=network_config(settings),
                signer=keys.sp1,
                clock=clock,
            )
        )
        yield Clients(
            evm=evm,
            zk_reader=zkverify.reader,
            zk_channel=zkverify.channel(keys.zkverify, decode_gnark_vk(circuit.vk)),
            zk_registry=zkverify.registry,
            prover=prover,
            checker=Groth16Checker(circuit_vk=circuit.vk, sp1_version=circuit.facts.sp1_version),
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


def network_config(settings: Settings) -> NetworkConfig:
    """The prover network's part of the settings. Reads the program's files."""
    prover, network = settings.prover, settings.prover.network
    vk_file = prover.program_vk_file
    return NetworkConfig(
        tree=NetworkTree(network.tree.value),
        version=prover.facts.request_version,
        program_vkey=prover.program_vkey,
        program_elf=prover.program_elf.read_bytes(),
        program_vk=vk_file.read_bytes() if vk_file else None,
        prices=PricePolicy(
            max_price_per_pgu=network.max_price_per_pgu,
            max_base_fee=network.max_base_fee,
            first_percent=network.price_percent,
            step_percent=network.price_step_percent,
        ),
        limits=limits_by_order(
            cycles_base=network.cycles_base,
            cycles_per_order=network.cycles_per_order,
            gas_base=network.gas_base,
            gas_per_order=network.gas_per_order,
        ),
        whitelist=_whitelist(network.whitelist),
        min_auction_period_s=network.min_auction_period_s,
        auction_timeout_s=network.auction_timeout_s,
        proof_timeout_s=prover.proof_timeout_s,
        request_timeout_s=network.request_timeout_s,
        transfer_timeout_s=network.transfer_timeout_s,
        max_artifact_bytes=network.max_artifact_bytes,
    )


def _whitelist(configured: Whitelist | tuple[Address, ...]) -> tuple[Address, ...] | None:
    if configured is Whitelist.ANYONE:
        return ()
    return None if isinstance(configured, Whitelist) else configured
