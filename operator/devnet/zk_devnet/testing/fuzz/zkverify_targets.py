"""What zkVerify's nodes answer: JSON-RPC, blocks, accounts, paths, events, domains, metadata; and stored extrinsics."""

import json
from collections.abc import Callable, Sequence
from functools import cache, partial
from itertools import cycle
from random import Random
from typing import Any
from zlib import crc32

from zk_acts.domain.details import Aggregation
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.ids import AccountId, Hash32, Statement, hex0x
from zk_acts.domain.json_text import JsonInvalid, parse_json
from zk_devnet.testing import scripted_zkverify_node as script
from zk_devnet.testing.fuzz.byte_mutation import mutate_bytes
from zk_devnet.testing.fuzz.json_mutation import mutate_json
from zk_devnet.testing.fuzz.made_here import memory_file, onchain_proof
from zk_devnet.testing.fuzz.target import Decoder, Target, finish, require
from zk_devnet.zkverify.metadata import metadata_v14
from zkverify_client.adapters.account import decode_account
from zkverify_client.adapters.aggregation_domain import decode_domain, domain_info
from zkverify_client.adapters.calls import SubmittedProof, read_call, submit_proof_call
from zkverify_client.adapters.chain import (
    Chain,
    ChainCache,
    _block_facts,
    _hash32,
    _number,
    _raw,
    _version,
    refusal,
)
from zkverify_client.adapters.deposits import domain_deposit
from zkverify_client.adapters.dry_run import dry_run
from zkverify_client.adapters.errors import MalformedChainAnswer
from zkverify_client.adapters.extrinsic import (
    SignedExtrinsic,
    Terms,
    assemble,
    call_of,
    extrinsic_hash,
    is_signed_for,
)
from zkverify_client.adapters.fees import quoted_fee
from zkverify_client.adapters.offline import UnsignedExtrinsic
from zkverify_client.adapters.outcome import Inclusion, fee_paid, judge
from zkverify_client.adapters.proof_file import read_claim, read_vk
from zkverify_client.adapters.receipt import Publication, _claim_of_json, _claim_of_scale, _verified
from zkverify_client.adapters.registry import _holding, _keys
from zkverify_client.adapters.rpc import RpcError, _parse, result_of
from zkverify_client.adapters.runtime import SP1, Runtime, RuntimeVersion
from zkverify_client.adapters.submission import is_known_already, pool_refusal
from zkverify_client.domain.groth16 import g1_to_le, g2_to_le
from zkverify_client.domain.merkle import merkle_path, merkle_root
from zkverify_client.domain.proof_errors import ProofFormatError
from zkverify_client.domain.sp1_proof import decode_sp1_proof
from zkverify_client.domain.verifier import VerifierPallet

_VERSION = RuntimeVersion(spec_name="zkv-runtime", spec_version=1_006_002, transaction_version=1)
_LEAVES = [Statement(bytes([n]) * 32) for n in range(1, 6)]
_ACCOUNT, _HASH = AccountId(b"\x05" * 32), Hash32(b"\x09" * 32)
_MOST_REQUESTS = 80
_HEADER = {"number": "0x10", "parentHash": hex0x(_HASH)}
_SAMPLES: list[object] = [
    _HEADER,
    {"specName": "zkv-runtime", "specVersion": 1_006_002, "transactionVersion": 1},
    {"block": {"header": _HEADER, "extrinsics": ["0x0401", "0x280102"]}},
    hex0x(_HASH),
    "0x10",
    [_HEADER, hex0x(_HASH)],
    [hex0x(_HASH), _HEADER],
    {"partialFee": "12345"},
    ["0x" + "00" * 80] * 3,
    "0x0000",
    ["0x" + "11" * 40, "0x" + "01" * 16],
]


@cache
def runtime_by_metadata() -> Runtime:
    """The dev node's newest runtime, as a client has it."""
    return Runtime(version=_VERSION, metadata=metadata_v14())


class _Node:
    """A node that gives answers one after the other, and again from the first."""

    def __init__(self, raw: bytes) -> None:
        document = parse_json(raw)
        bodies = document if isinstance(document, list) and document else [document]
        self._next, self._asked = cycle(bodies), 0

    async def request(self, _method: str, _params: Sequence[Any] = ()) -> Any:
        self._asked += 1
        if self._asked > _MOST_REQUESTS:
            raise MalformedChainAnswer("asked too often")
        body = next(self._next)
        return result_of(body if isinstance(body, dict) else {"result": body})


def of_json(seeds: list[object], read: Callable[[bytes], object]) -> Decoder:
    raw = [json.dumps(seed).encode() for seed in seeds]
    return Decoder(seeds=raw, mutate=mutate_json, read=read, refusals=(JsonInvalid, RpcError))


def of_bytes(seeds: list[bytes], read: Callable[[bytes], object]) -> Decoder:
    return Decoder(seeds=seeds, mutate=mutate_bytes, read=read)


def _messages() -> Decoder:
    def read(raw: bytes) -> object:
        try:
            return result_of(_parse(raw))
        except RpcError as error:
            is_known_already(error)
            return str(pool_refusal(error)), str(refusal("x", error))

    errors = (
        {"code": 1010, "message": "Invalid Transaction", "data": "Transaction is outdated"},
        {"code": 1013, "message": "Transaction Already Imported", "data": hex0x(_HASH)},
        {"code": 4003, "message": "Client error: UnknownBlock: State already discarded"},
    )
    bodies = [{"jsonrpc": "2.0", "id": 1, "error": error} for error in errors]
    return of_json([{"jsonrpc": "2.0", "id": 1, "result": "0x"}, *bodies], read)


def _values() -> Decoder:
    """Each answer read as every kind of value."""
    readers: tuple[Callable[[Any], object], ...] = (_hash32, _number, _raw, _version_key, _facts)

    def read(raw: bytes) -> None:
        answer = parse_json(raw)
        for reader in readers:
            _try(partial(reader, answer))

    return of_json(_SAMPLES, read)


def _version_key(answer: Any) -> int:
    return hash(_version(answer))


def _facts(answer: Any) -> object:
    return _block_facts(_HASH, answer)


def _questions() -> Decoder:
    """Questions of several answers: heads, holdings, fees, pages of keys, dry runs."""
    asks = (_heads, _held, _fees, _paged, _dry)

    def read(raw: bytes) -> None:
        finish(asks[crc32(raw) % len(asks)](Chain(_Node(raw), ChainCache())))

    return of_json(_SAMPLES, read)


def _try(work: Callable[[], object]) -> None:
    """Some of several readings may be refused."""
    try:
        work()
    except OperatorError as error:
        str(error).encode()


async def _heads(chain: Chain) -> None:
    best, finalized = await chain.best(), await chain.finalized()
    for head in (best, finalized):
        require(0 <= head.number < 2**32, "a block's number is none")


async def _held(chain: Chain) -> None:
    holding = await _holding(chain, runtime_by_metadata(), _HASH, _ACCOUNT, VerifierPallet.GROTH16)
    str(holding)


async def _fees(chain: Chain) -> None:
    require(await quoted_fee(chain, b"") >= 0, "a fee is negative")


async def _paged(chain: Chain) -> None:
    await _keys(chain, "0x01")


async def _dry(chain: Chain) -> None:
    await dry_run(chain, runtime_by_metadata(), SignedExtrinsic(raw=b"", hash=_HASH))


def _accounts() -> Decoder:
    def read(raw: bytes) -> None:
        require(
            decode_account(raw).spendable(10**16) >= 0, "an account can spend less than nothing"
        )

    return of_bytes([script.account_info(3, 10**20), script.account_info(0, 0, 10**18)], read)


def _aggregation() -> Aggregation:
    return Aggregation(
        statement=_LEAVES[2], domain_id=0, aggregation_id=7, block_number=5, block_hash=_HASH
    )


def _publication() -> Publication:
    from zkverify_client.adapters.chain import BlockFacts

    block = BlockFacts(number=6, hash=_HASH, parent=_HASH, extrinsics=())
    return Publication(block=block, root=merkle_root(_LEAVES))


def _json_paths() -> Decoder:
    def read(raw: bytes) -> None:
        claim = _claim_of_json(parse_json(raw))
        receipt = _verified(_aggregation(), _publication(), claim)
        require(receipt.leaf_count < 2**32, "a path has more leaves than there can be")

    path = {
        "root": hex0x(merkle_root(_LEAVES)),
        "proof": [hex0x(node) for node in merkle_path(_LEAVES, 2)],
        "number_of_leaves": len(_LEAVES),
        "leaf_index": 2,
        "leaf": hex0x(_LEAVES[2]),
    }
    return of_json([path], read)


def _scale_paths() -> Decoder:
    def read(raw: bytes) -> None:
        claim = _claim_of_scale("0x" + raw.hex())
        if claim is not None:
            _verified(_aggregation(), _publication(), claim)

    nodes = merkle_path(_LEAVES, 2)
    body = merkle_root(_LEAVES) + bytes([len(nodes) << 2]) + b"".join(nodes)
    tail = len(_LEAVES).to_bytes(4, "little") + (2).to_bytes(4, "little") + _LEAVES[2]
    return of_bytes([b"\x00" + body + tail, b"\x01\x00"], read)


def _event_lists() -> Decoder:
    submitted = SubmittedProof(statement=_LEAVES[0], domain_id=0)

    def read(raw: bytes) -> None:
        events = runtime_by_metadata().decode_events(raw)
        own = tuple(event for event in events if event.extrinsic == 0)
        require(fee_paid(own) >= 0, "a fee is negative")
        judge(
            Inclusion(
                block_number=5, block_hash=_HASH, final=True, submitted=submitted, events=own
            ),
            runtime_by_metadata(),
        )

    placed = [
        script.proof_verified(0, _LEAVES[0]),
        script.new_proof(0, _LEAVES[0], 0, 7),
        script.fee_paid(0, _ACCOUNT, 10**16),
        script.succeeded(0),
    ]
    refused = [script.failed(0, b"\x03\xa1\x02\x00\x00\x00"), script.fee_paid(0, _ACCOUNT, 10**16)]
    published = [
        script.new_receipt(0, 0, 7, _HASH),
        script.cannot_aggregate(0, _LEAVES[0], b"\x01\x00\x00\x00\x00"),
    ]
    lists = [placed, refused, [*published, script.succeeded(0)], []]
    return of_bytes([bytes([len(events) << 2]) + b"".join(events) for events in lists], read)


def _domains() -> Decoder:
    def read(raw: bytes) -> None:
        state = decode_domain(runtime_by_metadata(), raw)
        require(state.hold_estimate(10**16) >= 0, "a hold is negative")
        domain_info(runtime_by_metadata(), raw)

    held = [(_ACCOUNT, _LEAVES[0], 10**16), (_ACCOUNT, _LEAVES[1], 10**16)]
    return of_bytes([script.domain_entry(size=8, held=held), script.domain_entry(size=1)], read)


def _metadata() -> Decoder:
    """A hostile runtime: what is built from its metadata decodes storage, events and calls."""
    events = bytes([4]) + script.succeeded(0)

    def read(raw: bytes) -> None:
        runtime = Runtime(version=_VERSION, metadata=raw)
        for work in (
            lambda: runtime.decode_events(events),
            lambda: runtime.constant("Balances", "ExistentialDeposit"),
            lambda: runtime.storage_key("Aggregate", "Domains", b"\x00" * 4),
            lambda: read_call(runtime, runtime.call_prefix(SP1, "register_vk") + bytes(32)),
            lambda: decode_domain(runtime, script.domain_entry(size=8)),
            lambda: domain_deposit(runtime, 8, 2),
            lambda: read_call(runtime, runtime.call_prefix(SP1, "submit_proof") + bytes(64)),
            lambda: runtime.error_name(0xA1, 2),
        ):
            _try(work)

    return Decoder(seeds=[metadata_v14()], mutate=_other_runtime, read=read)


_NAMES = (
    *(b"\x18System", b"\x18Events", b"\x1cDomains", b"\x48ExistentialDeposit", b"\x24Aggregate"),
    *(b"SettlementSp1Pallet", b"register_vk", b"CheckNonce", b"EventRecord", b"sp_core"),
)


def _other_runtime(dice: Random, seeds: Sequence[bytes]) -> bytes:
    """Alters what stands behind a name that is looked for: types, indices, kinds of storage; seldom anything else."""
    raw = seeds[0]
    at = raw.find(dice.choice(_NAMES), dice.randrange(len(raw)))
    if at < 0 or dice.random() < 0.1:
        return mutate_bytes(dice, seeds)
    start = at + dice.randrange(60)
    piece = bytearray(raw[start : start + 8])
    for _ in range(dice.choice((1, 1, 2))):
        place = dice.randrange(len(piece)) if piece else 0
        piece[place : place + 1] = bytes([dice.randrange(256)])
    return raw[:start] + bytes(piece) + raw[start + 8 :]


def _extrinsics() -> Decoder:
    """Stored bytes are our own; a database may be anybody's."""
    runtime = runtime_by_metadata()
    proof = decode_sp1_proof(onchain_proof()).proof
    call = submit_proof_call(
        runtime, vk_hash=_HASH, proof=proof, public_inputs=[bytes(32)] * 5, domain_id=0
    )
    terms = Terms(genesis_hash=_HASH, nonce=3, tip=0, birth_block=64, birth_hash=_HASH, period=64)
    whole = assemble(runtime, call, terms, account=_ACCOUNT, signature=bytes(64))

    def read(raw: bytes) -> None:
        extrinsic_hash(raw)
        is_signed_for(runtime, raw, genesis_hash=_HASH, birth_hash=_HASH)
        read_call(runtime, call_of(runtime, raw))

    return of_bytes([whole.raw], read)


def _calls() -> Decoder:
    runtime = runtime_by_metadata()
    proof = decode_sp1_proof(onchain_proof()).proof
    call = submit_proof_call(
        runtime, vk_hash=_HASH, proof=proof, public_inputs=[bytes(32)] * 5, domain_id=0
    )
    return of_bytes([call], runtime.decode_call)


def _proof_documents() -> Decoder:
    def read(raw: bytes) -> None:
        for reader in (read_vk, read_claim):
            try:
                reader(memory_file(raw))
            except ProofFormatError as error:
                str(error).encode()

    proof = decode_sp1_proof(onchain_proof()).proof
    a, c = hex0x(g1_to_le(proof.a)), hex0x(g1_to_le(proof.c))
    b = hex0x(g2_to_le(proof.b))
    vk = {
        "curve": "Bn254",
        "alphaG1": a,
        "betaG2": b,
        "gammaG2": b,
        "deltaG2": b,
        "gammaAbcG1": [a, c],
    }
    whole = {
        "vk": vk,
        "proof": {"curve": "Bn254", "proof": {"a": a, "b": b, "c": c}},
        "pubs": ["0x" + "01" * 32],
    }
    fixture = {"vkey": "0x" + "21" * 32, "publicValues": "0x01", "proof": onchain_proof().hex()}
    return of_json([whole, vk, fixture], read)


def _offline() -> Decoder:
    """What comes back from where the key is, or goes there."""

    def read(raw: bytes) -> None:
        unsigned = UnsignedExtrinsic.from_json(raw.decode("utf-8", "replace"))
        require(len(unsigned.payload) > 0, "there is nothing to sign")
        again = UnsignedExtrinsic.from_json(unsigned.to_json())
        require(again == unsigned, "it does not come back as it was")

    terms = Terms(genesis_hash=_HASH, nonce=3, tip=5, birth_block=64, birth_hash=_HASH, period=64)
    whole = UnsignedExtrinsic(
        account=_ACCOUNT,
        call=b"call",
        terms=terms,
        version=_VERSION,
        extensions=("CheckNonce", "CheckMortality", "ChargeTransactionPayment"),
    )
    return Decoder(seeds=[whole.to_json().encode()], mutate=mutate_json, read=read)


TARGETS = (
    Target(name="zkverify-offline", build=_offline),
    Target(name="zkverify-messages", build=_messages),
    Target(name="zkverify-values", build=_values),
    Target(name="zkverify-questions", build=_questions),
    Target(name="zkverify-account", build=_accounts),
    Target(name="zkverify-path-json", build=_json_paths),
    Target(name="zkverify-path-scale", build=_scale_paths),
    Target(name="zkverify-events", build=_event_lists, most_cpu_s=10.0),
    Target(name="zkverify-domain", build=_domains, most_cpu_s=10.0),
    Target(
        name="zkverify-metadata",
        build=_metadata,
        most_cpu_s=20.0,
        most_bytes=400 << 20,
        share=0.0005,
    ),
    Target(name="zkverify-extrinsic", build=_extrinsics),
    Target(name="zkverify-call", build=_calls, most_cpu_s=10.0),
    Target(name="zkverify-proof-file", build=_proof_documents),
)
