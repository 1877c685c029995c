"""What can be wrong with a trader's order. Exit codes follow sysexits.h where it has a word for the case."""

from typing import ClassVar

from zk_acts.domain.errors import Disposition, OperatorError

_EX_DATAERR = 65
_EX_NOINPUT = 66
_EX_TEMPFAIL = 75
_EX_NOPERM = 77


class OrderUnacceptable(OperatorError):
    """Raised when the contract would not take an order as it is; the leaves say why. Nothing was sent."""

    disposition = Disposition.REJECTED
    exit_code: ClassVar[int] = _EX_DATAERR


class PoolNotTraded(OrderUnacceptable):
    """Raised when an order names a pool that the hook does not serve or the manager does not list.

    Meaning: The order names a pool that the hook does not serve, or that the manager does not list (or no longer).

    What you see: `order place` ends with exit code 65; the message says which of the two. Nothing was sent.

    What to do: Check `--pool` (the Uniswap v4 pool id, 32 bytes) and `--manager`. Listed pools emit
    `PoolSettingsApplied` on the manager.
    """

    code: ClassVar[str] = "ZKO-ORD-001"


class AmountBelowMinimum(OrderUnacceptable):
    """Raised when an order sells less than the pool's least amount for its side.

    Meaning: The amount to sell is below the pool's minimum for that side.

    What you see: `order place` ends with exit code 65 and names the amount and the minimum, both in smallest units.
    Nothing was sent.

    What to do: Sell more. If the amount looks right, it was probably meant in whole tokens: add `--in-tokens`.
    """

    code: ClassVar[str] = "ZKO-ORD-002"


class AmountOutOfRange(OrderUnacceptable):
    """Raised when an amount does not fit the contract's types, or has more decimals than its token.

    Meaning: An amount is zero, does not fit the contract's types (input at most 2^127 - 1, limit below 2^128, salt
    below 2^256), or has more decimals than its token.

    What you see: `order place` ends with exit code 65. Nothing was sent.

    What to do: Correct `--amount`, `--min-out` or `--salt`. With `--in-tokens` no more decimals are allowed than
    the token has; nothing is rounded.
    """

    code: ClassVar[str] = "ZKO-ORD-003"


class DeadlineOutOfRange(OrderUnacceptable):
    """Raised when an order's deadline is over, or further ahead than the contract allows.

    Meaning: The deadline is over, or further ahead of the newest block than the manager's `maxOrderSpan`.

    What you see: `order place` ends with exit code 65 and names the deadline, the chain's time and the latest
    deadline (unix seconds). Nothing was sent.

    What to do: Choose a shorter `--deadline` (seconds from the newest block's time).
    """

    code: ClassVar[str] = "ZKO-ORD-004"


class NativeNeedsSwap(OrderUnacceptable):
    """Raised when a signed order sells native currency, which nobody can pull from an account.

    Meaning: A signed order's tokens are pulled from an allowance, which native currency does not have.

    What you see: `order place` ends with exit code 65. Nothing was sent.

    What to do: Place it by a swap: `--via swap --router ADDRESS`; the amount is sent along.
    """

    code: ClassVar[str] = "ZKO-ORD-005"


class OrderAlreadyPlaced(OrderUnacceptable):
    """Raised when an order with the same terms and salt was placed before, whatever became of it.

    Meaning: An order with exactly these terms and this salt is known to the contract, whatever became of it.

    What you see: `order place` ends with exit code 65 and names the order's id. Nothing was sent.

    What to do: `order watch ID` says where it stands. To place another one, leave `--salt` out or choose another.
    """

    code: ClassVar[str] = "ZKO-ORD-006"


class TokensMissing(OrderUnacceptable):
    """Raised when the account does not hold what the order sells.

    Meaning: The key's account holds less of the currency than the order sells.

    What you see: `order place` ends with exit code 65 and names the currency (zero address: native), the balance
    and the amount. Nothing was sent.

    What to do: Fund the account, or sell less. Check with `keys check-evm` that `--key` is the account that was
    meant.
    """

    code: ClassVar[str] = "ZKO-ORD-007"


class AllowanceTooLow(OrderUnacceptable):
    """Raised when the account has not approved enough and approving was not asked for.

    Meaning: The hook (signed orders) or the router (swaps) may not take as much as the order sells, and
    `--no-approve` was given.

    What you see: `order place` ends with exit code 65 and names the spender and the allowance. Nothing was sent.

    What to do: Approve the spender, or leave `--no-approve` out: then exactly the amount is approved.
    """

    code: ClassVar[str] = "ZKO-ORD-008"


class OwnerInvalid(OrderUnacceptable):
    """Raised when an order names the zero address as owner, or a signed one another owner than the key's.

    Meaning: The owner is the zero address, or a signed order names another owner than the key's account.

    What you see: `order place` ends with exit code 65. Nothing was sent.

    What to do: A signed order belongs to who signs it. Use `--owner` only with `--via swap`, where the payer may
    name any beneficiary.
    """

    code: ClassVar[str] = "ZKO-ORD-009"


class IntakePaused(OperatorError):
    """Raised when the contract is paused: it takes no orders, cancels and refunds still work.

    Meaning: The manager is paused. Cancels, refunds and credits work all the same.

    What you see: `order place` ends with exit code 75. Nothing was sent.

    What to do: Try again later; the manager's owner decides when.
    """

    code: ClassVar[str] = "ZKO-ORD-010"
    disposition = Disposition.DEGRADED
    exit_code: ClassVar[int] = _EX_TEMPFAIL


class RouterPlacesNoOrder(OrderUnacceptable):
    """Raised when a swap through the router would not become an order; it was simulated, nothing was swapped.

    Meaning: The swap was simulated, and its result is not that of an order (all input paid, no output). The router
    probably drops the hook data; the swap would have been a plain one, at any price.

    What you see: `order place --via swap` ends with exit code 65 before anything is swapped. An approval of the
    router may have been sent.

    What to do: Check `--router`: it must have `swap((address,address,uint24,int24,address),bool,int256,bytes)`,
    pass the hook data on and return the BalanceDelta. Take the approval back if the router is not to be trusted, or
    place a signed order.
    """

    code: ClassVar[str] = "ZKO-ORD-011"


class OrderRejectedOnChain(OperatorError):
    """Raised when the contract refused an order; it kept no state and took no tokens.

    Meaning: The transaction was mined, and the contract refused the order (`OrderRejected`), or a simulated swap
    was refused (`OrderRefused`). No tokens were taken. What can be checked beforehand was; so something changed in
    between, or the token does not move as expected.

    What you see: `order place` ends with exit code 5 and the contract's reason in words; gas was paid if there is a
    transaction hash.

    What to do: `KNOWN_ORDER`: it was placed by somebody else with your signature: `order watch`. `PULL_FAILED`:
    balance or allowance changed, or the token charges a fee. `EXPIRED`: the transaction was mined too late; choose
    a longer deadline or a higher `--max-fee-gwei`.
    """

    code: ClassVar[str] = "ZKO-ORD-020"
    disposition = Disposition.REJECTED
    exit_code: ClassVar[int] = 5


class NothingPlaced(OperatorError):
    """Raised when a transaction was mined that placed, cancelled or refunded nothing of what it was sent for.

    Meaning: The transaction was mined without an event of this order.

    What you see: The command ends with exit code 5 and names the order and the transaction.

    What to do: Look at the transaction. If it is not in the chain any more, a reorg replaced its block: `order
    watch ID` says where the order stands.
    """

    code: ClassVar[str] = "ZKO-ORD-021"
    disposition = Disposition.REJECTED
    exit_code: ClassVar[int] = 5


class TransactionUndecided(OperatorError):
    """Raised when a transaction was sent and not seen mined in time; it may still take effect.

    Meaning: A transaction was sent, and within `--timeout` it was not seen mined (or its events could not be read).
    It may still be mined.

    What you see: The command ends with exit code 4 and names the transaction's hash.

    What to do: Do not place the order again: with a fresh salt it would be another order. Look up the transaction;
    `order watch` follows the order once it is mined. If it stays pending, its fee is too low: replace it from a
    wallet, under the same nonce.
    """

    code: ClassVar[str] = "ZKO-ORD-022"
    disposition = Disposition.AMBIGUOUS
    exit_code: ClassVar[int] = 4


class NonceTaken(OperatorError):
    """Raised when another transaction of the account took the nonce: ours can never take effect.

    Meaning: The account sent another transaction with the same nonce, and that one was mined for good. Ours can
    never be.

    What you see: The command ends with exit code 75 and names the nonce and our transaction's hash. Nothing was
    paid for ours.

    What to do: Run the command again. Do not use one account from several programs at a time.
    """

    code: ClassVar[str] = "ZKO-ORD-023"
    disposition = Disposition.REJECTED
    exit_code: ClassVar[int] = _EX_TEMPFAIL


class OrderNotFound(OperatorError):
    """Raised when the contract knows no order of that id, or its placing is in no block that was searched.

    Meaning: The contract knows no order of that id, or the log with its terms is in none of the blocks that were
    searched.

    What you see: `order cancel` or `order refund` ends with exit code 66; with `from_block` in the message it is
    the second case.

    What to do: Check id, `--manager` and the chain. In the second case lower `--from-block`, or use an endpoint
    that serves old logs.
    """

    code: ClassVar[str] = "ZKO-ORD-030"
    disposition = Disposition.REJECTED
    exit_code: ClassVar[int] = _EX_NOINPUT


class OrderEnded(OperatorError):
    """Raised when an order to cancel or refund is settled or refunded already.

    Meaning: The order is settled or refunded already.

    What you see: `order cancel` or `order refund` ends with exit code 65 and names the status. Nothing was sent.

    What to do: Nothing. `order watch ID` shows the payout or the refund.
    """

    code: ClassVar[str] = "ZKO-ORD-031"
    disposition = Disposition.REJECTED
    exit_code: ClassVar[int] = _EX_DATAERR


class NotOrderOwner(OperatorError):
    """Raised when somebody else than the owner wants to cancel an order.

    Meaning: Only the owner's account can cancel an order.

    What you see: `order cancel` ends with exit code 77 and names the owner and the key's account. Nothing was sent.

    What to do: Use the owner's key. When the order has expired, anyone can have it refunded to the owner.
    """

    code: ClassVar[str] = "ZKO-ORD-032"
    disposition = Disposition.REJECTED
    exit_code: ClassVar[int] = _EX_NOPERM


class CancelPending(OperatorError):
    """Raised when a cancel was requested before; it takes effect at `cancel_at` by itself.

    Meaning: The cancel takes effect by itself at `cancel_at`; until then the order may still be settled.

    What you see: `order cancel` ends with exit code 65 and names the time (unix seconds). Nothing was sent.

    What to do: Wait, then `order refund ID`.
    """

    code: ClassVar[str] = "ZKO-ORD-033"
    disposition = Disposition.REJECTED
    exit_code: ClassVar[int] = _EX_DATAERR


class NotRefundableYet(OperatorError):
    """Raised when an order is neither expired nor cancelled, so that it cannot be refunded yet.

    Meaning: The order is neither expired nor cancelled.

    What you see: `order refund` ends with exit code 75 and names the time from which it can be refunded (unix
    seconds). Nothing was sent.

    What to do: Try again then; or `order cancel ID` first, if you are the owner and that is sooner.
    """

    code: ClassVar[str] = "ZKO-ORD-034"
    disposition = Disposition.TRANSIENT
    exit_code: ClassVar[int] = _EX_TEMPFAIL


class WatchTimedOut(OperatorError):
    """Raised when an order was neither settled nor refunded within the time to watch.

    Meaning: The order was neither settled nor refunded within `--timeout` (with `--finalized`: not for good).

    What you see: `order watch` ends with exit code 4 and names the last stage. `unknown`: the contract has no such
    order; it was rejected, or is not mined yet.

    What to do: Watch on. An order that passes its deadline is refunded by an operator; if none does it, `order
    refund ID`.
    """

    code: ClassVar[str] = "ZKO-ORD-040"
    disposition = Disposition.EXPIRED
    exit_code: ClassVar[int] = 4
