"""Runs extrinsics: validity for the pool, application with fees and events, and a block's beginning and end."""

from dataclasses import dataclass, field, replace
from typing import Any

from zk_devnet.zkverify import fees, multiplier, weights
from zk_devnet.zkverify.context import (
    Context,
    DispatchFailed,
    InvalidTransaction,
    Origin,
    PostInfo,
    Weight,
)
from zk_devnet.zkverify.extrinsic import (
    Extrinsic,
    Signed,
    additional_signed,
    signed_payload,
)
from zk_devnet.zkverify.pallets import aggregate, balances
from zk_devnet.zkverify.pallets.dispatch import Dispatcher
from zk_devnet.zkverify.runtime_code import spec_version_of
from zk_devnet.zkverify.scale import Case
from zk_devnet.zkverify.schema.runtime import (
    BASE_BLOCK_PS,
    BASE_EXTRINSIC_PS,
    BLOCK_HASH_COUNT,
    MAX_EXTRINSIC_PS,
    NORMAL_BLOCK_BYTES,
    NORMAL_BLOCK_PS,
)
from zk_devnet.zkverify.signature import verify
from zk_devnet.zkverify.state import Overlay, State

TRANSACTION_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """What the pool needs to know about a valid transaction."""

    account: bytes
    nonce: int
    priority: int
    requires: list[bytes]
    provides: list[bytes]
    longevity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Executive:
    """The runtime's entry points over a storage overlay."""

    dispatcher: Dispatcher
    genesis_hash: bytes
    author: bytes

    def begin(
        self, parent: State, *, number: int, parent_hash: bytes, digest: list[Case]
    ) -> "BlockExecution":
        """Start a block on a state: what System and the pallets do before any extrinsic."""
        storage = Overlay(parent)
        storage.put("System", "Number", number)
        storage.put("System", "ParentHash", parent_hash)
        storage.put("System", "BlockHash", number - 1, parent_hash)
        if number > BLOCK_HASH_COUNT + 1:
            storage.remove("System", "BlockHash", number - BLOCK_HASH_COUNT - 2)
        storage.put("System", "Digest", {"logs": digest})
        storage.remove("System", "Events")
        ctx = Context(storage=storage, author=self.author)
        aggregate.on_initialize(ctx)
        return BlockExecution(executive=self, ctx=ctx, number=number)

    def validate(self, ctx: Context, extrinsic: Extrinsic, number: int) -> Validity:
        """Whether a signed extrinsic could enter block `number`; InvalidTransaction otherwise."""
        signed = extrinsic.signed
        if signed is None:
            raise InvalidTransaction("Call")
        who = self._authenticate(ctx, extrinsic, signed, number)
        account = balances.account_of(ctx, who)
        weight = weights.of_call(extrinsic.call)
        self._check_nonce(account, signed)
        if weight.ref_time > MAX_EXTRINSIC_PS or extrinsic.length > NORMAL_BLOCK_BYTES:
            raise InvalidTransaction("ExhaustsResources")
        total = weight + weights.EXTENSIONS
        if not balances.can_pay(ctx, who, self.fee(ctx, total, extrinsic)):
            raise InvalidTransaction("Payment")
        return Validity(
            account=who,
            nonce=signed.nonce,
            priority=fees.priority(total, extrinsic.length, signed.tip),
            requires=[_tag(who, signed.nonce - 1)] if signed.nonce > account["nonce"] else [],
            provides=[_tag(who, signed.nonce)],
            longevity=signed.era.death(number) - number,
        )

    def fee(self, ctx: Context, weight: Weight, extrinsic: Extrinsic) -> int:
        """What the extrinsic pays if it takes that weight, its tip included."""
        tip = extrinsic.signed.tip if extrinsic.signed else 0
        return fees.fee(weight, extrinsic.length, tip, multiplier=multiplier.price(ctx.storage))

    def _authenticate(
        self, ctx: Context, extrinsic: Extrinsic, signed: Signed, number: int
    ) -> bytes:
        try:
            who = balances.lookup(signed.address)
        except DispatchFailed as failure:
            raise InvalidTransaction("BadSigner") from failure
        payload = signed_payload(
            extrinsic.call_bytes, signed.extra, self._additional(ctx, signed, number)
        )
        if signed.metadata_hash_mode or not verify(signed.signature, payload, who):
            raise InvalidTransaction("BadProof")
        if who == bytes(32):
            raise InvalidTransaction("BadSigner")
        return who

    def _additional(self, ctx: Context, signed: Signed, number: int) -> bytes:
        birth = signed.era.birth(number)
        if signed.era.period and not ctx.storage.has("System", "BlockHash", birth):
            raise InvalidTransaction("AncientBirthBlock")
        birth_hash = (
            ctx.storage.get("System", "BlockHash", birth)
            if signed.era.period
            else self.genesis_hash
        )
        return additional_signed(
            spec_version=spec_version_of(ctx.storage),
            transaction_version=TRANSACTION_VERSION,
            genesis=self.genesis_hash,
            birth_hash=birth_hash,
        )

    def _check_nonce(self, account: dict[str, Any], signed: Signed) -> None:
        if account["providers"] == 0 and account["sufficients"] == 0:
            raise InvalidTransaction("Payment")
        if signed.nonce < account["nonce"]:
            raise InvalidTransaction("Stale")


@dataclass(slots=True, kw_only=True)
class BlockExecution:
    """A block being built: applies extrinsics one after the other."""

    executive: Executive
    ctx: Context
    number: int
    used_ps: int = BASE_BLOCK_PS
    mandatory_ps: int = BASE_BLOCK_PS  # of those, what is not the extrinsics'
    used_bytes: int = 0
    count: int = 0
    extrinsics: list[bytes] = field(default_factory=list)

    def apply_timestamp(self, encoded: bytes, now_ms: int) -> None:
        """The timestamp inherent, which the block's author adds."""
        self.ctx.phase = Case("ApplyExtrinsic", self.count)
        self.ctx.storage.put("Timestamp", "Now", now_ms)
        weight = weights.TIMESTAMP_SET
        self.ctx.emit("System", "ExtrinsicSuccess", dispatch_info=_info(weight, "Mandatory"))
        self._record(encoded, weight)
        self.mandatory_ps = self.used_ps

    def apply(self, extrinsic: Extrinsic) -> Case:
        """Apply a signed extrinsic; the DispatchResult value. InvalidTransaction leaves the block unchanged."""
        validity = self.executive.validate(self.ctx, extrinsic, self.number)
        if validity.requires:
            raise InvalidTransaction("Future")
        declared = weights.of_call(extrinsic.call) + weights.EXTENSIONS
        self._check_space(declared, extrinsic.length)
        self.ctx.phase = Case("ApplyExtrinsic", self.count)
        return self._charge_and_dispatch(extrinsic, validity, declared)

    def finish(self) -> dict[bytes, bytes]:
        """The state after the block: events stored, bookkeeping done."""
        storage, before = self.ctx.storage, multiplier.current(self.ctx.storage)
        multiplier.store(self.ctx, multiplier.following(before, self.used_ps - self.mandatory_ps))
        storage.put("System", "Events", self.ctx.events)
        storage.put("System", "EventCount", len(self.ctx.events))
        return storage.commit()

    def _check_space(self, weight: Weight, length: int) -> None:
        weight_after = self.used_ps + weight.ref_time + BASE_EXTRINSIC_PS
        if weight_after > NORMAL_BLOCK_PS or self.used_bytes + length > NORMAL_BLOCK_BYTES:
            raise InvalidTransaction("ExhaustsResources")

    def _charge_and_dispatch(
        self, extrinsic: Extrinsic, validity: Validity, declared: Weight
    ) -> Case:
        assert extrinsic.signed is not None
        ctx, who, tip = self.ctx, validity.account, extrinsic.signed.tip
        account = balances.account_of(ctx, who)
        account["nonce"] += 1
        ctx.storage.put("System", "Account", who, account)
        charged = self.executive.fee(ctx, declared, extrinsic)
        balances.withdraw(ctx, who, charged)
        result, post = self._dispatch(extrinsic, who)
        actual = _actual(declared, post)
        paid = self.executive.fee(ctx, actual, extrinsic) if post.pays_fee else 0
        self._settle_fee(who, charged, paid, tip)
        self._report(result, actual, pays=post.pays_fee)
        self._record(extrinsic.encoded, actual)
        return result

    def _dispatch(self, extrinsic: Extrinsic, who: bytes) -> tuple[Case, PostInfo]:
        try:
            post = self.executive.dispatcher.dispatch(self.ctx, Origin(who), extrinsic.call)
        except DispatchFailed as failure:
            return Case("Err", failure.error), PostInfo(actual_weight=failure.actual_weight)
        return Case("Ok", ()), post

    def _settle_fee(self, who: bytes, charged: int, paid: int, tip: int) -> None:
        """Refund what was charged too much; burn 70 % of the fee, the rest and the tip go to the author."""
        ctx = self.ctx
        if not balances.deposit(ctx, who, charged - paid):
            paid = charged
        tip_paid = min(tip, paid)
        burned = (paid - tip_paid) * fees.BURNED_PERCENT // 100
        to_author = paid - burned
        rewarded = to_author == 0 or balances.deposit(ctx, ctx.author, to_author)
        balances.change_issuance(ctx, -burned if rewarded else -paid)
        ctx.emit("TransactionPayment", "TransactionFeePaid", who=who, actual_fee=paid, tip=tip_paid)

    def _report(self, result: Case, actual: Weight, *, pays: bool) -> None:
        info = _info(actual, "Normal", pays=pays)
        if result.name == "Ok":
            self.ctx.emit("System", "ExtrinsicSuccess", dispatch_info=info)
        else:
            self.ctx.emit(
                "System", "ExtrinsicFailed", dispatch_error=result.value, dispatch_info=info
            )

    def _record(self, encoded: bytes, weight: Weight) -> None:
        self.extrinsics.append(encoded)
        self.count += 1
        self.used_ps += weight.ref_time + BASE_EXTRINSIC_PS
        self.used_bytes += len(encoded)


def _actual(declared: Weight, post: PostInfo) -> Weight:
    if post.actual_weight is None:
        return declared
    actual = post.actual_weight + weights.EXTENSIONS
    return replace(
        declared,
        ref_time=min(actual.ref_time, declared.ref_time),
        proof_size=min(actual.proof_size, declared.proof_size),
    )


def _info(weight: Weight, dispatch_class: str, *, pays: bool = True) -> dict[str, Any]:
    total = weight + Weight(BASE_EXTRINSIC_PS)
    return {
        "weight": total.as_value(),
        "class": Case(dispatch_class),
        "pays_fee": Case("Yes" if pays else "No"),
    }


def _tag(account: bytes, nonce: int) -> bytes:
    return account + nonce.to_bytes(4, "little")
