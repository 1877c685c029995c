"""Paid acts: one shape for prover requests, extrinsics and transactions (money rules 1, 2 and 7).

A channel is one nonce sequence on one system. The order is always: `unused_nonce`, `prepare` (signs, sends nothing),
the caller stores a row with the signed bytes, `send`, and from then on `outcome` until it is final.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from zk_acts.domain.acts import ActKind, Intent, Resource

RequestT_contra = TypeVar("RequestT_contra", contravariant=True)
DetailT_co = TypeVar("DetailT_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fees:
    """What a replacement has to beat: EVM max fee and priority fee per gas in wei, zkVerify tip in planck."""

    fee_cap: int = 0
    tip: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Signed and ready. `reference` is what the other side will know it by; `quoted` the most it can cost; `payer` who pays,
    as the other side writes it, where that is not the channel's `account`."""

    nonce: int
    payload: bytes
    reference: bytes
    quoted: int
    fees: Fees = Fees()
    born_block: int = 0
    expires: int = 0
    payer: str | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """The other side does not know it now. The same bytes may be sent again while they are valid.

    `resign`: they are not valid any more, but their nonce is free; only another signature can take effect.
    """

    resign: bool = False


@dataclass(frozen=True, slots=True)
class Pending:
    """The other side has it and has not decided.

    `is_overdue`: it was to be decided by now. It may still take effect, and be paid; nobody should wait for it.
    """

    is_overdue: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Included(Generic[DetailT_co]):
    """It took effect. `final` says whether that, or what it cost, can still change; until then `paid` is the most."""

    detail: DetailT_co
    final: bool
    paid: int
    block_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """It took effect as a failure: what was paid is paid. `code` is one of our error codes."""

    code: str
    detail: str
    final: bool
    paid: int
    block_number: int | None = None


@dataclass(frozen=True, slots=True)
class Lapsed:
    """It can never take effect: its nonce was used by something else, or its validity has passed."""

    by_nonce: bool = False  # True: another act with this nonce took effect


Outcome = Unknown | Pending | Included[DetailT_co] | Failed | Lapsed


class PaidChannel(Protocol[RequestT_contra, DetailT_co]):
    """One nonce sequence on one system. At most one task uses it at a time (one owner per sequence).

    Errors: AmbiguousOutcome from `send` when it is not known whether the bytes arrived; ActRefused when the other side
    definitively refused them; transient leaves otherwise. Nothing here retries a send.
    """

    @property
    def kind(self) -> ActKind: ...

    @property
    def resource(self) -> Resource: ...

    @property
    def name(self) -> str:
        """The backend's name, as stored in rows ("evm:31337", "zkverify", "network")."""
        ...

    @property
    def account(self) -> str:
        """The owner of the nonce sequence, as stored in rows."""
        ...

    async def next_nonce(self) -> int:
        """The next nonce by the other side's word, pending ones counted where it can: for whoever keeps no rows."""
        ...

    async def unused_nonce(self) -> int:
        """The lowest nonce that nothing has used by the newest state that the other side shows.

        What only waits does not count: our rows tell which acts of ours do, and nobody else is to use the account. A
        word about what waits is nothing that anybody has to stand by; an act above a gap is never carried out.
        """
        ...

    async def prepare(
        self, request: RequestT_contra, nonce: int, beat: Fees | None = None
    ) -> Prepared:
        """Sign the request under that nonce. `beat`: the fees of the sibling it replaces."""
        ...

    async def send(self, intent: Intent) -> bytes | None:
        """Send the stored bytes. Sending the same bytes twice is harmless (same nonce).

        Returns the id that the other side gave it, where that is not the reference.
        """
        ...

    async def outcome(self, intent: Intent) -> Outcome[DetailT_co]:
        """What became of it, by query. Never sends anything."""
        ...

    async def is_nonce_free(self, nonce: int) -> bool:
        """Whether nothing with this nonce has taken effect by the newest state that the other side shows.

        Acts that only wait do not count. Where acts are not put in order by nonces, each nonce stays free.
        """
        ...

    async def balance(self) -> int | None:
        """What the account can spend now; None where nobody tells: then only the caps limit what is spent."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the other side said to one of several acts: taken, definitively refused (False), or not known (None)."""

    taken: bool | None
    code: str | None = None  # one of our error codes, unless it was taken
    text: str = ""


class BulkChannel(PaidChannel[RequestT_contra, DetailT_co], Protocol):
    """A channel that can do many acts at little cost. Nothing here is done twice either."""

    async def prepare_all(
        self, requests: Sequence[RequestT_contra], nonces: Sequence[int]
    ) -> Sequence[Prepared]:
        """As `prepare`, by one look at the other side. Errors: the first that any of them has; then none is prepared."""
        ...

    async def send_all(self, intents: Sequence[Intent]) -> Sequence[Answer]:
        """As `send`, by nonce; what was said to each. Errors: transient leaves, where nothing was sent."""
        ...


class Resigner(Protocol):
    """Signs a stored act anew where its bytes can not take effect any more but its nonce still can."""

    async def resign(self, intent: Intent) -> Prepared:
        """The same act under the same nonce, by the rules of the moment. Errors as PaidChannel.prepare."""
        ...
