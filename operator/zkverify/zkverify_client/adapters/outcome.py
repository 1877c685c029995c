"""What an included extrinsic's events mean. Pure: events in, verdict out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from zk_acts.domain.details import (
    Aggregation,
    BatchedProof,
    DomainChanged,
    DomainRegistered,
    Published,
    Verified,
    VerifiedBatch,
    VkRegistered,
    VkUnregistered,
)
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.ids import Hash32, Statement, hex0x, parse_hex
from zk_acts.domain.json_text import brief
from zk_acts.ports.act import Failed, Included, Outcome
from zkverify_client.adapters.calls import Submitted, SubmittedBatch, SubmittedProof, SubmittedVk
from zkverify_client.adapters.domain_calls import DomainCall
from zkverify_client.adapters.errors import MalformedChainAnswer
from zkverify_client.adapters.event_list import Event
from zkverify_client.adapters.runtime import AGGREGATE, UTILITY, VERIFIERS, Runtime
from zkverify_client.adapters.verdicts import (
    ALREADY_REGISTERED,
    CAUSES,
    DOMAIN_ERRORS,
    VERIFIER_ERRORS,
    DomainActRefused,
    FundsUnavailable,
    NotAggregated,
    NotEntitled,
    ProofRefused,
)
from zkverify_client.ports.zkverify import ZkVerifyDetail


@dataclass(frozen=True, slots=True, kw_only=True)
class Inclusion:
    """Where an extrinsic was found, what it asked for, and the events of its own phase."""

    block_number: int
    block_hash: Hash32
    final: bool
    submitted: Submitted
    events: tuple[Event, ...]
    held: int = 0  # planck held for it besides the fee


def judge(inclusion: Inclusion, runtime: Runtime) -> Outcome[ZkVerifyDetail]:
    """Included only for the full effect: the key registered, the proof verified and in its domain, the domain changed."""
    failure = _find(inclusion.events, "System", "ExtrinsicFailed")
    if failure is not None:
        return _judge_failure(inclusion, runtime, failure)
    if _find(inclusion.events, "System", "ExtrinsicSuccess") is None:
        raise MalformedChainAnswer(
            "an extrinsic neither succeeded nor failed", block=inclusion.block_number
        )
    submitted = inclusion.submitted
    match submitted:
        case SubmittedVk(vk_hash=vk_hash, gives_up=True):
            return _included(inclusion, VkUnregistered(vk_hash=vk_hash))
        case SubmittedVk(vk_hash=vk_hash):
            return _included(inclusion, VkRegistered(vk_hash=vk_hash))
        case DomainCall():
            return _included(inclusion, _domain_detail(inclusion, submitted))
        case SubmittedProof():
            return _judge_proof(inclusion, submitted)
        case SubmittedBatch():
            return _judge_batch(inclusion, submitted)


def fee_paid(events: Sequence[Event]) -> int:
    """The fee with the tip, in planck; 0 where the runtime charged nothing."""
    paid = _find(events, "TransactionPayment", "TransactionFeePaid")
    return 0 if paid is None else uint_of(paid.fields.get("actual_fee"))


def find_new_proof(
    events: Sequence[Event], statement: Statement, domain_id: int | None = None
) -> Event | None:
    """The NewProof event for a statement, in a domain where one is named."""
    for event in events:
        if (event.pallet, event.name) != (AGGREGATE, "NewProof"):
            continue
        # Decoding holds up the event loop, and waits for workers that decode: a full block has hundreds of others.
        if event.raw.find(statement) < 0:
            continue
        if event.fields.get("statement") != hex0x(statement):
            continue
        if domain_id is None or event.fields.get("domain_id") == domain_id:
            return event
    return None


def find_domain(events: Sequence[Event]) -> int | None:
    """The id in a NewDomain event."""
    made = _find(events, AGGREGATE, "NewDomain")
    return None if made is None else uint_of(made.fields.get("id"))


def _judge_proof(inclusion: Inclusion, submitted: SubmittedProof) -> Outcome[ZkVerifyDetail]:
    verified = _find(inclusion.events, submitted.pallet, "ProofVerified")
    if verified is None or verified.fields.get("statement") != hex0x(submitted.statement):
        raise MalformedChainAnswer(
            "a successful submission did not verify its statement", block=inclusion.block_number
        )
    if submitted.domain_id is None:
        return _included(
            inclusion,
            Verified(
                statement=submitted.statement,
                block_number=inclusion.block_number,
                block_hash=inclusion.block_hash,
            ),
        )
    placed = find_new_proof(inclusion.events, submitted.statement, submitted.domain_id)
    if placed is None:
        return _judge_unplaced(inclusion)
    aggregation = Aggregation(
        statement=submitted.statement,
        domain_id=uint_of(placed.fields.get("domain_id")),
        aggregation_id=uint_of(placed.fields.get("aggregation_id")),
        block_number=inclusion.block_number,
        block_hash=inclusion.block_hash,
    )
    return _included(inclusion, aggregation)


def _items(events: Sequence[Event], count: int) -> list[tuple[Event, ...]]:
    """The events of each call of a batch: Utility.ItemCompleted ends each."""
    found: list[tuple[Event, ...]] = []
    own: list[Event] = []
    for event in events:
        if (event.pallet, event.name) == (UTILITY, "ItemCompleted"):
            found.append(tuple(own))
            own = []
        else:
            own.append(event)
    if len(found) != count:
        raise MalformedChainAnswer("a batch does not have its items", items=len(found))
    return found


def _judge_batch(inclusion: Inclusion, submitted: SubmittedBatch) -> Outcome[ZkVerifyDetail]:
    """Included when each was verified, with what became of each."""
    parts = _items(inclusion.events, len(submitted.proofs))
    batch = VerifiedBatch(
        block_number=inclusion.block_number,
        block_hash=inclusion.block_hash,
        proofs=tuple(
            _batched(replace(inclusion, submitted=proof, events=own), proof)
            for proof, own in zip(submitted.proofs, parts, strict=True)
        ),
    )
    return _included(inclusion, batch)


def _batched(inclusion: Inclusion, proof: SubmittedProof) -> BatchedProof:
    outcome = _judge_proof(inclusion, proof)
    if isinstance(outcome, Failed):
        return BatchedProof(statement=proof.statement, code=outcome.code)
    assert isinstance(outcome, Included)
    placed = outcome.detail if isinstance(outcome.detail, Aggregation) else None
    return BatchedProof(statement=proof.statement, aggregation=placed)


def _judge_unplaced(inclusion: Inclusion) -> Failed:
    refusal = _find(inclusion.events, AGGREGATE, "CannotAggregate")
    cause = None if refusal is None else refusal.fields.get("cause")
    leaf = CAUSES.get(_variant(cause), NotAggregated)
    return _failed(inclusion, leaf, str(cause))


def _judge_failure(
    inclusion: Inclusion, runtime: Runtime, failure: Event
) -> Outcome[ZkVerifyDetail]:
    error = failure.fields.get("dispatch_error")
    pallet, name = _dispatch_error(runtime, error)
    submitted = inclusion.submitted
    ours = pallet in VERIFIERS
    registers = isinstance(submitted, SubmittedVk) and not submitted.gives_up
    if ours and name == ALREADY_REGISTERED and registers and isinstance(submitted, SubmittedVk):
        return _included(inclusion, VkRegistered(vk_hash=submitted.vk_hash))
    leaf = VERIFIER_ERRORS.get(name, ProofRefused) if ours else _general(pallet, name)
    return _failed(inclusion, leaf, f"{pallet}.{name}")


def _general(kind: str, name: str) -> type[OperatorError]:
    if kind == AGGREGATE:
        return DOMAIN_ERRORS.get(name, DomainActRefused)
    if name == "BadOrigin":
        return NotEntitled
    return FundsUnavailable if (kind, name) == ("Token", "FundsUnavailable") else ProofRefused


def _domain_detail(inclusion: Inclusion, call: DomainCall) -> ZkVerifyDetail:
    """What a change of a domain came to, by its event."""
    if call.name == "register_domain":
        made = _required(inclusion, "NewDomain")
        return DomainRegistered(domain_id=uint_of(made.fields.get("id")))
    assert call.domain_id is not None
    if call.name == "aggregate":
        receipt = _required(inclusion, "NewAggregationReceipt")
        return Published(
            domain_id=call.domain_id,
            aggregation_id=uint_of(receipt.fields.get("aggregation_id")),
            root=_hash32(receipt.fields.get("receipt")),
            block_hash=inclusion.block_hash,
        )
    changed = _find(inclusion.events, AGGREGATE, "DomainStateChanged")
    state = None if changed is None else _variant(changed.fields.get("state"))
    return DomainChanged(domain_id=call.domain_id, state=state)


def _required(inclusion: Inclusion, name: str) -> Event:
    found = _find(inclusion.events, AGGREGATE, name)
    if found is None:
        raise MalformedChainAnswer(
            "a successful extrinsic lacks its event", event=name, block=inclusion.block_number
        )
    return found


def _dispatch_error(runtime: Runtime, error: Any) -> tuple[str, str]:
    """(pallet, error) for a module's error, (kind, name) for the others."""
    if not isinstance(error, Mapping) or not error:
        return "Dispatch", str(error)
    kind, value = next(iter(error.items()))
    if kind != "Module" or not isinstance(value, Mapping):
        return str(kind), _variant(value)
    try:
        raw = bytes.fromhex(str(value["error"]).removeprefix("0x"))
        return runtime.error_name(int(value["index"]), raw[0])
    except (LookupError, TypeError, ValueError) as cause:
        raise MalformedChainAnswer("a dispatch error has an unknown form") from cause


def _included(inclusion: Inclusion, detail: ZkVerifyDetail) -> Included[ZkVerifyDetail]:
    return Included(
        detail=detail,
        final=inclusion.final,
        paid=fee_paid(inclusion.events) + inclusion.held,
        block_number=inclusion.block_number,
    )


def _failed(inclusion: Inclusion, leaf: type[OperatorError], detail: str) -> Failed:
    return Failed(
        code=leaf.code,
        detail=detail,
        final=inclusion.final,
        paid=fee_paid(inclusion.events),
        block_number=inclusion.block_number,
    )


def _find(events: Sequence[Event], pallet: str, name: str) -> Event | None:
    return next((e for e in events if (e.pallet, e.name) == (pallet, name)), None)


def _variant(value: Any) -> str:
    return str(next(iter(value), "")) if isinstance(value, Mapping) else str(value)


def uint_of(value: Any) -> int:
    """A field of an event that is an amount or an id. Error: MalformedChainAnswer."""
    if not isinstance(value, int) or value < 0:
        raise MalformedChainAnswer("an event's field is no number", value=brief(value, 80))
    return value


def _hash32(value: Any) -> Hash32:
    try:
        return Hash32(parse_hex(value, 32))
    except (AttributeError, TypeError, ValueError) as error:
        raise MalformedChainAnswer("an event's field is no hash", value=brief(value, 80)) from error
