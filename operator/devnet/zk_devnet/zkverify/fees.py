"""Fees and deposits in planck."""

from zk_devnet.zkverify import weights
from zk_devnet.zkverify.context import Weight
from zk_devnet.zkverify.multiplier import ONE
from zk_devnet.zkverify.schema.runtime import (
    BASE_EXTRINSIC_PS,
    MAX_BLOCK_PS,
    NORMAL_BLOCK_BYTES,
    VFY,
)

PER_PICOSECOND = 5_000_000
PER_BYTE = 5_000_000
BASE_FEE = BASE_EXTRINSIC_PS * PER_PICOSECOND
MILLI = VFY // 1000
TIP_BASE = VFY // 10
BURNED_PERCENT = 70
AGGREGATE_CALL_BYTES = 13  # call index, domain id, aggregation id


def fee(weight: Weight, length: int, tip: int = 0, *, multiplier: int = ONE) -> int:
    """The inclusion fee of an extrinsic of that weight (extensions included) and encoded length, plus the tip.

    The multiplier raises the price of the weight only, not of the base and of the length.
    """
    return BASE_FEE + length * PER_BYTE + weight_fee(weight, multiplier) + tip


def weight_fee(weight: Weight, multiplier: int) -> int:
    """What the weight costs at that multiplier."""
    return weight.ref_time * PER_PICOSECOND * multiplier // ONE


def priority(weight: Weight, length: int, tip: int) -> int:
    """The pool priority: (tip + 1) times the number of such extrinsics that fit into a block."""
    by_weight = MAX_BLOCK_PS // min(max(weight.ref_time, 1), MAX_BLOCK_PS)
    by_length = NORMAL_BLOCK_BYTES // min(max(length, 1), NORMAL_BLOCK_BYTES)
    return min((tip + 1) * min(by_weight, by_length), 2**64 - 1)


def storage_deposit(items: int, size_bytes: int) -> int:
    """2 VFY an item and 0.001 VFY a byte."""
    return items * 2 * VFY + size_bytes * MILLI


def vk_deposit(vk_bytes: int) -> int:
    """The hold for a registered verification key of that encoded size."""
    return storage_deposit(2, 128) + vk_bytes * MILLI


def domain_deposit(aggregation_size: int, queue_size: int, *, allow_lists: bool = True) -> int:
    """The hold for a domain: its largest encoding at 0.001 VFY a byte, plus the base."""
    size, queue = aggregation_size, queue_size
    fixed = 166 if allow_lists else 144
    return storage_deposit(2, 64) + (fixed + 96 * size + 22 * queue + 96 * size * queue) * MILLI


def allowlist_deposit(accounts: int) -> int:
    """The hold for an allow-list with that many accounts."""
    return storage_deposit(2, 0) + accounts * 68 * MILLI


def aggregation_hold(max_size: int, *, multiplier: int = ONE) -> int:
    """What each proof reserves for its publisher: the estimated fee of a full aggregation and a tip, shared."""
    estimate = fee(weights.aggregate(max_size), AGGREGATE_CALL_BYTES, multiplier=multiplier)
    tip = TIP_BASE + estimate // 10
    return (estimate + tip) // max_size
