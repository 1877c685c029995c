"""From what is asked to what the chain is told: the call, and what it makes the chain hold besides the fee."""

from collections.abc import Mapping
from dataclasses import dataclass

from cachetools import LRUCache

from zk_acts.domain.ids import AccountId, Hash32, hex0x
from zkverify_client.adapters.aggregation_domain import usable_domain
from zkverify_client.adapters.calls import (
    SubmittedBatch,
    SubmittedProof,
    SubmittedVk,
    batch_call,
    read_call,
    register_shrink_vk_call,
    register_vk_call,
    submit_shrink_call,
    unregister_vk_call,
)
from zkverify_client.adapters.chain import Chain
from zkverify_client.adapters.deposits import allowlist_deposit, domain_deposit, vk_deposit
from zkverify_client.adapters.domain_calls import domain_call
from zkverify_client.adapters.errors import StatementMismatch
from zkverify_client.adapters.fees import full_aggregate_fee
from zkverify_client.adapters.proof_calls import ProofCalls
from zkverify_client.adapters.runtime import Runtime, RuntimeVersion
from zkverify_client.adapters.verifier_calls import encoded_key_call, encoded_proof_call
from zkverify_client.domain.groth16 import Groth16Vk
from zkverify_client.domain.shrink_proof import check_shrink_proof
from zkverify_client.domain.sp1_proof import decode_sp1_proof
from zkverify_client.domain.statement import groth16_statement, groth16_vk_hash, scale_groth16_vk
from zkverify_client.ports.zkverify import (
    AllowSubmitters,
    BuiltRequest,
    KeyRequest,
    ProofRequest,
    RegisterDomain,
    RegisterEncodedVk,
    RegisterShrinkVk,
    RegisterVk,
    SubmitBatch,
    SubmitEncoded,
    SubmitGroth16,
    SubmitProof,
    SubmitShrink,
    UnregisterVk,
)

_SHRINK_VK_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A call with what it makes the chain hold besides the fee, in planck."""

    call: bytes
    hold: int


class Drafter:
    """Composes calls. `keys` are known verifying keys by hash; `vk_hash` is the one of a SubmitProof."""

    def __init__(self, *, vk_hash: Hash32 | None, keys: Mapping[Hash32, Groth16Vk]) -> None:
        self._vk_hash = vk_hash
        self._keys = keys
        self._calls: LRUCache[tuple[RuntimeVersion, Hash32, int | None], ProofCalls] = LRUCache(64)

    async def draft(
        self,
        chain: Chain,
        runtime: Runtime,
        request: BuiltRequest,
        account: AccountId | None = None,
    ) -> Draft:
        """The call and its hold, for an account where one is named.

        Errors: StatementMismatch, DomainNotUsable, SubmitterNotAllowed, ProofError, RuntimeUnsupported.
        """
        match request:
            case SubmitProof() | SubmitGroth16() | SubmitShrink() | SubmitEncoded():
                hold = await domain_hold(chain, runtime, request.domain_id, account)
                return Draft(call=self.proof_call(runtime, request), hold=hold)
            case SubmitBatch(proofs=proofs):
                parts = [await self.draft(chain, runtime, proof, account) for proof in proofs]
                return Draft(
                    call=batch_call(runtime, [part.call for part in parts]),
                    hold=sum(part.hold for part in parts),
                )
            case RegisterVk() | RegisterShrinkVk() | RegisterEncodedVk() | UnregisterVk():
                return self._key_draft(runtime, request)
            case RegisterDomain(size=size, queue=queue):
                hold = domain_deposit(runtime, size, queue)
            case AllowSubmitters(accounts=accounts):
                hold = allowlist_deposit(runtime, len(accounts))
            case _:
                hold = 0
        return Draft(call=domain_call(runtime, request), hold=hold)

    def proof_call(self, runtime: Runtime, request: ProofRequest) -> bytes:
        """The call of a proof alone. Errors: StatementMismatch, ProofError, RuntimeUnsupported."""
        match request:
            case SubmitProof():
                return self._groth16_call(runtime, self._by_circuit(request))
            case SubmitGroth16():
                return self._groth16_call(runtime, request)
            case SubmitShrink():
                return _shrink_call(runtime, request)
            case SubmitEncoded():
                return encoded_proof_call(runtime, request)

    async def hold_of(self, chain: Chain, runtime: Runtime, call: bytes) -> int:
        """What a stored call of ours makes the chain hold."""
        match read_call(runtime, call):
            case SubmittedProof(domain_id=domain_id):
                return await domain_hold(chain, runtime, domain_id, None)
            case SubmittedBatch(proofs=proofs):
                return sum(
                    [await domain_hold(chain, runtime, proof.domain_id, None) for proof in proofs]
                )
            case SubmittedVk(gives_up=False):
                return vk_deposit(runtime, len(call) - 2)
            case _:
                return 0

    def _by_circuit(self, request: SubmitProof) -> SubmitGroth16:
        if self._vk_hash is None:
            raise StatementMismatch("no circuit is configured")
        return SubmitGroth16(
            vk_hash=self._vk_hash,
            proof=decode_sp1_proof(request.onchain_proof).proof,
            public_inputs=request.public_inputs,
            statement=request.statement,
            domain_id=request.domain_id,
        )

    def _groth16_call(self, runtime: Runtime, request: SubmitGroth16) -> bytes:
        if groth16_statement(request.vk_hash, request.public_inputs) != request.statement:
            raise StatementMismatch(statement=hex0x(request.statement))
        key = (runtime.version, request.vk_hash, request.domain_id)
        calls = self._calls.get(key)
        if calls is None:
            calls = ProofCalls(runtime, vk_hash=request.vk_hash, domain_id=request.domain_id)
            self._calls[key] = calls
        return calls.call(request.proof, request.public_inputs)

    def _key_draft(self, runtime: Runtime, request: KeyRequest) -> Draft:
        match request:
            case RegisterVk():
                vk = self._key(request)
                hold = vk_deposit(runtime, len(scale_groth16_vk(vk)))
                return Draft(call=register_vk_call(runtime, vk), hold=hold)
            case RegisterShrinkVk(vk=digest):
                hold = vk_deposit(runtime, _SHRINK_VK_BYTES)
                return Draft(call=register_shrink_vk_call(runtime, digest), hold=hold)
            case RegisterEncodedVk():
                hold = vk_deposit(runtime, len(request.vk))
                return Draft(call=encoded_key_call(runtime, request), hold=hold)
            case UnregisterVk(vk_hash=vk_hash, pallet=pallet):
                return Draft(call=unregister_vk_call(runtime, pallet.value, vk_hash), hold=0)

    def _key(self, request: RegisterVk) -> Groth16Vk:
        vk = request.vk or self._keys.get(request.vk_hash)
        if vk is None or groth16_vk_hash(vk) != request.vk_hash:
            raise StatementMismatch("no key of that hash is known", vk_hash=hex0x(request.vk_hash))
        return vk


async def domain_hold(
    chain: Chain, runtime: Runtime, domain_id: int | None, account: AccountId | None
) -> int:
    """The most that a proof in the domain is held for. Errors: those of usable_domain."""
    if domain_id is None:
        return 0
    domain = await usable_domain(chain, runtime, domain_id, account)
    return domain.hold_estimate(await full_aggregate_fee(chain, runtime))


def _shrink_call(runtime: Runtime, request: SubmitShrink) -> bytes:
    found = check_shrink_proof(request.proof, request.vk, request.public_values)
    if found != request.statement:
        raise StatementMismatch(statement=hex0x(request.statement))
    return submit_shrink_call(
        runtime,
        vk=request.vk,
        proof=request.proof,
        public_values=request.public_values,
        domain_id=request.domain_id,
    )
