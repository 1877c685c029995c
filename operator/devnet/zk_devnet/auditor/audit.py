"""The audit: read the chain once, then judge without looking anywhere else."""

from collections.abc import Sequence

from zk_devnet.auditor.books import currency_problems, currency_rows
from zk_devnet.auditor.delivery import delivery_problems
from zk_devnet.auditor.event import id_of
from zk_devnet.auditor.history import History, read_history, read_states
from zk_devnet.auditor.orders import double_settlements, fates_of, order_problems
from zk_devnet.auditor.report import AuditReport
from zk_devnet.evm.deployment import Deployment
from zk_devnet.evm.rpc import EvmRpc
from zk_operator.domain.ids import OrderId


async def audit(rpc: EvmRpc, deployment: Deployment, *, block: int | None = None) -> AuditReport:
    """Audit the deployment up to a block (default: the latest). Raises EvmCallFailed."""
    at = int(await rpc.call("eth_blockNumber"), 16) if block is None else block
    return examine(await read_history(rpc, deployment, at))


async def order_outcomes(
    rpc: EvmRpc, deployment: Deployment, ids: Sequence[OrderId], *, block: str = "latest"
) -> dict[OrderId, int]:
    """The contract's status of each order at a block or tag: 0 none, 1 open, 2 settled, 3 refunded."""
    return await read_states(rpc, deployment, ids, block)


def examine(history: History) -> AuditReport:
    """The report that follows from what was read."""
    fates = fates_of(history)
    rows = currency_rows(history, fates)
    manager = history.deployment.manager
    return AuditReport(
        block=history.block,
        orders=fates,
        placings=tuple(
            (one.tx_hash, id_of(one)) for one in history.named("NewTaskCreated", manager)
        ),
        batches=len(history.named("BatchSettled", manager)),
        double_settled=double_settlements(fates),
        problems=(
            *order_problems(history, fates),
            *currency_problems(history, rows),
            *delivery_problems(history, fates),
        ),
        currencies=rows,
    )
