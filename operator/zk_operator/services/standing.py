"""How a batch stands: what the contract would make of each of its sections, and what follows for the whole. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from zk_acts.domain.errors import OperatorError
from zk_operator.domain.batch_rule import FEE_BASE
from zk_operator.domain.ids import BatchId, OrderId, PoolId
from zk_operator.domain.records import OnchainStatus
from zk_operator.domain.section import Section
from zk_operator.ports.chain import OnchainOrder
from zk_operator.services.stage_errors import BatchEnded, BatchOutdated


class Fate(StrEnum):
    """What becomes of a section. It is settled whole or not at all."""

    OPEN = "open"
    UNSEEN = "unseen"  # an order is not there yet, and may come
    LATER = "later"  # the pool is against it as it is now
    OUTDATED = "outdated"  # closed under another fee
    OVER = "over"  # an order has ended, or was cancelled before the batch closed


class Standing(StrEnum):
    """What becomes of a batch."""

    OPEN = "open"  # every section can be settled
    PARTLY = "partly"  # not every one
    LATER = "later"  # none as things are now
    OUTDATED = "outdated"  # none ever, by the contract's terms
    OVER = "over"  # none ever
    UNKNOWN = "unknown"  # not to be said now: wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a pool says to a section now. `price_x128`: None for a pool that has none; `output`: of the section's swap."""

    price_x128: int | None
    max_deviation_bps: int
    output: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What the contract would judge by. `valid_until_s`: of the batch."""

    states: Mapping[OrderId, OnchainOrder]
    valid_until_s: int
    fee_bps: int
    offers: Mapping[PoolId, Offer]


def fate_of(section: Section, now: Circumstances) -> Fate:
    """What the contract would make of it. What is for good comes before what may pass."""
    states = [now.states[each] for each in section.order_ids]
    # For good before for now: a section that can never settle must not wait for a price (ADR 0218).
    if any(_is_over(state, now.valid_until_s) for state in states):
        return Fate.OVER
    if section.fee_bps != now.fee_bps:
        return Fate.OUTDATED
    if any(state.status is OnchainStatus.NONE for state in states):
        return Fate.UNSEEN
    return Fate.OPEN if _suits(section, now.offers[section.pool_id]) else Fate.LATER


def standing_of(fates: Sequence[Fate]) -> Standing:
    """Of a batch whose sections have these fates. An order that is not there yet is nothing to decide on."""
    kinds = set(fates)
    if kinds == {Fate.OPEN}:
        return Standing.OPEN
    if Fate.OPEN in kinds:
        return Standing.UNKNOWN if kinds == {Fate.OPEN, Fate.UNSEEN} else Standing.PARTLY
    if Fate.UNSEEN in kinds:
        return Standing.UNKNOWN
    if Fate.LATER in kinds:
        return Standing.LATER
    return Standing.OUTDATED if Fate.OUTDATED in kinds else Standing.OVER


def reason_of(standing: Standing, batch_id: BatchId) -> OperatorError:
    """Why a batch that stands like that is given up."""
    if standing in {Standing.LATER, Standing.OUTDATED}:
        return BatchOutdated(batch_id=batch_id)
    return BatchEnded(batch_id=batch_id)


def _suits(section: Section, offer: Offer) -> bool:
    """The contract's own two conditions: the price is near the pool's, and the swap brings what it has to."""
    price, actual = section.price_x128, offer.price_x128
    if actual is None or not offer.max_deviation_bps:
        return False
    gap = abs(actual - price)
    in_range = gap <= price and gap * FEE_BASE <= offer.max_deviation_bps * price
    return in_range and (not section.remainder_in or offer.output >= section.min_out)


def _is_over(state: OnchainOrder, valid_until_s: int) -> bool:
    return state.status.is_ended or 0 < state.cancel_at_s <= valid_until_s
