"""Why a batch is given up, or a settlement skipped."""

from zk_acts.domain.errors import Disposition, OperatorError


class BatchExpired(OperatorError):
    """Raised when a batch was not settled before its `validUntil`.

    Meaning: The batch's `validUntil` passed before it was settled: the contract will not take it any more. Its open
    orders are free for another batch, or are refunded when they expire.

    What you see: `batch.abandoned` with this code and the state in which it stood still; what was paid for it is in
    `zk-operator ledger`.

    What to do: The state tells which stage was slow: `closed` proving, `proved` zkVerify, `verified` the
    publication of the aggregation, `aggregated` the relay of its root to the EVM chain or the transaction. If it
    repeats, raise `batching.valid_for_s` (the contract's cancel delay bounds it), or correct that stage.
    """

    code = "ZKO-SET-001"
    disposition = Disposition.EXPIRED


class BatchOrphaned(OperatorError):
    """Raised when a reorg removed an order of a batch, and it was not mined again soon enough.

    Meaning: An order of the batch is not part of the chain any more. Without a prover request the batch is given up
    at once. With one it waits for `evm.reorg_patience_s`, because its proof can be used if the order is mined
    again; then it is given up too, and its other orders are free again. An order that is mined again is open again.

    What you see: `batch.abandoned` with this code after `reorg.followed`.

    What to do: Nothing for one. If it repeats, money is spent too close to the head: set `evm.spend_at` to `safe`,
    or to more confirmations.
    """

    code = "ZKO-SET-002"
    disposition = Disposition.REJECTED


class SectionWasSkipped(OperatorError):
    """Raised when the contract rolled back one pool's section of a settled batch.

    Meaning: `respondToBatch` settled without one pool's section: that section reverted and was rolled back alone.
    Usually the pool's price has moved beyond the section's limits, an order of it was cancelled or refunded, or the
    pool is paused by its currency.

    What you see: `section.skipped` with the pool and the revert data in `reason`. The section's orders stay open;
    the batch is posted again until `validUntil`, then abandoned with ZKO-SET-001.

    What to do: Nothing for one. If a pool is skipped again and again, decode `reason` with the ABI of the manager,
    the hook or the PoolManager; for moving prices raise `batching.tolerance_bps` (worse floors for the heavy side,
    fewer failures).
    """

    code = "ZKO-SET-003"
    disposition = Disposition.TRANSIENT


class BatchEnded(OperatorError):
    """Raised when what is left of a batch is over: its orders have ended, or their cancels are in force.

    Meaning: Before a proof was asked for, an order of the batch had ended; or, later on, every section of it has an
    order that was settled or refunded already, or whose cancel has taken effect. Going on would pay for nothing.
    The batch is abandoned, its open orders are batched anew. Where a section of it was settled before, the batch
    counts as settled, and only the rest is given up.

    What you see: `batch.abandoned` with this code; `batch.settled_in_part` where a section was settled.

    What to do: Nothing for one. If it repeats, another operator serves the same orders: agree who does, or take
    other pools. Or settlements take longer than the contract's cancel delay: then that delay is too short.
    """

    code = "ZKO-SET-004"
    disposition = Disposition.REJECTED


class StatementMismatch(OperatorError):
    """Raised when zkVerify reports another statement than the one computed locally.

    Meaning: The statement in zkVerify's event is not the one computed here from verifying key and public inputs.
    What it verified is not this batch's proof, so it is not used.

    What you see: `work.delayed` with this code at every pass; the batch stays `proved` until it expires.

    What to do: Check that the endpoint in `zkverify.ws` serves the network whose genesis hash is configured, and
    that `prover.circuit` is the circuit whose key is registered there. If both are right, report it with the batch
    id and the extrinsic hash from `zk-operator ledger`.
    """

    code = "ZKO-SET-005"
    disposition = Disposition.REJECTED


class VkGone(OperatorError):
    """Raised when the circuit's key that we had registered on zkVerify is not registered any more.

    Meaning: This operator registered the verifying key, and that was finalized; now zkVerify does not know it.
    Whoever held the registration has given it up. It is registered again at once, but only once in 24 hours: each
    registration holds a deposit.

    What you see: `vk.unregistered` and the alert `vk`. If it happens again within the day, `work.delayed` with this
    code for each batch, which waits until it expires. `vk.restored` when the key is known again.

    What to do: Find out who calls `unregister_vk` with this operator's zkVerify account: `zk-operator zkverify vk
    unregister` does. Stop that. To register at once, use `zk-operator zkverify vk register`.
    """

    code = "ZKO-SET-006"
    disposition = Disposition.DEGRADED


class ProgramGone(OperatorError):
    """Raised when a prover does not know the program any more that we had registered there.

    Meaning: This operator registered the program with the prover, which confirmed it; now it says that it does not
    know it. It is registered again, which costs nothing.

    What you see: `program.forgotten` with the backend, then a new `register-program` act.

    What to do: Nothing, if proofs are requested again afterwards. If it repeats, the prover behind the address
    changes, or loses its data: ask whoever runs it.
    """

    code = "ZKO-SET-007"
    disposition = Disposition.DEGRADED


class RouteFailing(OperatorError):
    """Raised when one way to zkVerify has failed for so long that proofs go the other way.

    Meaning: The own account (`zkverify`) or Kurier (`kurier`) has taken no proof for `zkverify.kurier.after_s`: endpoints
    that do not answer or refuse submissions, an account without money, a key that is not accepted, a service that is
    down.

    What you see: `route.tripped` and the alert `route.<name>`, the metric `zk_operator_route_failing`; `proof.rerouted`
    for each proof that goes the other way. After a pause, which doubles up to sixteen times, one proof tries it again;
    `route.restored` when that was taken.

    What to do: Follow the code in `error`. Proofs whose first submission was not answered wait until its validity is
    over (`zkverify.era_period`, `zkverify.kurier.window_blocks`): nothing is submitted both ways.
    """

    code = "ZKO-KUR-008"
    disposition = Disposition.DEGRADED


class BatchOutdated(OperatorError):
    """Raised when a batch was closed under a fee, or at a price, that the contract would not settle it at any more.

    Meaning: The contract would not settle the batch as things are now: its fee was changed after the batch was
    closed, or (before anything was paid for it) a section's price is too far from its pool's, its swap brings less
    than it asks for, or its pool was taken off the list.

    What you see: `batch.abandoned` with this code. Its orders are in another batch soon. Before the proof it has
    cost nothing; after it, the proof.

    What to do: Nothing for one: a change of the fee is announced on chain, and whatever is closed before it and
    settled after it is lost. If it repeats, the pool's price moves faster than batches are proved: a larger
    `batching.tolerance_bps`, or a faster prover.
    """

    code = "ZKO-SET-008"
    disposition = Disposition.REJECTED
