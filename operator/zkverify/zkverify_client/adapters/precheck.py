"""What the chain would refuse, asked for before it is paid for: a refused call costs its whole fee.

Only what a read tells for certain. The errors are those of an included call that failed for the same reason.
"""

from zk_acts.domain.ids import AccountId, Hash32, hex0x
from zkverify_client.adapters.aggregation_domain import domain_info, ticket_key
from zkverify_client.adapters.chain import Chain
from zkverify_client.adapters.runtime import AGGREGATE, Runtime
from zkverify_client.adapters.verdicts import (
    AggregationNotPublishable,
    DomainParametersRefused,
    DomainStateRefused,
    DomainUnknown,
    NotEntitled,
    VkNotRegistered,
)
from zkverify_client.domain.aggregation_rules import ProofRules
from zkverify_client.domain.verifier import VerifierPallet
from zkverify_client.ports.zkverify import (
    AllowSubmitters,
    BuiltRequest,
    DisallowSubmitters,
    DomainInfo,
    HoldDomain,
    Publish,
    RegisterDomain,
    RegisterEncodedVk,
    RegisterShrinkVk,
    RegisterVk,
    SetDeliveryFees,
    SubmitBatch,
    SubmitEncoded,
    SubmitGroth16,
    SubmitProof,
    SubmitShrink,
    UnregisterDomain,
    UnregisterVk,
)

_READY, _REMOVABLE = "Ready", "Removable"


async def require_effect(
    chain: Chain,
    runtime: Runtime,
    request: BuiltRequest,
    account: AccountId,
    vk_hash: Hash32 | None,
) -> None:
    """An error unless the best state lets the account do it; `vk_hash` is the key of a SubmitProof.

    Errors: leaves of NotAggregated, ProofRefused and DomainActRefused. Nothing was paid.
    """
    match request:
        case SubmitProof():
            await _require_key(chain, runtime, VerifierPallet.GROTH16, vk_hash)
        case SubmitGroth16():
            await _require_key(chain, runtime, VerifierPallet.GROTH16, request.vk_hash)
        case SubmitEncoded(vk=None):
            await _require_key(chain, runtime, request.pallet, request.vk_hash)
        case SubmitBatch(proofs=proofs):
            for proof in proofs:
                await require_effect(chain, runtime, proof, account, vk_hash)
        case UnregisterVk():
            await _require_ticket(chain, runtime, request, account)
        case SubmitShrink() | SubmitEncoded() | RegisterDomain():
            return
        case RegisterVk() | RegisterShrinkVk() | RegisterEncodedVk():
            return
        case _:
            domain = await _domain(chain, runtime, request.domain_id)
            if domain is None:
                raise DomainUnknown("there is no such domain", domain_id=request.domain_id)
            _require_change(request, domain, account)


async def _require_key(
    chain: Chain, runtime: Runtime, pallet: VerifierPallet, vk_hash: Hash32 | None
) -> None:
    if vk_hash is None:
        return  # what is missing here is told when the call is composed
    if await chain.storage(runtime.storage_key(pallet, "Vks", vk_hash)) is None:
        raise VkNotRegistered("the verifying key is not registered", vk_hash=hex0x(vk_hash))


async def _require_ticket(
    chain: Chain, runtime: Runtime, request: UnregisterVk, account: AccountId
) -> None:
    key = ticket_key(runtime, request.pallet.value, account, request.vk_hash)
    if await chain.storage(key) is None:
        raise NotEntitled("this account has not registered the key", vk_hash=hex0x(request.vk_hash))


def _require_change(
    request: HoldDomain
    | UnregisterDomain
    | SetDeliveryFees
    | AllowSubmitters
    | DisallowSubmitters
    | Publish,
    domain: DomainInfo,
    account: AccountId,
) -> None:
    if isinstance(request, Publish):
        _require_publishable(request, domain, account)
        return
    owners = {domain.owner}
    if isinstance(request, SetDeliveryFees):
        owners.add(domain.delivery_owner)
    if account not in owners:
        raise NotEntitled("this account does not own the domain", domain_id=domain.domain_id)
    needed = {HoldDomain: _READY, UnregisterDomain: _REMOVABLE, AllowSubmitters: _READY}
    if domain.state != needed.get(type(request), domain.state):
        raise DomainStateRefused(
            "the domain's state does not allow this",
            domain_id=domain.domain_id,
            state=domain.state,
        )
    listing = isinstance(request, (AllowSubmitters, DisallowSubmitters))
    if listing and domain.proof_rules != ProofRules.ONLY_ALLOWLISTED:
        raise DomainParametersRefused(
            "the domain has no allow-list", domain_id=domain.domain_id, rules=domain.proof_rules
        )


def _require_publishable(request: Publish, domain: DomainInfo, account: AccountId) -> None:
    wanted = request.aggregation_id
    found = [a for a in domain.aggregations if a.aggregation_id == wanted]
    if not found:
        raise AggregationNotPublishable(
            "no such aggregation waits: it is published already, is empty, or does not exist",
            domain_id=domain.domain_id,
            aggregation_id=wanted,
        )
    if not domain.may_publish(account, complete=found[0].complete):
        raise NotEntitled(
            "the domain's rules do not let this account publish it",
            domain_id=domain.domain_id,
            rules=domain.aggregate_rules,
        )


async def _domain(chain: Chain, runtime: Runtime, domain_id: int) -> DomainInfo | None:
    key = runtime.storage_key(AGGREGATE, "Domains", domain_id.to_bytes(4, "little"))
    raw = await chain.storage(key)
    return None if raw is None else domain_info(runtime, raw)
