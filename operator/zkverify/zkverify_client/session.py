"""A zkVerify client with paid acts, but without an operator: what the `zkverify` verbs and scripts work with."""

import math
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from zk_acts.adapters.storage.act_store import open_acts
from zk_acts.domain.details import Aggregation
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.ids import AccountId, Hash32
from zk_acts.ports.fault import FaultPoints
from zk_acts.ports.store import IntentStore
from zk_acts.runtime.clock import SystemClock
from zk_acts.runtime.fault import NoFaults
from zk_acts.runtime.lock import key_lock
from zk_acts.runtime.quiet import LoggedAlerts, NoTelemetry
from zk_acts.services.act_pool import ActPool
from zk_acts.services.paid_act import PaidActs
from zk_acts.services.spend_guard import SpendPolicy
from zk_acts.services.subject import subject_of
from zk_acts.services.task_runner import Progress, TaskRunner
from zkverify_client.adapters.channel import SubmissionPolicy
from zkverify_client.adapters.client import (
    ZkVerifyClient,
    ZkVerifyConfig,
    genesis_of,
    open_zkverify,
)
from zkverify_client.adapters.extrinsic import ExtrinsicSigner
from zkverify_client.adapters.pool import NetworkConfig
from zkverify_client.domain.receipt import AggregationReceipt
from zkverify_client.ports.zkverify import ZkVerifyDetail, ZkVerifyRequest
from zkverify_client.services.receipt_wait import published_receipt
from zkverify_client.services.vk_registrar import VkRegistrar
from zkverify_client.signing.ss58 import address_of, prefix_of

ZkVerifyActs = PaidActs[ZkVerifyRequest, ZkVerifyDetail]
Report = Callable[[Progress[ZkVerifyDetail]], None]
_TAG_BYTES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A zkVerify chain. Without a genesis hash, the first endpoint's is taken; all others must agree with it."""

    endpoints: tuple[str, ...]
    genesis_hash: Hash32 | None = None
    policy: SubmissionPolicy = field(default_factory=SubmissionPolicy)
    poll_s: float = 6.0
    request_timeout_s: float = 20.0
    metadata_folder: Path | None = None  # where to keep metadata between runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """Accounts that pay, their acts, and ways to carry them through."""

    accounts: tuple[AccountId, ...]
    acts: ActPool[ZkVerifyRequest, ZkVerifyDetail]
    runner: TaskRunner[ZkVerifyRequest, ZkVerifyDetail]
    registrar: VkRegistrar
    tag: str  # of the chain and the first account

    def subject_of(self, request: ZkVerifyRequest) -> str:
        """The subject of a request: asked for again in the same words, it is the same piece of work."""
        return self.subject(subject_of(request))

    def subject(self, *parts: object) -> str:
        """A row's subject, unique to this chain and account."""
        return "/".join((self.tag, *map(str, parts)))


class Session:
    """A client of one chain."""

    def __init__(self, *, target: Target, genesis_hash: Hash32, client: ZkVerifyClient) -> None:
        self.target = target
        self.genesis_hash = genesis_hash
        self.client = client
        self._clock = SystemClock()

    @asynccontextmanager
    async def payer(
        self,
        signers: Sequence[ExtrinsicSigner],
        state: Path,
        *,
        timeout_s: float = math.inf,
        report: Report | None = None,
        faults: FaultPoints | None = None,
    ) -> AsyncIterator[Payer]:
        """Paid acts of these accounts, with their rows in `state`; one process at a time per account.

        `timeout_s` is how long each may take; `report` is told of each look at one; `faults` is for tests. Errors: LeaseHeld, StoreUnavailable, SchemaTooNew.
        """
        with _exclusive(signers, self.genesis_hash):
            await anyio.Path(state.parent).mkdir(parents=True, exist_ok=True, mode=0o700)
            async with open_acts(state, clock=self._clock) as intents:
                points = faults or NoFaults()
                pool = ActPool([self._acts(s, intents, points) for s in signers])
                runner = TaskRunner(acts=pool, wait=self.pause, timeout_s=timeout_s, report=report)
                yield self._payer(signers, pool, runner)

    async def receipt(
        self,
        aggregation: Aggregation,
        *,
        timeout_s: float = math.inf,
        report: Callable[[OperatorError | None], None] | None = None,
    ) -> AggregationReceipt:
        """Wait for the aggregation's receipt. Errors: NotPublished, ReceiptUnprovable, and others that do not pass."""
        return await published_receipt(
            aggregation,
            reader=self.client.reader,
            wait=self.pause,
            timeout_s=timeout_s,
            report=report,
        )

    async def pause(self) -> None:
        """Until a new head, or the poll interval."""
        await self.client.reader.wait_for_head(self.target.poll_s)

    def _acts(
        self, signer: ExtrinsicSigner, intents: IntentStore, faults: FaultPoints
    ) -> ZkVerifyActs:
        chain = self.genesis_hash[:_TAG_BYTES].hex()
        channel = self.client.channel(signer, name=f"zkverify:{chain}")
        return PaidActs(
            channel=channel,
            store=intents,
            policy=SpendPolicy(caps=(), reserve=0),
            clock=self._clock,
            faults=faults,
            telemetry=NoTelemetry(),
            board=LoggedAlerts(),
            resigner=channel,
        )

    def _payer(
        self,
        signers: Sequence[ExtrinsicSigner],
        pool: ActPool[ZkVerifyRequest, ZkVerifyDetail],
        runner: TaskRunner[ZkVerifyRequest, ZkVerifyDetail],
    ) -> Payer:
        accounts = tuple(signer.public_key for signer in signers)
        tag = f"{self.genesis_hash[:_TAG_BYTES].hex()}-{accounts[0][:_TAG_BYTES].hex()}"
        return Payer(
            accounts=accounts,
            acts=pool,
            runner=runner,
            registrar=VkRegistrar(
                runner=runner,
                registry=self.client.registry,
                accounts=accounts,
                subject_prefix=f"{tag}/",
            ),
            tag=tag,
        )


@asynccontextmanager
async def open_session(target: Target) -> AsyncIterator[Session]:
    """A session with the target. Errors: ZkVerifyUnreachable, where the genesis hash has to be asked for."""
    genesis = target.genesis_hash or await genesis_of(target.endpoints[0])
    config = ZkVerifyConfig(
        network=NetworkConfig(
            endpoints=target.endpoints,
            genesis_hash=genesis,
            request_timeout_s=target.request_timeout_s,
        ),
        policy=target.policy,
        metadata_folder=target.metadata_folder,
    )
    async with open_zkverify(config) as client:
        yield Session(target=target, genesis_hash=genesis, client=client)


@contextmanager
def _exclusive(signers: Sequence[ExtrinsicSigner], genesis_hash: Hash32) -> Iterator[None]:
    """The same locks as the daemon's."""
    prefix = prefix_of(genesis_hash)
    accounts = {signer.ss58_address: signer.public_key for signer in signers}
    with ExitStack() as stack:
        for name, account in sorted(accounts.items()):
            stack.enter_context(key_lock("zkverify", name, address_of(account, prefix)))
        yield
