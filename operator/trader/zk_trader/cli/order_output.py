"""What the `order` verbs print: results on standard output, progress on standard error."""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import typer

from zk_acts.domain.ids import hex0x

if TYPE_CHECKING:
    from zk_trader.trader import PlacedOrder
    from zk_trader.watch import Transition


def progress_to_stderr(*, as_json: bool) -> Callable[[str, Mapping[str, object]], None]:
    """Prints each event as it happens: an interrupted command leaves the transaction's hash behind."""

    def tell(event: str, fields: Mapping[str, object]) -> None:
        if as_json:
            typer.echo(json.dumps({"event": event, **fields}), err=True)
            return
        shown = " ".join(f"{name}={value}" for name, value in fields.items())
        typer.echo(f"{event} {shown}", err=True)

    return tell


def placed_json(placed: "PlacedOrder") -> dict[str, object]:
    """A placed order; amounts as decimal strings."""
    order = placed.order
    return {
        "order_id": hex0x(placed.order_id),
        "tx_hash": hex0x(placed.mined.tx_hash),
        "block": placed.mined.block_number,
        "gas_paid_wei": str(placed.mined.paid),
        "task_index": placed.task_index,
        "owner": hex0x(order.owner),
        "pool_id": hex0x(order.pool_id),
        "zero_for_one": order.zero_for_one,
        "amount_in": str(order.amount_in),
        "min_out": str(order.min_out),
        "deadline": order.deadline,
        "salt": hex(order.salt),
    }


def transition_json(transition: "Transition") -> dict[str, object]:
    """A stage that an order reached; only what is known of it."""
    at = transition.at
    values = {
        "order_id": hex0x(transition.order_id),
        "stage": transition.stage.value,
        "cancel_at": transition.cancel_at_s,
        "amount": None if transition.amount is None else str(transition.amount),
        "tx_hash": hex0x(at.tx_hash) if at else None,
        "block": at.block_number if at else None,
        "done": transition.done,
    }
    return {name: value for name, value in values.items() if value is not None}


def print_transition(transition: "Transition", *, as_json: bool) -> None:
    """One line per transition: JSON Lines with --json."""
    values = transition_json(transition)
    if as_json:
        typer.echo(json.dumps(values))
        return
    details = (f"{name}={value}" for name, value in values.items() if name not in _NOT_SHOWN)
    typer.echo(f"{transition.stage.value} {' '.join(details)}".rstrip())


_NOT_SHOWN = frozenset({"order_id", "stage", "done"})
