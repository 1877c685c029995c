"""Why a demo failed."""

from typing import ClassVar

from zk_acts.domain.errors import Disposition, OperatorError


class OrdersUnfinished(OperatorError):
    """Raised when orders are neither settled nor refunded, for good, when the demo's time is up.

    Meaning: When the demo's time was up (`--timeout`, 240 seconds by default), some orders were neither settled nor
    refunded in a finalized block.

    What you see: `zk-operator demo` ends with exit code 1, this code and the number of orders. The tables show
    which kinds are still open.

    What to do: Read `operator.log` in the demo's folder (`.demo`): a stage that failed says so with a code of its
    own. On a very slow machine a longer `--timeout` helps.
    """

    code: ClassVar[str] = "ZKO-DEM-001"
    disposition = Disposition.EXPIRED


class TokensMissing(OperatorError):
    """Raised when the audit on chain does not find every token accounted for.

    Meaning: The audit reads nothing but the EVM chain. It compares, per currency, what came into the escrow with
    what left it and what is held (claims, credits, fees and dust), every ERC-20's supply with all its balances, and
    every settlement and refund with what arrived. At least one of these comparisons does not hold, or an order
    ended against its terms.

    What you see: `zk-operator demo` ends with exit code 1, this code and the first problems, each with both
    numbers. `conserved` is false in the JSON summary.

    What to do: This is a bug in the contracts, or somebody took tokens: nothing an operator does can cause it. Keep
    the demo's folder and report it with the seed (`--seed`).
    """

    code: ClassVar[str] = "ZKO-DEM-002"
    disposition = Disposition.FATAL


class PaidTwice(OperatorError):
    """Raised when the audit on chain finds an order that was paid more than once.

    Meaning: The audit found an order with more than one settlement or refund on chain.

    What you see: `zk-operator demo` ends with exit code 1, this code and the number of such orders
    (`double_settled` in the JSON summary).

    What to do: The contract must make this impossible. Keep the demo's folder and report it with the seed.
    """

    code: ClassVar[str] = "ZKO-DEM-003"
    disposition = Disposition.FATAL


class OutcomeUnexpected(OperatorError):
    """Raised when an order ended otherwise than its kind must end.

    Meaning: Every order of the demo has a kind, and every kind has an end that it must come to: good ones are
    settled, those that cannot be filled in time are refunded, badly signed ones are rejected. At least one came to
    another end.

    What you see: `zk-operator demo` ends with exit code 1, this code, and the first such orders with kind and
    outcome.

    What to do: Look for the order's id in `operator.log`. A good order that was refunded usually means that the
    machine was too slow to settle it before its deadline.
    """

    code: ClassVar[str] = "ZKO-DEM-004"
    disposition = Disposition.FATAL


class DaemonFailed(OperatorError):
    """Raised when the daemon ends by itself during the demo, or does not end cleanly when asked to.

    Meaning: The daemon, which the demo runs as a process of its own, ended by itself, or did not end with exit code
    0 after SIGTERM.

    What you see: `zk-operator demo` ends with this code, the daemon's exit code and the last lines of its output.

    What to do: The daemon's last line names the cause with a code: look that one up. The whole output is in
    `operator.log` in the demo's folder.
    """

    code: ClassVar[str] = "ZKO-DEM-005"
    disposition = Disposition.FATAL


class CircuitFilesMissing(OperatorError):
    """Raised when the folder given to the demo does not hold SP1's Groth16 circuit files.

    Meaning: The folder given to `zk-operator demo --circuits` has no `v6.1.0/groth16_vk.bin`.

    What you see: The demo ends at once with exit code 66; the path and the reason are in the error.

    What to do: Name the folder that contains `v6.1.0`, not `v6.1.0` itself. `make prove-real PROOF=groth16` makes
    it, with 48 GB of memory.
    """

    code: ClassVar[str] = "ZKO-DEM-006"
    disposition = Disposition.REJECTED
    exit_code: ClassVar[int] = 66
