"""Faults of what is written down, and when."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Any
from unittest.mock import patch

from zk_acts.adapters.storage import spending
from zk_operator.adapters.storage import chain, events
from zk_operator.adapters.storage.chain import SqliteChain
from zk_operator.ports.store import ScannedBlock
from zk_operator.services.order_audit import OrderAudit


def cursor_first() -> AbstractContextManager[object]:
    """The cursor moves in a transaction of its own, before the orders of its blocks are stored; nobody counts them."""

    async def apply(self: Any, blocks: Sequence[ScannedBlock]) -> None:
        now_ms = self._clock.now_ms()

        def move(connection: Any) -> list[ScannedBlock]:
            new = [each for each in blocks if not chain._is_stored(each.block, connection)]  # noqa: SLF001
            for each in new:
                chain._insert_block(each.block, connection)  # noqa: SLF001
            return new

        fresh = await self._database.write(move)

        def store(connection: Any) -> None:
            for scanned in fresh:
                for event in scanned.events:
                    told = events.Told(event=event, scanned=scanned, now_ms=now_ms)
                    events.store(connection, told)

        await self._database.write(store)

    async def look(_self: Any, _cursor: Any) -> bool:
        return False

    stack = ExitStack()
    stack.enter_context(patch.object(SqliteChain, "apply", apply))
    stack.enter_context(patch.object(OrderAudit, "look", look))
    return stack


def no_caps() -> AbstractContextManager[object]:
    """What was spent is not looked at."""
    return patch.object(spending, "check_cap", lambda *_: None)
