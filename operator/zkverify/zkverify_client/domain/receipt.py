"""Receipts of published aggregations."""

from dataclasses import dataclass

from zk_acts.domain.details import Aggregation
from zk_acts.domain.ids import Hash32


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregationReceipt:
    """The published aggregation and the statement's Merkle path in it, verified locally."""

    aggregation: Aggregation
    root: Hash32
    path: tuple[Hash32, ...]
    leaf_count: int
    index: int
