"""A small client of the dev node for devnet services: JSON-RPC over HTTP, typed storage, signed extrinsics."""

from types import TracebackType
from typing import Any, Self

import aiohttp

from zk_devnet.zkverify.extrinsic import (
    SIGNED_BIT,
    VERSION,
    Era,
    additional_signed,
    encode_extrinsic,
    extension_bytes,
    signed_payload,
)
from zk_devnet.zkverify.scale import Case, encode
from zk_devnet.zkverify.schema.primitives import MULTI_ADDRESS, MULTI_SIGNATURE
from zk_devnet.zkverify.schema.runtime import (
    SPEC_VERSION,
    SS58_PREFIX,
    schema_of,
    storage_item,
)
from zk_devnet.zkverify.signature import KeyPair, ss58

ERA_PERIOD = 64


class NodeAnsweredError(Exception):
    """Raised when the node answers a call with an error object."""

    def __init__(self, method: str, code: int, message: str, data: object) -> None:
        super().__init__(f"{method}: {code} {message} ({data})")
        self.code = code


class NodeClient:
    """Calls a node's JSON-RPC. An async context manager; calls raise NodeAnsweredError or aiohttp.ClientError."""

    def __init__(self, endpoint: str, *, timeout_s: float = 10.0) -> None:
        self._url = endpoint.replace("ws", "http", 1) if endpoint.startswith("ws") else endpoint
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None
        self._next = 0

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=self._timeout)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._session is not None
        await self._session.close()

    async def call(self, method: str, *params: Any) -> Any:
        """The result of a call."""
        assert self._session is not None, "used outside its context"
        self._next += 1
        body = {"jsonrpc": "2.0", "id": self._next, "method": method, "params": list(params)}
        async with self._session.post(self._url, json=body) as response:
            answer = await response.json()
        if answer is None or "error" in answer:
            error = (answer or {}).get("error", {"code": 0, "message": "no answer"})
            raise NodeAnsweredError(method, error["code"], error["message"], error.get("data"))
        return answer["result"]

    async def storage(self, pallet: str, name: str, *parts: Any, at: str | None = None) -> Any:
        """A decoded storage value at a block (default: the best one)."""
        version = await self.call("state_getRuntimeVersion", at)
        item = storage_item(pallet, name, version["specVersion"])
        raw = await self.call("state_getStorage", "0x" + item.key(*parts).hex(), at)
        return item.decode(None if raw is None else bytes.fromhex(raw[2:]))

    async def submit(self, key: KeyPair, call: Case, *, tip: int = 0) -> str:
        """Sign a call with a mortal era and submit it; the transaction's hash."""
        nonce = await self.call("system_accountNextIndex", ss58(key.public, SS58_PREFIX))
        encoded = await self.sign(key, call, nonce=nonce, tip=tip)
        result: str = await self.call("author_submitExtrinsic", "0x" + encoded.hex())
        return result

    async def sign(self, key: KeyPair, call: Case, *, nonce: int, tip: int = 0) -> bytes:
        """The encoded extrinsic of a call, mortal from the best block."""
        best = await self.call("chain_getBlockHash")
        header = await self.call("chain_getHeader", best)
        version = await self.call("state_getRuntimeVersion")
        genesis = await self.call("chain_getBlockHash", 0)
        era = Era(ERA_PERIOD, int(header["number"], 16) % ERA_PERIOD)
        additional = additional_signed(
            spec_version=version["specVersion"],
            transaction_version=version["transactionVersion"],
            genesis=bytes.fromhex(genesis[2:]),
            birth_hash=bytes.fromhex(best[2:]),
        )
        return signed_extrinsic(
            key,
            call,
            era=era,
            nonce=nonce,
            tip=tip,
            additional=additional,
            spec_version=version["specVersion"],
        )


def signed_extrinsic(
    key: KeyPair,
    call: Case,
    *,
    era: Era,
    nonce: int,
    tip: int,
    additional: bytes,
    spec_version: int = SPEC_VERSION,
) -> bytes:
    """The length-prefixed, sr25519-signed extrinsic of a call of that runtime."""
    call_bytes = encode(schema_of(spec_version).call, call)
    extra = extension_bytes(era, nonce, tip)
    signature = key.sign(signed_payload(call_bytes, extra, additional))
    head = bytes([VERSION | SIGNED_BIT]) + encode(MULTI_ADDRESS, Case("Id", key.public))
    return encode_extrinsic(
        head + encode(MULTI_SIGNATURE, Case("Sr25519", signature)) + extra + call_bytes
    )
