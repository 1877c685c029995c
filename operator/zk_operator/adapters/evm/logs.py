"""Logs of contracts, in a block that is named or in a range of old ones; believed only where they can be all there are."""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Final

from zk_acts.domain.ids import Hash32, hex0x
from zk_operator.adapters.evm.blame import is_missing_block
from zk_operator.adapters.evm.errors import EndpointFailed, RpcError
from zk_operator.adapters.evm.event_codec import RawLog
from zk_operator.adapters.evm.headers import Header, fetch_block, lags
from zk_operator.adapters.evm.rpc import Rpc
from zk_operator.adapters.evm.wire import as_hex, data, hash32, items, members, place
from zk_operator.domain.chain_event import BlockRef, LogRef
from zk_operator.domain.failures import MalformedAnswer
from zk_operator.domain.ids import Address

_MAX_TOPICS: Final = 4
_QUESTIONS: Final = 3


async def logs_of_block(rpc: Rpc, header: Header, addresses: Collection[Address]) -> list[RawLog]:
    """All logs of the contracts in that very block (EIP-234).

    None without a question where the header's bloom proves that there are none. Where it does not, an empty answer is
    not believed: some nodes give it for a block that they do not have. All logs of the block then tell.
    """
    if not any(header.may_have_logs_of(address) for address in addresses):
        return []
    query = {"blockHash": hex0x(header.ref.hash), "address": _sorted(addresses)}
    logs = await _fetch(rpc, query)
    if not logs:
        logs = await _proven(rpc, header, query, addresses)
    _check(logs, header.ref.number, header.ref, addresses)
    return logs


async def logs_of_range(
    rpc: Rpc, first: int, last: int, addresses: Collection[Address]
) -> tuple[list[RawLog], BlockRef]:
    """The logs of blocks first to last, and the last block: the same before and after. For blocks that every node has.

    Errors: EndpointFailed where the endpoint lags or the chain moved meanwhile; MalformedAnswer.
    """
    before = await fetch_block(rpc, last)
    if before is None:
        raise lags(last)
    query = {"fromBlock": as_hex(first), "toBlock": as_hex(last), "address": _sorted(addresses)}
    logs = await _fetch(rpc, query)
    after = await fetch_block(rpc, last)
    if after is None:
        raise lags(last)
    if after != before:
        raise EndpointFailed("the chain moved while events were read", may_have_arrived=True)
    _check(logs, first, before, addresses)
    return logs, before


def parse_log(entry: Mapping[str, object]) -> RawLog:
    """A log as `eth_getLogs` gives it, its frame checked. Error: MalformedAnswer."""
    if entry.get("removed") not in (None, False):
        raise MalformedAnswer("a removed log among the canonical ones")
    topics = tuple(hash32(topic, "topic") for topic in items(entry.get("topics"), "topics"))
    if len(topics) > _MAX_TOPICS:
        raise MalformedAnswer("a log has too many topics", topics=len(topics))
    return RawLog(
        at=LogRef(
            block_number=place(entry.get("blockNumber"), "log's block number"),
            block_hash=hash32(entry.get("blockHash"), "log's block hash"),
            tx_hash=hash32(entry.get("transactionHash"), "log's transaction hash"),
            log_index=place(entry.get("logIndex"), "log index"),
        ),
        address=Address(data(entry.get("address"), "log's address", 20)),
        topics=topics,
        data=data(entry.get("data"), "log's data"),
    )


async def _fetch(rpc: Rpc, query: Mapping[str, object]) -> list[RawLog]:
    return _parsed(await rpc.request("eth_getLogs", query))


def _parsed(answer: object) -> list[RawLog]:
    return [parse_log(members(entry, "log")) for entry in items(answer, "logs")]


async def _proven(
    rpc: Rpc, header: Header, query: Mapping[str, object], addresses: Collection[Address]
) -> list[RawLog]:
    """The contracts' logs among all of the block, which a node without it cannot have; else from asking repeatedly."""
    entries = await _from_receipts(rpc, header)
    if entries is None:
        entries = await _unfiltered(rpc, header)
    if entries is None:
        return await _repeated(rpc, query)
    ours = {hex0x(address) for address in addresses}
    # Those of others are not looked at: whatever is odd about them must not hide ours.
    return _parsed([entry for entry in entries if str(entry.get("address")).lower() in ours])


async def _from_receipts(rpc: Rpc, header: Header) -> list[Mapping[str, object]] | None:
    """All logs of the block; None where the endpoint does not give all its receipts."""
    try:
        answer = await rpc.request("eth_getBlockReceipts", hex0x(header.ref.hash))
    except RpcError as error:
        if is_missing_block(error):
            raise
        return None
    receipts = items(answer or [], "receipts")
    if not receipts:
        raise lags(header.ref.number)
    logs: list[Mapping[str, object]] = []
    for receipt in receipts:
        if receipt is None:
            return None
        fields = members(receipt, "receipt")
        _check_block(fields, header)
        logs += [members(entry, "log") for entry in items(fields.get("logs"), "logs")]
    return logs


async def _unfiltered(rpc: Rpc, header: Header) -> list[Mapping[str, object]] | None:
    """All logs of the block; None where the endpoint refuses that, or the header does not say that there are any."""
    if header.bloom is None:
        return None
    try:
        answer = await rpc.request("eth_getLogs", {"blockHash": hex0x(header.ref.hash)})
    except RpcError as error:
        if is_missing_block(error):
            raise
        return None
    logs = [members(entry, "log") for entry in items(answer, "logs")]
    if not logs:
        raise lags(header.ref.number)
    for entry in logs:
        _check_block(entry, header)
    return logs


def _check_block(fields: Mapping[str, object], header: Header) -> None:
    named = fields.get("blockHash")
    if named is not None and str(named).lower() != hex0x(header.ref.hash):
        raise MalformedAnswer("of another block than asked for", block=header.ref.number)


async def _repeated(rpc: Rpc, query: Mapping[str, object]) -> list[RawLog]:
    for _ in range(_QUESTIONS):
        if logs := await _fetch(rpc, query):
            return logs
    return []


def _sorted(addresses: Collection[Address]) -> list[str]:
    return sorted(hex0x(address) for address in addresses)


def _check(
    logs: Sequence[RawLog], first: int, last: BlockRef, addresses: Collection[Address]
) -> None:
    """Error: MalformedAnswer unless these can be all logs of our contracts in the range, in order."""
    hashes: dict[int, Hash32] = {last.number: last.hash}
    for log in logs:
        at = log.at
        if not first <= at.block_number <= last.number:
            raise MalformedAnswer("a log outside the range", block=at.block_number)
        if log.address not in addresses:
            raise MalformedAnswer("a log of another contract", address=hex0x(log.address))
        if hashes.setdefault(at.block_number, at.block_hash) != at.block_hash:
            raise MalformedAnswer("logs of one height name two blocks", block=at.block_number)
    places = [(log.at.block_number, log.at.log_index) for log in logs]
    if any(earlier >= later for earlier, later in pairwise(places)):
        raise MalformedAnswer("the logs are not in ascending order")
