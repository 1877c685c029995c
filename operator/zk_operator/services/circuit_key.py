"""The circuit's verifying key on zkVerify: whoever submits a proof names it by its hash, so it has to be registered there.

It is asked for before each submission: a registration that somebody took back makes every proof fail, and a failed extrinsic
is paid for all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from zk_acts.domain.acts import Intent, IntentState, Purpose
from zk_acts.domain.failures import AttemptsExhausted
from zk_acts.domain.ids import Hash32, hex0x
from zk_acts.services.attempt import current_attempt, may_try, since_success, spent
from zk_acts.services.paid_act import PaidActs
from zk_operator.services.stage_errors import VkGone
from zk_operator.services.tools import Tools
from zkverify_client.ports.zkverify import (
    RegisterVk,
    VerificationReader,
    ZkVerifyDetail,
    ZkVerifyRequest,
)

log = structlog.get_logger("submitter")
VK_ALERT = "vk"
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPolicy:
    """Which key, and how often an act is tried. `visible_after_ms`: until when every endpoint shows what is finalized."""

    vk_hash: Hash32
    max_attempts: int = 4
    retry_after_ms: int = 5_000
    visible_after_ms: int = 60_000


class CircuitKey:
    """Registered by us, if nobody else has done it."""

    def __init__(
        self,
        tools: Tools,
        *,
        acts: PaidActs[ZkVerifyRequest, ZkVerifyDetail],
        reader: VerificationReader,
        policy: KeyPolicy,
    ) -> None:
        self._acts = acts
        self._reader = reader
        self._policy = policy
        self._clock = tools.clock
        self._board = tools.board

    async def is_registered(self) -> bool:
        """Whether zkVerify knows the circuit's key; registers it, once, where it does not.

        And once more in a day where somebody has taken the registration back.
        """
        if await self._reader.vk_registered(self._policy.vk_hash):
            if self._board.clear_alert(VK_ALERT):
                log.info("vk.restored", vk_hash=hex0x(self._policy.vk_hash))
            return True
        subject, now = self._policy.vk_hash.hex(), self._clock.now_ms()
        every = await self._acts.of(Purpose.REGISTER_VK, subject)
        done, attempts = since_success(every)
        if done is not None and now - done.updated_at < self._policy.visible_after_ms:
            return False  # done, and not visible everywhere yet
        if current_attempt(attempts) is not None:
            return False  # under way
        if done is not None:
            self._say_gone(every)
        if spent(attempts) >= self._policy.max_attempts:
            raise AttemptsExhausted(stage=Purpose.REGISTER_VK, last=attempts[-1].error_code)
        if may_try(attempts, now, self._policy.retry_after_ms):
            request = RegisterVk(vk_hash=self._policy.vk_hash)
            await self._acts.issue(purpose=Purpose.REGISTER_VK, subject=subject, request=request)
        return False

    def _say_gone(self, registrations: Sequence[Intent]) -> None:
        """An alert. Error: VkGone, where it was registered again not long ago: whoever undoes that has to be found."""
        vk_hash = hex0x(self._policy.vk_hash)
        text = f"the circuit's key {vk_hash} is not registered on zkVerify any more"
        if self._board.raise_alert(VK_ALERT, text):
            log.error("vk.unregistered", code=VkGone.code, vk_hash=vk_hash)
        done = [row for row in registrations if row.state is IntentState.FINAL]
        day_ago = self._clock.now_ms() - DAY_MS
        if any(row.updated_at >= day_ago for row in done[1:]):
            raise VkGone(vk_hash=vk_hash, registered=len(done))
