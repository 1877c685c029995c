"""Terms watch: the contract's terms as they are now. Their owner may change them while the daemon runs.

Read again on a timer and when the contract announces a change. Terms under which nothing of ours could settle hold all
purchases until they are back, or until the operator is configured for them.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime

import anyio
import structlog

from zk_acts.domain.errors import OperatorError
from zk_acts.domain.ids import Hash32, hex0x
from zk_operator.domain.chain_event import (
    BlockRef,
    BlockTag,
    TermsChanged,
    TermsEvent,
)
from zk_operator.domain.failures import ContractMismatch, NoContractCode
from zk_operator.ports.chain import ContractTerms
from zk_operator.services.hold_errors import TermsDiffer
from zk_operator.services.purchase_gate import Hold
from zk_operator.services.tools import Tools

log = structlog.get_logger("terms")
PROPOSED = "terms.proposed"
ASK_AGAIN_S = 1.0
Difference = tuple[str, str, str]  # name, the contract's value, ours
Compare = Callable[[ContractTerms], Sequence[Difference]]


class TermsWatch:
    """Keeps the current terms, and the gate and alerts that follow from them."""

    name = "terms"
    description = "Watches the contract's terms"

    def __init__(self, tools: Tools, *, agreed: ContractTerms, compare: Compare) -> None:
        self._source = tools.source
        self._reader = tools.reader
        self._chain = tools.store.chain
        self._current = agreed
        self._compare = compare
        self._gate = tools.gate
        self._telemetry = tools.telemetry
        self._board = tools.board
        self._wake_up = tools.wake_ups.terms
        self._warned_of: set[Hash32] = set()
        self._read: BlockRef | None = None  # of which block the current terms are
        self._announced_at = 0  # block of the newest change that was announced
        self._unread: str | None  # why the current terms may be others than those known here
        self._hold_unread("the terms were not read since the services began")

    @property
    def current(self) -> ContractTerms:
        """As they were last read."""
        return self._current

    def announce(self, event: TermsChanged) -> None:
        """The contract said so: read them again soon."""
        if event.kind in {TermsEvent.APPLIED, TermsEvent.PAUSED}:
            self._announced_at = event.at.block_number
            self._hold_unread(
                f"the terms changed in block {event.at.block_number} and were not read since"
            )
        self._wake_up.notify()

    async def wake(self) -> None:
        """Wait until a change was announced; the timer finds what was not.

        Where an endpoint had not come to the announced change yet, ask again soon.
        """
        # Announced in a block that this endpoint has not come to: the terms that it shows are the old ones
        # (ADR 0185).
        if self._read is None or self._read.number < self._announced_at:
            await anyio.sleep(ASK_AGAIN_S)
        else:
            await self._wake_up.wait()

    async def tick(self) -> None:
        """Read them at the head."""
        if self._unread is not None:
            self._hold_unread(self._unread)  # its alert comes with patience
        await self._warn_of_proposals()
        await self.look(await self._source.head(BlockTag.LATEST))

    async def look(self, head: BlockRef) -> ContractTerms | None:
        """Read them at that block; None where the contract there is none that we could work with.

        A block before the last one that was read comes from an endpoint that lags: it changes nothing. Nor does the last
        one itself: a dozen requests would say the same. Errors: those of `BlockSource`.
        """
        if head == self._read:
            self._has_read(head)  # whatever was announced in it meanwhile
            return self._current
        if self._read is not None and head.number < self._read.number:
            return self._current
        try:
            terms = await self._reader.at(head).terms()
        except (ContractMismatch, NoContractCode) as error:
            self._telemetry.clear("stakes")
            self._gate.hold(Hold.TERMS, str(error))
            self._has_read(head)
            return None
        except OperatorError:
            self._telemetry.clear("stakes")
            raise
        self._learn(terms)
        self._has_read(head)
        return terms

    def _hold_unread(self, why: str) -> None:
        self._unread = why
        self._gate.hold(Hold.UNREAD, why)

    def _has_read(self, head: BlockRef) -> None:
        self._read = head
        if head.number >= self._announced_at:
            self._unread = None
            self._gate.release(Hold.UNREAD)

    def _learn(self, terms: ContractTerms) -> None:
        self._telemetry.gauge(
            "stakes", terms.signer_weight, quorum_number="0", quorum_name="allow-list"
        )
        changes = _changes(self._current, terms)
        if changes:
            log.warning("terms.changed", changes=changes)
        self._current = terms
        problems = self._compare(terms)
        if problems:
            self._gate.hold(Hold.TERMS, _text(problems))
        else:
            self._gate.release(Hold.TERMS)
        if terms.paused:
            self._gate.hold(Hold.PAUSED, "the contract is paused by its owner")
        else:
            self._gate.release(Hold.PAUSED)

    async def _warn_of_proposals(self) -> None:
        """Of those that would not suit us, with their time; by the rows, so that no restart forgets them."""
        texts = []
        for proposed in await self._chain.proposals():
            then = replace(
                self._current,
                zk_domain_id=proposed.zk_domain_id,
                groth16_program_vkey=proposed.groth16_program_vkey,
                groth16_vk_hash=proposed.groth16_vk_hash,
                groth16_recursion_root=proposed.groth16_recursion_root,
            )
            problems = self._compare(then)
            if problems:
                ready_at = datetime.fromtimestamp(proposed.ready_at_s, UTC).isoformat()
                texts.append(f"from {ready_at} on: {_text(problems)}")
                if proposed.change_id not in self._warned_of:
                    self._warned_of.add(proposed.change_id)
                    log.warning(
                        "terms.proposed",
                        code=TermsDiffer.code,
                        change_id=hex0x(proposed.change_id),
                        ready_at=ready_at,
                        differences=_text(problems),
                    )
        if texts:
            self._board.raise_alert(PROPOSED, "; ".join(texts))
        else:
            self._board.clear_alert(PROPOSED)


def _text(problems: Sequence[Difference]) -> str:
    return ", ".join(f"{name}: {theirs} on chain, {ours} here" for name, theirs, ours in problems)


def _changes(before: ContractTerms, after: ContractTerms) -> list[str]:
    """Each field that changed, with both values."""
    old, new = asdict(before), asdict(after)
    return [
        f"{name}: {_shown(old[name])} -> {_shown(new[name])}"
        for name in old
        if old[name] != new[name]
    ]


def _shown(value: object) -> str:
    return hex0x(value) if isinstance(value, bytes) else str(value)
