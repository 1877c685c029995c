"""The calls to the Aggregate pallet: composed by the chain's metadata, and read back from stored bytes."""

from dataclasses import dataclass
from typing import Any

from zk_acts.domain.ids import AccountId, hex0x
from zkverify_client.adapters.errors import MalformedChainAnswer, RuntimeUnsupported
from zkverify_client.adapters.runtime import AGGREGATE, Runtime
from zkverify_client.adapters.scale import Reader
from zkverify_client.domain.aggregation_rules import ProofRules
from zkverify_client.ports.zkverify import (
    AllowSubmitters,
    DisallowSubmitters,
    DomainRequest,
    HoldDomain,
    Publish,
    RegisterDomain,
    SetDeliveryFees,
    UnregisterDomain,
)

_CALLS: dict[type[DomainRequest], str] = {
    Publish: "aggregate",
    RegisterDomain: "register_domain",
    HoldDomain: "hold_domain",
    UnregisterDomain: "unregister_domain",
    SetDeliveryFees: "set_total_delivery_fee",
    AllowSubmitters: "allowlist_proof_submitters",
    DisallowSubmitters: "remove_proof_submitters",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainCall:
    """A call of the Aggregate pallet; `domain_id` is None for register_domain."""

    name: str
    domain_id: int | None
    aggregation_id: int | None = None


def domain_call(runtime: Runtime, request: DomainRequest) -> bytes:
    """The call's bytes. RuntimeUnsupported where the runtime cannot express the request."""
    name = _CALLS[type(request)]
    return runtime.encode_call(AGGREGATE, name, _arguments(runtime, request))


def read_domain_call(runtime: Runtime, prefix: bytes, reader: Reader) -> DomainCall:
    """What one of our calls asks for; `reader` stands behind the prefix."""
    for name in _CALLS.values():
        if _prefix(runtime, name) == prefix:
            break
    else:
        raise MalformedChainAnswer("not a call that we make", prefix=prefix.hex())
    if name == "register_domain":
        return DomainCall(name=name, domain_id=None)
    domain_id = reader.uint(4)
    aggregation_id = reader.uint(8) if name == "aggregate" else None
    return DomainCall(name=name, domain_id=domain_id, aggregation_id=aggregation_id)


def _prefix(runtime: Runtime, name: str) -> bytes | None:
    try:
        return runtime.call_prefix(AGGREGATE, name)
    except RuntimeUnsupported:
        return None  # allow-lists came with runtime 1.3


def _arguments(runtime: Runtime, request: DomainRequest) -> dict[str, Any]:
    match request:
        case RegisterDomain():
            return _registration(runtime, request)
        case SetDeliveryFees(domain_id=domain_id, fee=fee, owner_tip=owner_tip):
            return {"domain_id": domain_id, "fee": fee, "owner_tip": owner_tip}
        case AllowSubmitters(domain_id=domain_id, accounts=accounts):
            return {"domain_id": domain_id, "submitters": _addresses(accounts)}
        case DisallowSubmitters(domain_id=domain_id, accounts=accounts):
            return {"domain_id": domain_id, "submitters": _addresses(accounts)}
        case Publish(domain_id=domain_id, aggregation_id=aggregation_id):
            return {"domain_id": domain_id, "aggregation_id": aggregation_id}
        case HoldDomain(domain_id=domain_id) | UnregisterDomain(domain_id=domain_id):
            return {"domain_id": domain_id}


def _registration(runtime: Runtime, request: RegisterDomain) -> dict[str, Any]:
    owner = request.delivery_owner
    arguments: dict[str, Any] = {
        "aggregation_size": request.size,
        "queue_size": request.queue,
        "aggregate_rules": request.aggregate_rules.value,
        "proof_rules": request.proof_rules.value,
        "delivery": {
            "destination": "None",
            "fee": request.delivery_fee,
            "owner_tip": request.owner_tip,
        },
        "delivery_owner": None if owner is None else hex0x(owner),
    }
    known = runtime.call_arguments(AGGREGATE, "register_domain")
    if "proof_rules" not in known and request.proof_rules is not ProofRules.UNTRUSTED:
        raise RuntimeUnsupported("the runtime has no proof rules", wanted=request.proof_rules.value)
    if missing := set(known) - set(arguments):
        raise RuntimeUnsupported("register_domain has unknown arguments", unknown=sorted(missing))
    return {name: arguments[name] for name in known}


def _addresses(accounts: tuple[AccountId, ...]) -> list[str]:
    return [hex0x(account) for account in accounts]
