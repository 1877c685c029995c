"""sp1-cluster's network gateway, as far as a client can tell: the reserved protocol in a cluster's own manners.

Ids are minted, nonces counted and never looked at, inputs not looked for. What is at work, or past its deadline, is
Requested. A failure has no cause and no price. Lists hold everybody's requests, the oldest first.
"""

import secrets
from typing import Any

from zk_devnet.prover_network import listing, translate
from zk_devnet.prover_network.faults import Fault
from zk_devnet.prover_network.network import ProverNetwork, SignedCall
from zk_devnet.prover_network.request import Request
from zk_devnet.prover_network.rpc import Method, RpcSurface
from zk_devnet.prover_network.states import Fulfillment

BALANCE = 2**256 - 1
CROWD = 100  # as many as a list holds at most
_ID_BYTES = 32
_NOT_OFFERED = frozenset({"GetTransactionDetails", "GetStdinUri", "GetTEEWhitelistStatus"})
_SEEN = {
    Fulfillment.ASSIGNED: Fulfillment.REQUESTED,
    Fulfillment.EXPIRED: Fulfillment.REQUESTED,
    Fulfillment.REVERTED: Fulfillment.UNFULFILLABLE,
}


class GatewayNetwork(ProverNetwork):
    """Accepts whatever is signed, as often as it comes."""

    def request(self, wanted: bytes) -> Request:
        """By its id with or without the zeros that fill it up."""
        return super().request(wanted.ljust(_ID_BYTES, b"\0"))

    def _id(self, call: SignedCall) -> bytes:
        del call
        return f"req_{secrets.token_hex(13)}".encode().ljust(_ID_BYTES, b"\0")

    def _use_nonce(self, call: SignedCall) -> None:
        del call

    def _uploaded(self, uri: str, what: str) -> None:
        if what == "program":
            super()._uploaded(uri, what)


class GatewaySurface(RpcSurface):
    """The calls that the gateway answers, with what it knows."""

    def _calls(self) -> list[tuple[str, Method]]:
        return [(name, call) for name, call in super()._calls() if name not in _NOT_OFFERED]

    def _get_nonce(self, message: Any) -> Any:
        answer = super()._get_nonce(message)
        self._network.ledger.account(message.address).nonce += 1
        return answer

    def _get_balance(self, message: Any) -> Any:
        del message
        return self._tree.GetBalanceResponse(amount=str(BALANCE))

    def _get_status(self, message: Any) -> Any:
        answer = super()._get_status(message)
        answer.fulfillment_status = _seen(answer.fulfillment_status)
        answer.request_tx_hash = bytes(32)
        return answer

    def _get_details(self, message: Any) -> Any:
        request = self._network.request(message.request_id)
        return self._tree.GetProofRequestDetailsResponse(request=self._shown(request))

    def _get_filtered(self, message: Any) -> Any:
        crowd: list[Any] = []
        if self._network.faults.take(Fault.CROWDED) and not message.minimum_deadline:
            old = self._tree.ProofRequest(request_id=b"req_old", stdin_uri="somebody else's")
            crowd = [old] * CROWD
        found = listing.oldest_first(self._network.requests.values(), message)
        shown = (crowd + [self._shown(request) for request in found])[:CROWD]
        return self._tree.GetFilteredProofRequestsResponse(requests=shown)

    def _shown(self, request: Request) -> Any:
        shown = translate.request_message(self._tree, request, self._mode)
        shown.request_id = request.request_id.rstrip(b"\0")
        shown.requester, shown.tx_hash = bytes(20), bytes(32)
        shown.fulfillment_status = _seen(shown.fulfillment_status)
        shown.execute_fail_cause = shown.error = shown.settlement_status = 0
        shown.ClearField("deduction_amount")
        shown.ClearField("refund_amount")
        return shown


def _seen(status: int) -> int:
    known = Fulfillment(status)
    return int(_SEEN.get(known, known))
