"""`zk-operator orders`: what the operator knows of orders."""

from typing import TYPE_CHECKING, Annotated

import typer

from zk_acts.cli.output import AsJson, print_json, print_table
from zk_operator.cli.options import ConfigPath, Limit, Overrides, load

if TYPE_CHECKING:
    from zk_operator.domain.records import OrderRow, Rejection

Status = Annotated[
    str | None,
    typer.Option("--status", help="open, settled, refunded, orphaned or rejected; all if absent."),
]


def orders(
    config: ConfigPath,
    status: Status = None,
    limit: Limit = 100,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """List orders, newest first, and the ones that the contract rejected."""
    import anyio

    from zk_operator.app.rows import open_rows
    from zk_operator.cli.rows import order_json, rejection_json
    from zk_operator.domain.records import OrderStatus
    from zk_operator.ports.store import OrderFilter

    wanted = _parse(status, [*OrderStatus, "rejected"])
    loaded = load(config, overrides)

    async def read() -> "tuple[list[OrderRow], list[Rejection]]":
        async with open_rows(loaded.settings) as store:
            rows: list[OrderRow] = []
            rejected: list[Rejection] = []
            if wanted != "rejected":
                query = OrderFilter(status=OrderStatus(wanted) if wanted else None, limit=limit)
                rows = list(await store.orders.list(query))
            if wanted in {None, "rejected"}:
                rejected = list(await store.rejections.rejections(limit))
            return rows, rejected

    rows, rejected = anyio.run(read)
    if as_json:
        print_json([*map(order_json, rows), *map(rejection_json, rejected)])
        return
    print_table(
        "orders",
        (
            "order",
            "status",
            "priority",
            "sells",
            "amount in",
            "payout",
            "batch",
            "deadline",
            "refusal",
        ),
        [_cells(row) for row in rows],
    )
    print_table(
        "rejected",
        ("order", "code", "detail", "block"),
        [
            tuple(rejection_json(row)[key] for key in ("order_id", "code", "detail", "block"))
            for row in rejected
        ],
    )


def _parse(status: str | None, known: list[str]) -> str | None:
    if status is not None and status not in known:
        raise typer.BadParameter(f"one of {', '.join(known)}", param_hint="--status")
    return status


def _cells(row: "OrderRow") -> tuple[object, ...]:
    return (
        row.order_id.hex()[:16],
        row.status.value,
        row.priority.label,
        "token0" if row.order.zero_for_one else "token1",
        row.order.amount_in,
        row.payout,
        row.batch_id,
        row.order.deadline,
        row.refusal,
    )
