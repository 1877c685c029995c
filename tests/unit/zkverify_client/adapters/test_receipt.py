"""Receipts over a scripted node: found also when missed, and believed only when the path proves the statement."""

from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from zk_acts.domain.details import Aggregation
from zk_acts.domain.ids import Hash32, Statement, hex0x
from zk_devnet.testing import scripted_zkverify_node as script
from zk_devnet.testing.scripted_zkverify_node import ScriptedNode
from zkverify_client.adapters.chain import ChainCache
from zkverify_client.adapters.client import ZkVerifyClient, ZkVerifyConfig
from zkverify_client.adapters.errors import (
    MalformedChainAnswer,
    ReceiptMismatch,
    StatementNotInAggregation,
)
from zkverify_client.adapters.pool import ConnectionPool, NetworkConfig
from zkverify_client.adapters.rpc import RpcError
from zkverify_client.adapters.runtime import AGGREGATE, GROTH16, Runtime
from zkverify_client.adapters.scale import compact
from zkverify_client.domain.merkle import merkle_path, merkle_root
from zkverify_client.domain.receipt import AggregationReceipt
from zkverify_client.domain.receipt_errors import ReceiptUnprovable

from .conftest import VERSION, devnet_runtime

LEAVES = [Statement(bytes([n]) * 32) for n in range(1, 6)]
INDEX = 2
DOMAIN, AGGREGATION = 0, 7


DOMAIN_KEY = devnet_runtime().storage_key(AGGREGATE, "Domains", bytes(4))


def _holding(aggregation_id: int) -> bytes:
    """The domain with our leaves in its open aggregation."""
    entry = script.domain_entry(size=8, held=[(bytes(32), leaf, 1) for leaf in LEAVES])
    return entry[:6] + aggregation_id.to_bytes(8, "little") + entry[14:]


def _submitted(node: ScriptedNode) -> Aggregation:
    """Five proofs in three blocks, ours third of all; the aggregation is complete and not published."""
    node.mine_many(2)
    other = script.new_proof(0, Statement(b"\x77" * 32), DOMAIN, AGGREGATION - 1)
    node.mine(events=[other, *(_proof(n) for n in (0, 1))])
    ours = node.mine(events=[_proof(2)])
    node.mine(events=[_proof(3), _proof(4)])
    return Aggregation(
        statement=LEAVES[INDEX],
        domain_id=DOMAIN,
        aggregation_id=AGGREGATION,
        block_number=ours.number,
        block_hash=ours.hash,
    )


def _proof(number: int) -> bytes:
    return script.new_proof(number, LEAVES[number], DOMAIN, AGGREGATION)


def _publish(node: ScriptedNode, root: Hash32 | None = None) -> None:
    receipt = root or merkle_root(LEAVES)
    node.mine(
        events=[
            script.new_receipt(0, DOMAIN, AGGREGATION - 1, Hash32(bytes(32))),
            script.new_receipt(1, DOMAIN, AGGREGATION, receipt),
        ]
    )


def _json_path(**changes: Any) -> dict[str, Any]:
    return {
        "root": hex0x(merkle_root(LEAVES)),
        "proof": [hex0x(sibling) for sibling in merkle_path(LEAVES, INDEX)],
        "number_of_leaves": len(LEAVES),
        "leaf_index": INDEX,
        "leaf": hex0x(LEAVES[INDEX]),
        **changes,
    }


def _expected(aggregation: Aggregation) -> AggregationReceipt:
    return AggregationReceipt(
        aggregation=aggregation,
        root=merkle_root(LEAVES),
        path=merkle_path(LEAVES, INDEX),
        leaf_count=len(LEAVES),
        index=INDEX,
    )


def _answer(value: Any) -> Any:
    return lambda *_: value


def _error(code: int, message: str) -> Any:
    def answer(*_: object) -> None:
        raise RpcError(code=code, message=message, data="")

    return answer


async def test_receipt__a_block_on_the_way_has_more_events_than_are_decoded__is_passed_by(
    client: ZkVerifyClient, node: ScriptedNode
) -> None:
    aggregation = _submitted(node)
    node.overrides["aggregate_statementPath"] = _answer(_json_path())
    node.mine(events=[b"\xff" * (3 << 20)])  # of others: ours need not be looked for in there
    _publish(node)
    node.mine_many(2)
    assert await client.reader.receipt(aggregation) == _expected(aggregation)


async def test_receipt__before_finality__is_none_and_then_there(
    client: ZkVerifyClient, node: ScriptedNode
) -> None:
    aggregation = _submitted(node)
    node.overrides["aggregate_statementPath"] = _answer(_json_path())
    assert await client.reader.receipt(aggregation) is None
    _publish(node)
    assert await client.reader.receipt(aggregation) is None
    node.mine_many(2)
    assert await client.reader.receipt(aggregation) == _expected(aggregation)


async def test_receipt__published_long_ago__is_found_by_a_client_that_was_away(
    client: ZkVerifyClient, node: ScriptedNode
) -> None:
    aggregation = _submitted(node)
    _publish(node)
    node.mine_many(50)
    node.overrides["aggregate_statementPath"] = _answer(_json_path())
    assert await client.reader.receipt(aggregation) == _expected(aggregation)


async def test_receipt__asked_again__comes_from_memory(
    client: ZkVerifyClient, node: ScriptedNode
) -> None:
    aggregation = _submitted(node)
    _publish(node)
    node.mine_many(2)
    node.overrides["aggregate_statementPath"] = _answer(_json_path())
    await client.reader.receipt(aggregation)
    node.calls.clear()
    assert await client.reader.receipt(aggregation) == _expected(aggregation)
    assert node.calls == []


async def test_receipt__waiting__reads_each_block_once(
    client: ZkVerifyClient, node: ScriptedNode
) -> None:
    aggregation = _submitted(node)
    node.storage[DOMAIN_KEY] = _holding(AGGREGATION)
    node.mine_many(20)
    assert await client.reader.receipt(aggregation) is None
    node.calls.clear()
    node.mine()
    await client.reader.receipt(aggregation)
    assert node.calls.count("state_getStorage") == 1


async def test_receipt__node_without_the_rpc__uses_the_runtimes_own(
    client: ZkVerifyClient, node: ScriptedNode
) -> None:
    aggregation = _submitted(node)
    _publish(node)
    node.mine_many(2)
    path = merkle_path(LEAVES, INDEX)
    body = merkle_root(LEAVES) + compact(len(path)) + b"".join(path)
    numbers = len(LEAVES).to_bytes(4, "little") + INDEX.to_bytes(4, "little")
    asked: list[tuple[str, str, str]] = []

    def state_call(_: ScriptedNode, name: str, arguments: str, at: str) -> str:
        asked.append((name, arguments, at))
        return "0x" + (b"\x00" + body + numbers + LEAVES[INDEX]).hex()

    node.overrides["state_call"] = state_call
    assert await client.reader.receipt(aggregation) == _expected(aggregation)
    assert asked == [
        (
            "AggregateApi_get_statement_path",
            "0x00000000" + "0700000000000000" + LEAVES[INDEX].hex(),
            hex0x(node.blocks[6].hash),
        )
    ]


@pytest.mark.parametrize(
    "state_call",
    [
        _error(-32601, "Method not found"),
        _error(4003, "Client error: UnknownBlock: State already discarded for 0x00"),
        _answer("0x01" + "00" * 12),
    ],
)
async def test_receipt__no_path_from_the_node__is_rebuilt_from_events(
    state_call: Any, client: ZkVerifyClient, node: ScriptedNode
) -> None:
    aggregation = _submitted(node)
    _publish(node)
    node.mine_many(2)
    node.overrides["aggregate_statementPath"] = _error(3, "Unable to query dispatch info.")
    node.overrides["state_call"] = state_call
    assert await client.reader.receipt(aggregation) == _expected(aggregation)


async def test_receipt__beside_others_in_its_blocks__decodes_no_event_of_theirs(
    client: ZkVerifyClient, node: ScriptedNode, decoded: list[bytes]
) -> None:
    aggregation = _submitted(node)
    _publish(node)
    node.mine_many(2)
    node.overrides["aggregate_statementPath"] = _error(3, "Unable to query dispatch info.")
    node.overrides["state_call"] = _error(3, "Unable to query dispatch info.")
    assert await client.reader.receipt(aggregation) == _expected(aggregation)
    ids = DOMAIN.to_bytes(4, "little") + AGGREGATION.to_bytes(8, "little")
    assert len(decoded) == 1 + len(LEAVES)  # the publication, and each of its proofs
    assert all(ids in raw for raw in decoded)


@pytest.mark.parametrize(
    "changes",
    [
        {"root": hex0x(bytes(32))},
        {"leaf": hex0x(LEAVES[0])},
        {"leaf_index": 1},
        {"leaf_index": 9},
        {"number_of_leaves": 0},
        {"proof": []},
    ],
)
async def test_receipt__path_that_proves_nothing__is_refused(
    changes: dict[str, Any], client: ZkVerifyClient, node: ScriptedNode
) -> None:
    aggregation = _submitted(node)
    _publish(node)
    node.mine_many(2)
    node.overrides["aggregate_statementPath"] = _answer(_json_path(**changes))
    with pytest.raises(ReceiptMismatch):
        await client.reader.receipt(aggregation)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "text",
        {},
        _json_path(proof=[1]),
        _json_path(leaf="0x"),
        _json_path(leaf_index="x"),
    ],
)
async def test_receipt__path_of_an_unknown_form__is_a_malformed_answer(
    answer: Any, client: ZkVerifyClient, node: ScriptedNode
) -> None:
    aggregation = _submitted(node)
    _publish(node)
    node.mine_many(2)
    node.overrides["aggregate_statementPath"] = _answer(answer)
    with pytest.raises(MalformedChainAnswer):
        await client.reader.receipt(aggregation)


async def test_receipt__events_that_never_give_the_root__is_unprovable(
    client: ZkVerifyClient, node: ScriptedNode
) -> None:
    aggregation = _submitted(node)
    _publish(node, Hash32(b"\x01" * 32))
    node.mine_many(2)
    with pytest.raises(ReceiptUnprovable):
        await client.reader.receipt(aggregation)


async def test_receipt__statement_of_another_aggregation__is_told_apart_from_no_path(
    client: ZkVerifyClient, node: ScriptedNode
) -> None:
    aggregation = replace(_submitted(node), statement=Statement(b"\x66" * 32))
    _publish(node)
    node.mine_many(2)
    node.overrides["aggregate_statementPath"] = _error(1, "Statement not found in this aggregation")
    node.overrides["state_call"] = _answer("0x01" + "00" * 12)
    with pytest.raises(StatementNotInAggregation):
        await client.reader.receipt(aggregation)


async def test_vk_registered__in_an_unfinalized_block__is_not_yet(
    client: ZkVerifyClient, node: ScriptedNode, runtime: Runtime
) -> None:
    vk_hash = Hash32(b"\x44" * 32)
    node.storage[runtime.storage_key(GROTH16, "Vks", vk_hash)] = b"\x00"
    node.mine()
    assert not await client.reader.vk_registered(vk_hash)
    node.mine_many(2)
    assert await client.reader.vk_registered(vk_hash)


async def test_finalized_head__lags_behind__is_its_number(
    client: ZkVerifyClient, node: ScriptedNode
) -> None:
    node.mine_many(9)
    assert await client.reader.finalized_head() == 7


def _once(answer: Any, block_hash: str, node: ScriptedNode) -> None:
    """The next answer about that block's events is this one."""
    handlers = iter([answer])

    def storage(asked: ScriptedNode, key: str, at: str | None = None) -> Any:
        if key == script.EVENTS_KEY and at == block_hash:
            for each in handlers:
                return each
        return script._storage(asked, key, at)

    node.overrides["state_getStorage"] = storage


def _with_two_addresses(node: ScriptedNode) -> ZkVerifyClient:
    """Where one endpoint made no sense the other one is asked."""

    async def connect(url: str, *, timeout_s: float) -> ScriptedNode:
        return node

    network = NetworkConfig(endpoints=("ws://first", "ws://second"), genesis_hash=node.genesis_hash)
    cache = ChainCache()
    cache.runtimes[VERSION] = devnet_runtime()
    pool = ConnectionPool(network, connect=connect)
    return ZkVerifyClient(ZkVerifyConfig(network=network), pool, cache)


@pytest.mark.parametrize("answer", [None, "0x", "0x00"])
async def test_receipt__publication_answered_as_a_block_without_events__found_all_the_same(
    answer: str | None, node: ScriptedNode
) -> None:
    client = _with_two_addresses(node)
    aggregation = _submitted(node)
    _publish(node)
    published = hex0x(node.blocks[-1].hash)
    node.mine_many(2)
    node.overrides["aggregate_statementPath"] = _answer(_json_path())
    _once(answer, published, node)

    assert await client.reader.receipt(aggregation) == _expected(aggregation)


async def test_receipt__events_of_the_publication_cut_off__missed_and_looked_for_again(
    client: ZkVerifyClient, node: ScriptedNode
) -> None:
    aggregation = _submitted(node)
    _publish(node)
    block = node.blocks[-1]
    node.mine_many(2)
    node.overrides["aggregate_statementPath"] = _answer(_json_path())
    _once(hex0x(block.storage[script.EVENTS_KEY][:20]), hex0x(block.hash), node)

    with capture_logs() as logs:
        assert await client.reader.receipt(aggregation) is None
    assert logs[-1]["event"] == "receipt.missed"

    assert await client.reader.receipt(aggregation) == _expected(aggregation)
