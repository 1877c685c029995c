"""Several accounts as one: each act goes to the account that has the least under way."""

from collections.abc import Sequence
from typing import Generic, TypeVar

import anyio

from zk_acts.domain.acts import Intent
from zk_acts.domain.failures import StoreUnavailable
from zk_acts.services.paid_act import PaidActs, Resolved
from zk_acts.services.work_pass import Pass

RequestT = TypeVar("RequestT")
DetailT = TypeVar("DetailT")


class ActPool(Generic[RequestT, DetailT]):
    """Serial submitters side by side, over one store. An act stays with the account that first took it."""

    def __init__(self, members: Sequence[PaidActs[RequestT, DetailT]]) -> None:
        if not members:
            raise ValueError("a pool has at least one account")
        self.members = tuple(members)
        self._under_way = [0] * len(members)  # being issued, without a row yet

    async def of(self, purpose: str, subject: str) -> Sequence[Intent]:
        """All intents of one piece of work, oldest first."""
        return await self.members[0].of(purpose, subject)

    async def issue(self, *, purpose: str, subject: str, request: RequestT) -> Intent:
        """As PaidActs.issue, by the least busy account; the one that had it before, if there is one."""
        number = await self._choose(purpose, subject)
        self._under_way[number] += 1
        try:
            return await self.members[number].issue(
                purpose=purpose, subject=subject, request=request
            )
        finally:
            self._under_way[number] -= 1

    async def resolve(self, intent: Intent) -> Resolved[DetailT]:
        """As PaidActs.resolve, by the act's own account. StoreUnavailable where that is none of ours."""
        return await self.members[self._owner(intent)].resolve(intent)

    async def keep(self) -> None:
        """Resolve what is live, the accounts in parallel. Errors: the most serious trouble."""
        turn = Pass()

        async def keep_one(member: PaidActs[RequestT, DetailT]) -> None:
            with turn.item(account=member.channel.account):
                await member.keep()

        async with anyio.create_task_group() as group:
            for member in self.members:
                group.start_soon(keep_one, member)
        turn.finish()

    async def _choose(self, purpose: str, subject: str) -> int:
        earlier = await self.of(purpose, subject)
        if earlier:
            return self._owner(earlier[-1])
        busy = [len(await member.live()) for member in self.members]
        # No await from here to the caller's reservation: callers side by side spread out.
        return min(range(len(busy)), key=lambda n: busy[n] + self._under_way[n])

    def _owner(self, intent: Intent) -> int:
        for number, member in enumerate(self.members):
            channel = member.channel
            if (channel.name, channel.account) == (intent.backend, intent.account):
                return number
        raise StoreUnavailable("an act of an account that is not in the pool", act=intent.intent_id)
