"""What EVM endpoints answer: JSON-RPC, headers, logs, receipts, fees, ABI results, events, reverts."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from typing import Any

from eth_abi.abi import encode

from zk_acts.domain.acts import ActKind, Intent, Purpose, Resource
from zk_acts.domain.ids import Hash32, IntentId, hex0x
from zk_acts.domain.json_text import JsonInvalid, parse_json
from zk_devnet.testing.fuzz.byte_mutation import mutate_words
from zk_devnet.testing.fuzz.json_mutation import mutate_json
from zk_devnet.testing.fuzz.target import Decoder, Target, finish, require
from zk_operator.adapters.evm.abi import CONTRACTS, AbiEntry, contract_abi, readable_revert
from zk_operator.adapters.evm.endpoint import EndpointPool
from zk_operator.adapters.evm.errors import EndpointFailed, RpcError
from zk_operator.adapters.evm.event_codec import RawLog, decode_log
from zk_operator.adapters.evm.fees import FeePolicy, offer
from zk_operator.adapters.evm.headers import Header, fetch_block, fetch_head
from zk_operator.adapters.evm.heads import HeadFeed
from zk_operator.adapters.evm.http import Answer
from zk_operator.adapters.evm.logs import logs_of_block, logs_of_range, parse_log
from zk_operator.adapters.evm.receipt import parse_receipt
from zk_operator.adapters.evm.revert import revert_reason
from zk_operator.adapters.evm.settlement_reader import EvmSettlementReader, SettlementContracts
from zk_operator.adapters.evm.transaction_channel import TransactionChannel, fee_market
from zk_operator.adapters.evm.transaction_errors import is_known, refusal
from zk_operator.adapters.evm.wire import items, members
from zk_operator.adapters.signing.evm import EvmSigner
from zk_operator.domain.chain_event import BlockRef, BlockTag, LogRef
from zk_operator.domain.ids import Address, PoolId
from zk_operator.domain.order import SigningDomain
from zk_operator.ports.chain import Call
from zk_trader.revert import swap_refusal
from zk_trader.view import TraderView

_MANAGER, _HASH, _OTHER = Address(b"\x11" * 20), Hash32(b"\xab" * 32), Hash32(b"\xcd" * 32)
_CHAIN_ID = 31_337
_BLOCK = BlockRef(number=20, hash=_HASH, parent_hash=_OTHER, timestamp=1_700_000_000)
_MOST_REQUESTS = 64


@dataclass(slots=True)
class ScriptedAnswers:
    """An endpoint that gives bodies one after the other, and again from the first."""

    bodies: list[Any]
    name: str = "scripted"
    _next: Iterator[Any] = field(init=False)
    _asked: int = 0

    def __post_init__(self) -> None:
        self._next = cycle(self.bodies or [None])

    async def request(self, method: str, *_params: object) -> object:
        """The next body's result, as the transport over HTTP reads it."""
        self._asked += 1
        if self._asked > _MOST_REQUESTS:
            raise EndpointFailed("asked too often", may_have_arrived=True)
        return answer_of(method, json.dumps(next(self._next)).encode())

    async def aclose(self) -> None:
        """Nothing to let go."""


def answer_of(method: str, raw: bytes) -> object:
    """The result in a body, by the transport's own judgement."""
    answer = Answer(endpoint="scripted", method=method, status=200, headers={})
    return answer.result(raw, 1)


def _script(raw: bytes) -> ScriptedAnswers:
    document = parse_json(raw)
    return ScriptedAnswers(document if isinstance(document, list) else [document])


def _body(result: object) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": 1, "result": result}


def _seed(*bodies: object) -> bytes:
    return json.dumps(bodies).encode()


def _json(seeds: list[bytes], read: Any) -> Decoder:
    return Decoder(seeds=seeds, mutate=mutate_json, read=read, refusals=(JsonInvalid,))


_HEADER = {
    "number": "0x10",
    "hash": hex0x(_HASH),
    "parentHash": hex0x(_OTHER),
    "timestamp": "0x6553f100",
    "logsBloom": "0x" + "00" * 256,
    "baseFeePerGas": "0x3b9aca00",
}
_RECEIPT = {
    "transactionHash": hex0x(_HASH),
    "blockNumber": "0x10",
    "blockHash": hex0x(_HASH),
    "status": "0x1",
    "gasUsed": "0x5208",
    "effectiveGasPrice": "0x3b9aca00",
    "l1Fee": "0x0",
    "logs": [],
}
_TRANSACTION = {
    "gas": "0x5208",
    "from": hex0x(_MANAGER),
    "to": hex0x(_MANAGER),
    "value": "0x0",
    "input": "0x",
}
_HISTORY = {
    "oldestBlock": "0x7",
    "baseFeePerGas": ["0x3b9aca00", "0x3b9aca01"],
    "gasUsedRatio": [0.5],
    "reward": [["0x5f5e100"], ["0x0"], []],
}
_REVERT = {
    "code": 3,
    "message": "execution reverted",
    "data": "0x08c379a0" + encode(["string"], ["no"]).hex(),
}
_ERRORS = (
    _REVERT,
    {
        "code": -32000,
        "message": "execution reverted",
        "data": {"data": "0x4e487b71" + "00" * 31 + "11"},
    },
    {"code": -32005, "message": "project ID request rate exceeded"},
    {"code": -32000, "message": "nonce too low: next nonce 5, tx nonce 4"},
    {
        "code": -32602,
        "message": "query returned more than 10000 results. Try with this block range [0x1, 0x2]",
    },
)


def _answer() -> Decoder:
    def read(raw: bytes) -> object:
        try:
            return answer_of("eth_call", raw)
        except RpcError as error:
            is_known(error)
            refusal(error)
            return revert_reason(error)

    bodies = [_body("0x10"), _body(None), *({"id": 1, "error": error} for error in _ERRORS)]
    return _json([json.dumps(body).encode() for body in bodies], read)


def _blocks() -> Decoder:
    def read(raw: bytes) -> None:
        rpc = _script(raw)
        for tag in BlockTag:
            finish(fetch_head(rpc, tag))
        finish(fetch_block(rpc, 16))

    unknown = {"id": 1, "error": {"code": -32000, "message": "finalized block not found"}}
    return _json([_seed(_body(_HEADER)), _seed(_body(None), _body(_HEADER), unknown)], read)


def _receipts() -> Decoder:
    def read(raw: bytes) -> None:
        receipt = parse_receipt(parse_json(raw), _HASH)
        require(receipt.paid >= 0, "a receipt is paid less than nothing for")
        _fits(receipt.block_number)

    return _json([json.dumps(_RECEIPT).encode()], read)


def _fee_answers() -> Decoder:
    policy = FeePolicy(max_fee_wei=10**12, max_gas=10**7)

    def read(raw: bytes) -> None:
        fees = offer(finish(fee_market(_script(raw))), policy, None)
        require(0 <= fees.tip <= fees.fee_cap <= policy.max_fee_wei, "fees out of their bounds")

    return _json([_seed(_body(_HISTORY)), _seed({"error": _ERRORS[2]}, _body("0x3b9aca00"))], read)


def _fits(number: int) -> None:
    """Numbers of blocks go into rows."""
    require(0 <= number < 2**63, "a number that no row holds")


class _Event:
    """One event of the manager, as log and as bytes: its place in the ABI, topics, data."""

    def __init__(self, entry: AbiEntry, place: int) -> None:
        plain = [
            kind for kind, indexed in zip(entry.types, entry.indexed, strict=True) if not indexed
        ]
        topics = [kind for kind, indexed in zip(entry.types, entry.indexed, strict=True) if indexed]
        self.topics = [_sample((kind,)) for kind in topics]
        self.data = _sample(plain)
        self.hash = entry.hash
        self.raw = bytes([place, len(topics)]) + b"".join(self.topics) + self.data

    def log(self, place: int) -> dict[str, object]:
        return {
            "address": hex0x(_MANAGER),
            "topics": [hex0x(self.hash), *(hex0x(topic) for topic in self.topics)],
            "data": hex0x(self.data),
            "blockNumber": hex(16 + place),
            "blockHash": hex0x(_HASH),
            "transactionHash": hex0x(_OTHER),
            "logIndex": hex(place),
            "removed": False,
        }


def _sample(types: Any) -> bytes:
    """A value of each type, encoded."""
    return encode(list(types), [_value_of(kind) for kind in types])


def _value_of(kind: str) -> Any:
    if kind.endswith("[]"):
        return [_value_of(kind[:-2])] * 2
    if kind.startswith("("):
        return tuple(map(_value_of, _parts(kind[1:-1])))
    plain = {"bool": True, "string": "text", "bytes": b"some bytes", "address": _MANAGER}
    if kind in plain:
        return plain[kind]
    return b"\x07" * int(kind[5:]) if kind.startswith("bytes") else 7


def _parts(kinds: str) -> Iterator[str]:
    """The members of a tuple's type."""
    depth, part = 0, ""
    for char in kinds:
        depth += (char == "(") - (char == ")")
        if char == "," and not depth:
            yield part
            part = ""
        else:
            part += char
    yield part


def _events() -> tuple[_Event, ...]:
    entries = contract_abi("OrderServiceManager").events.values()
    return tuple(_Event(entry, place) for place, entry in enumerate(entries))


def _logs() -> Decoder:
    def read(raw: bytes) -> None:
        for entry in items(parse_json(raw), "logs"):
            log = parse_log(members(entry, "log"))
            _fits(log.at.block_number)
            _fits(log.at.log_index)
            decode_log(log)

    logs = [event.log(place) for place, event in enumerate(_events())]
    seeds = [json.dumps(logs[at : at + 3]).encode() for at in range(0, len(logs), 2)]
    return _json(seeds, read)


def _block_logs() -> Decoder:
    """The logs of one block and of a range, with all the questions that prove them."""
    header = Header(ref=_BLOCK, bloom=b"\xff" * 256, has_transactions=True)

    def read(raw: bytes) -> None:
        if len(raw) % 2:
            logs, _ = finish(logs_of_range(_script(raw), 0, 20, [_MANAGER]))
        else:
            logs = finish(logs_of_block(_script(raw), header, [_MANAGER]))
        for log in logs:
            decode_log(log)

    logs = [{**event.log(0), "blockNumber": "0x14"} for event in _events()[:4]]
    last = {**_HEADER, "number": "0x14"}
    receipts = [{"blockHash": hex0x(_HASH), "logs": [log]} for log in logs[:2]]
    own = (
        _seed(_body(logs[:1])),
        _seed(_body([]), _body(receipts)),
        _seed(_body([]), _body(None), _body(logs)),
    )
    span = _seed(_body(last), _body(logs[:1]), _body(last))
    return _json([seed + b" " * spare for seed in (*own, span) for spare in (0, 1)], read)


def _event_data() -> Decoder:
    hashes = [entry.hash for entry in contract_abi("OrderServiceManager").events.values()]
    at = LogRef(block_number=1, block_hash=_HASH, tx_hash=_OTHER, log_index=0)

    def read(raw: bytes) -> None:
        place, count = (*raw[:2], 0, 0)[:2]
        topics = [Hash32(raw[start : start + 32]) for start in range(2, 2 + 32 * (count % 5), 32)]
        first = Hash32(hashes[place % len(hashes)])
        data = raw[2 + 32 * len(topics) :]
        decode_log(RawLog(at=at, address=_MANAGER, topics=(first, *topics), data=data))

    seeds = [event.raw for event in _events()]
    return Decoder(seeds=seeds, mutate=mutate_words, read=read)


def _entries() -> list[AbiEntry]:
    names = (*CONTRACTS, "ERC20")
    return [entry for name in names for entry in contract_abi(name).functions.values()]


def _results() -> Decoder:
    entries = _entries()

    def read(raw: bytes) -> None:
        entries[int.from_bytes(raw[:2]) % len(entries)].decode_result(raw[2:])

    seeds = [place.to_bytes(2) + _sample(entry.outputs) for place, entry in enumerate(entries)]
    return Decoder(seeds=seeds, mutate=mutate_words, read=read)


def _reverts() -> Decoder:
    def read(raw: bytes) -> None:
        text = readable_revert(raw)
        require(len(text) <= 2_000, "a revert in too many words")
        text.encode()
        swap_refusal(raw)

    errors = [entry for name in CONTRACTS for entry in contract_abi(name).errors.values()]
    seeds = [entry.selector + _sample(entry.types) for entry in errors]
    known = [
        bytes.fromhex("08c379a0") + encode(["string"], ["why"]),
        bytes.fromhex("4e487b71") + b"\x11" * 32,
    ]
    return Decoder(seeds=[*seeds, *known], mutate=mutate_words, read=read)


def _views() -> Decoder:
    """Everything that is read of the contracts at start, from an endpoint that says what it likes."""
    pool = EndpointPool(transports=[ScriptedAnswers([])], chain_id=_CHAIN_ID)
    contracts = SettlementContracts(manager=_MANAGER, quoter=_MANAGER)
    pool_id = PoolId(_HASH)

    def read(raw: bytes) -> None:
        *bodies, place = items(parse_json(raw), "script") or [0]
        reader = EvmSettlementReader(pool=pool, contracts=contracts, signer=_MANAGER).at(_BLOCK)
        trader = TraderView(pool=pool, manager=_MANAGER)
        works = (
            reader._terms,
            trader._terms,
            partial(reader._read_pool, pool_id=pool_id),
            partial(trader._read_pool, pool_id=pool_id),
        )
        work = works[place % len(works) if isinstance(place, int) else 0]
        finish(work(ScriptedAnswers(bodies)))

    scripts = enumerate(_view_scripts())
    return _json([json.dumps([*bodies, place]).encode() for place, bodies in scripts], read)


def _view_scripts() -> list[list[dict[str, object]]]:
    """What an honest endpoint answers: to the operator's questions, a trader's, and both for a pool."""
    manager, hook = (
        contract_abi(name).functions for name in ("OrderServiceManager", "DarkCoWHook")
    )
    separator = SigningDomain(chain_id=_CHAIN_ID, manager=_MANAGER).separator
    named, code = _sample(manager["hook"].outputs), b"\x60"
    config, paused, one = (
        _sample(manager["config"].outputs),
        _sample(["bool"]),
        _sample(["uint256"]),
    )
    terms = [code, separator, named, config, paused]
    pool = [_sample(hook["poolKey"].outputs), _sample(manager["poolSettings"].outputs)]
    scripts = [[*terms, *[code] * 4, one, one], terms, [named, *pool], [named, *pool]]
    return [[_body(hex0x(raw)) for raw in script] for script in scripts]


def _transactions() -> Decoder:
    """A transaction's way: count, estimate, outcome, send."""
    pool = EndpointPool(transports=[ScriptedAnswers([])], chain_id=_CHAIN_ID)
    channel = TransactionChannel(
        pool=pool,
        signer=EvmSigner(b"\x01" * 32),
        policy=FeePolicy(max_fee_wei=10**12, max_gas=10**7),
    )
    intent = _intent()

    def read(raw: bytes) -> None:
        script = _script(raw)
        finish(channel._estimate(script, Call(to=_MANAGER, data=b""), _BLOCK))
        outcome = finish(channel._outcome(script, intent, _BLOCK))
        require(getattr(outcome, "paid", 0) >= 0, "less than nothing was paid")

    estimate, head = _body("0x5208"), _body(_HEADER)
    mined = _seed(estimate, _body(_RECEIPT), head)
    reverted = _body({**_RECEIPT, "status": "0x0"})
    failed = _seed(estimate, reverted, head, _body(_TRANSACTION), {"error": _REVERT})
    lapsed = _seed(estimate, _body(None), _body(None), _body("0x9"), _body("0x9"), head)
    return _json([mined, failed, lapsed], read)


def _intent() -> Intent:
    return Intent(
        intent_id=IntentId("settle/x/1"),
        kind=ActKind.TRANSACTION,
        purpose=Purpose.SETTLE,
        subject="x",
        backend="evm:31337",
        account=hex0x(_MANAGER),
        nonce=5,
        reference=_HASH,
        payload=b"\x02" * 100,
        resource=Resource.GAS,
        quoted=10**15,
    )


def _heads() -> Decoder:
    feed = HeadFeed(url="ws://localhost")
    said = {"jsonrpc": "2.0", "method": "eth_subscription", "params": {"result": _HEADER}}
    # ValueError: the one who follows takes it for a lost connection.
    return Decoder(
        seeds=[json.dumps(said).encode(), b'{"jsonrpc":"2.0","id":1,"result":"0x1"}'],
        mutate=mutate_json,
        read=feed._take,
        refusals=(ValueError,),
    )


TARGETS = (
    Target(name="evm-answer", build=_answer),
    Target(name="evm-blocks", build=_blocks),
    Target(name="evm-logs", build=_logs),
    Target(name="evm-block-logs", build=_block_logs),
    Target(name="evm-event-data", build=_event_data),
    Target(name="evm-receipt", build=_receipts),
    Target(name="evm-fees", build=_fee_answers),
    Target(name="evm-call-results", build=_results),
    Target(name="evm-reverts", build=_reverts),
    Target(name="evm-views", build=_views),
    Target(name="evm-transactions", build=_transactions),
    Target(name="evm-heads", build=_heads),
)
