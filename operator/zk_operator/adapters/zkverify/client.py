"""Puts a zkVerify client together: one network, one account, the circuits' keys."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from zk_operator.adapters.zkverify.chain import ChainAccess, ChainCache
from zk_operator.adapters.zkverify.channel import SubmissionPolicy, ZkVerifyChannel
from zk_operator.adapters.zkverify.draft import Drafter
from zk_operator.adapters.zkverify.errors import MalformedChainAnswer
from zk_operator.adapters.zkverify.estimate import Estimator
from zk_operator.adapters.zkverify.extrinsic import ExtrinsicSigner
from zk_operator.adapters.zkverify.finder import StatementSearch
from zk_operator.adapters.zkverify.follow import EventFollower
from zk_operator.adapters.zkverify.heads import HeadWakeUp
from zk_operator.adapters.zkverify.metadata_cache import MetadataCache
from zk_operator.adapters.zkverify.offline import OfflineBuilder
from zk_operator.adapters.zkverify.pool import ConnectionPool, NetworkConfig
from zk_operator.adapters.zkverify.reader import ZkVerifyReader
from zk_operator.adapters.zkverify.registry import ZkVerifyRegistry
from zk_operator.adapters.zkverify.rpc import ConnectionLost, RpcError, WebSocketRpc
from zk_operator.adapters.zkverify.verifier_calls import VerifierCodec
from zk_operator.domain.failures import ZkVerifyUnreachable
from zk_operator.domain.groth16 import Groth16Vk
from zk_operator.domain.ids import Hash32, parse_hex
from zk_operator.domain.redaction import redact_url
from zk_operator.domain.statement import groth16_vk_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class ZkVerifyConfig:
    """What a client needs to know."""

    network: NetworkConfig
    policy: SubmissionPolicy = field(default_factory=SubmissionPolicy)
    worker_threads: int = 2  # decode metadata and events off the event loop
    metadata_folder: Path | None = None  # where a tool keeps metadata between its runs


class ZkVerifyClient:
    """A reader, and as many channels as there are accounts, over one pool of connections."""

    def __init__(
        self, config: ZkVerifyConfig, pool: ConnectionPool, cache: ChainCache | None = None
    ) -> None:
        self._config = config
        self._pool = pool
        self.access = ChainAccess(pool, cache or _cache(config))
        wake_up = HeadWakeUp(pool)
        self.reader = ZkVerifyReader(access=self.access, wake_up=wake_up)
        self.search = StatementSearch(access=self.access)
        self.events = EventFollower(access=self.access, wake_up=wake_up)
        self.registry = ZkVerifyRegistry(access=self.access)
        self.verifiers = VerifierCodec(access=self.access)
        self.offline = OfflineBuilder(
            access=self.access,
            drafter=Drafter(vk_hash=None, keys={}),
            genesis_hash=config.network.genesis_hash,
        )
        self.estimator = Estimator(
            access=self.access,
            drafter=Drafter(vk_hash=None, keys={}),
        )

    def channel(
        self, signer: ExtrinsicSigner, vk: Groth16Vk | None = None, *, name: str = "zkverify"
    ) -> ZkVerifyChannel:
        """The channel of one account. One per account and process.

        `vk` is the circuit of SubmitProof requests; all others carry their key or its hash with them.
        """
        vk_hash: Hash32 | None = None if vk is None else groth16_vk_hash(vk)
        return ZkVerifyChannel(
            pool=self._pool,
            access=self.access,
            signer=signer,
            genesis_hash=self._config.network.genesis_hash,
            vk_hash=vk_hash,
            keys={} if vk is None or vk_hash is None else {vk_hash: vk},
            policy=self._config.policy,
            name=name,
        )

    def channels(
        self, signers: Sequence[ExtrinsicSigner], vk: Groth16Vk | None = None
    ) -> tuple[ZkVerifyChannel, ...]:
        """One channel per account, for submitting in parallel."""
        return tuple(self.channel(signer, vk) for signer in signers)

    @property
    def pool(self) -> ConnectionPool:
        """The connections, for health pages."""
        return self._pool


def _cache(config: ZkVerifyConfig) -> ChainCache:
    folder, genesis = config.metadata_folder, config.network.genesis_hash
    kept = None if folder is None else MetadataCache(folder, genesis_hash=genesis)
    return ChainCache(workers=config.worker_threads, metadata=kept)


@asynccontextmanager
async def open_zkverify(config: ZkVerifyConfig) -> AsyncIterator[ZkVerifyClient]:
    """A client whose connections are opened when they are needed and closed at the end."""
    pool = ConnectionPool(config.network)
    try:
        yield ZkVerifyClient(config, pool)
    finally:
        await pool.close()


async def genesis_of(endpoint: str, *, timeout_s: float = 10.0) -> Hash32:
    """The genesis hash that an endpoint names: for tools that are not bound to one network.

    Errors: ZkVerifyUnreachable, MalformedChainAnswer.
    """
    try:
        async with await WebSocketRpc.open(endpoint, timeout_s=timeout_s) as rpc:
            answer = await rpc.request("chain_getBlockHash", [0])
            return Hash32(parse_hex(answer, 32))
    except (ConnectionLost, RpcError) as error:
        raise ZkVerifyUnreachable(endpoint=redact_url(endpoint), cause=str(error)) from error
    except (AttributeError, TypeError, ValueError) as error:
        raise MalformedChainAnswer("the genesis hash is no hash") from error
