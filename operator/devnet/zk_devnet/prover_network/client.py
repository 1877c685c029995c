"""A plain client of the prover network, for tests and for looking around: one account, every call by path.

It encodes and signs by itself, with other libraries than the server's, and shares no code with the operator's adapter.
"""

import time
from typing import Any

import aiohttp
import anyio
import grpc
import zstandard
from eth_account import Account
from eth_account.messages import encode_defunct

from zk_devnet.prover_network.program import batch_key
from zk_devnet.prover_network.states import TERMINAL, NetworkMode
from zk_operator.program import batch_program
from zk_operator.proto import artifact_pb2, auction_pb2, base_pb2

_CALL_TIMEOUT_S = 10.0
_POLL_S = 0.02
_DEADLINE_S = 60

# Messages are generated classes of either tree, chosen at run time: hence Any.


class PlainClient:
    """One account's calls; `tree` is the module of its messages. Failed calls raise grpc.aio.AioRpcError."""

    def __init__(
        self, *, channel: grpc.aio.Channel, http_url: str, private_key: bytes, mode: NetworkMode
    ) -> None:
        self.http_url = http_url
        self.v_shift = 0  # SDKs differ in what they add to a signature's v: -27, 0 or 27
        self._auction = mode is NetworkMode.MAINNET
        self.tree: Any = auction_pb2 if self._auction else base_pb2
        self._channel = channel
        self._account = Account.from_key(private_key)
        self.address = bytes.fromhex(self._account.address[2:])

    async def call(self, name: str, message: Any, tree: Any = None) -> Any:
        """One RPC's answer."""
        tree = tree or self.tree
        service = "artifact.ArtifactStore" if tree is artifact_pb2 else "network.ProverNetwork"
        rpc: Any = self._channel.unary_unary(
            f"/{service}/{name}",
            request_serializer=lambda value: value.SerializeToString(),
            response_deserializer=getattr(tree, f"{name}Response").FromString,
        )
        return await rpc(message, timeout=_CALL_TIMEOUT_S)

    async def call_raw(self, name: str, data: bytes) -> bytes:
        """One RPC with these very bytes."""
        rpc: Any = self._channel.unary_unary(f"/network.ProverNetwork/{name}")
        return bytes(await rpc(data, timeout=_CALL_TIMEOUT_S))

    def sign(self, data: bytes) -> bytes:
        """EIP-191 signature, v as 27 or 28 unless it is shifted."""
        signature = bytes(self._account.sign_message(encode_defunct(data)).signature)
        return signature[:64] + bytes([signature[64] + self.v_shift])

    async def nonce(self) -> int:
        """The account's next nonce."""
        answer = await self.call("GetNonce", self.tree.GetNonceRequest(address=self.address))
        return int(answer.nonce)

    async def balance(self) -> int:
        """What the account can spend, in PROVE wei."""
        answer = await self.call("GetBalance", self.tree.GetBalanceRequest(address=self.address))
        return int(answer.amount)

    async def signed(self, name: str, **fields: Any) -> Any:
        """A signed call with these body fields; the nonce is asked for unless it is given."""
        nonce = fields.pop("nonce", None)
        body = getattr(self.tree, f"{name}RequestBody")(
            nonce=await self.nonce() if nonce is None else nonce, **fields
        )
        signature = self.sign(body.SerializeToString(deterministic=True))
        envelope = getattr(self.tree, f"{name}Request")
        return await self.call(name, envelope(format=1, signature=signature, body=body))

    async def upload(self, artifact_type: Any, data: bytes, *, compress: bool = True) -> str:
        """Upload an artifact; its URI."""
        answer = await self.call(
            "CreateArtifact",
            artifact_pb2.CreateArtifactRequest(
                signature=self.sign(b"create_artifact"), artifact_type=artifact_type
            ),
            artifact_pb2,
        )
        content = zstandard.ZstdCompressor(level=3).compress(data) if compress else data
        async with (
            aiohttp.ClientSession() as session,
            session.put(answer.artifact_presigned_url, data=content) as reply,
        ):
            reply.raise_for_status()
        return str(answer.artifact_uri)

    async def register(self) -> None:
        """Upload and register the shipped program."""
        shipped = batch_program()
        program = len(shipped.elf).to_bytes(8, "little") + shipped.elf
        uri = await self.upload(1, program)
        await self.signed(
            "CreateProgram", vk_hash=batch_key().hash_bytes, vk=shipped.vk, program_uri=uri
        )

    async def request(self, stdin: bytes, **changes: Any) -> bytes:
        """Ask for a proof as the SDK would; `changes` replace body fields. The request's id."""
        uri = await self.upload(2, stdin)
        fields: dict[str, Any] = {
            "vk_hash": batch_key().hash_bytes,
            "version": "sp1-v6.1.0",
            "mode": 4,
            "strategy": 3 if self._auction else 1,
            "stdin_uri": uri,
            "deadline": int(time.time()) + _DEADLINE_S,
            "cycle_limit": 10_000_000,
            "gas_limit": 20_000_000,
        }
        if self._auction:
            fields |= await self.auction_fields()
        answer = await self.signed("RequestProof", **(fields | changes))
        return bytes(answer.body.request_id)

    async def auction_fields(self) -> dict[str, Any]:
        """The fields that only the auction tree has, from the network's parameters."""
        params = await self.call(
            "GetProofRequestParams", self.tree.GetProofRequestParamsRequest(mode=4)
        )
        price = int(params.max_price_per_pgu) * 120 // 100 // params.tick_size * params.tick_size
        return {
            "domain": params.domain,
            "auctioneer": params.auctioneer,
            "executor": params.executor,
            "verifier": params.verifier,
            "treasury": params.treasury,
            "base_fee": params.base_fee,
            "max_price_per_pgu": str(price),
        }

    async def status(self, request_id: bytes) -> Any:
        """Where a request stands."""
        return await self.call(
            "GetProofRequestStatus",
            self.tree.GetProofRequestStatusRequest(request_id=request_id),
        )

    async def details(self, request_id: bytes) -> Any:
        """Everything about a request."""
        answer = await self.call(
            "GetProofRequestDetails",
            self.tree.GetProofRequestDetailsRequest(request_id=request_id),
        )
        return answer.request

    async def finished(self, request_id: bytes, timeout_s: float = 10.0) -> Any:
        """The status once it is terminal; TimeoutError if that takes too long."""
        with anyio.fail_after(timeout_s):
            while True:
                status = await self.status(request_id)
                if status.fulfillment_status in set(TERMINAL):
                    return status
                await anyio.sleep(_POLL_S)

    async def download(self, uri: str) -> bytes:
        """An artifact's content."""
        async with aiohttp.ClientSession() as session, session.get(uri) as reply:
            reply.raise_for_status()
            return await reply.read()

    async def post(self, path: str, body: dict[str, Any]) -> int:
        """POST JSON to the dev controls; the HTTP status."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.http_url + path, json=body) as reply,
        ):
            return reply.status
