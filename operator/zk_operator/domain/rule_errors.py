"""Violations of the batch rule, one leaf per clause of docs/reference/batch-rule.md."""

from zk_acts.domain.errors import Disposition, OperatorError


class RuleViolation(OperatorError):
    """Raised when a batch breaks the batch rule.

    Meaning: The general form of the ZKO-RUL codes. The rule is in `docs/reference/batch-rule.md`.

    What you see: The batch is refused before it is proven; its orders stay open for a later batch.

    What to do: The daemon proposes only batches that pass, so any ZKO-RUL code in a log of your own batches is a
    defect: report it with the log line.
    """

    code = "ZKO-RUL-001"
    disposition = Disposition.REJECTED


class BatchShapeError(RuleViolation):
    """Raised when a batch has no section, an empty section, pools out of order or a wrong order count.

    Meaning: Clause 0: no section, a section without orders, pools not strictly ascending, or the number of orders
    is not the number of ids.

    What you see: The batch is refused before it is proven.

    What to do: Report it with the batch id. A batch from elsewhere: refuse it.
    """

    code = "ZKO-RUL-002"


class OrderIdMismatchError(RuleViolation):
    """Raised when an order's terms do not hash to the id at its place.

    Meaning: Clause 1: the id is the EIP-712 hash over the terms, the chain id and the manager.

    What you see: The batch is refused before it is proven.

    What to do: Check that chain id and manager address of the configuration are those of the deployment. If they
    are, stored terms were changed: rebuild the store from the chain.
    """

    code = "ZKO-RUL-003"


class OrderSequenceError(RuleViolation):
    """Raised when the ids of a section are not strictly ascending.

    Meaning: Clause 1: also seen where one order is listed twice.

    What you see: The batch is refused before it is proven.

    What to do: Report it with the batch id.
    """

    code = "ZKO-RUL-004"


class OrderPoolError(RuleViolation):
    """Raised when an order stands in the section of another pool.

    Meaning: Clause 1.

    What you see: The batch is refused before it is proven.

    What to do: Report it with the batch id.
    """

    code = "ZKO-RUL-005"


class OrderDeadlineError(RuleViolation):
    """Raised when an order's deadline is before the batch's validUntil.

    Meaning: Clause 1: a batch may be settled until validUntil, so each of its orders must live as long.

    What you see: The batch is refused before it is proven.

    What to do: Report it with the batch id. If settlement is slow, a longer reserve in the batcher's policy closes
    batches earlier.
    """

    code = "ZKO-RUL-006"


class RangeError(RuleViolation):
    """Raised when a value is outside the range that the rule allows.

    Meaning: Price zero, fee above 10,000, an amount of zero or above 2^128-1, or a side whose sum is above 2^128-1;
    the message names it.

    What you see: The batch is refused before it is proven.

    What to do: A price of zero means that the pool is not initialized: check the pool id. Otherwise report it with
    the batch id.
    """

    code = "ZKO-RUL-007"


class HeavySideError(RuleViolation):
    """Raised when remainderZeroForOne does not name the heavy side.

    Meaning: Clause 2: token0 sellers are heavy if floor(S0*p/2^128) >= S1, also on a tie.

    What you see: The batch is refused before it is proven.

    What to do: Report it with the batch id.
    """

    code = "ZKO-RUL-008"


class RemainderError(RuleViolation):
    """Raised when remainderIn is not the heavy input less what the light side receives.

    Meaning: Clause 4: heavy input less what the light side receives.

    What you see: The batch is refused before it is proven.

    What to do: Report it with the batch id.
    """

    code = "ZKO-RUL-009"


class MinOutError(RuleViolation):
    """Raised when a swap's output is below the section's minOut, or there is one without a swap.

    Meaning: Clauses 4 and 7: the output is below minOut, or there is an output or a floor without a swap.

    What you see: Before proving: the batch is refused. At settlement: the pool moved further than the tolerance,
    and the section is skipped; its orders stay open.

    What to do: At settlement nothing is lost and the orders go into a later batch. If it happens often, raise the
    tolerance or shorten the time to settlement.
    """

    code = "ZKO-RUL-010"


class LimitError(RuleViolation):
    """Raised when a payout after the fee is below its order's minOut.

    Meaning: Clause 7: light orders at the reference price, heavy orders at the section's minOut, after the fee.

    What you see: The batch is refused before it is proven: no order is ever filled below its limit.

    What to do: Report it with the batch id: choosing should have left that order for later.
    """

    code = "ZKO-RUL-011"
