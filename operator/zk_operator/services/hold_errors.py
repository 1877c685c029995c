"""Why nothing new is bought or batched, besides a depth that no endpoint knows (`DepthUnknown`)."""

from zk_acts.domain.errors import Disposition, OperatorError


class ClockSkewed(OperatorError):
    """Raised when the newest block's time and this machine's clock are far apart.

    Meaning: The newest block's time and this machine's clock are more than two minutes apart. Either the clock is
    wrong or the chain stands still. A process whose clock was right once goes on by its own counting of time,
    whatever the clock shows. One that started with a wrong clock, or slept without noticing, buys nothing until the
    clock is put right: by it a prover's request that is under way would seem to be over.

    What you see: `clock.skewed` once, the alert `clock` in `/status` and on the page until they agree, then
    `clock.agreed`. A positive number of seconds means that the block is older than the clock says. While nothing is
    bought for it also the alert `purchases.clock`.

    What to do: Compare the machine's clock with a time server (`timedatectl`) and put it right. If it is right, see
    whether the endpoint follows the chain (`zk-operator status`, another endpoint) and whether the chain itself
    makes blocks.
    """

    code = "ZKO-RUN-003"
    disposition = Disposition.DEGRADED


class IntakeBehind(OperatorError):
    """Raised when the scan has not reached the depth at which money is spent, so that orders may be over already.

    Meaning: Intake has not read the chain up to `evm.spend_at`. An order that looks open may have ended further on,
    so no batch is closed and no proof is asked for. Proofs that are there are verified, and settlements go on: for
    these the contract itself is asked.

    What you see: The reason `behind` in `zk_operator_purchases_held`; after a minute `purchases.held` and the alert
    `purchases.behind`; `purchases.resumed` at the end. Usual for a while after a long stop. `/readyz` is 503 while
    intake is more than 20 blocks behind or has not finished a pass for five minutes.

    What to do: See whether `zk_operator_cursor_block` grows. If so, wait. If not, the line `service.failed` of
    intake says why, as a rule because the endpoint refuses `eth_getLogs`.
    """

    code = "ZKO-RUN-004"
    disposition = Disposition.DEGRADED


class TermsDiffer(OperatorError):
    """Raised when the running contract's terms are not those that this operator is configured for.

    Meaning: The contract's owner applied another configuration than this operator has: program, circuit key,
    recursion root, zkVerify domain, or a verifier that does not count our signer. Nothing that is bought under ours
    could be settled.

    What you see: `purchases.held` and the alert `purchases.terms`, naming each difference with the value on chain
    and ours. Nothing new is bought at any stage; what was paid for is followed on. A change that is only proposed
    is the warning `terms.proposed` and the alert of that name, with the time from which it can be applied. When the
    terms agree again, purchases go on by themselves (`purchases.resumed`). A batch that was closed before the
    contract's fee was changed is given up with [ZKO-SET-008](ZKO-SET-008.md); its orders go into a new one. The
    reason `unread` is the moment between the announcement of a change and the reading of it.

    What to do: Ask the contract's owner what was changed and why. Then configure the new values
    (`prover.program_vkey`, `prover.circuit`, `zkverify.domain_id`) and restart; at a start terms that differ are
    [ZKO-EVM-005](ZKO-EVM-005.md).
    """

    code = "ZKO-RUN-005"
    disposition = Disposition.DEGRADED


class OutcomesUnread(OperatorError):
    """Raised when the settler cannot read what became of its transactions.

    Meaning: The settler cannot read the outcome of its transactions. Whether a settlement works is not known, so
    nothing is bought that would need one.

    What you see: The reason `outcomes` in `zk_operator_purchases_held` at once; after a minute `purchases.held` and
    the alert `purchases.outcomes` with the failure's own code.

    What to do: See the page of the code in the alert: as a rule an EVM endpoint that does not answer.
    """

    code = "ZKO-RUN-006"
    disposition = Disposition.DEGRADED


class ContractPaused(OperatorError):
    """Raised when the settlement contract is paused: nothing can be settled until its owner lets it go on.

    Meaning: The owner has paused the settlement contract: settlements revert until it goes on. Refunds work.

    What you see: `purchases.held` and the alert `purchases.paused`. No batch is closed and nothing is bought for
    those in hand; they expire if the pause outlasts them.

    What to do: Ask the owner. When the contract goes on, so does the operator.
    """

    code = "ZKO-RUN-007"
    disposition = Disposition.DEGRADED


class OrdersStarved(OperatorError):
    """Raised when an order that could be batched has waited for long while no batch is in flight.

    Meaning: An order is open, not resting and in no batch, and since it lies as deep as `evm.spend_at` says (or for
    more than an hour without that) it has waited ten minutes longer than the longest `batching.max_age_*`, while no
    batch is in flight. So something keeps the batcher from closing one.

    What you see: `orders.starved` once, the alert `orders.starved` until an order moves,
    `zk_operator_oldest_waiting_order_seconds`.

    What to do: Look at the other alerts: held purchases (`purchases.*`) explain it. Then at `zk-operator status`
    (does the head move, does the batcher succeed) and for `pool.skipped` and `orders.over` in the log. If
    `evm.spend_at` is a tag, see whether the chain still finalizes.
    """

    code = "ZKO-BAT-002"
    disposition = Disposition.DEGRADED
