"""What the EVM side can answer that an operator treats differently. Common leaves are in `domain.failures`."""

from typing import ClassVar, Final

from zk_operator.domain.errors import Disposition, OperatorError
from zk_operator.domain.failures import ActRefused, EvmUnreachable, OfferTooLow

NO_CONNECTION: Final = "no connection"


class EndpointFailed(EvmUnreachable):
    """Raised when one EVM endpoint cannot be reached, refuses to serve, or answers with something else than JSON-RPC.

    `may_have_arrived`: the request may have been carried out. `slow`: it ran into its deadline, or asked for too much.
    `retry_after_s`: for how long the endpoint asked to be left alone. `lags`: it does not have a block that there is.
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
    """Raised when an EVM endpoint answers a request with a JSON-RPC error."""

    code: ClassVar[str] = "ZKO-EVM-011"

    def __init__(self, *, method: str, number: int, text: str, data: object = None) -> None:
        super().__init__(f"{method}: {text}", rpc_code=number)
        self.number = number
        self.text = text
        self.data = data


class FeeCapReached(OperatorError):
    """Raised when a transaction needs a higher fee per gas than the configured cap."""

    code: ClassVar[str] = "ZKO-EVM-012"
    disposition = Disposition.DEGRADED


class GasCapReached(OperatorError):
    """Raised when a call needs more gas than the configured cap."""

    code: ClassVar[str] = "ZKO-EVM-013"
    disposition = Disposition.REJECTED


class TransactionRefused(ActRefused):
    """Raised when an EVM node refused a transaction as invalid."""

    code: ClassVar[str] = "ZKO-EVM-020"


class TransactionUnderpriced(OfferTooLow):
    """Raised when an EVM node refused a transaction because its fees are too low."""

    code: ClassVar[str] = "ZKO-EVM-021"
    disposition = Disposition.TRANSIENT


class ReplacementUnderpriced(OfferTooLow):
    """Raised when an EVM node holds another transaction of this nonce and wants a larger bump."""

    code: ClassVar[str] = "ZKO-EVM-022"
    disposition = Disposition.TRANSIENT


class InsufficientFunds(ActRefused):
    """Raised when an EVM node refused a transaction because the account cannot pay for it."""

    code: ClassVar[str] = "ZKO-EVM-023"
    disposition = Disposition.DEGRADED


class GasLimitRefused(ActRefused):
    """Raised when an EVM node refused a transaction because of its gas limit."""

    code: ClassVar[str] = "ZKO-EVM-024"


class PoolFull(ActRefused):
    """Raised when an EVM node's transaction pool takes no more from anyone, or from this account."""

    code: ClassVar[str] = "ZKO-EVM-025"
    disposition = Disposition.TRANSIENT


class NonceTooHigh(ActRefused):
    """Raised when an EVM node refused a transaction because an earlier nonce is missing."""

    code: ClassVar[str] = "ZKO-EVM-026"
    disposition = Disposition.TRANSIENT


class TransactionReverted(OperatorError):
    """Raised when a mined transaction reverted: its gas is paid, its effects are none."""

    code: ClassVar[str] = "ZKO-EVM-030"
    disposition = Disposition.REJECTED
