"""The acts of one account, by their rows."""

from collections.abc import Sequence

from zk_acts.domain.acts import ActKind, Intent
from zk_acts.ports.store import IntentStore


class AccountRows:
    """What the store knows of one nonce sequence."""

    def __init__(self, *, store: IntentStore, kind: ActKind, backend: str, account: str) -> None:
        self._store = store
        self._kind = kind
        self._backend = backend
        self._account = account

    def is_ours(self, row: Intent) -> bool:
        """Whether it belongs to this account."""
        return row.backend == self._backend and row.account == self._account

    async def live(self) -> Sequence[Intent]:
        """Those that may still take effect, or whose effect may be taken back; by nonce."""
        rows = await self._store.live(self._kind)
        return sorted((row for row in rows if self.is_ours(row)), key=lambda row: row.nonce)

    async def of_nonce(self, row: Intent, live: Sequence[Intent]) -> Sequence[Intent]:
        """All under that nonce, oldest first, itself included: of its work, and of others, by the `live` rows."""
        same = [row, *(each for each in live if each.nonce == row.nonce)]
        works = dict.fromkeys((each.purpose, each.subject) for each in same)
        rows = [each for work in works for each in await self._store.of_subject(*work)]
        under = [each for each in rows if each.nonce == row.nonce and self.is_ours(each)]
        return sorted(under, key=lambda each: each.created_at)

    async def used_nonce(self) -> int | None:
        """The highest that is used for good."""
        return await self._store.used_nonce(self._backend, self._account)

    async def unexplained(self, since_ms: int) -> Sequence[Intent]:
        """Those that had no effect, though their nonce was used and no other row says by what."""
        return await self._store.unexplained(self._backend, self._account, since_ms)
