"""One transaction of a trader, from signing to its inclusion."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from zk_acts.domain.acts import Intent, Purpose
from zk_acts.domain.details import Mined
from zk_acts.domain.failures import ActRefused, AmbiguousOutcome
from zk_acts.domain.ids import Hash32, IntentId, hex0x
from zk_acts.ports.act import Failed, Included, Lapsed, PaidChannel, Prepared, Unknown
from zk_operator.adapters.evm.errors import TransactionReverted
from zk_operator.ports.chain import Call
from zk_trader.errors import NonceTaken, TransactionUndecided
from zk_trader.polling import Polling, WaitedInVain

TraderChannel = PaidChannel[Call, Mined]
# Told what happens, as it happens: a constant `noun.past_participle`, and its fields.
Progress = Callable[[str, Mapping[str, object]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class MinedCall:
    """Where a transaction was mined, and what its gas cost in wei."""

    tx_hash: Hash32
    block_number: int
    paid: int


class Sender:
    """Sends one transaction after the other for one account.

    The hash is told before the bytes leave, so that whoever interrupts can look it up. A lost answer is resolved by
    query; the same bytes are sent again while no node knows them, never others.
    """

    def __init__(self, *, channel: TraderChannel, polling: Polling, progress: Progress) -> None:
        self._channel = channel
        self._polling = polling
        self._progress = progress

    async def send(self, call: Call, purpose: Purpose) -> MinedCall:
        """Sign, send, and wait until it is mined.

        Errors: CallReverted (simulated), ActRefused and its leaves, TransactionReverted, NonceTaken,
        TransactionUndecided; EvmUnreachable only before anything was sent.
        """
        prepared = await self._channel.prepare(call, await self._channel.next_nonce())
        intent = self._intent(prepared, purpose)
        told = {"purpose": purpose, "tx_hash": hex0x(prepared.reference)}
        self._progress("transaction.signed", told)
        with suppress(AmbiguousOutcome):  # the query below decides
            await self._channel.send(intent)
        mined = await self._mined(intent)
        self._progress("transaction.mined", told | {"block": mined.block_number})
        return mined

    async def _mined(self, intent: Intent) -> MinedCall:
        try:
            return await self._polling.wait(lambda: self._look(intent))
        except WaitedInVain as vain:
            raise TransactionUndecided(
                tx_hash=hex0x(intent.reference), last_error=vain.last_error
            ) from vain

    async def _look(self, intent: Intent) -> MinedCall | None:
        """None while it is undecided. Errors: TransactionReverted, NonceTaken."""
        match await self._channel.outcome(intent):
            case Included(detail=detail, paid=paid):
                return MinedCall(
                    tx_hash=Hash32(intent.reference), block_number=detail.block_number, paid=paid
                )
            case Failed(detail=reason):
                raise TransactionReverted(tx_hash=hex0x(intent.reference), reason=reason)
            case Lapsed():
                raise NonceTaken(tx_hash=hex0x(intent.reference), nonce=intent.nonce)
            case Unknown():
                # Refused now does not mean refused before: only the outcome counts.
                with suppress(AmbiguousOutcome, ActRefused):
                    await self._channel.send(intent)
        return None

    def _intent(self, prepared: Prepared, purpose: Purpose) -> Intent:
        return Intent(
            intent_id=IntentId(f"{purpose}/{prepared.reference.hex()}"),
            kind=self._channel.kind,
            purpose=purpose,
            subject=purpose,
            backend=self._channel.name,
            account=self._channel.account,
            nonce=prepared.nonce,
            reference=prepared.reference,
            payload=prepared.payload,
            resource=self._channel.resource,
            quoted=prepared.quoted,
            fee_cap=prepared.fees.fee_cap,
            tip=prepared.fees.tip,
        )
