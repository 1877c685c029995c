"""Registers verifying keys: many at a time, each at most once, nothing that is registered already."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import anyio

from zk_acts.domain.acts import Purpose
from zk_acts.domain.ids import AccountId, Hash32
from zk_acts.services.task_runner import TaskRunner
from zkverify_client.domain.groth16 import Groth16Vk
from zkverify_client.domain.statement import groth16_vk_hash
from zkverify_client.domain.verifier import VerifierPallet
from zkverify_client.ports.zkverify import (
    RegisterEncodedVk,
    RegisterRequest,
    RegisterShrinkVk,
    RegisterVk,
    RegistryReader,
    VkHolding,
    ZkVerifyDetail,
    ZkVerifyRequest,
)

VerifyingKey = Groth16Vk | RegisterRequest


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Key:
    vk_hash: Hash32
    pallet: VerifierPallet
    request: RegisterRequest

    @property
    def name(self) -> str:
        """Two verifiers whose keys are hashes may have the same one."""
        return f"{self.pallet.word}/{self.vk_hash.hex()}"


class VkRegistrar:
    """Idempotent across restarts: the chain says what is registered, the rows say what is under way.

    `subject_prefix` keeps the rows of different networks in one store apart.
    """

    def __init__(
        self,
        *,
        runner: TaskRunner[ZkVerifyRequest, ZkVerifyDetail],
        registry: RegistryReader,
        accounts: Sequence[AccountId],
        subject_prefix: str = "",
    ) -> None:
        self._runner = runner
        self._registry = registry
        self._accounts = accounts
        self._prefix = subject_prefix
        self._one_at_a_time: dict[str, anyio.Lock] = {}

    async def register(
        self, keys: Iterable[VerifyingKey], *, own: bool = False
    ) -> Sequence[RegisteredVk]:
        """All of them, in parallel, in the order of first mention. `own`: somebody else's registration is not enough.

        Errors: as TaskRunner.run; what else was under way goes on at the next call.
        """
        wanted = {key.name: key for key in map(_key_of, keys)}
        done: dict[str, RegisteredVk] = {}

        async def one(key: _Key) -> None:
            done[key.name] = await self._register(key, own=own)

        try:
            async with anyio.create_task_group() as group:
                for key in wanted.values():
                    group.start_soon(one, key)
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return [done[name] for name in wanted]

    async def _register(self, key: _Key, *, own: bool) -> RegisteredVk:
        async with self._one_at_a_time.setdefault(key.name, anyio.Lock()):
            if (found := await self._held(key, own=own)) is not None:
                return found
            await self._runner.run(
                purpose=Purpose.REGISTER_VK,
                subject=self._prefix + key.name,
                request=key.request,
                again=True,
            )
            deposit = max((h.deposit or 0) for h in await self._holdings(key))
            return RegisteredVk(vk_hash=key.vk_hash, how=Registration.NEW, deposit=deposit)

    async def _held(self, key: _Key, *, own: bool) -> RegisteredVk | None:
        holdings = await self._holdings(key)
        ours = [holding.deposit for holding in holdings if holding.deposit is not None]
        if ours:
            return RegisteredVk(vk_hash=key.vk_hash, how=Registration.OURS, deposit=max(ours))
        if holdings[0].holders and not own:
            return RegisteredVk(vk_hash=key.vk_hash, how=Registration.OTHERS, deposit=0)
        return None

    async def _holdings(self, key: _Key) -> Sequence[VkHolding]:
        return [
            await self._registry.vk_holding(key.vk_hash, account, key.pallet)
            for account in self._accounts
        ]


def _key_of(key: VerifyingKey) -> _Key:
    match key:
        case RegisterEncodedVk():
            return _Key(vk_hash=key.vk_hash, pallet=key.pallet, request=key)
        case RegisterShrinkVk():
            return _Key(vk_hash=key.vk, pallet=VerifierPallet.SP1, request=key)
        case RegisterVk():
            return _Key(vk_hash=key.vk_hash, pallet=VerifierPallet.GROTH16, request=key)
        case Groth16Vk():
            return _key_of(RegisterVk(vk_hash=groth16_vk_hash(key), vk=key))
