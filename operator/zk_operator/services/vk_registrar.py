"""Registers verifying keys: many at a time, each at most once, nothing that is registered already."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import anyio

from zk_operator.domain.groth16 import Groth16Vk
from zk_operator.domain.ids import AccountId, Hash32
from zk_operator.domain.statement import groth16_vk_hash
from zk_operator.ports.zkverify import (
    RegisterVk,
    RegistryReader,
    VkHolding,
    ZkVerifyDetail,
    ZkVerifyRequest,
)
from zk_operator.services.errand import Errand

PURPOSE = "register-vk"


class Registration(StrEnum):
    """How a key came to be registered."""

    OURS = "ours"  # one of our accounts holds it already
    OTHERS = "others"  # somebody else does, which is enough to submit proofs
    NEW = "new"  # registered now


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredVk:
    """A key that is registered; `deposit` is what one of our accounts has held for it, in planck."""

    vk_hash: Hash32
    how: Registration
    deposit: int


class VkRegistrar:
    """Idempotent across restarts: the chain says what is registered, the rows say what is under way.

    `subject_prefix` keeps the rows of different networks in one store apart.
    """

    def __init__(
        self,
        *,
        errand: Errand[ZkVerifyRequest, ZkVerifyDetail],
        registry: RegistryReader,
        accounts: Sequence[AccountId],
        subject_prefix: str = "",
    ) -> None:
        self._errand = errand
        self._registry = registry
        self._accounts = accounts
        self._prefix = subject_prefix
        self._one_at_a_time: dict[Hash32, anyio.Lock] = {}

    async def register(
        self, keys: Iterable[Groth16Vk], *, own: bool = False
    ) -> Sequence[RegisteredVk]:
        """All of them, in parallel, in the order of first mention. `own`: somebody else's registration is not enough.

        Errors: as Errand.run; what else was under way goes on at the next call.
        """
        wanted = {groth16_vk_hash(vk): vk for vk in keys}
        done: dict[Hash32, RegisteredVk] = {}

        async def one(vk_hash: Hash32, vk: Groth16Vk) -> None:
            done[vk_hash] = await self._register(vk_hash, vk, own=own)

        try:
            async with anyio.create_task_group() as group:
                for vk_hash, vk in wanted.items():
                    group.start_soon(one, vk_hash, vk)
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return [done[vk_hash] for vk_hash in wanted]

    async def _register(self, vk_hash: Hash32, vk: Groth16Vk, *, own: bool) -> RegisteredVk:
        async with self._one_at_a_time.setdefault(vk_hash, anyio.Lock()):
            if (found := await self._held(vk_hash, own=own)) is not None:
                return found
            await self._errand.run(
                purpose=PURPOSE,
                subject=self._prefix + vk_hash.hex(),
                request=RegisterVk(vk_hash=vk_hash, vk=vk),
                again=True,
            )
            deposit = max((h.deposit or 0) for h in await self._holdings(vk_hash))
            return RegisteredVk(vk_hash=vk_hash, how=Registration.NEW, deposit=deposit)

    async def _held(self, vk_hash: Hash32, *, own: bool) -> RegisteredVk | None:
        holdings = await self._holdings(vk_hash)
        ours = [holding.deposit for holding in holdings if holding.deposit is not None]
        if ours:
            return RegisteredVk(vk_hash=vk_hash, how=Registration.OURS, deposit=max(ours))
        if holdings[0].holders and not own:
            return RegisteredVk(vk_hash=vk_hash, how=Registration.OTHERS, deposit=0)
        return None

    async def _holdings(self, vk_hash: Hash32) -> Sequence[VkHolding]:
        return [await self._registry.vk_holding(vk_hash, account) for account in self._accounts]
