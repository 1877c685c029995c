"""Logs of the manager as the domain's events, decoded with eth-abi.

`process_log` of web3 is 25 times slower. The ABI is IOrderServiceManager's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from eth_abi.exceptions import DecodingError

from zk_acts.domain.ids import Hash32
from zk_operator.adapters.evm.abi import AbiEntry, contract_abi
from zk_operator.domain.abi_coding import decode, encode
from zk_operator.domain.chain_event import (
    BatchSettled,
    CancelRequested,
    ChainEvent,
    LogRef,
    OrderPlaced,
    OrderRefunded,
    OrderRefused,
    OrderSettled,
    ProposedTerms,
    SectionSkipped,
    TermsChanged,
    TermsEvent,
    Undecodable,
)
from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.order import Order

_WORD: Final = 32
_DYNAMIC: Final = frozenset({"bytes", "string"})  # the followed events have no arrays
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RawLog:
    """A log whose frame is checked and whose content is not."""

    at: LogRef
    address: Address
    topics: tuple[Hash32, ...]
    data: bytes


def decode_log(log: RawLog) -> ChainEvent | None:
    """The event; None for one of our contracts' that the operator does not follow; Undecodable, never an error."""
    topic = log.topics[0] if log.topics else Hash32(bytes(_WORD))
    entry = contract_abi("OrderServiceManager").events.get(topic)
    if entry is None:
        return Undecodable(at=log.at, topic=topic, detail="no event of the manager has this topic")
    build = _BUILDERS.get(entry.name)
    if build is None:
        return None
    try:
        return build(log.at, _values(entry, log))
    except (DecodingError, OverflowError, ValueError) as error:
        detail = f"{entry.name}: {type(error).__name__}: {error}"[:300]
        return Undecodable(at=log.at, topic=topic, detail=detail)


def _values(entry: AbiEntry, log: RawLog) -> dict[str, Any]:
    """All parameters by name. ValueError unless topics and data are exactly what the event's encoding is."""
    topics = _decode_topics(entry, log.topics[1:])
    plain = [name for name, indexed in zip(entry.names, entry.indexed, strict=True) if not indexed]
    types = [kind for kind, indexed in zip(entry.types, entry.indexed, strict=True) if not indexed]
    values = decode(types, log.data)
    if not _is_canonical(types, values, log.data):
        raise ValueError("the data is not in canonical encoding")
    return topics | dict(zip(plain, values, strict=True))


def _is_canonical(types: Sequence[str], values: Sequence[Any], data: bytes) -> bool:
    """Whether the data encodes nothing but the values. The decoder has refused dirty padding already."""
    if any(kind in _DYNAMIC for kind in types):
        return encode(types, values) == data
    words = sum(kind.count(",") + 1 for kind in types)
    return len(data) == words * _WORD


def _decode_topics(entry: AbiEntry, topics: Sequence[bytes]) -> dict[str, Any]:
    names = [name for name, indexed in zip(entry.names, entry.indexed, strict=True) if indexed]
    types = [kind for kind, indexed in zip(entry.types, entry.indexed, strict=True) if indexed]
    if len(names) != len(topics):
        raise ValueError(f"{len(topics)} indexed topics instead of {len(names)}")
    return dict(zip(names, decode(types, b"".join(topics)), strict=True))


def _order(fields: Sequence[Any]) -> Order:
    owner, pool_id, zero_for_one, amount_in, min_out, deadline, salt = fields
    return Order(
        owner=Address(bytes.fromhex(owner[2:])),
        pool_id=PoolId(pool_id),
        zero_for_one=zero_for_one,
        amount_in=amount_in,
        min_out=min_out,
        deadline=deadline,
        salt=salt,
    )


def _placed(at: LogRef, v: Values) -> ChainEvent:
    return OrderPlaced(
        at=at,
        task_index=v["taskIndex"],
        order_id=OrderId(v["orderId"]),
        order=_order(v["order"]),
    )


def _refused(at: LogRef, v: Values) -> ChainEvent:
    return OrderRefused(at=at, order_id=OrderId(v["orderId"]), code=v["code"])


def _cancel(at: LogRef, v: Values) -> ChainEvent:
    return CancelRequested(at=at, order_id=OrderId(v["orderId"]), cancel_at=v["cancelAt"])


def _refunded(at: LogRef, v: Values) -> ChainEvent:
    return OrderRefunded(at=at, order_id=OrderId(v["orderId"]), amount=v["amount"])


def _settled(at: LogRef, v: Values) -> ChainEvent:
    return OrderSettled(at=at, order_id=OrderId(v["orderId"]), payout=v["payout"])


def _skipped(at: LogRef, v: Values) -> ChainEvent:
    return SectionSkipped(
        at=at, key=Hash32(v["key"]), pool_id=PoolId(v["poolId"]), reason=v["reason"]
    )


def _batch_settled(at: LogRef, v: Values) -> ChainEvent:
    return BatchSettled(
        at=at,
        public_values_hash=Hash32(v["publicValuesHash"]),
        sections=v["sections"],
        orders=v["orders"],
    )


def _proposed(at: LogRef, v: Values) -> ChainEvent:
    _, domain_id, vk_hash, vkey, root, _ = v["proving"]
    proposed = ProposedTerms(
        change_id=Hash32(v["changeId"]),
        ready_at_s=v["readyAt"],
        zk_domain_id=domain_id,
        groth16_program_vkey=Hash32(vkey),
        groth16_vk_hash=Hash32(vk_hash),
        groth16_recursion_root=Hash32(root),
    )
    return TermsChanged(
        at=at, kind=TermsEvent.PROPOSED, proposed=proposed, change_id=proposed.change_id
    )


def _terms(kind: TermsEvent) -> Callable[[LogRef, Values], ChainEvent]:
    def build(at: LogRef, v: Values) -> ChainEvent:
        change_id = v.get("changeId")
        return TermsChanged(
            at=at, kind=kind, change_id=None if change_id is None else Hash32(change_id)
        )

    return build


_BUILDERS: Final[Mapping[str, Callable[[LogRef, Values], ChainEvent]]] = {
    "NewTaskCreated": _placed,
    "OrderRejected": _refused,
    "CancelRequested": _cancel,
    "OrderRefunded": _refunded,
    "OrderSettled": _settled,
    "SectionSkipped": _skipped,
    "BatchSettled": _batch_settled,
    "ConfigProposed": _proposed,
    "ConfigApplied": _terms(TermsEvent.APPLIED),
    "ChangeCancelled": _terms(TermsEvent.WITHDRAWN),
    "PoolSettingsApplied": _terms(TermsEvent.POOL_APPLIED),
    "PoolPaused": _terms(TermsEvent.POOL_APPLIED),
    "Paused": _terms(TermsEvent.PAUSED),
    "Unpaused": _terms(TermsEvent.UNPAUSED),
}
