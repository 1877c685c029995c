"""The calls that the operator sends to the manager, encoded with eth-abi. Pure."""

from collections.abc import Sequence
from typing import Final

from zk_operator.adapters.evm.abi import contract_abi
from zk_operator.adapters.signing.evm import read_transaction
from zk_operator.domain.ids import Address
from zk_operator.domain.order import Order
from zk_operator.domain.section import Section
from zk_operator.ports.chain import Call
from zkverify_client.domain.receipt import AggregationReceipt

ROUTE_GROTH16: Final = 0


class ManagerCalls:
    """SettlementCalls of one manager."""

    def __init__(self, *, manager: Address) -> None:
        self._manager = manager
        self._functions = contract_abi("OrderServiceManager").functions

    def respond(
        self,
        *,
        public_values: bytes,
        sections: Sequence[Section],
        orders: Sequence[Order],
        receipt: AggregationReceipt,
        proof_nonce: int,
        certificate: bytes,
    ) -> Call:
        """As `SettlementCalls`. The receipt's route is Groth16."""
        arguments = [
            public_values,
            [section.as_abi() for section in sections],
            [order.as_abi() for order in orders],
            (
                ROUTE_GROTH16,
                proof_nonce,
                receipt.aggregation.aggregation_id,
                list(receipt.path),
                receipt.leaf_count,
                receipt.index,
            ),
            certificate,
        ]
        return self._call("respondToBatch", arguments)

    def refund(self, orders: Sequence[Order]) -> Call:
        """As `SettlementCalls`."""
        return self._call("refund", [[order.as_abi() for order in orders]])

    def nothing(self, to: Address) -> Call:
        """As `SettlementCalls`."""
        return Call(to=to, data=b"")

    def of(self, payload: bytes) -> Call:
        """As `SettlementCalls`."""
        transaction = read_transaction(payload)
        return Call(to=transaction.to, data=transaction.data, value=transaction.value)

    def _call(self, function: str, arguments: Sequence[object]) -> Call:
        return Call(to=self._manager, data=self._functions[function].encode_call(arguments))
