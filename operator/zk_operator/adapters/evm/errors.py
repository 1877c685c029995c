"""What the EVM side can answer that an operator treats differently. Common leaves are in `domain.failures`."""

from typing import ClassVar, Final

from zk_acts.domain.errors import Disposition, OperatorError
from zk_acts.domain.failures import ActRefused, OfferTooLow
from zk_operator.domain.failures import EvmUnreachable

NO_CONNECTION: Final = "no connection"


class EndpointFailed(EvmUnreachable):
    """Raised when one EVM endpoint cannot be reached, refuses to serve, or answers with something else than JSON-RPC.

    `may_have_arrived`: the request may have been carried out. `slow`: it ran into its deadline, or asked for too much.
    `retry_after_s`: for how long the endpoint asked to be left alone. `lags`: it does not have a block that there is.

    Meaning: One endpoint could not be reached, refused to serve, or answered with something that is not JSON-RPC.
    With only one endpoint configured this stands where ZKO-EVM-001 would.

    What you see: `endpoint.failed` with the endpoint's redacted URL and the number of failures in a row;
    `endpoint.recovered` when it is back. Requests go to the next endpoint meanwhile.

    What to do: Nothing, if it recovers. Otherwise replace the endpoint. HTTP 401 or 403: the API key is wrong or
    used up.
    """

    code: ClassVar[str] = "ZKO-EVM-010"

    def __init__(
        self,
        message: str | None = None,
        *,
        may_have_arrived: bool,
        slow: bool = False,
        retry_after_s: float | None = None,
        lags: bool = False,
        **context: object,
    ) -> None:
        super().__init__(message, **context)
        self.may_have_arrived = may_have_arrived
        self.slow = slow
        self.retry_after_s = retry_after_s
        self.lags = lags


class RpcError(EvmUnreachable):
    """Raised when an EVM endpoint answers a request with a JSON-RPC error.

    Meaning: The endpoint understood the request and refused it, and the error is none that the operator knows how
    to handle.

    What you see: A warning with the method, the node's text and its code; the step is tried again.

    What to do: Read the text. `method not found`: the provider leaves out a method that is needed (eth_getLogs,
    eth_feeHistory, eth_estimateGas). `missing trie node` or `header not found`: the node lags or prunes too much.
    """

    code: ClassVar[str] = "ZKO-EVM-011"

    def __init__(self, *, method: str, number: int, text: str, data: object = None) -> None:
        super().__init__(f"{method}: {text}", rpc_code=number)
        self.number = number
        self.text = text
        self.data = data


class FeeCapReached(OperatorError):
    """Raised when a transaction needs a higher fee per gas than the configured cap.

    Meaning: The base fee is above `[evm] max_fee_gwei`, or a replacement would have to offer more than it.

    What you see: The batch waits; a stuck transaction stays as it is. It is tried again at each tick.

    What to do: Wait for fees to fall, or raise `max_fee_gwei` (live). Orders whose deadline passes meanwhile are
    refunded.
    """

    code: ClassVar[str] = "ZKO-EVM-012"
    disposition = Disposition.DEGRADED


class GasCapReached(OperatorError):
    """Raised when a call needs more gas than the configured cap.

    Meaning: The estimate is above `[evm] max_gas`.

    What you see: The batch is not sent.

    What to do: Raise `max_gas`, up to the chain's block limit, or lower `[batching] max_orders`.
    """

    code: ClassVar[str] = "ZKO-EVM-013"
    disposition = Disposition.REJECTED


class TransactionRefused(ActRefused):
    """Raised when an EVM node refused a transaction as invalid.

    Meaning: The node says that the transaction itself is not acceptable: signature, chain id, size, or the node's
    own cap on fees. Nothing was paid.

    What you see: `act.refused` with the node's text.

    What to do: `exceeds the configured cap`: the node limits the fee per transaction (`--rpc.txfeecap`): use
    another endpoint or smaller batches. Otherwise report it: the operator built something wrong.
    """

    code: ClassVar[str] = "ZKO-EVM-020"


class TransactionUnderpriced(OfferTooLow):
    """Raised when an EVM node refused a transaction because its fees are too low.

    Meaning: The base fee rose between the offer and the send, or the node demands a higher tip. Nothing was paid.

    What you see: `act.refused`; a new offer is made at the next tick.

    What to do: If it repeats, `max_fee_gwei` is too low for the present market.
    """

    code: ClassVar[str] = "ZKO-EVM-021"
    disposition = Disposition.TRANSIENT


class ReplacementUnderpriced(OfferTooLow):
    """Raised when an EVM node holds another transaction of this nonce and wants a larger bump.

    Meaning: The node holds another transaction with this nonce and wants a larger raise. Nothing was paid; the
    transaction in its pool is unaffected.

    What you see: `act.refused`; the next replacement offers more.

    What to do: Raise `[evm] fee_bump_percent` for chains whose nodes ask for more than 15 percent. If you did not
    expect a transaction under this nonce, check that no other program uses the key.
    """

    code: ClassVar[str] = "ZKO-EVM-022"
    disposition = Disposition.TRANSIENT


class InsufficientFunds(ActRefused):
    """Raised when an EVM node refused a transaction because the account cannot pay for it.

    Meaning: Balance is below gas limit times fee cap plus value. Nothing was paid.

    What you see: `act.refused`, and the balance alert; spending on this chain stops until the account is funded.

    What to do: Fund the operator's EVM account. `zk-operator status` shows it and its balance.
    """

    code: ClassVar[str] = "ZKO-EVM-023"
    disposition = Disposition.DEGRADED


class GasLimitRefused(ActRefused):
    """Raised when an EVM node refused a transaction because of its gas limit.

    Meaning: The gas limit is above the block's limit, or below what the calldata alone costs. Nothing was paid.

    What you see: `act.refused` with the node's text.

    What to do: Lower `[evm] max_gas` under the chain's block gas limit; lower `[batching] max_orders`.
    """

    code: ClassVar[str] = "ZKO-EVM-024"


class PoolFull(ActRefused):
    """Raised when an EVM node's transaction pool takes no more from anyone, or from this account.

    Meaning: The node takes no more transactions, or no more of this account. Nothing was paid.

    What you see: `act.refused`; it is tried again.

    What to do: Passes by itself. If it stays, use another endpoint, or raise fees.
    """

    code: ClassVar[str] = "ZKO-EVM-025"
    disposition = Disposition.TRANSIENT


class NonceTooHigh(ActRefused):
    """Raised when an EVM node refused a transaction because an earlier nonce is missing.

    Meaning: The node refuses a transaction because one with a lower nonce is unknown to it: it was dropped, or the
    endpoint lags.

    What you see: `act.refused`; the lowest nonce is sent again first.

    What to do: Passes by itself. If it stays, check that no other program uses the key.
    """

    code: ClassVar[str] = "ZKO-EVM-026"
    disposition = Disposition.TRANSIENT


class TransactionReverted(OperatorError):
    """Raised when a mined transaction reverted: its gas is paid, its effects are none.

    Meaning: The transaction was mined and failed: gas is paid, nothing else happened. It had passed its simulation,
    so the state changed in between.

    What you see: The intent is FAILED with this code, and the reason found by calling it again on the parent block.

    What to do: Usually another party settled or refunded first: the daemon sees that in the events and goes on.
    `out of gas`: raise `[evm] max_gas` if the limit was cut by it.
    """

    code: ClassVar[str] = "ZKO-EVM-030"
    disposition = Disposition.REJECTED
