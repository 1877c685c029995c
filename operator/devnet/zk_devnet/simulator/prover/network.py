"""The prover network without sockets: protobuf bytes in and out, and the artifact store beside it."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, NoReturn

import anyio
import grpc
import grpc.aio
from anyio.abc import TaskGroup

from zk_devnet.prover_network.artifacts import FOLDERS, Artifact, ArtifactStore
from zk_devnet.prover_network.config import ProverNetworkConfig, Timing
from zk_devnet.prover_network.engine import Engine
from zk_devnet.prover_network.faults import Fault, Faults
from zk_devnet.prover_network.network import ProverNetwork
from zk_devnet.prover_network.rpc import RpcSurface
from zk_devnet.simulator.ambient import require_alive
from zk_devnet.simulator.evm.deployment import EPOCH_S
from zk_devnet.simulator.loop import WATCHED
from zk_devnet.simulator.proofs import ProvedInputs, SimProver
from zk_devnet.simulator.weather import Kind, Weather
from zk_operator.adapters.sp1.errors import ArtifactUnavailable
from zk_operator.domain.failures import ProofMalformed

HOST = "http://artifacts.simulated"
REQUEST_FAULTS = (
    Fault.NO_BIDS,
    Fault.UNFULFILLABLE,
    Fault.REVERTED,
    Fault.EXPIRED,
    Fault.STUCK,
    Fault.TRUNCATED_PROOF,
    Fault.WRONG_PUBLIC_VALUES,
    Fault.INVALID_PROOF,
    Fault.NO_PROOF_URI,
)
_BUSY = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.UNKNOWN,
)


class NamedArtifacts(ArtifactStore):
    """Artifacts whose names follow from the seed."""

    def __init__(self, chance: Random) -> None:
        super().__init__()
        self.base_url = HOST
        self._chance = chance

    def create(self, artifact_type: int) -> tuple[str, str]:
        """As `ArtifactStore`."""
        folder = FOLDERS[artifact_type]
        name, token = (self._chance.randbytes(size).hex() for size in (13, 12))
        self._artifacts[folder, name] = Artifact(folder=folder, name=name, token=token)
        uri = f"{HOST}/artifacts/{folder}/{name}"
        return uri, self.presigned(uri)


class Aborted(Exception):
    """Raised by the servicer's context."""

    def __init__(self, status: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.status = status


class _Context:
    async def abort(self, status: grpc.StatusCode, message: str) -> NoReturn:
        raise Aborted(status, message)


@dataclass(frozen=True, slots=True)
class _Details:
    method: str
    invocation_metadata: tuple[()] = ()


class ProverWorld:
    """The network with its engine; `rpc` and `transfer` are what the operator talks to."""

    def __init__(
        self,
        *,
        book: ProvedInputs,
        balance: int,
        weather: Weather,
        chance: Random,
        now_s: Callable[[], float],
        timeout_s: float,
        tasks: TaskGroup,
    ) -> None:
        self.faults = Faults()
        self.artifacts = NamedArtifacts(chance)
        config = ProverNetworkConfig(
            default_balance=balance,
            timing=Timing(execution_s=1.0, auction_s=2.0, proving_s=8.0),
        )
        self.network = ProverNetwork(
            config=config,
            artifacts=self.artifacts,
            faults=self.faults,
            now=lambda: EPOCH_S + now_s(),
        )
        self._engine = Engine(network=self.network, prover=SimProver(book), tasks=tasks)
        self._weather = weather
        self._chance = chance
        self._timeout_s = timeout_s
        self._handlers = RpcSurface(self.network).handlers()

    async def call(self, path: str, request: bytes) -> bytes:
        """As the operator's `Rpc`."""
        weather = self._weather
        await anyio.sleep(self._chance.uniform(0.01, 0.1))
        require_alive()
        if weather.is_on(Kind.PROVER_DOWN) or weather.strikes(Kind.PROVER_LOST_REQUEST):
            raise _error(grpc.StatusCode.UNAVAILABLE, "connection refused")
        if weather.strikes(Kind.PROVER_BUSY):
            raise _error(weather.chance(Kind.PROVER_BUSY).choice(_BUSY), "busy")
        self._arm(path)
        answer = await self._serve(path, request)
        if weather.strikes(Kind.PROVER_SLOW):
            pause = weather.chance(Kind.PROVER_SLOW).uniform(0, 1.5 * self._timeout_s)
            await anyio.sleep(min(pause, self._timeout_s))
            if pause >= self._timeout_s:
                raise _error(grpc.StatusCode.DEADLINE_EXCEEDED, "no answer in time")
        if weather.strikes(Kind.PROVER_LOST_ANSWER):
            raise _error(grpc.StatusCode.UNAVAILABLE, "the answer was lost")
        return answer

    def _arm(self, path: str) -> None:
        """What happens to the request that this call makes."""
        weather = self._weather
        if not path.endswith("RequestProof"):
            return
        self.faults.clear()
        if weather.strikes(Kind.PROVER_REQUEST):
            self.faults.arm(weather.chance(Kind.PROVER_REQUEST).choice(REQUEST_FAULTS))
        if weather.strikes(Kind.PROVER_UNEXECUTABLE):
            self.faults.arm(Fault.UNEXECUTABLE)
        if weather.strikes(Kind.PROVER_NONCE):
            self.faults.arm(Fault.NONCE_ERROR)

    async def _serve(self, path: str, request: bytes) -> bytes:
        handler: Any = None
        for each in self._handlers:
            handler = handler or each.service(_Details(path))  # type: ignore[arg-type]  # as much of it as is read
        if handler is None:
            raise _error(grpc.StatusCode.UNIMPLEMENTED, "unknown method")
        here = WATCHED.set(None)  # what the network starts now is not the operator's
        try:
            answer = await handler.unary_unary(request, _Context())
        except Aborted as refused:
            raise _error(refused.status, str(refused)) from refused
        finally:
            WATCHED.reset(here)
        raw: bytes = handler.response_serializer(answer)
        return raw

    # --- artifacts ---

    async def put(self, url: str, body: bytes) -> None:
        """As the operator's ArtifactTransfer."""
        await self._transfer()
        try:
            self.artifacts.find_uri(url.partition("?")[0]).content = body
        except KeyError:
            raise ArtifactUnavailable(host="artifacts.simulated", status=404) from None

    async def get(self, url: str, max_bytes: int) -> bytes:
        """As the operator's ArtifactTransfer."""
        await self._transfer()
        try:
            content = self.artifacts.find_uri(url.partition("?")[0]).content
        except KeyError:
            raise ArtifactUnavailable(host="artifacts.simulated", status=404) from None
        if content is None:
            raise ArtifactUnavailable(host="artifacts.simulated", status=404)
        if len(content) > max_bytes:
            raise ProofMalformed("the download is too large", limit=max_bytes)
        return content

    async def _transfer(self) -> None:
        await anyio.sleep(self._chance.uniform(0.02, 0.3))
        require_alive()
        if self._weather.is_on(Kind.PROVER_DOWN) or self._weather.strikes(Kind.PROVER_TRANSFER):
            raise ArtifactUnavailable(host="artifacts.simulated", status=503)


def _error(status: grpc.StatusCode, details: str) -> grpc.aio.AioRpcError:
    return grpc.aio.AioRpcError(status, grpc.aio.Metadata(), grpc.aio.Metadata(), details=details)
