"""Why an order that is on chain is not batched, and what tells that something was not seen."""

from zk_acts.domain.errors import Disposition, OperatorError


class EventUndecodable(OperatorError):
    """Raised when a log of our contracts does not decode; it is recorded and the scan goes on.

    Meaning: An event from the settlement contract has a known topic and data that are not its encoding, or a value
    that cannot be. It is recorded by its position and the scan goes on.

    What you see: `event.rejected` with topic, block and detail; a row with this code under `zk-operator orders
    --status rejected`.

    What to do: Check that `evm.manager` is the contract of this version: another version's events are the usual
    cause. An order in such an event is still in escrow on chain; anyone can refund it after its deadline.
    """

    code = "ZKO-INT-001"
    disposition = Disposition.REJECTED


class OrderIdMismatch(OperatorError):
    """Raised when an order's id is not the hash of its terms.

    Meaning: The id in the event is not the EIP-712 hash of the order under the domain of this chain and contract.
    The contract of this version cannot emit that.

    What you see: The order has this code as `refusal` in `zk-operator orders`;
    `zk_operator_orders_seen_total{verdict="ZKO-INT-002"}` grows.

    What to do: Check `evm.manager` and `evm.chain_id`. If they are right, the endpoint serves forged or damaged
    logs: use another one.
    """

    code = "ZKO-INT-002"
    disposition = Disposition.REJECTED


class OrderPoolUnknown(OperatorError):
    """Raised when the hook does not know an order's pool now: the pool is left out until it does.

    Meaning: At the newest block the hook does not know the pool of an order, or cannot price it. The contract takes
    orders for listed pools only, so either the pool was delisted since, or an endpoint does not know it yet.

    What you see: `pool.skipped` with the pool's id. Its orders wait and are tried again, after ten minutes at the
    latest; orders of other pools go on. Versions before this one refused such orders for good (`refusal` in
    `zk-operator orders`); the new one takes that back when it opens their database.

    What to do: If it lasts: check that the pool is initialized with the hook that the manager names, and listed.
    Its orders are refunded when they expire.
    """

    code = "ZKO-INT-003"
    disposition = Disposition.REJECTED


class OrderAmountInvalid(OperatorError):
    """Raised when an order's amount is zero.

    Meaning: The order sells nothing.

    What you see: The order has this code as `refusal` in `zk-operator orders`. It is refunded when it expires.

    What to do: Nothing. Whether an amount reaches the pool's minimum is the contract's to judge, when the order is
    placed.
    """

    code = "ZKO-INT-004"
    disposition = Disposition.REJECTED


class OrderDeadlineInvalid(OperatorError):
    """Raised when an order's deadline was over when it was mined.

    Meaning: The deadline was over when the order was mined.

    What you see: The order has this code as `refusal` in `zk-operator orders`. It is refunded as soon as the reaper
    looks.

    What to do: Nothing. The contract refuses such orders itself, and also those whose deadline is too far ahead.
    """

    code = "ZKO-INT-005"
    disposition = Disposition.REJECTED


class OrderOwnerInvalid(OperatorError):
    """Raised when an order's owner is the zero address.

    Meaning: The owner is the zero address, to which no payout can go.

    What you see: The order has this code as `refusal` in `zk-operator orders`.

    What to do: Nothing: the contract of this version refuses such orders, so check `evm.manager` if one appears.
    """

    code = "ZKO-INT-006"
    disposition = Disposition.REJECTED


class OrdersMissing(OperatorError):
    """Raised when the contract counts orders that are not among the rows: an endpoint left out their logs.

    Meaning: The contract numbers its orders without gaps. After each scan they are counted; here some have no row:
    an endpoint left out their logs, usually because several nodes of different heights are behind its URL. Nobody
    would refund these orders.

    What you see: `orders.missing` with the number of orders and the first one's task index, the alert
    `orders.missing`, `zk_operator_orders_missing`. The blocks between their neighbours are read again at once, then
    at growing intervals of five minutes at most. `orders.found` names what was found, `orders.complete` ends it.
    Orders that are known go on meanwhile.

    What to do: If it ends by itself: that endpoint is not good enough; put a better one first. If it lasts: another
    endpoint (one that keeps old logs). Where the alert says that nobody tells how many orders there were before
    `evm.start_block`: let the operator ask an endpoint once that keeps the state of that block (an archive); from
    then on the database knows. Nothing else has to be done to the database.
    """

    code = "ZKO-INT-007"
    disposition = Disposition.DEGRADED


class OrderEndMissed(OperatorError):
    """Raised when an open order's row differs from the contract: an endpoint left out the log of its cancel or end.

    Meaning: The contract calls an order settled, refunded, cancelled or unknown that is open in our rows: an
    endpoint left out the log that says so.

    What you see: `orders.stale`, the alert `orders.stale`, `zk_operator_orders_stale`: the blocks since the order
    was placed are read again. Or `orders.over`: a batch was about to be closed with such an order; it is left out.
    Before each purchase the contract itself is asked, so nothing is paid for it.

    What to do: As for [ZKO-INT-007](ZKO-INT-007.md): a better endpoint.
    """

    code = "ZKO-INT-008"
    disposition = Disposition.DEGRADED


class OrderOutOfTime(OperatorError):
    """Raised when an order's deadline leaves no time to prove and settle it; it is refunded when it expires.

    Meaning: The order will not be batched: its deadline is nearer than settlements have usually taken (the measured
    median), or its owner has asked for a cancel. Proving it would waste money.

    What you see: `order.evicted` with `reason` `unreachable` or `cancelled`; the order stays open with this code as
    `refusal`, and is refunded when its deadline or its cancel delay is over.

    What to do: Nothing for cancelled ones. If many are `unreachable`, either traders give too little time, or
    settlements have become slow: see the stage times on the dashboard.
    """

    code = "ZKO-BAT-001"
    disposition = Disposition.EXPIRED
