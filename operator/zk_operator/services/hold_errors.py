"""Why nothing new is bought or batched, besides a depth that no endpoint knows (`DepthUnknown`)."""

from zk_operator.domain.errors import Disposition, OperatorError


class ClockSkewed(OperatorError):
    """Raised when the newest block's time and this machine's clock are far apart."""

    code = "ZKO-RUN-003"
    disposition = Disposition.DEGRADED


class IntakeBehind(OperatorError):
    """Raised when the scan has not reached the depth at which money is spent, so that orders may be over already."""

    code = "ZKO-RUN-004"
    disposition = Disposition.DEGRADED


class TermsDiffer(OperatorError):
    """Raised when the running contract's terms are not those that this operator is configured for."""

    code = "ZKO-RUN-005"
    disposition = Disposition.DEGRADED


class OutcomesUnread(OperatorError):
    """Raised when the settler cannot read what became of its transactions."""

    code = "ZKO-RUN-006"
    disposition = Disposition.DEGRADED


class ContractPaused(OperatorError):
    """Raised when the settlement contract is paused: nothing can be settled until its owner lets it go on."""

    code = "ZKO-RUN-007"
    disposition = Disposition.DEGRADED


class OrdersStarved(OperatorError):
    """Raised when an order that could be batched has waited for long while no batch is in flight."""

    code = "ZKO-BAT-002"
    disposition = Disposition.DEGRADED
