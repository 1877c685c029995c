"""A zkVerify node without sockets: a scripted chain that answers the JSON-RPC calls of the zkVerify client.

Tests decide what each block contains. Nothing here verifies, charges or aggregates: for that there is the dev node.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio
from anyio.lowlevel import checkpoint

from zk_acts.domain.ids import Hash32, Statement, hex0x
from zkverify_client.adapters.rpc import ConnectionLost, RpcError

SYSTEM, PAYMENT, AGGREGATE, GROTH16 = 0, 5, 81, 161
EVENTS_KEY = "0x26aa394eea5630e07c48ae0c9558cef780d41e5e16056765bc8461851072c9d7"
_DISPATCH_INFO = b"\x04\x08\x00\x00"  # weight (1, 2), class normal, pays fee


INHERENT = 9_999  # the place of an extrinsic that is not listed here


def event(extrinsic: int, pallet: int, index: int, *fields: bytes) -> bytes:
    """One SCALE event record in the phase of an extrinsic."""
    phase = b"\x00" + extrinsic.to_bytes(4, "little")
    return phase + bytes([pallet, index]) + b"".join(fields) + b"\x00"


def proof_verified(extrinsic: int, statement: Statement) -> bytes:
    """SettlementGroth16Pallet.ProofVerified."""
    return event(extrinsic, GROTH16, 2, statement)


def new_proof(extrinsic: int, statement: Statement, domain_id: int, aggregation_id: int) -> bytes:
    """Aggregate.NewProof."""
    return event(extrinsic, AGGREGATE, 2, statement, _ids(domain_id, aggregation_id))


def new_receipt(extrinsic: int, domain_id: int, aggregation_id: int, root: Hash32) -> bytes:
    """Aggregate.NewAggregationReceipt."""
    return event(extrinsic, AGGREGATE, 4, _ids(domain_id, aggregation_id), root)


def cannot_aggregate(extrinsic: int, statement: Statement, cause: bytes) -> bytes:
    """Aggregate.CannotAggregate with a SCALE-encoded cause."""
    return event(extrinsic, AGGREGATE, 5, statement, cause)


def fee_paid(extrinsic: int, account: bytes, fee: int, tip: int = 0) -> bytes:
    """TransactionPayment.TransactionFeePaid; amounts in planck."""
    amounts = fee.to_bytes(16, "little") + tip.to_bytes(16, "little")
    return event(extrinsic, PAYMENT, 0, account, amounts)


def succeeded(extrinsic: int) -> bytes:
    """System.ExtrinsicSuccess."""
    return event(extrinsic, SYSTEM, 0, _DISPATCH_INFO)


def failed(extrinsic: int, dispatch_error: bytes) -> bytes:
    """System.ExtrinsicFailed with a SCALE-encoded dispatch error."""
    return event(extrinsic, SYSTEM, 1, dispatch_error, _DISPATCH_INFO)


def account_info(nonce: int, free: int, reserved: int = 0) -> bytes:
    """System.Account's value; amounts in planck."""
    counters = nonce.to_bytes(4, "little") + bytes(12)
    amounts = b"".join(amount.to_bytes(16, "little") for amount in (free, reserved, 0, 0))
    return counters + amounts


def domain_entry(
    *,
    size: int,
    state: int = 0,
    held: Sequence[tuple[bytes, Statement, int]] = (),
    delivery_fee: int = 0,
) -> bytes:
    """Aggregate.Domains' value in the layout of runtime 1.6; `held` are (account, statement, planck)."""
    owner, manager, empty = bytes(32), b"\x01", b"\x00"
    statements = b"".join(
        account + planck.to_bytes(16, "little") + bytes(16) + statement
        for account, statement, planck in held
    )
    following = bytes(8) + size.to_bytes(4, "little") + bytes([len(held) << 2]) + statements
    delivery = owner + b"\x00" + delivery_fee.to_bytes(16, "little") + bytes(16)
    sizes = size.to_bytes(4, "little") + empty + (16).to_bytes(4, "little")
    rules = b"\x00\x00"
    return bytes(4) + manager + bytes([state]) + following + sizes + b"\x00\x00" + rules + delivery


def _ids(domain_id: int, aggregation_id: int) -> bytes:
    return domain_id.to_bytes(4, "little") + aggregation_id.to_bytes(8, "little")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedBlock:
    """One block and the storage after it."""

    number: int
    hash: Hash32
    parent: Hash32
    extrinsics: tuple[bytes, ...]
    storage: dict[str, bytes]


Handler = Callable[..., Any]


@dataclass(slots=True)
class ScriptedNode:
    """The node's state; change it between calls. `storage` is what the next block will have."""

    metadata: bytes
    spec_name: str = "zkv-runtime"
    spec_version: int = 1_006_002
    lag: int = 2
    fee: int = 10**16
    storage: dict[str, bytes] = field(default_factory=dict)
    pool: list[bytes] = field(default_factory=list)
    next_index: int = 0
    pruned_below: int = 0
    finality_stalled_at: int | None = None
    refusals: list[RpcError] = field(default_factory=list)  # of the next submissions
    overrides: dict[str, Handler] = field(default_factory=dict)
    silent: bool = False  # the next request's answer is lost, as is the connection
    calls: list[str] = field(default_factory=list)
    blocks: list[ScriptedBlock] = field(default_factory=list)
    known: dict[Hash32, ScriptedBlock] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.blocks:
            self.mine()

    @property
    def genesis_hash(self) -> Hash32:
        return self.blocks[0].hash

    @property
    def finalized(self) -> ScriptedBlock:
        number = max(len(self.blocks) - 1 - self.lag, 0)
        if self.finality_stalled_at is not None:
            number = min(number, self.finality_stalled_at)
        return self.blocks[number]

    def mine(
        self, extrinsics: Sequence[bytes] = (), events: Sequence[bytes] = (), *, salt: bytes = b""
    ) -> ScriptedBlock:
        """Append a block to the best chain."""
        parent = self.blocks[-1].hash if self.blocks else Hash32(bytes(32))
        if self.blocks:  # every block but the first has inherents, and their events
            extrinsics = (*extrinsics, b"inherent %d" % len(self.blocks))
            events = (*events, succeeded(INHERENT))
        seed = parent + b"".join(extrinsics) + b"".join(events) + salt
        block = ScriptedBlock(
            number=len(self.blocks),
            hash=Hash32(hashlib.blake2b(seed, digest_size=32).digest()),
            parent=parent,
            extrinsics=tuple(extrinsics),
            storage={**self.storage, EVENTS_KEY: bytes([len(events) << 2]) + b"".join(events)},
        )
        self.blocks.append(block)
        self.known[block.hash] = block
        self.pool = [raw for raw in self.pool if raw not in extrinsics]
        return block

    def mine_many(self, count: int) -> None:
        """Append empty blocks."""
        for _ in range(count):
            self.mine()

    def retract(self, count: int) -> None:
        """Take the newest blocks off the best chain. They remain known by hash."""
        del self.blocks[-count:]

    async def request(self, method: str, params: Sequence[Any] = ()) -> Any:
        """Answer one call, as `Rpc` does."""
        await checkpoint()
        self.calls.append(method)
        if self.silent:
            self.silent = False
            raise ConnectionLost("scripted", written=True)
        handler = self.overrides.get(method) or _HANDLERS.get(method)
        if handler is None:
            raise RpcError(code=-32601, message="Method not found", data="")
        return handler(self, *params)

    async def batch(self, method: str, params: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
        """Answer several calls, as a `Connection` does."""
        answers: list[dict[str, Any]] = []
        for part in params:
            try:
                answers.append({"result": await self.request(method, part)})
            except RpcError as error:
                said = {"code": error.code, "message": error.message, "data": error.data}
                answers.append({"error": said})
        return answers

    async def notification(self, timeout_s: float) -> Any:
        """No head is ever announced."""
        with anyio.move_on_after(timeout_s):
            await anyio.sleep_forever()
        raise ConnectionLost("scripted silence", written=True)

    async def close(self) -> None:
        """Nothing to let go."""
        await checkpoint()


def _state(node: ScriptedNode, block_hash: str | None) -> ScriptedBlock:
    if block_hash is None:
        return node.blocks[-1]
    block = node.known.get(Hash32(bytes.fromhex(block_hash[2:])))
    if block is None or block.number < node.pruned_below:
        text = f"Client error: UnknownBlock: State already discarded for {block_hash}"
        raise RpcError(code=4003, message=text, data="")
    return block


def _header(node: ScriptedNode, block_hash: str | None = None) -> Any:
    block = node.blocks[-1] if block_hash is None else _known(node, block_hash)
    return None if block is None else _header_of(block)


def _header_of(block: ScriptedBlock) -> Any:
    return {"number": hex(block.number), "parentHash": hex0x(block.parent)}


def _known(node: ScriptedNode, block_hash: str) -> ScriptedBlock | None:
    return node.known.get(Hash32(bytes.fromhex(block_hash[2:])))


def _block_hash(node: ScriptedNode, number: int) -> str | None:
    return hex0x(node.blocks[number].hash) if number < len(node.blocks) else None


def _block(node: ScriptedNode, block_hash: str) -> Any:
    block = _known(node, block_hash)
    if block is None:
        return None
    extrinsics = [hex0x(raw) for raw in block.extrinsics]
    return {"block": {"header": _header_of(block), "extrinsics": extrinsics}}


def _storage(node: ScriptedNode, key: str, block_hash: str | None = None) -> str | None:
    value = _state(node, block_hash).storage.get(key)
    return None if value is None else hex0x(value)


def _keys_paged(
    node: ScriptedNode, prefix: str, count: int, start: str | None = None, at: str | None = None
) -> list[str]:
    keys = sorted(key for key in _state(node, at).storage if key.startswith(prefix))
    return [key for key in keys if start is None or key > start][:count]


def _runtime_version(node: ScriptedNode, block_hash: str | None = None) -> Any:
    _state(node, block_hash)
    return {
        "specName": node.spec_name,
        "specVersion": node.spec_version,
        "transactionVersion": 1,
    }


def _submit(node: ScriptedNode, raw: str) -> str:
    if node.refusals:
        raise node.refusals.pop(0)
    payload = bytes.fromhex(raw[2:])
    if payload in node.pool:
        raise RpcError(code=1013, message="Transaction Already Imported", data="")
    node.pool.append(payload)
    return hex0x(hashlib.blake2b(payload, digest_size=32).digest())


_HANDLERS: dict[str, Handler] = {
    "author_pendingExtrinsics": lambda node: [hex0x(raw) for raw in node.pool],
    "author_submitExtrinsic": _submit,
    "chain_getBlock": _block,
    "chain_getBlockHash": _block_hash,
    "chain_getFinalizedHead": lambda node: hex0x(node.finalized.hash),
    "chain_getHeader": _header,
    "chain_subscribeFinalizedHeads": lambda _: "1",
    "payment_queryInfo": lambda node, _: {"partialFee": str(node.fee)},
    "state_getKeysPaged": _keys_paged,
    "state_getMetadata": lambda node, *_: hex0x(node.metadata),
    "state_getRuntimeVersion": _runtime_version,
    "state_getStorage": _storage,
    "system_accountNextIndex": lambda node, _: node.next_index,
    "system_health": lambda _: {"isSyncing": False},
}
