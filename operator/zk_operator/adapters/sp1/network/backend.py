"""The prover network as a ProverBackend: one account, one program, one nonce sequence."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import structlog

from zk_acts.domain.acts import ActKind, Intent, Purpose, Resource
from zk_acts.domain.details import Fulfilled, ProgramRegistered
from zk_acts.domain.ids import hex0x
from zk_acts.ports.act import Fees, Included, Lapsed, Outcome, Prepared, Unknown
from zk_acts.ports.clock import Clock
from zk_operator.adapters.sp1.bincode import decode_network_proof
from zk_operator.adapters.sp1.network.account import NetworkAccount
from zk_operator.adapters.sp1.network.artifacts import (
    ArtifactTransfer,
    HttpTransfer,
    ProofDownloads,
)
from zk_operator.adapters.sp1.network.client import NetworkClient
from zk_operator.adapters.sp1.network.config import MessageSigner, NetworkConfig
from zk_operator.adapters.sp1.network.preparation import Preparation
from zk_operator.adapters.sp1.network.rpc import GrpcRpc, Rpc, open_channel
from zk_operator.adapters.sp1.network.tree import TREES
from zk_operator.adapters.sp1.network.watch import RequestWatch
from zk_operator.adapters.sp1.program_key import hash_bytes
from zk_operator.ports.prover import Groth16Proof, ProverDetail, ProverWork

log = structlog.get_logger(__name__)


class NetworkBackend:
    """A ProverBackend (see the port for what each method promises)."""

    def __init__(
        self,
        *,
        config: NetworkConfig,
        rpc: Rpc,
        transfer: ArtifactTransfer,
        signer: MessageSigner,
        clock: Clock,
        deadlines: Clock | None = None,
    ) -> None:
        """`deadlines`: what the network's clock shows, as well as that is known. Errors: WrongProgram if the configured vkey is none."""
        deadlines = deadlines or clock
        self._config = config
        self._downloads = ProofDownloads(transfer, max_bytes=config.max_artifact_bytes)
        self._vk_hash = hash_bytes(config.program_vkey)
        self._client = NetworkClient(rpc=rpc, tree=TREES[config.tree])
        self._account = NetworkAccount(client=self._client, transfer=transfer, signer=signer)
        self._preparation = Preparation(
            config=config, client=self._client, account=self._account, clock=deadlines
        )
        self._watch = RequestWatch(
            config=config,
            client=self._client,
            account=self._account,
            downloads=self._downloads,
            clock=clock,
            deadlines=deadlines,
        )

    def __repr__(self) -> str:
        return f"NetworkBackend(tree={self._config.tree}, account={self.account})"

    @property
    def kind(self) -> ActKind:
        """Prover requests."""
        return ActKind.PROVE

    @property
    def resource(self) -> Resource:
        """PROVE."""
        return Resource.PROVE

    @property
    def name(self) -> str:
        """As stored in rows."""
        return self._config.name

    @property
    def account(self) -> str:
        """The requester's address."""
        return self._account.name

    async def next_nonce(self) -> int:
        """The account's next nonce by the network's word."""
        return await self._client.nonce(self._account.address)

    async def unused_nonce(self) -> int:
        """As `next_nonce`: the network counts what it has taken, and nothing waits."""
        return await self.next_nonce()

    async def is_nonce_free(self, nonce: int) -> bool:
        """By the account's next nonce: nothing waits there."""
        return await self.next_nonce() <= nonce

    async def balance(self) -> int:
        """In 1e-18 PROVE."""
        return await self._client.balance(self._account.address)

    async def program_registered(self) -> bool:
        """Whether the network knows the program."""
        return await self._client.has_program(self._vk_hash)

    async def prepare(self, request: ProverWork, nonce: int, beat: Fees | None = None) -> Prepared:
        """Upload and sign. There is nothing to beat here: a request is cancelled, not replaced."""
        del beat
        return await self._preparation.prepare(request, nonce)

    async def send(self, intent: Intent) -> bytes | None:
        """Send exactly the stored bytes."""
        if intent.purpose == Purpose.REGISTER_PROGRAM:
            await self._client.send_program(intent.payload)
            return None
        request_id = await self._client.send_request(intent.payload)
        if not request_id or request_id == intent.reference:
            return None
        log.warning(
            "request.renamed", reference=hex0x(intent.reference), request_id=hex0x(request_id)
        )
        return request_id

    async def outcome(self, intent: Intent) -> Outcome[ProverDetail]:
        """By query. A request that no prover takes in time is cancelled on the way, which is free."""
        if intent.purpose == Purpose.REGISTER_PROGRAM:
            return await self._registration(intent)
        return await self._watch.outcome(intent)

    async def fetch(self, fulfilled: Fulfilled) -> Groth16Proof:
        """Download and decode. Errors: ProofMalformed, ArtifactUnavailable."""
        return decode_network_proof(await self._downloads.get(fulfilled.proof_uri)).to_port()

    async def market_price(self) -> int | None:
        """What provers are paid now, in 1e-18 PROVE per PGU; None where the network does not say."""
        return await self._client.market_price()

    @property
    def is_private(self) -> bool:
        """Whether inputs are for provers in a trusted environment only."""
        return self._config.private_input

    async def tee_admitted(self) -> bool | None:
        """Whether the account may prove privately; None where the network does not say."""
        return await self._client.tee_admitted(self._account.address)

    async def cancel(self, intent: Intent) -> None:
        """Drop a request; consumes a nonce where it is not too late. Errors: ProverUnreachable."""
        await self._watch.cancel(intent)

    async def _registration(self, intent: Intent) -> Outcome[ProverDetail]:
        nonce = await self.next_nonce()  # before the other question: it settles what a "no" means
        if await self.program_registered():
            detail = ProgramRegistered(program_vkey=self._config.program_vkey)
            return Included(detail=detail, final=True, paid=0)
        return Lapsed(by_nonce=True) if nonce > intent.nonce else Unknown()


@asynccontextmanager
async def open_network_backend(
    *,
    endpoint: str,
    config: NetworkConfig,
    signer: MessageSigner,
    clock: Clock,
    deadlines: Clock | None = None,
) -> AsyncIterator[NetworkBackend]:
    """A backend with its connections, which are closed at the end. Connects with the first call."""
    async with open_channel(endpoint) as channel, aiohttp.ClientSession() as session:
        yield NetworkBackend(
            config=config,
            rpc=GrpcRpc(channel, timeout_s=config.request_timeout_s),
            transfer=HttpTransfer(session, timeout_s=config.transfer_timeout_s),
            signer=signer,
            clock=clock,
            deadlines=deadlines,
        )
