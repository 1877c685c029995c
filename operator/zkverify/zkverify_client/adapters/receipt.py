"""Published aggregations: finding the receipt, and our statement's Merkle path under it.

The path comes from `aggregate_statementPath`, else from the runtime's own API, else from the domain's entry before it was
published, else from the NewProof events; wherever it comes from, it counts only if it proves the statement under the root in the finalized event.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import anyio
import structlog
from cachetools import LRUCache, TTLCache

from zk_acts.domain.details import Aggregation
from zk_acts.domain.ids import Hash32, Statement, hex0x, parse_hex
from zkverify_client.adapters.aggregation_domain import read_domain
from zkverify_client.adapters.chain import BlockFacts, Chain
from zkverify_client.adapters.errors import (
    MalformedChainAnswer,
    ReceiptMismatch,
    RpcRefused,
    StatementNotInAggregation,
    StatePruned,
)
from zkverify_client.adapters.event_list import Event
from zkverify_client.adapters.rpc import RpcError
from zkverify_client.adapters.runtime import AGGREGATE
from zkverify_client.adapters.scale import Reader
from zkverify_client.adapters.scan import BlockScan
from zkverify_client.domain.merkle import merkle_path, merkle_root, verify_path
from zkverify_client.domain.receipt import AggregationReceipt
from zkverify_client.domain.receipt_errors import ReceiptUnprovable

_log = structlog.get_logger(__name__)
_MAX_LEAVES = 128
_LOOK_AGAIN_S = 30.0
_MAX_BLOCKS_BACK = 4096
_RECEIPTS_KEPT, _RECEIPTS_KEPT_S = 1000, 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """The block that published an aggregation, and the root it names."""

    block: BlockFacts
    root: Hash32


class ReceiptFinder:
    """Finds receipts by scanning finalized blocks from the inclusion block on; remembers how far it came."""

    def __init__(self) -> None:
        self._scan: BlockScan[tuple[Hash32, int, int], Publication] = BlockScan()
        self._again_at: LRUCache[Aggregation, float] = LRUCache(_RECEIPTS_KEPT)
        self._known: TTLCache[Aggregation, AggregationReceipt] = TTLCache(
            _RECEIPTS_KEPT, _RECEIPTS_KEPT_S
        )

    async def find(self, chain: Chain, aggregation: Aggregation) -> AggregationReceipt | None:
        """The verified receipt; None while it is not published in a finalized block.

        Errors: ReceiptMismatch, ReceiptUnprovable, and those of Chain.
        """
        # Finalized and verified here: it cannot become another one.
        if (known := self._known.get(aggregation)) is not None:
            return known
        publication = await self._publication(chain, aggregation)
        if publication is None:
            return None
        receipt = await _prove(chain, aggregation, publication)
        self._known[aggregation] = receipt
        return receipt

    async def _publication(self, chain: Chain, aggregation: Aggregation) -> Publication | None:
        async def look(chain: Chain, block_hash: Hash32) -> Publication | None:
            return await _published_in(chain, block_hash, aggregation)

        try:
            found = await self._scan.find(chain, _key(aggregation), aggregation.block_number, look)
        except StatePruned:
            if await _is_waiting(chain, aggregation):
                return (
                    None  # it is not published, so nothing was missed in the blocks that are gone
                )
            raise
        if found is None:
            await self._look_for_misses(chain, aggregation)
        return found

    async def _look_for_misses(self, chain: Chain, aggregation: Aggregation) -> None:
        """Once in a while: an answer that left something out makes a search pass the block that it is for.

        What neither waits in the domain nor was found was missed: the search begins anew, and by nothing remembered.
        """
        now = anyio.current_time()
        if now < self._again_at.get(aggregation, 0.0):
            return
        self._again_at[aggregation] = now + _LOOK_AGAIN_S
        if not await _is_waiting(chain, aggregation):
            _log.warning(
                "receipt.missed",
                domain_id=aggregation.domain_id,
                aggregation_id=aggregation.aggregation_id,
            )
            self._scan.forget(_key(aggregation))
            chain.forget()


def _key(aggregation: Aggregation) -> tuple[Hash32, int, int]:
    return aggregation.block_hash, aggregation.domain_id, aggregation.aggregation_id


async def _is_waiting(chain: Chain, aggregation: Aggregation) -> bool:
    """Whether the finalized domain still holds the aggregation, unpublished."""
    finalized = await chain.finalized()
    runtime = await chain.runtime(finalized.hash)
    domain = await read_domain(chain, runtime, aggregation.domain_id, finalized.hash)
    return domain is not None and any(domain.leaves(aggregation.aggregation_id))


async def _published_in(
    chain: Chain, block_hash: Hash32, aggregation: Aggregation
) -> Publication | None:
    """The block with the root in its NewAggregationReceipt for that aggregation."""
    raw = await chain.raw_events(block_hash)
    # The ids stand in the event as they are: a block without those twelve bytes need not be decoded.
    if _scale_ids(aggregation) not in raw:
        return None
    block = await chain.block(block_hash)
    for event in await chain.events(block):
        if event.name == "NewAggregationReceipt" and _concerns(event, aggregation):
            return Publication(block=block, root=_hash32(event.fields.get("receipt")))
    return None


async def _prove(
    chain: Chain, aggregation: Aggregation, publication: Publication
) -> AggregationReceipt:
    # From the cheapest to the one that needs the whole aggregation's events: gateways forbid one or the other.
    for source in (_path_by_rpc, _path_by_runtime, _path_by_domain):
        if (path := await source(chain, aggregation, publication)) is not None:
            return _verified(aggregation, publication, path)
    path = await _path_by_events(chain, aggregation, publication)
    return _verified(aggregation, publication, path)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementPath:
    """A Merkle path as somebody claims it."""

    root: Hash32
    path: tuple[Hash32, ...]
    leaf_count: int
    index: int
    leaf: Statement


def _verified(
    aggregation: Aggregation, publication: Publication, claim: StatementPath
) -> AggregationReceipt:
    proves = verify_path(
        publication.root, claim.path, claim.leaf_count, claim.index, aggregation.statement
    )
    # Whoever gave the path: a wrong one would make the contract refuse, after the gas was paid.
    if claim.root != publication.root or claim.leaf != aggregation.statement or not proves:
        raise ReceiptMismatch(
            domain_id=aggregation.domain_id,
            aggregation_id=aggregation.aggregation_id,
            statement=hex0x(aggregation.statement),
        )
    return AggregationReceipt(
        aggregation=aggregation,
        root=publication.root,
        path=claim.path,
        leaf_count=claim.leaf_count,
        index=claim.index,
    )


async def _path_by_rpc(
    chain: Chain, aggregation: Aggregation, publication: Publication
) -> StatementPath | None:
    """None where the node has no such method or not that block's state."""
    params = [
        hex0x(publication.block.hash),
        aggregation.domain_id,
        aggregation.aggregation_id,
        hex0x(aggregation.statement),
    ]
    try:
        answer = await chain.rpc.request("aggregate_statementPath", params)
    except RpcError:
        return None
    return _claim_of_json(answer)


def _claim_of_json(answer: Any) -> StatementPath:
    try:
        return StatementPath(
            root=_hash32(answer["root"]),
            path=tuple(_hash32(node) for node in answer["proof"][:_MAX_LEAVES]),
            leaf_count=_u32(answer["number_of_leaves"]),
            index=_u32(answer["leaf_index"]),
            leaf=Statement(_hash32(answer["leaf"])),
        )
    except (LookupError, TypeError, ValueError) as error:
        raise MalformedChainAnswer("a statement path has an unknown form") from error


async def _path_by_runtime(
    chain: Chain, aggregation: Aggregation, publication: Publication
) -> StatementPath | None:
    """AggregateApi_get_statement_path; None where it is forbidden, or its state is gone."""
    arguments = "0x" + (_scale_ids(aggregation) + aggregation.statement).hex()
    params = ["AggregateApi_get_statement_path", arguments, hex0x(publication.block.hash)]
    try:
        answer = await chain.call("state_call", params)
    except (RpcRefused, StatePruned):
        return None
    return _claim_of_scale(answer)


def _claim_of_scale(answer: Any) -> StatementPath | None:
    """Result<MerkleProof, PathRequestError>; None for the error."""
    try:
        reader = Reader(bytes.fromhex(answer.removeprefix("0x")))
    except (AttributeError, ValueError) as error:
        raise MalformedChainAnswer("a runtime call's answer is no hex string") from error
    if reader.uint(1) != 0:
        return None
    root = Hash32(reader.take(32))
    path = tuple(Hash32(reader.take(32)) for _ in range(min(reader.compact(), _MAX_LEAVES)))
    claim = StatementPath(
        root=root,
        path=path,
        leaf_count=reader.uint(4),
        index=reader.uint(4),
        leaf=Statement(reader.take(32)),
    )
    reader.finish()
    return claim


async def _path_by_domain(
    chain: Chain, aggregation: Aggregation, publication: Publication
) -> StatementPath | None:
    """From the domain's entry in the block before; None where it does not give the root, or is gone.

    It does not where the aggregation was filled and published within one block.
    """
    parent = publication.block.parent
    try:
        domain = await read_domain(
            chain, await chain.runtime(parent), aggregation.domain_id, parent
        )
    except StatePruned:
        return None
    leaves = [] if domain is None else list(domain.leaves(aggregation.aggregation_id))
    if not leaves or merkle_root(leaves) != publication.root:
        return None
    return _rebuilt(aggregation, leaves)


async def _path_by_events(
    chain: Chain, aggregation: Aggregation, publication: Publication
) -> StatementPath:
    """Collect the leaves from NewProof events, backwards from the publication, until they give the root.

    Their order is the leaf order. ReceiptUnprovable where that never happens within bounds. Also where the statement is
    none of them the leaves are looked for, so that it is said for certain.
    """
    leaves: list[Statement] = []
    block = publication.block
    for _ in range(_MAX_BLOCKS_BACK):
        leaves[:0] = await _leaves_in(chain, block, aggregation)
        if leaves and merkle_root(leaves) == publication.root:
            return _rebuilt(aggregation, leaves)
        if len(leaves) >= _MAX_LEAVES or block.number == 0:
            break
        block = await chain.block(block.parent)
    raise ReceiptUnprovable(
        domain_id=aggregation.domain_id, aggregation_id=aggregation.aggregation_id
    )


async def _leaves_in(chain: Chain, block: BlockFacts, aggregation: Aggregation) -> list[Statement]:
    if _scale_ids(aggregation) not in await chain.raw_events(block.hash):
        return []
    return list(_new_proofs(await chain.events(block), aggregation))


def _new_proofs(events: tuple[Event, ...], aggregation: Aggregation) -> Iterator[Statement]:
    for event in events:
        if event.name == "NewProof" and _concerns(event, aggregation):
            yield Statement(_hash32(event.fields.get("statement")))


def _rebuilt(aggregation: Aggregation, leaves: list[Statement]) -> StatementPath:
    """The path from all leaves; StatementNotInAggregation where the statement is none of them."""
    statement = aggregation.statement
    if statement not in leaves:
        raise StatementNotInAggregation(
            domain_id=aggregation.domain_id,
            aggregation_id=aggregation.aggregation_id,
            statement=hex0x(statement),
            leaves=len(leaves),
        )
    index = leaves.index(statement)
    return StatementPath(
        root=merkle_root(leaves),
        path=merkle_path(leaves, index),
        leaf_count=len(leaves),
        index=index,
        leaf=statement,
    )


def _concerns(event: Event, aggregation: Aggregation) -> bool:
    # As in `find_new_proof`: what is of other aggregations is not decoded.
    if event.pallet != AGGREGATE or _scale_ids(aggregation) not in event.raw:
        return False
    ids = event.fields.get("domain_id"), event.fields.get("aggregation_id")
    return ids == (aggregation.domain_id, aggregation.aggregation_id)


def _scale_ids(aggregation: Aggregation) -> bytes:
    return aggregation.domain_id.to_bytes(4, "little") + aggregation.aggregation_id.to_bytes(
        8, "little"
    )


def _u32(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 1 << 32:
        raise ValueError("not a u32")
    return value


def _hash32(value: Any) -> Hash32:
    try:
        return Hash32(parse_hex(value, 32))
    except (AttributeError, TypeError, ValueError) as error:
        raise MalformedChainAnswer("a hash has an unknown form") from error
