"""What can be wrong with a trader's order. Exit codes follow sysexits.h where it has a word for the case."""

from typing import ClassVar

from zk_operator.domain.errors import Disposition, OperatorError

_EX_DATAERR = 65
_EX_NOINPUT = 66
_EX_TEMPFAIL = 75
_EX_NOPERM = 77


class OrderUnacceptable(OperatorError):
    """Raised when the contract would not take an order as it is; the leaves say why. Nothing was sent."""

    disposition = Disposition.REJECTED
    exit_code: ClassVar[int] = _EX_DATAERR


class PoolNotTraded(OrderUnacceptable):
    """Raised when an order names a pool that the hook does not serve or the manager does not list."""

    code: ClassVar[str] = "ZKO-ORD-001"


class AmountBelowMinimum(OrderUnacceptable):
    """Raised when an order sells less than the pool's least amount for its side."""

    code: ClassVar[str] = "ZKO-ORD-002"


class AmountOutOfRange(OrderUnacceptable):
    """Raised when an amount does not fit the contract's types, or has more decimals than its token."""

    code: ClassVar[str] = "ZKO-ORD-003"


class DeadlineOutOfRange(OrderUnacceptable):
    """Raised when an order's deadline is over, or further ahead than the contract allows."""

    code: ClassVar[str] = "ZKO-ORD-004"


class NativeNeedsSwap(OrderUnacceptable):
    """Raised when a signed order sells native currency, which nobody can pull from an account."""

    code: ClassVar[str] = "ZKO-ORD-005"


class OrderAlreadyPlaced(OrderUnacceptable):
    """Raised when an order with the same terms and salt was placed before, whatever became of it."""

    code: ClassVar[str] = "ZKO-ORD-006"


class TokensMissing(OrderUnacceptable):
    """Raised when the account does not hold what the order sells."""

    code: ClassVar[str] = "ZKO-ORD-007"


class AllowanceTooLow(OrderUnacceptable):
    """Raised when the account has not approved enough and approving was not asked for."""

    code: ClassVar[str] = "ZKO-ORD-008"


class OwnerInvalid(OrderUnacceptable):
    """Raised when an order names the zero address as owner, or a signed one another owner than the key's."""

    code: ClassVar[str] = "ZKO-ORD-009"


class IntakePaused(OperatorError):
    """Raised when the contract is paused: it takes no orders, cancels and refunds still work."""

    code: ClassVar[str] = "ZKO-ORD-010"
    disposition = Disposition.DEGRADED
    exit_code: ClassVar[int] = _EX_TEMPFAIL


class RouterPlacesNoOrder(OrderUnacceptable):
    """Raised when a swap through the router would not become an order; it was simulated, nothing was swapped."""

    code: ClassVar[str] = "ZKO-ORD-011"


class OrderRejectedOnChain(OperatorError):
    """Raised when the contract refused an order; it kept no state and took no tokens."""

    code: ClassVar[str] = "ZKO-ORD-020"
    disposition = Disposition.REJECTED
    exit_code: ClassVar[int] = 5


class NothingPlaced(OperatorError):
    """Raised when a transaction was mined that placed, cancelled or refunded nothing of what it was sent for."""

    code: ClassVar[str] = "ZKO-ORD-021"
    disposition = Disposition.REJECTED
    exit_code: ClassVar[int] = 5


class TransactionUndecided(OperatorError):
    """Raised when a transaction was sent and not seen mined in time; it may still take effect."""

    code: ClassVar[str] = "ZKO-ORD-022"
    disposition = Disposition.AMBIGUOUS
    exit_code: ClassVar[int] = 4


class NonceTaken(OperatorError):
    """Raised when another transaction of the account took the nonce: ours can never take effect."""

    code: ClassVar[str] = "ZKO-ORD-023"
    disposition = Disposition.REJECTED
    exit_code: ClassVar[int] = _EX_TEMPFAIL


class OrderNotFound(OperatorError):
    """Raised when the contract knows no order of that id, or its placing is in no block that was searched."""

    code: ClassVar[str] = "ZKO-ORD-030"
    disposition = Disposition.REJECTED
    exit_code: ClassVar[int] = _EX_NOINPUT


class OrderEnded(OperatorError):
    """Raised when an order to cancel or refund is settled or refunded already."""

    code: ClassVar[str] = "ZKO-ORD-031"
    disposition = Disposition.REJECTED
    exit_code: ClassVar[int] = _EX_DATAERR


class NotOrderOwner(OperatorError):
    """Raised when somebody else than the owner wants to cancel an order."""

    code: ClassVar[str] = "ZKO-ORD-032"
    disposition = Disposition.REJECTED
    exit_code: ClassVar[int] = _EX_NOPERM


class CancelPending(OperatorError):
    """Raised when a cancel was requested before; it takes effect at `cancel_at` by itself."""

    code: ClassVar[str] = "ZKO-ORD-033"
    disposition = Disposition.REJECTED
    exit_code: ClassVar[int] = _EX_DATAERR


class NotRefundableYet(OperatorError):
    """Raised when an order is neither expired nor cancelled, so that it cannot be refunded yet."""

    code: ClassVar[str] = "ZKO-ORD-034"
    disposition = Disposition.TRANSIENT
    exit_code: ClassVar[int] = _EX_TEMPFAIL


class WatchTimedOut(OperatorError):
    """Raised when an order was neither settled nor refunded within the time to watch."""

    code: ClassVar[str] = "ZKO-ORD-040"
    disposition = Disposition.EXPIRED
    exit_code: ClassVar[int] = 4
