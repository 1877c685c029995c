"""Between the trees' messages and the network's own values."""

from types import ModuleType
from typing import Any

from zk_devnet.prover_network.admission import require
from zk_devnet.prover_network.config import ProverProfile
from zk_devnet.prover_network.network import Program, Transaction
from zk_devnet.prover_network.request import Request, Terms
from zk_devnet.prover_network.states import NetworkMode, ProofMode, Strategy

_MOST_DIGITS = 78  # of a 256-bit number

# Messages are generated classes of either tree, chosen at run time: hence Any.


def terms_of(body: Any, mode: NetworkMode) -> Terms:
    """A RequestProofRequestBody as terms; CallRefused (InvalidArgument) for values out of range."""
    require(body.mode in set(ProofMode), f"unknown proof mode {body.mode}")
    require(body.strategy in set(Strategy), f"unknown strategy {body.strategy}")
    common: dict[str, Any] = {
        "nonce": body.nonce,
        "vk_hash": body.vk_hash,
        "version": body.version,
        "mode": ProofMode(body.mode),
        "strategy": Strategy(body.strategy),
        "stdin_uri": body.stdin_uri,
        "deadline": body.deadline,
        "cycle_limit": body.cycle_limit,
        "gas_limit": body.gas_limit,
        "min_auction_period": body.min_auction_period,
        "whitelist": tuple(body.whitelist),
        "stdin_private": body.stdin_private,
    }
    return Terms(**common, **(_auction_terms(body) if mode is NetworkMode.MAINNET else {}))


def _auction_terms(body: Any) -> dict[str, Any]:
    has_hash = body.HasField("public_values_hash")
    return {
        "domain": body.domain,
        "auctioneer": body.auctioneer,
        "executor": body.executor,
        "verifier": body.verifier,
        "treasury": body.treasury,
        "public_values_hash": body.public_values_hash if has_hash else None,
        "base_fee": _amount("base_fee", body.base_fee),
        "max_price_per_pgu": _amount("max_price_per_pgu", body.max_price_per_pgu),
    }


def _amount(name: str, text: str) -> int:
    require(len(text) <= _MOST_DIGITS, f"{name} is too long")
    require(text.isascii() and text.isdigit(), f"{name} is not a decimal number: {text!r}")
    return int(text)


def program_message(tree: ModuleType, program: Program) -> Any:
    """A Program message."""
    return tree.Program(
        vk_hash=program.vk_hash,
        vk=program.vk,
        program_uri=program.program_uri,
        owner=program.owner,
        created_at=program.created_at,
    )


def status_message(tree: ModuleType, request: Request) -> Any:
    """A GetProofRequestStatusResponse."""
    return tree.GetProofRequestStatusResponse(
        fulfillment_status=int(request.fulfillment),
        execution_status=int(request.execution),
        request_tx_hash=request.tx_hash,
        deadline=request.terms.deadline,
        fulfill_tx_hash=request.fulfill_tx_hash,
        proof_uri=request.proof_uri,
        public_values_hash=request.public_values_hash,
        proof_public_uri=request.proof_uri,
    )


def transaction_message(tree: ModuleType, transaction: Transaction) -> Any:
    """A TransactionDetails message."""
    return tree.TransactionDetails(
        tx_hash=transaction.call.tx_hash,
        sender=transaction.call.signer,
        signature=transaction.signature,
        nonce=transaction.call.nonce,
        created_at=transaction.created_at,
        request_id=transaction.request_id,
    )


def request_message(tree: ModuleType, request: Request, mode: NetworkMode) -> Any:
    """A ProofRequest message."""
    extra = _auction_details(request) if mode is NetworkMode.MAINNET else {}
    return tree.ProofRequest(
        request_id=request.request_id,
        requester=request.requester,
        tx_hash=request.tx_hash,
        program_uri=request.program_uri,
        program_public_uri=request.program_uri,
        stdin_public_uri="" if request.terms.stdin_private else request.terms.stdin_uri,
        stdin_private=request.terms.stdin_private,
        error=int(request.error),
        **_progress(request),
        **_stated(request.terms),
        **_winner(request.winner),
        **extra,
    )


def _stated(terms: Terms) -> dict[str, Any]:
    return {
        "vk_hash": terms.vk_hash,
        "version": terms.version,
        "mode": int(terms.mode),
        "strategy": int(terms.strategy),
        "stdin_uri": terms.stdin_uri,
        "deadline": terms.deadline,
        "cycle_limit": terms.cycle_limit,
        "gas_limit": terms.gas_limit,
        "min_auction_period": terms.min_auction_period,
        "whitelist": terms.whitelist,
    }


def _progress(request: Request) -> dict[str, Any]:
    return {
        "fulfillment_status": int(request.fulfillment),
        "execution_status": int(request.execution),
        "settlement_status": int(request.settlement),
        "execute_fail_cause": int(request.cause),
        "created_at": int(request.created_at),
        "updated_at": int(request.updated_at),
        "fulfilled_at": None if request.fulfilled_at is None else int(request.fulfilled_at),
        "cycles": request.cycles,
        "gas_used": request.gas_used,
        "public_values_hash": request.public_values_hash,
        "deduction_amount": _text(request.deduction),
        "refund_amount": _text(request.refund),
    }


def _winner(winner: ProverProfile | None) -> dict[str, Any]:
    if winner is None:
        return {}
    return {
        "fulfiller": winner.address,
        "fulfiller_name": winner.name,
        "gas_price": winner.price_per_pgu,
    }


def _auction_details(request: Request) -> dict[str, Any]:
    return {
        "base_fee": str(request.terms.base_fee),
        "max_price_per_pgu": str(request.terms.max_price_per_pgu),
        "is_canceled": request.is_canceled,
    }


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)
