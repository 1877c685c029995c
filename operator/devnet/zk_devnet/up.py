"""The whole devnet in one task group: EVM chain with the contracts, zkVerify node, aggregator, prover network."""

from dataclasses import dataclass, field, replace
from hashlib import sha256

import anyio
import structlog
from anyio.abc import TaskStatus

from zk_acts.domain.ids import Hash32
from zk_devnet import aggregator
from zk_devnet.aggregator import AggregatorConfig
from zk_devnet.evm import accounts, anvil
from zk_devnet.evm.accounts import dev_account
from zk_devnet.evm.anvil import AnvilConfig, AnvilEndpoints
from zk_devnet.evm.deploy import DeployConfig, deploy
from zk_devnet.evm.deployment import Deployment
from zk_devnet.evm.rpc import EvmRpc
from zk_devnet.prover_network import server
from zk_devnet.prover_network.config import ProverNetworkConfig
from zk_devnet.prover_network.server import ProverNetworkEndpoints
from zk_devnet.toolchain import Toolchain, find_toolchain
from zk_devnet.zkverify.config import (
    DEV_BALANCE,
    GenesisDomain,
    ZkVerifyNodeConfig,
    development_accounts,
)
from zk_devnet.zkverify.serve import ZkVerifyDevNode, serve
from zk_devnet.zkverify.signature import key_pair

log = structlog.get_logger("devnet")
_SP1_ACCOUNT = 4  # of anvil's mnemonic; the EVM roles are before it
_ZKVERIFY_SEED = sha256(b"zk-operator devnet operator on zkVerify").digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSecrets:
    """The operator's keys on the devnet: public knowledge, the same every time, funded on every chain."""

    evm: bytes = field(repr=False)
    sp1: bytes = field(repr=False)
    zkverify_seed: bytes = field(repr=False)


def operator_secrets() -> OperatorSecrets:
    """The secp256k1 keys for the EVM chain and the prover network, and the sr25519 mini secret for zkVerify."""
    return OperatorSecrets(
        evm=dev_account(accounts.OPERATOR).private_key,
        sp1=dev_account(_SP1_ACCOUNT).private_key,
        zkverify_seed=_ZKVERIFY_SEED,
    )


def operator_account() -> bytes:
    """The operator's account on zkVerify, 32 bytes."""
    return key_pair(f"0x{_ZKVERIFY_SEED.hex()}").public


def devnet_zkverify(*, port: int = 0, block_time_s: float = 1.0) -> ZkVerifyNodeConfig:
    """The devnet's zkVerify chain: the operator funded, one domain, finality one block behind."""
    return ZkVerifyNodeConfig(
        port=port,
        block_time_s=block_time_s,
        finality_lag=1,
        accounts={**development_accounts(), operator_account(): DEV_BALANCE},
        domains=(GenesisDomain(aggregation_size=4),),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DevnetConfig:
    """How the devnet's parts behave. Times in seconds."""

    anvil: AnvilConfig = field(default_factory=AnvilConfig)
    deploy: DeployConfig = field(default_factory=DeployConfig)
    zkverify: ZkVerifyNodeConfig = field(default_factory=devnet_zkverify)
    prover: ProverNetworkConfig = field(default_factory=ProverNetworkConfig)
    publish_after_s: float = 1.0  # an incomplete aggregation is published after this


@dataclass(frozen=True, slots=True, kw_only=True)
class Devnet:
    """A running devnet: endpoints, contracts, keys, and the handles by which failures are injected."""

    evm: AnvilEndpoints
    deployment: Deployment
    zkverify: ZkVerifyDevNode
    zkverify_ws: str
    zkverify_genesis: Hash32
    prover: ProverNetworkEndpoints
    operator: OperatorSecrets
    toolchain: Toolchain


async def run_devnet(
    config: DevnetConfig,
    *,
    toolchain: Toolchain | None = None,
    task_status: TaskStatus[Devnet] = anyio.TASK_STATUS_IGNORED,
) -> None:
    """Run everything until cancelled; reports the devnet once all of it answers.

    Raises ToolchainMissing, DeploymentFailed, EvmCallFailed, and, in a group, AnvilFailed and what the parts raise.
    """
    tools = toolchain or find_toolchain()
    async with anyio.create_task_group() as tasks:
        devnet = await _start(tasks, config, tools)
        log.info("devnet.started", chain_id=devnet.deployment.chain_id)
        task_status.started(devnet)
        await anyio.sleep_forever()


async def _start(tasks: anyio.abc.TaskGroup, config: DevnetConfig, toolchain: Toolchain) -> Devnet:
    chain: AnvilEndpoints = await tasks.start(
        _run_anvil, config.anvil, toolchain, name="devnet:evm"
    )
    node: ZkVerifyDevNode = await tasks.start(
        _run_zkverify, config.zkverify, name="devnet:zkverify"
    )
    network: ProverNetworkEndpoints = await tasks.start(
        _run_prover, config.prover, name="devnet:prover-network"
    )
    async with EvmRpc(chain.http_url) as rpc:
        deployment = await deploy(rpc, toolchain, config.deploy)
    await tasks.start(
        _run_aggregator, _aggregator(config, chain, node, deployment), name="devnet:aggregator"
    )
    return Devnet(
        evm=chain,
        deployment=deployment,
        zkverify=node,
        zkverify_ws=node.endpoint,
        zkverify_genesis=Hash32(node.node.genesis_hash),
        prover=network,
        operator=operator_secrets(),
        toolchain=toolchain,
    )


def _aggregator(
    config: DevnetConfig, chain: AnvilEndpoints, node: ZkVerifyDevNode, deployment: Deployment
) -> AggregatorConfig:
    return AggregatorConfig(
        endpoint=node.endpoint,
        evm_rpc=chain.http_url,
        contract=deployment.zkverify,
        evm_key=dev_account(accounts.RELAYER).private_key,
        publish_after_s=config.publish_after_s,
    )


async def _run_anvil(
    config: AnvilConfig, toolchain: Toolchain, *, task_status: TaskStatus[AnvilEndpoints]
) -> None:
    await anvil.serve(config, toolchain, task_status=task_status)


async def _run_zkverify(
    config: ZkVerifyNodeConfig, *, task_status: TaskStatus[ZkVerifyDevNode]
) -> None:
    await serve(config, task_status=task_status)


async def _run_prover(
    config: ProverNetworkConfig, *, task_status: TaskStatus[ProverNetworkEndpoints]
) -> None:
    await server.serve(config, task_status=task_status)


async def _run_aggregator(config: AggregatorConfig, *, task_status: TaskStatus[None]) -> None:
    await aggregator.run_aggregator(config, task_status=task_status)


def devnet_config(
    *,
    slots_in_an_epoch: int = 1,
    cancel_delay_s: int = 90,
    traders: int = 20,
    evm_block_time_s: int = 1,
    zkverify_block_time_s: float = 1.0,
) -> DevnetConfig:
    """The devnet with what is most often chosen; a deeper epoch moves `finalized` further back."""
    made = DevnetConfig(zkverify=devnet_zkverify(block_time_s=zkverify_block_time_s))
    return replace(
        made,
        anvil=replace(
            made.anvil,
            slots_in_an_epoch=slots_in_an_epoch,
            block_time_s=evm_block_time_s,
            accounts=accounts.FIRST_TRADER + traders + 10,
        ),
        deploy=replace(made.deploy, cancel_delay_s=cancel_delay_s, traders=traders),
    )
