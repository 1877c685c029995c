"""`zk-operator history`: what became of one order, batch or act, step by step."""

from enum import StrEnum
from typing import Annotated

import typer

from zk_acts.cli.output import AsJson, print_json, print_table
from zk_operator.cli.options import ConfigPath, Overrides, load

UNKNOWN = 1


class What(StrEnum):
    """What is looked up."""

    ORDER = "order"
    BATCH = "batch"
    ACT = "act"


Identity = Annotated[
    str, typer.Argument(help="The order's id in hex, or the id that `batches` or `ledger` shows.")
]


def history(
    what: Annotated[What, typer.Argument(help="What the id names.")],
    identity: Identity,
    config: ConfigPath,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Show every change of status of one order, batch or paid act, and of a batch what the contract said. Exit code 1 if unknown."""
    import anyio

    from zk_operator.adapters.storage.audit_log import Entity
    from zk_operator.app.rows import open_rows
    from zk_operator.cli.rows import change_json, observation_json
    from zk_operator.domain.ids import BatchId

    entity = {What.ORDER: Entity.ORDER, What.BATCH: Entity.BATCH, What.ACT: Entity.INTENT}[what]
    name = "0x" + identity.lower().removeprefix("0x") if what is What.ORDER else identity
    loaded = load(config, overrides)

    async def read() -> dict[str, list[dict[str, object]]]:
        async with open_rows(loaded.settings) as store:
            changes = [change_json(each) for each in await store.history(entity, name)]
            batch = await store.batches.get(BatchId(name)) if what is What.BATCH else None
            if batch is None:
                return {"changes": changes, "contract": []}
            from zk_operator.domain.public_values import PublicValues  # slow, and for batches alone

            key = PublicValues.decode(batch.public_values).hash()
            said = [observation_json(each) for each in await store.chain.observations(key)]
            return {"changes": changes, "contract": said}

    found = anyio.run(read)
    if as_json:
        print_json({"what": what.value, "id": name, **found})
    else:
        _print(f"{what} {name}", found["changes"])
        if found["contract"]:
            _print("the contract", found["contract"])
    if not found["changes"]:
        raise typer.Exit(UNKNOWN)


def _print(title: str, rows: list[dict[str, object]]) -> None:
    columns = tuple(rows[0]) if rows else ()
    print_table(title, columns, [tuple(row.values()) for row in rows])
