"""The failures of paid acts and of their rows: what services decide on, whichever adapter is behind."""

from typing import ClassVar

from zk_acts.domain.errors import Disposition, OperatorError


class AmbiguousOutcome(OperatorError):
    """Raised when it is not known whether a paid act arrived at the other side.

    Meaning: A prover request, an extrinsic or a transaction was handed over and no answer came back, or an earlier
    act of the same account is in that position. Its row with the signed bytes was written before. Nothing new is
    issued from that account until a query has said what became of it, so nothing is paid for twice.

    What you see: `act.unanswered` or `work.delayed` with this code; `zk_operator_acts_ambiguous` above 0; the act
    in state `intended` in `zk-operator status`.

    What to do: Usually nothing: the next passes ask, and send the same bytes again if the other side does not know
    them. If it lasts for more than a few minutes, the endpoint that is asked is unreachable or lags: compare
    `zk-operator status` with a block explorer, and put another endpoint first. Never delete the row, and never send
    from the same account with another tool while it is open.
    """

    code: ClassVar[str] = "ZKO-ACT-001"
    disposition = Disposition.AMBIGUOUS


class ActBanned(AmbiguousOutcome):
    """Raised when the other side does not take these very bytes for a while; it may have acted on them already.

    Meaning: The other side does not take these very bytes now: it dropped them before, or it has acted on them
    already. The leaf of the backend says which (for zkVerify: [ZKO-ZKV-016](ZKO-ZKV-016.md)).

    What you see: `act.unanswered` with this code, then `act.resigned`: another signature under the same nonce goes
    out. At most one of the two can take effect, so nothing is paid twice.

    What to do: Nothing, once. If it repeats, the node's pool is full or hostile: add endpoints under `zkverify.ws`,
    or raise `zkverify.tip_planck`.
    """

    code: ClassVar[str] = "ZKO-ACT-005"


class ActRefused(OperatorError):
    """Raised when the other side definitively refused a paid act, so that nothing was paid.

    Meaning: The other side refused a prover request, an extrinsic or a transaction for good, before it could cost
    anything.

    What you see: `act.refused` with the other side's words, and usually a more precise code (`ZKO-PRV-*`,
    `ZKO-ZKV-*`, `ZKO-EVM-*`). The act ends as `lapsed` with nothing paid.

    What to do: Read the text. The batch is tried again until its attempts are used up (ZKO-ACT-004). If every act
    is refused for the same reason, correct the cause that the text names.
    """

    code: ClassVar[str] = "ZKO-ACT-002"
    disposition = Disposition.REJECTED


class BalanceTooLow(OperatorError):
    """Raised when an account cannot pay for the next act; spending stops until it is funded.

    Meaning: An account cannot pay for the next act and keep its configured least balance (`limits.min_*_balance`).
    Acts that are under way and not decided yet are counted with the most that they can cost.

    What you see: `spending.stopped` or `balance.low`, once, with account, balance and what is needed; an alert on
    the status page; `zk_operator_spending_stopped` is 1 for the resource; `/eigen/node/health` answers 206. Orders
    stay open and are refunded when they expire.

    What to do: Fund the account that the message names: PROVE is deposited with the prover network for the `sp1`
    key, VFY is sent to the zkVerify address, GAS is the native token of the EVM account. Spending resumes by itself
    within one pass; `spending.resumed` says so. No restart is needed.
    """

    code: ClassVar[str] = "ZKO-ACT-003"
    disposition = Disposition.DEGRADED


class AttemptsExhausted(OperatorError):
    """Raised when a batch has used up its attempts at one stage and is given up.

    Meaning: One stage of a batch (proving, verifying or posting) failed as often as it may: `prover.max_attempts`
    requests, four extrinsics, eight transactions under different nonces. Attempts that lapsed without costing
    anything do not count. The batch is abandoned, its open orders are free for another batch or a refund.

    What you see: `batch.abandoned` with `stage` and the last attempt's code;
    `zk_operator_batches_ended_total{result="abandoned"}` grows; `zk-operator batches` shows the code.

    What to do: Look up the last attempt's code: it is the cause. `zk-operator ledger` shows what the attempts cost.
    Where later batches go through, there is nothing to do.
    """

    code: ClassVar[str] = "ZKO-ACT-004"
    disposition = Disposition.REJECTED


class ActStuck(OperatorError):
    """Raised when an act holds up its account after it was replaced as often as it may.

    Meaning: A transaction has not been mined for `evm.replace_after_s`, and neither was any of the replacements,
    each of which offered more than all before it, up to `evm.max_replacements`; or, for three times as long, no
    replacement could be made at all. What a node refused counts as an offer. All later transactions of the account
    wait for this one.

    What you see: `act.stuck` with nonce and fees; the alert `acts.<backend>.stuck`; `zk_operator_acts_stuck` is 1.
    The newest replacement is still sent again every few seconds, and is taken as soon as a node wants it. When the
    nonce is used, `act.unstuck`.

    What to do: Compare the offered fees with those of recent blocks. Where they are below, raise `evm.max_fee_gwei`
    or `evm.max_replacements` and restart; `work.delayed` names what keeps a replacement from being made (a fee cap,
    a spend cap, the balance). Where they are not, the endpoint keeps transactions from the network: put another one
    first. Never send a transaction with that nonce from the same account with another tool while the operator runs.
    """

    code: ClassVar[str] = "ZKO-ACT-007"
    disposition = Disposition.DEGRADED


class OfferTooLow(ActRefused):
    """Raised when the other side definitively refused an act for its price: a higher offer may be taken.

    Meaning: The other side definitively refused an act because another one with the same nonce offers as much, or
    because it wants more in general. Nothing was paid. The next offer under that nonce beats the refused one.

    What you see: `act.refused`, mostly with a leaf such as `ZKO-EVM-021` or `ZKO-ZKV-013`, and soon after
    `act.intended` with higher fees.

    What to do: Nothing, if the next offer is taken. If every offer is refused, the account is used by another
    program as well, or the endpoint's minimum is above the configured cap.
    """

    code: ClassVar[str] = "ZKO-ACT-008"


class BudgetExceeded(OperatorError):
    """Raised when a paid act would exceed a spend cap; spending stops until the window has moved on.

    Meaning: The next paid act could exceed a cap of its resource. The error names the resource (PROVE, VFY or GAS),
    the window in seconds, the limit and what has been spent in the window, in 1e-18 of the token. An act counts
    what it paid, or the most it can cost while that is not known; a replacement and what it replaces count once.

    What you see: An alert; spending of that resource stops. Orders stay open, and are refunded when they expire;
    nothing is lost.

    What to do: Look at the ledger for what used the budget up. If it is honest demand, raise the cap in the
    configuration; otherwise leave it: spending resumes by itself when the window has moved on.
    """

    code: ClassVar[str] = "ZKO-BUD-001"
    disposition = Disposition.DEGRADED


class StoreUnavailable(OperatorError):
    """Raised when the database cannot be opened, read or written.

    Meaning: SQLite or the file system refused to open, read or write the operator's database. The error names the
    file and the reason: the disk is full, the folder is missing or not writable, the file is not a database,
    another process has held the write lock for more than ten seconds. Nothing of the failed transaction was kept.

    What you see: The daemon stops with exit code 74. No paid act is sent whose row could not be written.

    What to do: Read `reason`. Free space or correct the permissions, then start the daemon again: it resumes from
    its rows. If the reason says that the file is malformed, keep a copy of it, restore the last backup and start
    again; acts that the backup does not know are found on the chains by their nonces. The database has to be on a
    local disk: write-ahead logging does not work on network file systems.
    """

    code: ClassVar[str] = "ZKO-STO-001"
    disposition = Disposition.FATAL
    exit_code = 74


class LostRace(OperatorError):
    """Raised when a row was not in the state that the caller had read.

    Meaning: Something was decided on a row that was in another state when the decision was to be written: an order
    was cancelled while its batch was being closed, a reorg took a settlement back, a batch was saved by another
    task first. The write did not happen.

    What you see: A warning with the row's id; the next pass reads the rows again and decides anew.

    What to do: Nothing, if it happens now and then. If the same row is named over and over, two daemons may be
    working on one database without the lease, or there is a defect: keep the log and the database and report it.
    """

    code: ClassVar[str] = "ZKO-STO-002"
    disposition = Disposition.TRANSIENT


class DuplicateIntent(OperatorError):
    """Raised when a paid act already has a row, or its nonce is taken by a live one.

    Meaning: A paid act was to be recorded under an id that exists, or under a nonce that a live act of the same
    account holds and that it does not replace. It was not recorded and not sent.

    What you see: A warning; the earlier act is resolved first, then the work goes on.

    What to do: Nothing, if it ends by itself. If it stays, look at the account's live acts with `zk-operator
    status`: one of them is waiting for an answer of its chain or prover. Make sure that no other program signs with
    the same key.
    """

    code: ClassVar[str] = "ZKO-STO-003"
    disposition = Disposition.TRANSIENT


class SchemaTooNew(OperatorError):
    """Raised when the database was written by a newer version of this program.

    Meaning: The database has migrations that this program does not know: a newer version has opened it before.

    What you see: The daemon does not start, exit code 78. The error names both versions (`found`, `known`). Nothing
    was changed.

    What to do: Run the newer version, or restore the backup that was made before the upgrade. Migrations are not
    undone.
    """

    code: ClassVar[str] = "ZKO-STO-004"
    disposition = Disposition.FATAL
    exit_code = 78


class LeaseHeld(OperatorError):
    """Raised when another program uses this database or key.

    Meaning: Each database and each key has at most one daemon at a time. Another one holds the lease and has
    renewed it in time; the error names the holder and when its lease expires (`expires_at`, unix milliseconds).

    What you see: The daemon does not start, exit code 75.

    What to do: Stop the other daemon, or wait: after a crash the lease expires by itself and the next start
    succeeds. If the holder is a machine that is gone for good, waiting until `expires_at` is enough. Do not delete
    the row.
    """

    code: ClassVar[str] = "ZKO-LEA-001"
    disposition = Disposition.FATAL
    exit_code = 75
