"""One account on the network: its address, its nonce, and the signatures it gives."""

from zk_acts.domain.hashing import keccak
from zk_acts.domain.ids import hex0x
from zk_operator.adapters.sp1.errors import ProgramKeyMissing
from zk_operator.adapters.sp1.network.artifacts import ArtifactTransfer, compressed
from zk_operator.adapters.sp1.network.client import NetworkClient
from zk_operator.adapters.sp1.network.config import MessageSigner
from zk_operator.proto import artifact_pb2 as artifact
from zk_operator.proto import auction_pb2 as auction
from zk_operator.proto import base_pb2 as base

CREATE_ARTIFACT = b"create_artifact"  # what is signed for every upload


class NetworkAccount:
    """Signs what the network wants signed. Whoever owns the nonce sequence calls it."""

    def __init__(
        self, *, client: NetworkClient, transfer: ArtifactTransfer, signer: MessageSigner
    ) -> None:
        self._client = client
        self._transfer = transfer
        self._signer = signer
        self._artifact_signature: bytes | None = None  # what is signed is always the same

    @property
    def address(self) -> bytes:
        """20 bytes."""
        return self._signer.address

    @property
    def name(self) -> str:
        """The address in hex."""
        return hex0x(self._signer.address)

    def sign(self, body: bytes) -> bytes:
        """The signature of a call's body (EIP-191)."""
        return self._signer.sign_message(body)

    def reference(self, body: bytes) -> bytes:
        """The id of a request with that body: keccak256 of signer and body."""
        return keccak(self._signer.address + body)

    async def upload(self, kind: artifact.ArtifactType, content: bytes) -> str:
        """Upload an artifact; its URI. Errors: ProverUnreachable, ArtifactUnavailable, refusals."""
        if self._artifact_signature is None:
            self._artifact_signature = self.sign(CREATE_ARTIFACT)
        slot = await self._client.create_artifact(kind, self._artifact_signature)
        await self._transfer.put(slot.upload_url, compressed(content))
        return slot.uri

    def program_call(
        self, *, nonce: int, vk_hash: bytes, vk: bytes | None, program_uri: str
    ) -> tuple[bytes, bytes]:
        """A signed CreateProgram, and its body. Errors: ProgramKeyMissing."""
        if not vk:
            raise ProgramKeyMissing
        body = base.CreateProgramRequestBody(
            nonce=nonce, vk_hash=vk_hash, vk=vk, program_uri=program_uri
        )
        signed = body.SerializeToString(deterministic=True)
        envelope = base.CreateProgramRequest(
            format=base.MESSAGE_FORMAT_BINARY, signature=self.sign(signed), body=body
        )
        return envelope.SerializeToString(deterministic=True), signed

    async def cancel(self, request_id: bytes) -> None:
        """Cancel a request of this account; consumes a nonce. Errors: ProverUnreachable, refusals."""
        body = auction.CancelRequestRequestBody(
            nonce=await self._client.nonce(self.address), request_id=request_id
        )
        signature = self.sign(body.SerializeToString(deterministic=True))
        envelope = auction.CancelRequestRequest(
            format=auction.MESSAGE_FORMAT_BINARY, signature=signature, body=body
        )
        await self._client.cancel(envelope.SerializeToString(deterministic=True))
