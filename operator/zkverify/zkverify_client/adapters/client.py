"""Puts a zkVerify client together: one network, one account, the circuits' keys."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from zk_acts.domain.ids import Hash32, parse_hex
from zk_acts.domain.redaction import redact_url
from zkverify_client.adapters.chain import ChainAccess, ChainCache
from zkverify_client.adapters.channel import SubmissionPolicy, ZkVerifyChannel
from zkverify_client.adapters.draft import Drafter
from zkverify_client.adapters.errors import MalformedChainAnswer
from zkverify_client.adapters.estimate import Estimator
from zkverify_client.adapters.extrinsic import ExtrinsicSigner
from zkverify_client.adapters.finder import StatementSearch
from zkverify_client.adapters.follow import EventFollower
from zkverify_client.adapters.heads import HeadWakeUp
from zkverify_client.adapters.metadata_cache import MetadataCache
from zkverify_client.adapters.offline import OfflineBuilder
from zkverify_client.adapters.pool import ConnectionPool, NetworkConfig
from zkverify_client.adapters.reader import ZkVerifyReader
from zkverify_client.adapters.registry import ZkVerifyRegistry
from zkverify_client.adapters.rpc import ConnectionLost, RpcError, WebSocketRpc
from zkverify_client.adapters.verifier_calls import VerifierCodec
from zkverify_client.domain.failures import ZkVerifyUnreachable
from zkverify_client.domain.groth16 import Groth16Vk
from zkverify_client.domain.statement import groth16_vk_hash


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
