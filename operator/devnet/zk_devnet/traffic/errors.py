"""What can go wrong while traffic is made."""

from typing import ClassVar

from zk_acts.domain.errors import Disposition, OperatorError


class TrafficFailed(OperatorError):
    """Raised when a transaction that places orders on the devnet reverts or is not mined.

    Meaning: A transaction by which the demo's traders place orders reverted, or was not mined within 30 seconds.
    The orders that are bad on purpose are never the cause: those are refused by the contract without a revert.

    What you see: `zk-operator demo` ends with this code and the transaction's hash.

    What to do: Look whether the machine is overloaded (anvil mines a block per second; `devnet.log` in the demo's
    folder has its messages), then run the demo again. If it fails again, the contracts and the traffic disagree:
    run `make setup` and the contract tests.
    """

    code: ClassVar[str] = "ZKO-DEV-030"
    disposition = Disposition.FATAL
